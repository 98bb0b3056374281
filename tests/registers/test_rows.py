"""Rows inside a record: each cell is said, checked, changed and met by others' changes as a field is."""

from __future__ import annotations

import pytest
from tests.registers.test_registers import add, change, codes, commune, kind, move, refused

from tienbo.catalogue.loading import load
from tienbo.core.messages import speaking
from tienbo.core.periods import Period
from tienbo.registers.models import Record
from tienbo.registers.queries import counts, record_list
from tienbo.registers.rows import row_keys, rows_of
from tienbo.registers.services import data_at
from tienbo.registers.showing import said_by
from tienbo.units.models import Unit
from tienbo.units.services import unit_create

ONE, TWO, THREE = row_keys(3)
MEETING = {
    "name": "Họp Ban quý I",
    "sort": "committee",
    "held_on": "5/3/2026",
    "place": "Phòng họp số 2",
    "leads": "yes",
    "chair": "Phó Chủ tịch UBND xã",
    f"delegates/{ONE}/organisation": "Các thành viên Ban",
    f"delegates/{ONE}/persons": "15",
    f"delegates/{ONE}/women": "9",
    f"talks/{ONE}/organisation": "Hội LHPN xã",
    f"talks/{ONE}/subject": "Phòng, chống tảo hôn",
    f"talks/{TWO}/organisation": "Trạm Y tế",
    f"talks/{TWO}/subject": "Chăm sóc sức khỏe phụ nữ",
}


def meet(unit: Unit, **typed: str) -> Record:
    return add(unit, "meeting", **(MEETING | typed))


def talks(record: Record) -> list[tuple[str, str]]:
    field = kind("meeting").by_code["talks"]
    rows = rows_of(field, Record.objects.get(pk=record.pk).data)
    return [(row.said["organisation"], row.said["subject"]) for row in rows]


@pytest.mark.django_db
def test_rows_are_kept_in_their_order_found_by_their_words_and_told_in_one_cell() -> None:
    record = meet(commune())
    assert talks(record) == [("Hội LHPN xã", "Phòng, chống tảo hôn"), ("Trạm Y tế", "Chăm sóc sức khỏe phụ nữ")]
    assert list(record_list(kind="meeting", units=[record.unit_id], text="tao hon")) == [record]
    told = said_by(kind("meeting").by_code["delegates"], record.data, record.occurred_on)
    assert told == "1) Các thành viên Ban – 15 – 9"
    assert data_at(record, 1) == record.data
    move(record, "hold")
    said = counts(units=[record.unit_id], period=Period(2026, 1))
    assert said[record.unit_id]["committee.meetings"] == 1


@pytest.mark.django_db
def test_two_who_changed_different_rows_meet_and_one_cell_has_both_values() -> None:
    record = meet(commune())
    change(record, 1, **{f"talks/{ONE}/subject": "Bình đẳng giới trong gia đình"})
    change(record, 1, **{f"talks/{TWO}/subject": "", f"talks/{TWO}/organisation": ""})
    change(record, 1, **{f"talks/{THREE}/subject": "Vay vốn", f"talks/{THREE}/organisation": "Hội Nông dân"})
    assert talks(record) == [("Hội LHPN xã", "Bình đẳng giới trong gia đình"), ("Hội Nông dân", "Vay vốn")]
    with speaking("vi"):
        (fault,) = refused(lambda: change(record, 1, **{f"talks/{ONE}/subject": "Chủ đề khác"}))
    assert (fault.code, fault.place) == ("record.changed_meanwhile", "Tham luận, dòng 1: Chuyên đề")
    (late,) = refused(lambda: change(record, 1, **{f"talks/{TWO}/subject": "Sửa sau khi đã bỏ"}))
    assert (late.code, late.fields["theirs"]) == ("record.changed_meanwhile", "")
    assert Record.objects.get(pk=record.pk).version == 4


@pytest.mark.django_db
def test_every_fault_of_a_row_stands_at_its_row_and_column() -> None:
    bad = {
        f"delegates/{ONE}/persons": "8",
        f"delegates/{TWO}/persons": "mười",
        f"talks/{TWO}/subject": "",
        f"opinions/{ONE}/sort": "proposal",
        f"opinions/{ONE}/text": "Bổ sung kinh phí",
        f"conclusions/{ONE}/sort": "dated",
        f"conclusions/{ONE}/text": "Rà soát quy hoạch",
        f"conclusions/{ONE}/lead": "Sở Không Có",
        "talks/not_a_row/subject": "bị bỏ qua",
    }
    with speaking("vi"):
        faults = refused(lambda: meet(commune(), **bad))
    assert [(fault.code, fault.place) for fault in faults] == [
        ("record.part_exceeds_whole", "Đại biểu theo cơ quan, đơn vị, dòng 1: Trong đó: nữ"),
        ("record.blank", "Đại biểu theo cơ quan, đơn vị, dòng 2: Cơ quan, đơn vị"),
        ("record.not_a_number", "Đại biểu theo cơ quan, đơn vị, dòng 2: Số đại biểu"),
        ("record.blank", "Tham luận, dòng 2: Chuyên đề"),
        ("record.blank", "Ý kiến thảo luận, dòng 1: Cơ quan trả lời, giải quyết"),
        ("record.unknown_unit", "Kết luận, dòng 1: Đơn vị chủ trì thực hiện"),
        ("record.blank", "Kết luận, dòng 1: Hạn hoàn thành"),
    ]
    held = move(meet(commune("Xã Hòa Lạc")), "hold")
    assert ("record.no_rows", "conclusions") in codes(lambda: move(held, "conclude"))


@pytest.mark.django_db
def test_no_more_rows_than_fit_and_units_by_their_names() -> None:
    province = unit_create(kind="province", name="Tỉnh Bình Yên", begins=commune("Xã Xa").valid_from)
    unit, other = commune(parent=province), commune("Xã Hòa Lạc", province)
    many = {f"partners/{key}/{column}": "home" for key in row_keys(51) for column in ("organisation", "sort")}
    assert codes(lambda: meet(unit, **many)) == [("record.too_many_rows", "partners")]
    told = {
        f"conclusions/{ONE}/text": "Phổ biến chỉ tiêu",
        f"conclusions/{ONE}/sort": "standing",
        f"conclusions/{ONE}/units": "Xã Hòa Lạc; xã đồng tâm; Xã Hòa Lạc",
    }
    record = meet(unit, **told)
    assert record.data[f"conclusions/{ONE}/units"] == f"{other.key};{unit.key}"
    field = load("vn").registers["meeting"].by_code["conclusions"]
    assert (
        said_by(field, record.data, record.occurred_on)
        == "1) Phổ biến chỉ tiêu – Thường xuyên – Xã Hòa Lạc; Xã Đồng Tâm"
    )
    assert change(record, 1, **{f"conclusions/{ONE}/units": "Xã Hòa Lạc; Xã Đồng Tâm"}).version == 1
