"""Bench: one indicator and all indicators, every unit, level and half-year, of 17 million facts.

Against SQL written by hand for this one question, and against pandas. All three read the same Parquet and must
give the same sums.
"""

from __future__ import annotations

import functools
import statistics
from typing import TYPE_CHECKING, Any

from bench.measure import MIB, Ran, Row, child, in_turn, median_ratio, same, say, timed
from bench.nation import site

if TYPE_CHECKING:
    import pyarrow as pa

    from tienbo.release.reading import Reader

ONE = 3
"""The single indicator asked: a share of women."""
TIMES = 3


def rows(scale: float, times: int = TIMES) -> list[Row]:
    folder = str(site(scale))
    compared = child("bench.values:against_sql", folder=folder, times=times).answer
    found = []
    for name, work in (("one", "one indicator"), ("all", "all 50 indicators")):
        same(work, compared[name]["sums"], compared[name]["sums_by_hand"])
        say(f"  {work}: {compared[name]['seconds']:.3f} s, {compared['facts']:,} facts")
        found.append(
            Row(
                f"{work}, every unit, level, half-year",
                "SQL by hand",
                compared[name]["ratio"],
                "×",
                gate=1.3,
                goal=1.1,
                detail=f"{compared[name]['seconds']:.2f} s of {compared['facts'] / 1e6:.1f} M facts",
            )
        )
    ask = functools.partial(child, "bench.values:ours", folder=folder)
    by_pandas = functools.partial(child, "bench.values:pandas", folder=folder)
    for which, work in (("all", "all 50 indicators"), ("one", "one indicator")):
        ways = [functools.partial(way, which=which) for way in (ask, by_pandas)]
        ways.append(functools.partial(ask, which=which, whole=True))
        if which == "one":
            ways.append(functools.partial(by_pandas, which=which, pushed=True))
        runs = in_turn(times, *ways)
        same(work, *(ran.answer for way in runs for ran in way))
        found += _against_pandas(work, *runs)
    return found


def _against_pandas(
    work: str, ours: list[Ran], theirs: list[Ran], whole: list[Ran], pushed: list[Ran] | None = None
) -> list[Row]:
    """Rows with gates; then, without, what it is when all values are held at once, and against the other way to
    write the script."""

    def compared(runs: list[Ran], others: list[Ran]) -> tuple[float, float, str, str]:
        (a, b), (mine, other) = (
            [statistics.median(getattr(ran, name) for ran in held) for held in (runs, others)]
            for name in ("seconds", "peak")
        )
        faster = median_ratio([ran.seconds for ran in others], [ran.seconds for ran in runs])
        memory = median_ratio([ran.peak for ran in runs], [ran.peak for ran in others])
        return faster, memory, f"{a:.2f} s, pandas {b:.2f} s", f"{mine / MIB:,.0f} MiB, pandas {other / MIB:,.0f} MiB"

    faster, memory, seconds, peaks = compared(ours, theirs)
    made = [
        Row(work, "pandas", faster, "× faster", "at_least", 6, 8, f"{seconds}, first question of a process"),
        Row(work, "pandas", memory, "of the memory", "at_most", 1 / 6, 1 / 8, peaks),
    ]
    if pushed is None:
        _, memory, _, peaks = compared(whole, theirs)
        made.append(Row(f"{work}, all values held at once", "pandas", memory, "of the memory", detail=peaks))
    else:
        faster, _, seconds, _ = compared(ours, pushed)
        against = "pandas, pyarrow reading two series only"
        made.append(Row(work, against, faster, "× faster", "at_least", detail=seconds))
    return made


# ------------------------------------------------------------------------------------------------------ ours


def reader(folder: str) -> Reader:
    import sqlglot.dialects.duckdb  # noqa: F401 - loaded late otherwise: a start, not a question

    from bench.edition import edition
    from bench.nation import desk_on

    desk = desk_on(folder)
    from tienbo.engine.evaluate import Audience
    from tienbo.release.reading import Reader

    return Reader(
        stores=desk.stores,
        edition=edition(),
        audience=Audience("statutory", desk.home.pk),
        scope=None,
        basis="accepted",
    )


def _asked(which: str) -> Any:
    from bench.edition import HALVES, INDICATORS
    from tienbo.engine.evaluate import Question

    return Question((INDICATORS[ONE - 1],) if which == "one" else INDICATORS, HALVES)


