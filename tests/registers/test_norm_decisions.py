"""What a locality decides about a norm is kept with its document, adds to the law and never takes from it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from tests.registers.test_registers import codes, person

from tienbo.accounts.actors import operator
from tienbo.catalogue.loading import load
from tienbo.registers.norm_decisions import (
    Typed,
    edition_with_norms,
    norm_decision_add,
    norm_decision_end,
    norm_decisions,
)
from tienbo.registers.norm_models import NormDecision
from tienbo.units.models import Role, Unit
from tienbo.units.services import unit_create

BEGAN = date(2025, 7, 1)
DESK = operator("thử nghiệm")
RIGHT = Typed("12/QĐ-UBND", "5/1/2026", "1/2/2026", value="45", kinds=("commune",), place="Điều 2")


def add(unit: Unit, typed: Typed = RIGHT, norm: str = "planning.women", key: str = "") -> NormDecision:
    edition = load("vn")
    return norm_decision_add(edition=edition, norm=edition.norms[norm], unit=unit, typed=typed, actor=DESK, key=key)


@pytest.mark.database
@pytest.mark.django_db
def test_a_decision_is_kept_checked_ended_and_never_rewritten() -> None:
    unit = unit_create(kind="province", name="Tỉnh Vĩnh An", begins=BEGAN)
    wrong = {
        "number": (RIGHT._replace(number=" "), "norm_decision.no_number"),
        "issued_on": (RIGHT._replace(issued_on="31/2/2026"), "norm_decision.not_a_past_day"),
        "begins_on": (RIGHT._replace(begins_on="4/1/2026"), "norm_decision.before_document"),
        "ends_on": (RIGHT._replace(ends_on="1/2/2026"), "norm_decision.bad_end"),
        "kinds": (RIGHT._replace(kinds=("commune", "force")), "norm_decision.other_kinds"),
        "value": (RIGHT._replace(value="39,9"), "norm_decision.below_the_law"),  # the law asks for 40 %
    }
    for field, (typed, code) in wrong.items():
        assert codes(lambda typed=typed: add(unit, typed)) == [(code, field)]  # type: ignore[misc]
    for text in ("0", "101", "bốn mươi", "40,123", ""):
        (found,) = codes(lambda text=text: add(unit, RIGHT._replace(value=text)))  # type: ignore[misc]
        assert found[0] == ("norm_decision.bad_value" if text else "norm_decision.no_value"), text
    assert {code for code, _ in codes(lambda: add(unit, Typed()))} == {
        "norm_decision.no_number",
        "norm_decision.not_a_past_day",
        "norm_decision.no_begin",
        "norm_decision.no_kinds",
        "norm_decision.no_value",
    }
    made = add(unit, key="decision_" + "0" * 26)
    assert (made.value, made.span.start, made.span.end) == (Decimal("0.45"), date(2026, 2, 1), None)
    assert add(unit, key=made.key) == made  # sent twice
    assert codes(lambda: add(unit)) == [("norm_decision.there_already", None)]
    held = edition_with_norms(load("vn"), {unit.pk}, date(2026, 6, 14))
    (own,) = [one for one in held.norms.values() if one.parent]
    assert (own.parent, own.owner_unit, own.kinds, own.rules[0].value) == (
        "planning.women", unit.key, ("commune",), made.value,
    )  # fmt: skip
    assert edition_with_norms(load("vn"), set(), date(2026, 6, 14)).norms == load("vn").norms

    assert codes(lambda: norm_decision_end(decision=made, ends_on="1/2/2026", text="x", actor=DESK)) == [
        ("norm_decision.bad_end", "ends_on")
    ]
    ended = norm_decision_end(decision=made, ends_on="1/1/2027", text="Quyết định 3/QĐ-UBND", actor=DESK)
    assert (ended.ends_on, ended.withdrawn) == (date(2027, 1, 1), False)
    later = add(unit, RIGHT._replace(begins_on="1/1/2027"))  # half-open: the first day of the next
    gone = norm_decision_end(decision=later, ends_on="", text="Ghi nhầm", actor=DESK)
    assert codes(lambda: norm_decision_end(decision=gone, ends_on="", text="x", actor=DESK)) == [
        ("norm_decision.is_withdrawn", None)
    ]
    assert [(one.key, one.withdrawn) for one in norm_decisions(units={unit.pk})] == [
        (made.key, False),
        (gone.key, True),
    ]
    with pytest.raises(DatabaseError), transaction.atomic():
        NormDecision.objects.filter(pk=made.pk).update(value="0.5")
    with pytest.raises(DatabaseError), transaction.atomic():
        NormDecision.objects.filter(pk=made.pk).delete()
    edition = load("vn")
    assert codes(
        lambda: norm_decision_add(
            edition=edition, norm=edition.norms["committee.local"], unit=unit, typed=RIGHT._replace(value=""),
            actor=person(unit, Role.INSPECTOR),
        )
    ) == [("units.no_access", None)]  # fmt: skip
