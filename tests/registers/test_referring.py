"""An event names its campaign by the campaign's record; counts by campaign and quarter, worked out by hand.

The half-year of 2026-H1 runs from 15/12/2025: its first quarter to 14/3/2026, its second from 15/3/2026. Of campaign A:
10/1 meeting (40 persons), 20/3 meeting (25), 21/3 three items. Of none: 1/2 meeting (7). In words of before: 2/2 (5).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook
from tests.registers.test_book import SEAL
from tests.registers.test_registers import DOER, H1, TODAY, add, change, commune, kind, move, refused

from tienbo.catalogue.definitions import RegisterKind
from tienbo.catalogue.loading import load
from tienbo.registers.book import book_read, book_try, book_write
from tienbo.registers.gathering import Quarter, gathering, worded
from tienbo.registers.models import Record
from tienbo.registers.queries import record_list
from tienbo.units.models import Unit
from tienbo.units.services import unit_create

pytestmark = [pytest.mark.database, pytest.mark.django_db]

EVENT = "outreach.event"


def campaign(unit: Unit, name: str, begins: str = "1/1/2026") -> Record:
    return add(unit, "outreach.campaign", name=name, action_month="no", begins_on=begins)


def event(unit: Unit, day: str, of: str = "", people: int = 10, sort: str = "meeting") -> Record:
    counted = {"items": str(people)} if sort == "items" else {"attendances": str(people)}
    made = add(unit, EVENT, name=f"Cuộc ngày {day}", sort=sort, held_on=day, leads="yes", campaign=of, **counted)
    return move(made, "hold")


@pytest.fixture
def province() -> Unit:
    return unit_create(kind="province", name="Tỉnh Mẫu", begins=date(2025, 7, 1))


def test_a_campaign_is_named_by_its_record_and_only_one_that_is_within_reach(province: Unit) -> None:
    one, other = commune("Xã Một", province), commune("Xã Hai", province)
    union = unit_create(kind="front.union", name="Hội Phụ nữ tỉnh", begins=date(2025, 7, 1), parent=province)
    a, mine, theirs = campaign(province, "Đợt 8/3"), campaign(one, "Đợt của xã"), campaign(other, "Đợt xã khác")
    of_union = campaign(union, "Ngày hội phụ nữ")
    for text, named in (("đợt 8/3", a), (a.key, a), ("Đợt của xã", mine), ("Ngày hội phụ nữ", of_union)):
        assert event(one, "10/1/2026", text).data["campaign"] == named.key
    for text in ("Đợt xã khác", theirs.key, "Không có đợt này"):
        (fault,) = refused(lambda text=text: event(one, "10/1/2026", text))
        assert (fault.code, fault.fields["field"]) == ("record.unknown_record", "campaign")
    again = campaign(province, "Đợt 8/3", "1/3/2026")
    (fault,) = refused(lambda: event(one, "10/1/2026", "Đợt 8/3"))
    assert (fault.code, fault.fields["count"]) == ("record.records_alike", 2)
    # With its day and unit beside it, as a list offers it, it is one again; and what it is called is what is sought.
    made = event(one, "10/1/2026", "Đợt 8/3 (01/3/2026, Tỉnh Mẫu)")
    assert made.data["campaign"] == again.key
    assert "dot 8/3" in made.words


def test_a_campaign_that_was_renamed_leads_to_its_events_by_both_its_names(province: Unit) -> None:
    a, b, unit = campaign(province, "Đợt 8/3"), campaign(province, "Đợt 20/10"), commune("Xã Một", province)
    of_a, of_b = event(unit, "10/1/2026", a.key), event(unit, "11/1/2026", b.key)
    change(a, a.version, name="Tuần lễ áo dài")
    change(b, b.version, begins_on="2/1/2026")

    def found(text: str) -> list[int]:
        rows = record_list(kind=EVENT, units=[unit.pk], text=text, naming=kind(EVENT).fields)
        return [one.pk for one in rows]

    for text in ("áo dài", "Tuần lễ", "Đợt 8/3", "áo dài 10/1/2026", "cuộc TUẦN"):
        assert found(text) == [of_a.pk], text
    assert found("Đợt 20/10") == [of_b.pk]
    assert found("áo dài 11/1/2026") == found("tuần trăng") == []
    assert found("cuộc") == [of_b.pk, of_a.pk]


def test_what_was_written_in_words_stays_until_somebody_chooses(province: Unit) -> None:
    a, unit = campaign(province, "Đợt 8/3"), commune("Xã Một", province)
    held = event(unit, "2/2/2026")
    Record.objects.filter(pk=held.pk).update(data={**held.data, "campaign": "dịp 8-3"})
    assert [one.pk for one in worded(kind=kind(EVENT), units=[unit.pk])] == [held.pk]
    changed = change(held, held.version, place="Nhà văn hóa")
    assert changed.data["campaign"] == "dịp 8-3"
    (fault,) = refused(lambda: change(held, changed.version, campaign="dịp 8-3 nào đó"))
    assert fault.code == "record.unknown_record"
    assert change(held, changed.version, campaign=a.key).data["campaign"] == a.key
    assert list(worded(kind=kind(EVENT), units=[unit.pk])) == []


def test_counts_follow_the_campaign_quarter_by_quarter(province: Unit) -> None:
    a, unit = campaign(province, "Đợt 8/3"), commune("Xã Một", province)
    event(unit, "10/1/2026", a.key, 40)
    event(unit, "20/3/2026", a.key, 25)
    event(unit, "21/3/2026", a.key, 3, "items")
    event(unit, "1/2/2026", "", 7)
    old = event(unit, "2/2/2026", "", 5)
    Record.objects.filter(pk=old.pk).update(data={**old.data, "campaign": "dịp 8-3"})
    told = gathering(kind=kind(EVENT), units=[unit.pk], period=H1, calendar=load("vn").calendar)
    first, second = Quarter(H1, "q1"), Quarter(H1, "q2")
    assert {at: {code: int(count) for code, count in held.items()} for at, held in told.items()} == {
        (a.key, first): {"events": 1, "attendances": 40},
        (a.key, second): {"events": 1, "attendances": 25, "items": 3},
        ("", first): {"events": 1, "attendances": 7},
        ("dịp 8-3", first): {"events": 1, "attendances": 5},
    }
    assert sum(held.get("attendances", Decimal(0)) for held in told.values()) == 77


def test_a_workbook_shows_and_takes_campaigns_by_name(province: Unit, tmp_path: Path) -> None:
    a, unit = campaign(province, "Đợt 8/3"), commune("Xã Một", province)
    b = campaign(province, "Tháng hành động")
    held = event(unit, "10/1/2026", a.key)
    out, edition = tmp_path / "so.xlsx", load("vn")
    book_write(out, edition=edition, kind=kind(EVENT), unit=unit, span=None, seal=SEAL)
    made = load_workbook(out)
    page = made.worksheets[0]
    (cell,) = [one for row in page.iter_rows() for one in row if one.value == "Đợt 8/3"]
    offered = [one.value for row in made["Danh mục chọn"].iter_rows() for one in row]
    assert {"Đợt 8/3", "Tháng hành động"} <= set(offered)
    read, _unit = book_read(out.read_bytes(), name="so.xlsx", edition=edition, seal=SEAL, register=EVENT)
    assert book_try(edition=edition, read=read, unit=unit, actor=DOER, today=TODAY).lines == []
    cell.value = "Tháng hành động"
    made.save(out)
    read, _unit = book_read(out.read_bytes(), name="so.xlsx", edition=edition, seal=SEAL, register=EVENT)
    (line,) = book_try(edition=edition, read=read, unit=unit, actor=DOER, today=TODAY).lines
    assert [(one.was, one.becomes) for one in line.differences] == [("Đợt 8/3", "Tháng hành động")]
    assert b.key != held.data["campaign"]


def test_a_register_that_is_kept_with_a_period_is_read_back_as_it_was() -> None:
    for held in load("vn").registers.values():
        assert RegisterKind.model_validate(held.model_dump(mode="json")) == held
