"""Records that were written before a definition counted them are counted by it, and counting again changes nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.registers.test_registers import H1, add, commune, kind, move

from tienbo.catalogue.definitions import RegisterTally
from tienbo.catalogue.loading import Edition, load
from tienbo.registers.kinds import recounts_due
from tienbo.registers.models import RecordMeasure, RecordVersion
from tienbo.registers.queries import counts
from tienbo.registers.recounting import Recounted, records_recount

TALLY = RegisterTally.model_validate(
    {"code": "cost", "name": {"vi": "Kinh phí", "en": "Cost"}, "states": ["held"], "sum": "cost"}
)


def counting_cost() -> Edition:
    """The definitions as they are from now on: a class counts its cost too, and its persons no more."""
    register = kind()
    kept = tuple(one for one in register.tallies if not one.code.startswith("persons"))
    changed = register.model_copy(update={"tallies": (*kept, TALLY)})
    return replace(load("vn"), registers={**load("vn").registers, register.code: changed})


@pytest.mark.database
@pytest.mark.django_db
def test_what_was_written_before_it_counted_is_counted_anew() -> None:
    """Three classes: held at 1200, held at no stated cost, planned at 900. By the new definition the two that were held
    count for it: 1200, and one that does not say how much, so that the sum is not known. Without the second it is 1200.
    The persons (30 and 30) were counted by the old definition only."""
    unit = commune()
    move(add(unit, cost="1200"), "hold")
    unsaid = move(add(unit, begins_on="7/3/2026", ends_on="7/3/2026"), "hold")
    add(unit, begins_on="8/3/2026", ends_on="8/3/2026", cost="900")
    name, persons = "training.class:cost", "training.class:persons"
    assert counts(units=[unit.pk], period=H1)[unit.pk][persons] == 60
    versions = RecordVersion.objects.count()
    new = counting_cost()
    assert records_recount(edition=new) == Recounted(looked=3, changed=2)
    said = counts(units=[unit.pk], period=H1)[unit.pk]
    assert (said[name], persons in said) == (None, False)
    assert said["training.classes"] == 2
    RecordMeasure.objects.filter(record=unsaid, series=name).delete()
    assert counts(units=[unit.pk], period=H1)[unit.pk][name] == Decimal(1200)
    # What somebody took away is found and mended; then nothing is left to do, and no record has another version.
    assert records_recount(edition=new, registers=["training.class"]) == Recounted(looked=3, changed=1)
    held = sorted(RecordMeasure.objects.values_list("record", "series", "period_code", "value"), key=str)
    assert records_recount(edition=new) == Recounted(looked=3, changed=0)
    assert sorted(RecordMeasure.objects.values_list("record", "series", "period_code", "value"), key=str) == held
    assert RecordVersion.objects.count() == versions
    assert records_recount(edition=load("vn")).changed == 2
    assert counts(units=[unit.pk], period=H1)[unit.pk][persons] == 60


@pytest.mark.django_db
def test_another_pack_is_counted_by_once_in_the_background() -> None:
    assert recounts_due(load("vn")) == 0  # there is no record
    add(commune())
    assert (recounts_due(load("vn")), recounts_due(load("vn"))) == (1, 0)
    assert (recounts_due(counting_cost()), recounts_due(counting_cost())) == (1, 0)
