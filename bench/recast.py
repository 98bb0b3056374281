"""Bench: fifty indicators of twenty half-years of the nation's old communes, on the map of 1 July 2025.

As many communes, districts and provinces as there were, merged and divided as they were: of 10,035 communes 9,654 went
whole, 381 in parts that nobody knows, that somebody estimated, or that are known. Figures and who went where are drawn
with a fixed seed. Against SQL written by hand for this one question, and against pandas merges; all three must give the
same rows and sums.
"""

from __future__ import annotations

import functools
import random
import statistics
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measure import Row, child, in_turn, median_ratio, same, say, timed
from bench.nation import cached, empty_site

if TYPE_CHECKING:
    import pyarrow as pa

    from tienbo.core.tree import Tree
    from tienbo.engine.evaluate import Ground
    from tienbo.engine.recasting import History

OLD, NEW = 10_035, 3_321
OLD_PROVINCES, NEW_PROVINCES, DISTRICTS = 63, 34, 696
DIVIDED = 381
DAY = date(2025, 7, 1)
HALF_YEARS = 20
TIMES = 5
_FIRST_NEW = 100_000
"""Numbers of the units of the new map begin here."""


def rows(scale: float, times: int = TIMES) -> list[Row]:
    folder = str(cached(f"recast-{_scaled(OLD, scale)}", "bench.recast:make", scale=scale))
    compared = child("bench.recast:against_sql", folder=folder, scale=scale, times=times).answer
    same("rows and sums", compared["sums"], compared["sums_by_hand"])
    say(f"  {compared['seconds']:.2f} s of {compared['facts']:,} facts; the ways were made in {compared['ways']:.2f} s")
    work = "50 indicators, 20 half-years, every old commune, on the map of 1/7/2025"
    seconds = f"{compared['seconds']:.2f} s of {compared['facts'] / 1e6:.1f} M facts"
    ask = functools.partial(child, "bench.recast:ours", folder=folder, scale=scale)
    by_pandas = functools.partial(child, "bench.recast:pandas", folder=folder, scale=scale)
    mine, theirs = in_turn(max(1, times // 5), ask, by_pandas)
    same(work, *(ran.answer[:2] for ran in (*mine, *theirs)))
    faster = median_ratio([ran.seconds for ran in theirs], [ran.seconds for ran in mine])
    detail = f"{mine[0].seconds:.2f} s, pandas {theirs[0].seconds:.2f} s, first question of a process"
    closure = child("bench.recast:closure", folder=str(empty_site(scale)), times=times).answer
    return [
        Row(work, "the clock, warm", compared["seconds"], "s", gate=2, goal=1, detail=seconds),
        Row(work, "SQL by hand", compared["ratio"], "×", gate=1.5, detail=f"by hand {compared['by_hand']:.2f} s"),
        Row(work, "pandas merges", faster, "× faster", "at_least", 8, detail=detail),
        Row(
            "closure of the nation on a day",
            "the clock, warm database",
            closure["ms"],
            "ms",
            gate=50,
            detail=f"{closure['pairs']:,} pairs of {closure['units']:,} units",
        ),
    ]


def _scaled(count: int, scale: float) -> int:
    return max(2, round(count * scale))


# --------------------------------------------------------------------------------------------------- a nation


def _trees(scale: float) -> tuple[Tree, Tree]:
    """The units before and on the day: the nation is 1, provinces and districts follow, then communes."""
    from tienbo.core.tree import Place, Tree

    provinces, districts, communes = (_scaled(count, scale) for count in (OLD_PROVINCES, DISTRICTS, OLD))
    before = [Place(1, None, "nation")]
    before += [Place(10 + one, 1, "province") for one in range(provinces)]
    before += [Place(1_000 + one, 10 + one % provinces, "district") for one in range(districts)]
    before += [Place(10_000 + one, 1_000 + one % districts, "commune") for one in range(communes)]
    heads = _scaled(NEW_PROVINCES, scale)
    after = [Place(1, None, "nation"), *(Place(_FIRST_NEW + one, 1, "province") for one in range(heads))]
    after += [
        Place(_FIRST_NEW + 10_000 + one, _FIRST_NEW + one % heads, "commune") for one in range(_scaled(NEW, scale))
    ]
    return Tree(before), Tree(after)


def _history(before: Tree, after: Tree, scale: float) -> History:
    """Who went where: communes into communes of one new province, whole or in two or three parts."""
    from tienbo.core.acts import Act, Link, Quantity
    from tienbo.core.shares import UNKNOWN, WHOLE, Share
    from tienbo.core.spans import Span
    from tienbo.engine.recasting import POPULATION, History

    draw = random.Random(20250701)
    olds, news = before.of_kind(("commune",)), after.of_kind(("commune",))
    parted = set(draw.sample(olds, _scaled(DIVIDED, scale)))
    links: list[Link] = []
    for number, unit in enumerate(olds):
        heir = number % len(news) if number < len(news) else draw.randrange(len(news))
        if unit not in parted:
            links.append(Link(unit, news[heir], {POPULATION: WHOLE}))
            continue
        sisters = list(after.children[after.parents[news[heir]]])
        heirs = draw.sample(sisters, min(len(sisters), draw.choice((2, 2, 2, 3))))
        share = Fraction(1, len(heirs))
        kind = draw.choice(("unknown", "estimate", "known"))
        told = {
            "unknown": UNKNOWN,
            "estimate": Share(share / 2, min(Fraction(1), share * Fraction(3, 2)), share),
            "known": Share.of(share),
        }[kind]
        links += [Link(unit, one, {POPULATION: told}) for one in heirs]
    heads = after.of_kind(("province",))
    links += [
        Link(unit, heads[number % len(heads)], {POPULATION: WHOLE})
        for number, unit in enumerate(before.of_kind(("province",)))
    ]
    founded = date(1999, 1, 1)
    lives = {unit: Span(founded, DAY if unit != 1 else None) for unit in before.kinds}
    lives |= {unit: Span(DAY) for unit in after.kinds if unit != 1}
    people = {unit: [Quantity(founded, draw.randrange(500, 40_000))] for unit in olds}
    ends = dict.fromkeys(before.of_kind(("district",)), "nq")
    keys = {unit: f"u{unit}" for unit in lives}
    return History((Act("nq", DAY, tuple(links)),), lives, lambda _measure: people, ends, keys)


def _periods() -> tuple[Any, ...]:
    from tienbo.core.periods import Period

    last = Period(2024, 2).index
    return tuple(Period.from_index(index) for index in range(last - HALF_YEARS + 1, last + 1))


def _series() -> dict[str, int]:
    from bench.edition import INDICATORS, edition

    names = {str(term.series) for code in INDICATORS for term in edition().indicators[code].terms}
    return {name: number for number, name in enumerate(sorted(names), 1)}


def make(folder: str, scale: float) -> tuple[float, int]:
    """Facts of every old commune, written as a store writes them."""
    import pyarrow as pa

    from tienbo.engine.engines import engine
    from tienbo.engine.facts import SCHEMA, FactStore

    before, _after = _trees(scale)
    measures = _series()
    whole = [number for name, number in measures.items() if "[" not in name]
    with timed() as took:
        table = engine().arrow(
            """
            SELECT CAST(m.measure AS INT) AS measure, CAST(u.unit AS INT) AS unit, CAST(p.period AS SMALLINT) AS period,
                CAST(CASE WHEN m.whole THEN 400 ELSE 0 END
                    + hash(m.measure, u.unit, p.period) % 400 AS DECIMAL(18, 4)) AS value,
                CAST(0 AS TINYINT) AS status, CAST(0 AS TINYINT) AS qualifier, CAST(NULL AS DATE) AS cut_off,
                true AS counts, CAST(0 AS TINYINT) AS origin, CAST(1 AS INT) AS revision, 'Biểu 01!C5' AS cell
            FROM measures AS m, units AS u, periods AS p ORDER BY m.measure, p.period, u.unit
            """,
            measures=pa.table(
                {"measure": list(measures.values()), "whole": [one in whole for one in measures.values()]}
            ),
            units=pa.table({"unit": before.of_kind(("commune",))}),
            periods=pa.table({"period": [one.index for one in _periods()]}),
        )
        cell = table.column("cell").combine_chunks().dictionary_encode()
        table = table.set_column(len(SCHEMA) - 1, "cell", cell).cast(SCHEMA)
        FactStore(Path(folder)).write(table)
    return took.seconds, table.num_rows


def _ground(folder: str, scale: float) -> tuple[Ground, float]:
    """The ground of the question, and the seconds that the ways took to make."""
    from tienbo.engine.evaluate import Ground
    from tienbo.engine.facts import FactSet
    from tienbo.engine.recasting import era_onto, onto_day

    before, after = _trees(scale)
    history = _history(before, after, scale)
    with timed() as took:
        way = onto_day(
            DAY,
            after,
            {period: (date(2024, 12, 31), before) for period in _periods()},
            history=history,
            era=lambda source, tree: era_onto(
                history, source=source, source_tree=tree, target=DAY, tree=after, measures=()
            ),
        )
    facts = FactSet(tuple(sorted(Path(folder).glob("*.parquet"))))
    trees = dict.fromkeys(_periods(), before)
    return Ground(trees, _series(), history.keys, facts, way), took.seconds


# ---------------------------------------------------------------------------------------------- three ways


def _sums(tables: Sequence[pa.Table]) -> list[Any]:
    """What all ways must agree on: rows, units told and sums of what came whole; then, of what came through shares,
    the sums at their best and at their bounds, to nine figures (one of the ways reckons in binary)."""
    from tienbo.engine.engines import engine

    totals: list[list[Any]] = []
    for table in tables:
        totals += engine().rows(
            "SELECT kept, count(*), sum(reported), sum(numerator), sum(denominator) FROM answer GROUP BY kept",
            answer=table,
        )
    by_kept: dict[int, list[Any]] = {}
    for kept, *sums in totals:
        held = by_kept.setdefault(kept, [0, 0, 0, 0])
        by_kept[kept] = [one + (more or 0) for one, more in zip(held, sums, strict=True)]
    whole = [int(one) for one in by_kept.get(0, [])]
    return [whole, [[f"{float(one):.8e}" for one in by_kept[kept][2:]] for kept in sorted(by_kept) if kept]]


def _evaluate(ground: Ground, using: Any = None) -> list[pa.Table]:
    from bench.edition import INDICATORS, edition
    from tienbo.engine.evaluate import Audience, Question, evaluate

    found = evaluate(
        edition(),
        Question(INDICATORS, _periods(), map_day=DAY),
        ground=ground,
        scope=None,
        audience=Audience("statutory", 1),
        basis="accepted",
        using=using,
    )
    return [table for table, _labels in found.tables]


def ours(folder: str, scale: float) -> tuple[float, list[Any]]:
    """The first question of a process."""
    import sqlglot.dialects.duckdb  # noqa: F401 - loaded late otherwise: a start, not a question

    ground, _seconds = _ground(folder, scale)
    with timed() as took:
        tables = _evaluate(ground)
    return took.seconds, _sums(tables)


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
    WHERE f.counts AND f.period BETWEEN {first} AND {last} AND i.cell BETWEEN {low} AND {high}
    GROUP BY i.cell, f.unit, f.period
    HAVING count(*) = any_value(i.parts)
),
communes AS (
    SELECT cell, taker AS unit, period, sum(numerator) AS numerator, sum(denominator) AS denominator,
           sum(reported)::INT AS reported, sum(not_applicable)::INT AS not_applicable,
           sum(estimated)::INT AS estimated, sum(at_least)::INT AS at_least
    FROM told JOIN whole USING (unit) GROUP BY cell, taker, period
),
provinces AS (
    SELECT cell, parent AS unit, period, sum(numerator) AS numerator, sum(denominator) AS denominator,
           sum(reported)::INT AS reported, sum(not_applicable)::INT AS not_applicable,
           sum(estimated)::INT AS estimated, sum(at_least)::INT AS at_least
    FROM communes JOIN parents USING (unit) GROUP BY cell, parent, period
),
nation AS (
    SELECT cell, parent AS unit, period, sum(numerator) AS numerator, sum(denominator) AS denominator,
           sum(reported)::INT AS reported, sum(not_applicable)::INT AS not_applicable,
           sum(estimated)::INT AS estimated, sum(at_least)::INT AS at_least
    FROM provinces JOIN parents USING (unit) GROUP BY cell, parent, period
),
shared AS (
    SELECT cell, taker AS unit, period,
           sum(numerator) FILTER (low = 1) AS numerator, sum(denominator) FILTER (low = 1) AS denominator,
           sum(reported)::INT AS reported, sum(not_applicable)::INT AS not_applicable,
           sum(estimated)::INT AS estimated, sum(at_least)::INT AS at_least,
           count(*) FILTER (low < 1) AS parted,
           count(*) FILTER (low < 1 AND best IS NULL AND numerator <> 0) AS unknown_over,
           count(*) FILTER (low < 1 AND best IS NULL AND denominator <> 0) AS unknown_under,
           coalesce(sum(numerator::DECIMAL(22, 4) * best) FILTER (low < 1), 0) AS over_best,
           coalesce(sum(denominator::DECIMAL(22, 4) * best) FILTER (low < 1), 0) AS under_best,
           sum(numerator::DECIMAL(22, 4) * low) FILTER (low < 1) AS over_low,
           sum(denominator::DECIMAL(22, 4) * low) FILTER (low < 1) AS under_low,
           sum(numerator::DECIMAL(22, 4) * high) FILTER (low < 1) AS over_high,
           sum(denominator::DECIMAL(22, 4) * high) FILTER (low < 1) AS under_high
    FROM told JOIN shares USING (unit) GROUP BY cell, taker, period
),
whole_parts AS (
    SELECT cell, unit, period, sum(numerator) AS numerator, sum(denominator) AS denominator,
           sum(reported)::INT AS reported, sum(not_applicable)::INT AS not_applicable,
           sum(estimated)::INT AS estimated, sum(at_least)::INT AS at_least
    FROM (FROM communes UNION ALL FROM provinces UNION ALL FROM nation
          UNION ALL SELECT * EXCLUDE (parted, unknown_over, unknown_under, over_best, under_best, over_low, under_low,
                                      over_high, under_high) FROM shared)
    GROUP BY cell, unit, period
)
SELECT *, 0 AS kept FROM whole_parts
UNION ALL SELECT cell, unit, period, CASE WHEN unknown_over = 0 THEN over_best END,
    CASE WHEN unknown_under = 0 THEN under_best END, 0, 0, 0, 0, 1 FROM shared WHERE parted > 0
UNION ALL SELECT cell, unit, period, over_low, under_low, 0, 0, 0, 0, 2 FROM shared WHERE parted > 0
UNION ALL SELECT cell, unit, period, over_high, under_high, 0, 0, 0, 0, 3 FROM shared WHERE parted > 0
"""
AT_ONCE = 5
"""Indicators in one text by hand: fifty at once spill to disk."""


def _small_tables(ground: Ground) -> dict[str, pa.Table]:
    import pyarrow as pa

    from bench.edition import INDICATORS, edition

    parts = []
    for cell, code in enumerate(INDICATORS):
        indicator = edition().indicators[code]
        for part, terms in enumerate((indicator.numerator, indicator.denominator)):
            parts += [(cell, part, ground.measures[str(term.series)], len(indicator.terms)) for term in terms]
    assert ground.onto is not None
    (era,) = {id(one): one for one in ground.onto.eras.values()}.values()
    way = era.ways["population"]
    tree = ground.onto.tree
    names = ("cell", "part", "measure", "parts")
    return {
        "indicators": pa.table({name: [row[n] for row in parts] for n, name in enumerate(names)}),
        "parents": pa.table({"unit": list(tree.parents), "parent": list(tree.parents.values())}),
        "whole": pa.table(way.whole_columns, names=("unit", "taker")),
        "shares": pa.table(way.divided_columns, names=("unit", "taker", "low", "high", "best")),
    }


def against_sql(folder: str, scale: float, times: int) -> tuple[float, dict[str, Any]]:
    """Both ways in turn in one process, each on a connection of its own with the same threads and memory."""
    import duckdb
    import pyarrow.parquet as pq

    from tienbo.engine.engines import Engine, Limits

    ground, ways = _ground(folder, scale)
    limits = Limits()
    settings = {"threads": limits.threads, "memory_limit": f"{limits.megabytes}MB", "preserve_insertion_order": "false"}
    using, plain = Engine(limits), duckdb.connect(":memory:", config=settings)
    for name, table in _small_tables(ground).items():
        plain.register(name, table)
    periods = _periods()
    texts = [
        _BY_HAND.format(
            paths=[str(path) for path in ground.facts.paths],
            first=periods[0].index,
            last=periods[-1].index,
            low=low,
            high=low + AT_ONCE - 1,
        )
        for low in range(0, 50, AT_ONCE)
    ]

    def ask() -> tuple[float, Any]:
        with timed() as took:
            tables = _evaluate(ground, using)
        return took.seconds, _sums(tables)

    def by_hand() -> tuple[float, Any]:
        with timed() as took:
            tables = [plain.sql(text).to_arrow_table() for text in texts]
        return took.seconds, _sums(tables)

    ask(), by_hand()  # the files are in memory, both connections warm
    mine, theirs = in_turn(times, ask, by_hand)
    seconds = [took for took, _ in mine]
    return sum(seconds), {
        "ratio": median_ratio(seconds, [took for took, _ in theirs]),
        "seconds": statistics.median(seconds),
        "by_hand": statistics.median(took for took, _ in theirs),
        "ways": ways,
        "facts": sum(pq.read_metadata(path).num_rows for path in ground.facts.paths),
        "sums": same("ours", *(sums for _, sums in mine)),
        "sums_by_hand": same("by hand", *(sums for _, sums in theirs)),
    }


def pandas(folder: str, scale: float) -> tuple[float, list[Any]]:
    """What a statistician writes: read the columns, merge with the indicators, group, merge with the weights of every
    unit and what stands above it, multiply, group."""
    import pandas as pd
    import pyarrow as pa

    ground, _seconds = _ground(folder, scale)
    tables = {name: table.to_pandas() for name, table in _small_tables(ground).items()}
    assert ground.onto is not None
    tree = ground.onto.tree
    with timed() as took:
        columns = ["measure", "unit", "period", "value", "counts"]
        frame = pd.read_parquet([str(path) for path in ground.facts.paths], columns=columns)
        frame["value"] = frame["value"].astype("float64")  # decimals come as Python objects
        frame = frame[frame["counts"]].merge(tables["indicators"], on="measure")
        frame["numerator"] = frame["value"].where(frame["part"] == 0)
        frame["denominator"] = frame["value"].where(frame["part"] == 1)
        told = frame.groupby(["cell", "unit", "period"], as_index=False).agg(
            numerator=("numerator", "sum"),
            denominator=("denominator", "sum"),
            told=("measure", "size"),
            parts=("parts", "first"),
        )
        told = told[told["told"] == told["parts"]]
        above = pd.DataFrame(tree.closure(), columns=["over", "taker"])
        whole = tables["whole"].merge(above, on="taker")[["unit", "over"]].rename(columns={"over": "taker"})
        shares = tables["shares"].astype({"low": "float64", "high": "float64", "best": "float64"})
        weights = pd.concat([whole.assign(low=1.0, high=1.0, best=1.0), shares], ignore_index=True)
        moved = told.merge(weights, on="unit")
        keys = ["cell", "taker", "period"]
        parted = moved[moved["low"] < 1].copy()
        moved[["numerator", "denominator"]] = moved[["numerator", "denominator"]].where(moved["low"] == 1)
        moved["reported"] = 1
        kept = [moved.groupby(keys, as_index=False)[["numerator", "denominator", "reported"]].sum()]
        for bound in ("best", "low", "high"):
            weighed = parted[keys].assign(
                numerator=parted["numerator"] * parted[bound], denominator=parted["denominator"] * parted[bound]
            )
            for side in ("numerator", "denominator"):
                weighed.loc[parted[side] == 0, side] = 0.0
            sums = weighed.groupby(keys).sum(min_count=1)
            if bound == "best":  # one that is not known makes the sum unknown
                lacking = weighed.set_index(keys).isna().groupby(keys).any()
                sums = sums.mask(lacking)
            kept.append(sums.reset_index())
    answer = [
        pa.table(
            {
                "kept": [number] * len(one),
                "reported": one["reported"] if number == 0 else [0] * len(one),
                "numerator": pa.array(one["numerator"], from_pandas=True),
                "denominator": pa.array(one["denominator"], from_pandas=True),
            }
        )
        for number, one in enumerate(kept)
        if len(one)
    ]
    return took.seconds, _sums(answer)


def closure(folder: str, times: int) -> tuple[float, dict[str, Any]]:
    """Units of a day read from the database and placed, with everything that stands under each."""
    from bench.nation import desk_on

    desk_on(folder)
    from tienbo.units import frames

    seconds = []
    for _turn in range(max(3, times)):
        frames._tree.cache_clear()
        with timed() as took:
            tree = frames.tree_on(DAY)
            pairs = sum(1 for _pair in tree.closure())
        seconds.append(took.seconds)
    return sum(seconds), {"ms": 1000 * statistics.median(seconds), "pairs": pairs, "units": len(tree)}