def _sums(*tables: pa.Table) -> list[Any]:
    """What all ways must agree on: rows, and the sums of every column over the levels."""
    import pyarrow.compute as pc

    names = ("numerator", "denominator", "reported")
    sums = (sum(int(pc.sum(table.column(name)).as_py() or 0) for table in tables) for name in names)
    return [sum(table.num_rows for table in tables), *sums]


def ours(folder: str, which: str, whole: bool = False) -> tuple[float, list[Any]]:
    """The first question of a process, from the manifest to tables of values: taken part by part, as values are
    written out, or held `whole`."""
    from tienbo.engine.evaluate import evaluate, in_portions

    asking = reader(folder)
    question = _asked(which)
    added: list[list[Any]] = []
    with timed() as took:
        ground = asking._ground(question.periods)
        units = len(ground.trees[question.periods[-1]])
        for part in [question] if whole else in_portions(question, units=units):
            found = evaluate(
                asking.edition, part, ground=ground, scope=None, audience=asking.audience, basis="accepted"
            )
            added.append(_sums(*(table for table, _labels in found.tables)))
    return took.seconds, [sum(column) for column in zip(*added, strict=True)]


# --------------------------------------------------------------------------------------------------- by hand

_BY_HAND = """
WITH told AS (
    SELECT i.cell, f.unit, f.period,
           sum(f.value) FILTER (i.part = 0) AS numerator,
           sum(f.value) FILTER (i.part = 1) AS denominator,
           1 AS reported,
           (count(f.value) = 0)::INT AS not_applicable,
           (max(f.qualifier) = 2)::INT AS estimated,
           (max(f.qualifier) = 1)::INT AS at_least
    FROM read_parquet({paths}) f JOIN indicators i USING (measure)
    WHERE f.counts AND f.period BETWEEN {first} AND {last} {named}
      AND f.revision NOT IN (SELECT revision FROM stale)
    GROUP BY i.cell, f.unit, f.period
    HAVING count(*) = any_value(i.parts)
),
provinces AS (
    SELECT cell, parent AS unit, period, sum(numerator) AS numerator, sum(denominator) AS denominator,
           sum(reported)::INT AS reported, sum(not_applicable)::INT AS not_applicable,
           sum(estimated)::INT AS estimated, sum(at_least)::INT AS at_least
    FROM told JOIN parents USING (unit) GROUP BY cell, parent, period
),
nation AS (
    SELECT cell, parent AS unit, period, sum(numerator) AS numerator, sum(denominator) AS denominator,
           sum(reported)::INT AS reported, sum(not_applicable)::INT AS not_applicable,
           sum(estimated)::INT AS estimated, sum(at_least)::INT AS at_least
    FROM provinces JOIN parents USING (unit) GROUP BY cell, parent, period
)
FROM told UNION ALL FROM provinces UNION ALL FROM nation
"""


def _hand_written(which: str, facts: Any, measures: Any, tree: Any) -> tuple[str, dict[str, Any]]:
    """The text somebody who knows the data would write for this question alone, and its small tables."""
    import pyarrow as pa

    from bench.edition import HALVES, edition

    parts = []
    for cell, code in enumerate(_asked(which).indicators):
        indicator = edition().indicators[code]
        for part, terms in enumerate((indicator.numerator, indicator.denominator)):
            parts += [(cell, part, measures[str(term.series)], len(indicator.terms)) for term in terms]
    named = f"AND f.measure IN ({', '.join(str(row[2]) for row in parts)})" if which == "one" else ""
    sql = _BY_HAND.format(
        paths=[str(path) for path in facts.paths], first=HALVES[0].index, last=HALVES[-1].index, named=named
    )
    columns = zip(("cell", "part", "measure", "parts"), zip(*parts, strict=True), strict=True)
    return sql, {
        "indicators": pa.table({name: pa.array(held, pa.int32()) for name, held in columns}),
        "parents": pa.table(
            {
                "unit": pa.array(list(tree.parents), pa.int32()),
                "parent": pa.array(list(tree.parents.values()), pa.int32()),
            }
        ),
        "stale": pa.table({"revision": pa.array(sorted(facts.excluded), pa.int32())}),
    }


