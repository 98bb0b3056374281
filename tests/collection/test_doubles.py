"""Classes counted twice: same day, place and subject are asked about; the answer is kept and nothing is subtracted."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction
from tests.collection.conftest import H1, House
from tests.registers.test_registers import CLASS, move

from tienbo.accounts.actors import operator
from tienbo.catalogue.loading import Edition, load
from tienbo.collection.doubles import OVERTAKEN, Double, class_list_say, double_decide, doubles, list_read, list_write
from tienbo.collection.models import ClassList, DoubleDecision
from tienbo.core.faults import Refused
from tienbo.registers.models import Record
from tienbo.registers.services import record_add

pytestmark = [pytest.mark.database, pytest.mark.django_db]
PACK = load("vn")
A, B, C = "Xã An Bình", "Xã Bình Minh", "Phường Cẩm Tú"
LED = "Tập huấn lồng ghép giới cho cán bộ thôn; 12/3/2026; Nhà văn hóa thôn Đông"
HELPED = "Lớp tập huấn Lồng ghép giới;13/03/2026;NVH thôn Đông, xã An Bình;Xã An Bình"


def lists(house: House, unit: str, *lines: str) -> bool:
    rows = list_read("\n".join(lines), house.edition.calendar.span(H1), own=unit)
    return class_list_say(unit=house.units[unit], period=H1, rows=rows, actor=house.actor)


def found(house: House, edition: Edition | None = None) -> list[Double]:
    return doubles(edition=edition or house.edition, period=H1, units=[unit.pk for unit in house.units.values()])


def decide(house: House, double: Double, act: str, note: str = "", *, seen: int | None = None, by: str = "") -> bool:
    actor = operator(by) if by else house.actor
    at = double.seen if seen is None else seen
    return double_decide(double=double, seen=at, act=act, note=note, period=H1, actor=actor)


def test_the_same_day_place_and_subject_of_two_units_are_asked_about(house: House) -> None:
    lists(house, A, LED, "Truyền thông phòng, chống bạo lực; 12/3/2026; Nhà văn hóa thôn Đông")
    lists(house, B, HELPED)
    lists(house, C, "Lồng ghép giới; 20/3/2026; thôn Đông", "Lồng ghép giới; 12/3/2026; Hội trường phường Cẩm Tú")
    (double,) = found(house)
    assert [row.lead for row in double.rows] == ["", "Xã An Bình"]
    assert double.units == (house.units[A].pk, house.units[B].pk)


def test_what_was_decided_is_kept_with_who_and_why_and_may_be_decided_anew(house: House) -> None:
    lists(house, A, LED)
    lists(house, B, HELPED)
    (double,) = found(house)
    assert decide(house, double, "one", "Cùng một lớp, xã An Bình chủ trì")
    assert not decide(house, double, "one", "Cùng một lớp, xã An Bình chủ trì")
    with pytest.raises(Refused) as refused:
        decide(house, double, "two", by="người thứ hai")
    assert {fault.code for fault in refused.value.faults} == OVERTAKEN
    assert "tester" in refused.value.faults[0].sentence()
    (again,) = found(house)
    assert decide(house, again, "two", "Hai buổi", by="người thứ hai")
    acts = DoubleDecision.objects.order_by("pk").values_list("act", "actor", "note")
    assert [act for act, _actor, _note in acts] == ["one", "two"]
    with pytest.raises(DatabaseError), transaction.atomic():
        DoubleDecision.objects.all().delete()


def test_a_row_that_is_corrected_is_asked_about_anew(house: House) -> None:
    lists(house, A, LED)
    lists(house, B, HELPED)
    decide(house, found(house)[0], "two")
    lists(house, B, HELPED.replace("13/03", "12/03"))
    (double,) = found(house)
    assert double.decided is None


def test_the_same_list_again_is_one_list_and_reads_back_as_it_was_written(house: House) -> None:
    assert lists(house, A, LED)
    assert not lists(house, A, LED)
    assert ClassList.objects.count() == 1
    span = house.edition.calendar.span(H1)
    rows = list_read(LED, span, own=A)
    assert list_read(list_write(rows), span, own=A) == rows


def test_every_line_that_cannot_be_read_is_told_with_its_number(house: House) -> None:
    with pytest.raises(Refused) as refused:
        lists(house, A, LED, "", "Lớp một; 31/2/2026; Xã", "Lớp hai; 1/1/2024; Xã", "; 12/3/2026;", "Lớp ba;; Xã")
    told = [(fault.place[-1], fault.code) for fault in refused.value.faults]
    assert told == [
        ("3", "doubles.no_day"),
        ("4", "doubles.other_period"),
        ("5", "doubles.no_name"),
        ("5", "doubles.no_place"),
        ("6", "doubles.day_missing"),
    ]
    assert not ClassList.objects.exists()


def test_the_register_of_classes_is_asked_too_and_a_class_told_twice_by_one_unit_is_one(house: House) -> None:
    """A has the class in its register, held, and in its list too; B helped and has it in its register; C has it planned
    only. One pair, of the two registers; who leads is what B's record says."""

    def kept(unit: str, **more: str) -> Record:
        made = record_add(
            edition=PACK,
            kind=PACK.registers["training.class"],
            unit=house.units[unit],
            typed=CLASS | {"subject": "Lồng ghép giới cho cán bộ thôn", "place": "Nhà văn hóa thôn Đông"} | more,
            actor=house.actor,
        )
        return made if unit == C else move(made, "hold")

    days = {"begins_on": "12/3/2026", "ends_on": "12/3/2026"}
    lists(house, A, LED)
    led = kept(A, **days)
    helped = kept(B, begins_on="13/3/2026", ends_on="13/3/2026", leads="no", partners="UBND xã An Bình")
    kept(C, **days)
    (double,) = found(house, PACK)
    assert [row.record for row in double.rows] == [led.key, helped.key]
    assert [row.lead for row in double.rows] == ["", "UBND xã An Bình"]
    assert decide(house, double, "one", "Xã An Bình chủ trì")
    (again,) = found(house, PACK)
    assert again.decided is not None
    assert [row.get("record") for row in again.decided.rows] == [led.key, helped.key]
