"""The official table of 2025: the counts that were published, and how long its shares take."""

from __future__ import annotations

import csv
import time
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from tests.core.histories import MEASURE

from tienbo.core.spans import Span
from tienbo.core.succession import WHOLE, Act, Link, Share, Transition, check, components, onto, rounded, transition
from tienbo.core.tree import Place, Tree

BEFORE, DAY, AFTER = date(2014, 6, 30), date(2025, 7, 1), date(2026, 6, 30)
OLD, NEW = Span(date(2009, 1, 1), DAY), Span(DAY)


def _exact(**shares: str) -> dict[str, Share]:
    return {measure: Share.of(share) for measure, share in shares.items()}


def _moved(acts: list[Act], lives: dict[int, Span], measure: str = MEASURE) -> Transition:
    return transition(acts, lives, source=BEFORE, target=AFTER, measure=measure)


SHARES = {
    "whole": _exact(population="1", area="1"),
    "part": {},
    "area_only": _exact(population="0"),
    "area_part_pop_all": _exact(population="1"),
    "pop_part": _exact(area="0"),
    "area_all": _exact(population="0", area="1"),
}


@pytest.fixture(scope="module")
def table(reference: Path) -> list[dict[str, str]]:
    with (reference / "data" / "admin_crosswalk_2025_full.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_whole_country_in_well_under_a_second(table: list[dict[str, str]]) -> None:
    """T17, and the 63 provinces that became 34; the country is known exactly, whatever its communes."""
    communes = [row["old_code"] or f"area {row['old_province']} {row['new_province']}" for row in table]
    names = [*(("old", code) for code in communes), *(("new", row["new_code"]) for row in table)]
    provinces = {row["old_province"]: row["new_province"] for row in table}
    names += [(side, f"p{code}") for pair in provinces.items() for side, code in zip(("old", "new"), pair, strict=True)]
    units = {name: number for number, name in enumerate(dict.fromkeys(names), 1)}
    lives = {number: OLD if side == "old" else NEW for (side, _), number in units.items()}
    links = [
        Link(units["old", code], units["new", row["new_code"]], SHARES[row["relation"]])
        for code, row in zip(communes, table, strict=True)
    ]
    links += [Link(units["old", f"p{old}"], units["new", f"p{new}"], {}) for old, new in provinces.items()]
    acts = [Act("2025", DAY, tuple(links))]
    places = [Place(0, None, "country"), *(Place(units["new", f"p{code}"], 0, "p") for code in provinces.values())]
    parents = {units["new", row["new_code"]]: units["new", f"p{row['new_province']}"] for row in table}
    tree = Tree([*dict.fromkeys(places), *(Place(unit, parent, "commune") for unit, parent in parents.items())])
    assert check(acts, lives) == []
    begun = time.process_time()
    forth = _moved(acts, lives)
    weights = onto(rounded(forth), tree)
    assert time.process_time() - begun < 1
    by_area = _moved(acts, lives, "area")
    old = {units["old", code] for code in communes}
    numbered = [units["old", code] for code in dict.fromkeys(communes) if code.isdigit()]
    assert len(numbered) == 10_035
    assert len(tree.of_kind(["commune"])) == 3_321
    heirs = Counter(link.predecessor for link in links)
    assert sum(heirs[unit] > 1 for unit in numbered) == 440
    assert sum(len(forth.rows[unit]) > 1 for unit in numbered) == 381
    assert all(
        weights[unit][0] == WHOLE and weights[unit][parents[next(iter(row))]] == WHOLE
        for unit, row in forth.rows.items()
        if unit in old
    )
    assert set(by_area.rows) == set(forth.rows)
    above = set(tree.of_kind(["p"]))
    areas = [area for area in components(acts, lives, BEFORE, AFTER) if not area[1] & above]
    assert len(areas) == 3_031
    assert sum(len(new) == 1 for _, new in areas) == 2_909
    assert max((len(before), len(after)) for before, after in areas) == (283, 75)
