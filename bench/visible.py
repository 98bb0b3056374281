"""Bench: one more return received and accepted, and its figures in the value at the top of the nation.

26 years of returns of every commune stand already. Against deriving every fact again from the returns, which must
give the same rows (SHA-256 over them, sorted) and the same value.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measure import BUILD, Row, child, same, say, timed
from bench.nation import site
from bench.values import ONE, reader

if TYPE_CHECKING:
    from tienbo.project.desk import Desk
    from tienbo.release.reading import Reader

RETURNS = 9
"""Returns received one after the other; the first also warms what a running process has warm."""


def rows(scale: float, times: int = RETURNS) -> list[Row]:
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="site-") as held:
        folder = Path(held) / "site"
        shutil.copytree(site(scale), folder)
        answer = child("bench.visible:ours", folder=str(folder), times=times).answer
    same("the value at the top", answer["value"], answer["expected"], answer["rebuilt_value"])
    same("rows after a rebuild", *answer["hashes"])
    seconds = statistics.median(answer["seconds"][1:])
    times = answer["rebuild"] / seconds
    say(f"  one return: {seconds:.3f} s; {answer['facts']:,} facts derived again: {answer['rebuild']:.0f} s")
    detail = f"a rebuild took {answer['rebuild']:.0f} s ({times:,.0f} ×) and gave the same rows"
    return [
        Row("one accepted return visible at the top", "full rebuild", seconds, "s", gate=1, goal=0.3, detail=detail)
    ]


def ours(folder: str, times: int) -> tuple[float, dict[str, Any]]:
    asking = reader(folder)
    from bench.nation import desk_on
    from tienbo.collection.manifest import fact_set, facts_rebuild
    from tienbo.engine.engines import engine

    desk = desk_on(folder)
    book = Path(folder) / "one.xlsx"
    seconds, values = [], [_top(asking, desk)]
    added: list[tuple[int, int]] = []
    for turn in range(times):
        women, people = _write(desk, book, turn)
        with timed() as took:
            _receive(desk, book)
            values.append(_top(asking, desk))
        seconds.append(took.seconds)
        added.append((women, people))
    # The same commune corrects its return each time: what counts is what it said last.
    before, (women, people) = values[0], added[-1]
    expected = [before[0] + women, before[1] + people, before[2] + 1]
    facts = engine().rows(f"SELECT count(*) FROM {fact_set(desk.stores.facts, 'everything').source()}")[0][0]
    with timed() as rebuilding:
        hashes = facts_rebuild(store=desk.stores.facts)
    answer = {
        "seconds": seconds,
        "value": values[-1],
        "expected": expected,
        "rebuilt_value": _top(asking, desk),
        "hashes": list(hashes),
        "rebuild": rebuilding.seconds,
        "facts": facts,
    }
    return sum(seconds), answer


def _top(asking: Reader, desk: Desk) -> list[int]:
    """Numerator, denominator and units reported of the nation's value in the last half-year."""
    from bench.edition import HALVES, INDICATORS
    from tienbo.engine.evaluate import Question

    (value,) = asking.values(Question((INDICATORS[ONE - 1],), HALVES[-1:], (desk.home.pk,)))
    return [int(value.numerator or 0), int(value.denominator or 0), value.units_reported]


def _write(desk: Desk, path: Path, turn: int) -> tuple[int, int]:
    """The workbook of the commune that still owes its last return; returns what it says of the indicator."""
    import random

    from bench.edition import HALVES, edition
    from bench.nation import addresses_of, content_of, figures
    from tienbo.papers.workbook import workbook_write
    from tienbo.processes.workbooks import headers

    header, form, *_more = max(
        headers(edition=edition(), home=desk.home, period=HALVES[-1]).values(), key=lambda due: due[2]
    )
    said = figures(random.Random(turn), addresses_of(HALVES[-1])[1])
    content = content_of(form, HALVES[-1], header.key, said)
    workbook_write(path, edition=edition(), form=form, period=HALVES[-1], unit=header, seal=desk.seal, content=content)
    line = f"l{ONE:03d}"
    return int(said[f"{line}:women"].value), int(said[f"{line}:total"].value)


def _receive(desk: Desk, path: Path) -> None:
    from bench.edition import edition
    from tienbo.collection.intake import files_receive

    (result,) = files_receive(
        paths=[path],
        root=desk.home,
        edition=edition(),
        stores=desk.stores,
        seal=desk.seal,
        actor=desk.actor,
        accept=True,
    )
    if result.state != "received":
        raise RuntimeError(f"{result.state}: {[fault.code for fault in result.faults]}")
