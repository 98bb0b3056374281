"""What left of units that are one unit now, the largest of the units below, and numbers said in words. By hand."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from tienbo.catalogue.loading import load
from tienbo.core.periods import Period
from tienbo.disclosure.policy import Policy, Tier
from tienbo.disclosure.protect import protect
from tienbo.disclosure.tables import Cell, Earlier, Table
from tienbo.engine.values import FrozenValues, Status, Value
from tienbo.papers.guarded import guardable, guarded_of, policy_of
from tienbo.papers.released import Released
from tienbo.release import gate

EDITION = load("vn")
CODE = "gbv.victims_detected"


@pytest.mark.parametrize(
    ("today", "hidden"),
    [(55, False), (58, True), (53, True), (70, False), (40, False)],
)
def test_two_provinces_that_are_one_told_of_the_year_already(
    monkeypatch: pytest.MonkeyPatch, today: int, hidden: bool
) -> None:
    """A told 30 and B 25 of 2024; the province they became tells of the same year on its own ground: 55 is no news, 58
    says that three more are known of, 53 that two are not, and 15 more or fewer are not few."""
    keys = {1: "A", 2: "B", 3: "C"}
    monkeypatch.setattr(gate, "unit_keys", lambda: keys)
    monkeypatch.setattr(gate, "unit_ids", lambda: {key: pk for pk, key in keys.items()})
    monkeypatch.setattr(gate, "heir", lambda unit: 3 if unit in (1, 2) else None)
    earlier = [
        Earlier(Table.checked([Cell("gbv.victims.detected|A|2024", 30)]), Tier.PARTNER),
        Earlier(Table.checked([Cell("gbv.victims.detected|B|2024", 25)]), Tier.PARTNER),
    ]
    key = "gbv.victims.detected|C|2024"
    table = gate.with_former(Table.checked([Cell(key, today)]), earlier)
    plan = protect(table, tier=Tier.PARTNER, policy=policy_of(EDITION), earlier=earlier)
    assert plan.is_protected
    assert (key in plan.hidden) is hidden
    # Another year, and another count of the same, have nothing to do with it.
    for other in ("gbv.victims.detected|C|2025", "gbv.victims.served|C|2024"):
        alone = Table.checked([Cell(other, today)])
        assert gate.with_former(alone, earlier) == alone


def test_a_count_that_is_nearly_all_one_communes_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """50 in the province: 44 of one commune are 88 %, 40 are 80 %."""
    year = Value(CODE, "P", "2025", "", Status.VALUE, Decimal(50), None, Decimal(50), "exact", 3, 3)
    span = EDITION.calendar.span
    released = Released(EDITION, FrozenValues.of([year]), "P", "2026-H1", span(Period(2026, 1)))
    assert [one.indicator for one in guardable(released, "province")] == [CODE]
    assert guardable(released, "commune") == []
    monkeypatch.setattr(gate, "tree_on", lambda _day: SimpleNamespace(children={1: (2, 3)}))
    for most, hidden in ((44, True), (40, False)):
        told = [Value(CODE, "X", "2025", "", Status.VALUE, Decimal(n), None, Decimal(n)) for n in (most, 50 - most)]
        reader: Any = SimpleNamespace(edition=EDITION, values=lambda _question, told=told: told)
        largest = gate.largest_below(reader, guarded_of(released, [CODE]), 1)
        assert largest == {"gbv.victims.detected|P|2025": most}
        table = guarded_of(released, [CODE], largest).table
        plan = protect(table, tier=Tier.PARTNER, policy=policy_of(EDITION))
        assert (plan.hidden.get("gbv.victims.detected|P|2025") == "dominated") is hidden


def test_the_packs_rules_are_those_of_the_program() -> None:
    """The pack states the safe defaults; who answers for the data may tighten them there."""
    assert policy_of(EDITION) == Policy()


def test_numbers_are_found_where_a_sentence_speaks_of_what_is_guarded() -> None:
    words = EDITION.release_rules["partner"].words
    text = "Có 3 mô hình. Trong năm còn 03 NẠN NHÂN; 3,5 % số vụ bạo lực; ngày 3/3 có bạo lực.\nQuy hoạch: 13 người"
    assert list(gate.said_in(text, {"3", "03"}, words)) == [("Trong năm còn 03 NẠN NHÂN;", "03")]
