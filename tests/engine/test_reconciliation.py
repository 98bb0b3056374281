"""What was said and does not count is shown beside what does, to those who may see it, and is never added."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from tests.engine.small import OFFICE, Said, edition, ground, said, tree

from tienbo.core.periods import Period
from tienbo.engine.evaluate import Audience
from tienbo.engine.reconciliation import NotCounting, not_counting

H2 = Period(2025, 2)
EDITION = edition(
    {"classes": {}, "victims": {"sensitivity": "C3"}, "open": {"sensitivity": "C0"}},
    {"classes": {"numerator": ["classes"]}},
)
MAP = tree({1: (None, "province"), 2: (1, "district"), 3: (2, "commune"), 4: (2, "commune"), 5: (1, "commune")})


def listed(
    folder: Path, facts: list[Said], audience: Audience = OFFICE, units: object = range(1, 6)
) -> list[NotCounting]:
    made = ground(folder, {"2025-H1": MAP, "2025-H2": MAP}, facts)
    return not_counting(EDITION, H2, ground=made, units=units, audience=audience)


def test_a_figure_that_does_not_count_stands_beside_the_sum_of_those_that_do(tmp_path: Path) -> None:
    facts = [
        said(3, "2025-H2", "classes", 4),
        said(4, "2025-H2", "classes", 6),
        said(5, "2025-H2", "classes", 9, counts=False, cell="Biểu 02!D14", revision=7),
        said(5, "2025-H1", "classes", 8, counts=False, revision=8),
    ]
    (found,) = listed(tmp_path, facts)
    assert (found.unit, found.series, found.value) == (5, "classes", Decimal(9))
    assert (found.counted, found.counting) == (Decimal(10), 2)
    assert (found.cell, found.revision, found.qualifier) == ("Biểu 02!D14", 7, "exact")


def test_where_nobody_whose_word_counts_has_spoken_that_is_said(tmp_path: Path) -> None:
    (found,) = listed(tmp_path, [said(5, "2025-H2", "classes", 9, counts=False)])
    assert (found.counted, found.counting) == (None, 0)


def test_units_that_were_not_asked_for_are_neither_listed_nor_summed(tmp_path: Path) -> None:
    facts = [said(3, "2025-H2", "classes", 4), said(4, "2025-H2", "classes", 6)]
    facts += [said(unit, "2025-H2", "classes", 9, counts=False, revision=unit) for unit in (2, 5)]
    found = listed(tmp_path, facts, units=[3, 5])
    assert [(one.unit, one.counted, one.counting) for one in found] == [(5, Decimal(4), 1)]


def test_revisions_that_do_not_count_at_the_basis_are_left_out(tmp_path: Path) -> None:
    facts = [
        said(5, "2025-H2", "classes", 9, counts=False, revision=7),
        said(4, "2025-H2", "classes", 3, counts=False, revision=8),
    ]
    made = ground(tmp_path, {"2025-H1": MAP, "2025-H2": MAP}, facts)
    made = replace(made, facts=replace(made.facts, excluded=frozenset({7})))
    found = not_counting(EDITION, H2, ground=made, units=[4, 5], audience=OFFICE)
    assert [one.unit for one in found] == [4]


def test_figures_of_a_class_somebody_may_not_see_are_not_listed(tmp_path: Path) -> None:
    facts = [
        said(3, "2025-H2", "victims", 2, counts=False, revision=1),
        said(5, "2025-H2", "victims", 1, counts=False, revision=2),
        said(5, "2025-H2", "open", 3, counts=False, revision=3),
    ]
    assert {(one.unit, one.series) for one in listed(tmp_path, facts, Audience("statutory", 1))} == {
        (5, "victims"),
        (5, "open"),
    }
    assert {(one.unit, one.series) for one in listed(tmp_path, facts, Audience("partner", 1))} == {(5, "open")}