def against_sql(folder: str, times: int) -> tuple[float, dict[str, Any]]:
    """Both ways in turn in one process, each on a connection of its own with the same threads and memory."""
    import duckdb
    import pyarrow.parquet as pq

    from tienbo.engine.engines import Engine, Limits
    from tienbo.engine.evaluate import evaluate

    asking = reader(folder)
    question = _asked("all")
    ground = asking._ground(question.periods)
    limits = Limits()
    settings = {"threads": limits.threads, "memory_limit": f"{limits.megabytes}MB", "preserve_insertion_order": "false"}
    using, plain = Engine(limits), duckdb.connect(":memory:", config=settings)
    tree = ground.trees[question.periods[-1]]
    facts = sum(pq.read_metadata(path).num_rows for path in ground.facts.paths)
    answer: dict[str, Any] = {"facts": facts}
    total = 0.0
    for which, turns in (("one", 5 * times), ("all", times)):
        sql, tables = _hand_written(which, ground.facts, ground.measures, tree)
        for name, table in tables.items():
            plain.register(name, table)

        def ask(which: str = which) -> tuple[float, Any]:
            with timed() as took:
                found = evaluate(
                    asking.edition,
                    _asked(which),
                    ground=ground,
                    scope=None,
                    audience=asking.audience,
                    basis="accepted",
                    using=using,
                )
            return took.seconds, _sums(*(table for table, _labels in found.tables))

        def by_hand(sql: str = sql) -> tuple[float, Any]:
            with timed() as took:
                found = plain.sql(sql).to_arrow_table()
            return took.seconds, _sums(found)

        ask(), by_hand()  # the files are in memory, both connections warm
        mine, theirs = in_turn(turns, ask, by_hand)
        seconds = [took for took, _sums_of in mine]
        answer[which] = {
            "ratio": median_ratio(seconds, [took for took, _ in theirs]),
            "seconds": statistics.median(seconds),
            "sums": same(which, *(sums for _, sums in mine)),
            "sums_by_hand": same(which, *(sums for _, sums in theirs)),
        }
        total += sum(seconds)
    return total, answer


# ---------------------------------------------------------------------------------------------------- pandas


def pandas(folder: str, which: str, pushed: bool = False) -> tuple[float, list[Any]]:
    """What a statistician writes: read the columns, merge with the indicators, group, add up level by level.

    With `pushed`, only the rows of the indicator's series are read (pyarrow's reader then does what DuckDB's does).
    """
    import pandas as pd

    asking = reader(folder)
    question = _asked(which)
    ground = asking._ground(question.periods)
    tree = ground.trees[question.periods[-1]]
    _sql, tables = _hand_written(which, ground.facts, ground.measures, tree)
    with timed() as took:
        columns = ["measure", "unit", "period", "value", "qualifier", "counts", "revision"]
        indicators = tables["indicators"].to_pandas()
        wanted = [("measure", "in", indicators["measure"].tolist())] if pushed else None
        paths = [str(path) for path in ground.facts.paths]
        frame = pd.read_parquet(paths, columns=columns, filters=wanted)
        frame["value"] = frame["value"].astype("float64")  # decimals come as Python objects
        frame = frame[frame["counts"] & ~frame["revision"].isin(list(ground.facts.excluded))]
        frame = frame.merge(indicators, on="measure")
        frame["numerator"] = frame["value"].where(frame["part"] == 0)
        frame["denominator"] = frame["value"].where(frame["part"] == 1)
        told = frame.groupby(["cell", "unit", "period"], as_index=False).agg(
            numerator=("numerator", "sum"),
            denominator=("denominator", "sum"),
            told=("measure", "size"),
            parts=("parts", "first"),
            values=("value", "count"),
            qualifier=("qualifier", "max"),
        )
        told = told[told["told"] == told["parts"]]
        told["reported"] = 1
        told["not_applicable"] = (told["values"] == 0).astype(int)
        told["estimated"] = (told["qualifier"] == 2).astype(int)
        told["at_least"] = (told["qualifier"] == 1).astype(int)
        summed = ["numerator", "denominator", "reported", "not_applicable", "estimated", "at_least"]
        levels = [told[["cell", "unit", "period", *summed]]]
        parents = tables["parents"].to_pandas()
        for _ in range(2):
            up = levels[-1].merge(parents, on="unit").drop(columns="unit").rename(columns={"parent": "unit"})
            levels.append(up.groupby(["cell", "unit", "period"], as_index=False)[summed].sum())
        made = pd.concat(levels, ignore_index=True)
    return took.seconds, [len(made), *(int(made[name].sum()) for name in summed[:3])]
