"""A register goes out as a workbook and comes back: untouched lines do nothing, one file has one effect however often
it is sent, two who differ are told both values, and every fault has its cell."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from tests.papers.workbook.test_office import converted
from tests.registers.test_registers import (
    BEGAN,
    CLASS,
    DOER,
    H1,
    TODAY,
    add,
    change,
    commune,
    kind,
    move,
    person,
    refused,
)
from tests.registers.test_rows import MEETING

from tienbo.accounts.actors import Actor
from tienbo.catalogue.loading import Edition, load
from tienbo.core.messages import speaking
from tienbo.ground.files import FileStore
from tienbo.papers.workbook import safety
from tienbo.papers.workbook.register import BLANKS, SHEET
from tienbo.registers.book import BookTaken, book_read, book_take, book_try, book_write
from tienbo.registers.models import Record, RecordVersion, RegisterIntake
from tienbo.registers.queries import counts
from tienbo.registers.rows import rows_of
from tienbo.registers.services import record_withdraw
from tienbo.units.models import Role, Unit
from tienbo.units.services import unit_create

SEAL = b"con dau cua thu nghiem"
FIRST = 7
"""The row of the first record."""
CLASS_C = {
    "subject": "Phòng chống tảo hôn",
    "begins_on": date(2026, 4, 10),
    "ends_on": date(2026, 4, 10),
    "place": "Nhà văn hóa",
    "level": "Thôn, bản, tổ dân phố",
    "leads": "Có",
    "persons": 20,
    "persons_women": 12,
    "attendances": 20,
    "attendances_women": 12,
}
HELD, PLANNED = "Đã tổ chức", "Dự kiến"


def book(unit: Unit, code: str = "training.class") -> bytes:
    out = BytesIO()
    book_write(out, edition=load("vn"), kind=kind(code), unit=unit, span=None, seal=SEAL)
    return out.getvalue()


def filled(data: bytes, said: Mapping[tuple[int, str], Any]) -> bytes:
    """The workbook with cells filled in by (row, field or "state|")."""
    held = load_workbook(BytesIO(data))
    sheet = held[SHEET]
    for (row, code), value in said.items():
        sheet.cell(row, column(sheet, code)).value = value
    out = BytesIO()
    held.save(out)
    return out.getvalue()


def column(sheet: Worksheet, code: str) -> int:
    return next(cell.column for cell in sheet[1] if cell.value == code)


def cell(data: bytes, row: int, code: str) -> str:
    sheet = load_workbook(BytesIO(data))[SHEET]
    return f"{SHEET}!{sheet.cell(row, column(sheet, code)).coordinate}"


def line(row: int, said: Mapping[str, Any], state: str = "") -> dict[tuple[int, str], Any]:
    made = {(row, code): value for code, value in said.items()}
    return made | {(row, "state|"): state} if state else made


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


def tried(data: bytes, unit: Unit, actor: Actor = DOER) -> BookTaken:
    read, _unit = book_read(data, name="sổ.xlsx", edition=load("vn"), seal=SEAL, register="training.class", unit=unit)
    return book_try(edition=load("vn"), read=read, unit=unit, actor=actor, today=TODAY)


def take(data: bytes, unit: Unit, store: FileStore, *, looked_at: bool = False) -> BookTaken:
    read, _unit = book_read(data, name="sổ.xlsx", edition=load("vn"), seal=SEAL, unit=unit)
    return book_take(
        edition=load("vn"),
        read=read,
        unit=unit,
        content=data,
        name="sổ.xlsx",
        actor=DOER,
        store=store,
        looked_at=looked_at,
        today=TODAY,
    )


def done(made: BookTaken) -> tuple[int, int, int, int]:
    return made.added, made.changed, made.moved, made.untouched


def faults(act: Callable[[], object]) -> list[tuple[str, str]]:
    found = refused(act)
    with speaking("vi"):
        assert all(fault.sentence() for fault in found)
    return [(fault.code, fault.place) for fault in found]


@pytest.mark.database
@pytest.mark.django_db
def test_a_workbook_is_filled_in_looked_at_taken_and_sent_again(store: FileStore) -> None:
    """Two classes are there: A on 05/3 (held), B on 01/5 (planned). In the workbook A gets another place, B is held,
    C and D are new, D held at once. H1 then counts A, B and D: 3 classes, 60 + 60 + 20 = 140 lượt, 38 + 38 + 12 of
    women."""
    unit = commune()
    a, b = move(add(unit), "hold"), add(unit, begins_on="1/5/2026", ends_on="2/5/2026")
    blank = book(unit)
    assert done(tried(blank, unit)) == (0, 0, 0, 2)
    c, d = FIRST + 2, FIRST + 4  # a line between is left blank
    said = {(FIRST, "place"): "Trường học", (FIRST + 1, "state|"): HELD, **line(c, CLASS_C), **line(d, CLASS_C, HELD)}
    data = filled(blank, said)
    before = RecordVersion.objects.count()
    looked = tried(data, unit)
    assert done(looked) == (2, 1, 2, 0)
    assert [(one.place, one.is_new, one.state) for one in looked.lines] == [
        (f"{SHEET}!{FIRST}", False, ""),
        (f"{SHEET}!{FIRST + 1}", False, HELD),
        (f"{SHEET}!{c}", True, ""),
        (f"{SHEET}!{d}", True, HELD),
    ]
    assert looked.lines[0].differences == (("Địa điểm", "Hội trường UBND xã", "Trường học"),)
    assert RecordVersion.objects.count() == before
    taken = take(data, unit, store)
    assert (done(taken), taken.again, taken.receipt) == ((2, 1, 2, 0), False, RegisterIntake.objects.get())
    said_now = counts(units=[unit.pk], period=H1)[unit.pk]
    assert [int(said_now[one] or 0) for one in ("training.classes", "training.attendances")] == [3, 140]
    assert said_now["training.attendances[sex=f]"] == 88
    assert Record.objects.get(pk=a.pk).data["place"] == "Trường học"
    assert Record.objects.get(pk=b.pk).state == "held"
    again = take(data, unit, store)
    assert (again.again, again.receipt, Record.objects.count()) == (True, taken.receipt, 4)
    # The same workbook saved once more is other bytes, and still does nothing.
    assert done(take(filled(data, {}), unit, store)) == (0, 0, 0, 4)
    # What is written into it later is told from what it had brought already, however often it was sent.
    later = filled(data, {(FIRST, "place"): "Nhà văn hóa thôn 2", (c, "persons"): 25, (c, "state|"): HELD})
    assert done(take(later, unit, store)) == (0, 2, 1, 2)
    third = Record.objects.get(data__subject=CLASS_C["subject"], data__persons="25")
    assert (third.state, third.version) == ("held", 3)
    # Somebody withdrew one: its untouched line does nothing, and is asked about once it is touched.
    record_withdraw(edition=load("vn"), kind=kind(), record=third, seen=3, reason="ghi trùng", actor=DOER)
    assert done(tried(later, unit)) == (0, 0, 0, 4)
    assert faults(lambda: tried(filled(later, {(c, "persons"): 26}), unit)) == [("record.is_withdrawn", f"{SHEET}!{c}")]


@pytest.mark.django_db
def test_what_somebody_else_wrote_meanwhile_is_told_with_both_values_and_nothing_is_half_taken(
    store: FileStore,
) -> None:
    unit = commune()
    first, second = add(unit), add(unit, begins_on="1/5/2026", ends_on="2/5/2026")
    blank = book(unit)
    change(first, 1, place="Nhà văn hóa", cost="5000")
    move(second, "cancel")
    said = {
        (FIRST, "place"): "Trường học",
        (FIRST, "paper"): "12/KH-UBND",
        (FIRST + 1, "state|"): HELD,
        **line(FIRST + 2, CLASS_C),
    }
    data = filled(blank, said)
    clash, moved = refused(lambda: take(data, unit, store))
    assert (clash.code, clash.place) == ("record.changed_meanwhile", cell(data, FIRST, "place"))
    assert (clash.fields["theirs"], clash.fields["yours"]) == ("Nhà văn hóa", "Trường học")
    assert (moved.code, moved.place) == ("register_book.moved_meanwhile", cell(data, FIRST + 1, "state|"))
    assert (moved.fields["theirs"], moved.fields["yours"]) == ("Không tổ chức", HELD)
    assert (Record.objects.count(), RegisterIntake.objects.count()) == (2, 0)
    agreed = filled(data, {(FIRST, "place"): "Nhà văn hóa", (FIRST + 1, "state|"): PLANNED})
    assert done(take(agreed, unit, store)) == (1, 1, 0, 1)
    now = Record.objects.get(pk=first.pk)
    assert (now.data["place"], now.data["cost"], now.data["paper"]) == ("Nhà văn hóa", "5000", "12/KH-UBND")


@pytest.mark.django_db
def test_every_fault_is_told_at_once_at_its_cell(store: FileStore) -> None:
    unit = commune()
    add(unit)
    blank = book(unit)
    wrong = {
        "persons": 10,
        "persons_women": 12,
        "ends_on": "1/4/2026",
        "level": "quận",
        "attendances": -3,
        "attendances_women": "mười",
        "lead": "Xã Không Có",
    }
    n = FIRST + 1
    said = line(n, CLASS_C | wrong) | {(FIRST, "state|"): "Không tổ chức", (FIRST, "place"): None}
    data = filled(blank, said)
    assert faults(lambda: tried(data, unit)) == [
        ("record.blank", cell(data, FIRST, "place")),
        ("record.before", cell(data, n, "ends_on")),
        ("record.unknown_choice", cell(data, n, "level")),
        ("record.unknown_unit", cell(data, n, "lead")),
        ("record.part_exceeds_whole", cell(data, n, "persons_women")),
        ("record.negative", cell(data, n, "attendances")),
        ("record.not_a_number", cell(data, n, "attendances_women")),
    ]
    moved = filled(blank, {**line(n, CLASS_C | {"begins_on": date(2026, 6, 20), "ends_on": date(2026, 6, 20)}, HELD)})
    assert faults(lambda: tried(moved, unit)) == [("record.to_come", cell(moved, n, "begins_on"))]
    odd = filled(blank, {(FIRST, "state|"): "xong", (FIRST, "persons"): "=1/0", (FIRST + 1, "subject"): "=A1"})
    found = faults(lambda: tried(odd, unit))
    assert {code for code, _place in found} == {"register_book.unknown_state", "register_book.no_result"}
    below = FIRST + 1 + BLANKS
    copied = load_workbook(BytesIO(blank))
    sheet = copied[SHEET]
    sheet.cell(FIRST + 1, 1).value = sheet.cell(FIRST, 1).value
    sheet.cell(below, 4).value = "Lớp ghi dưới bảng"
    out = BytesIO()
    copied.save(out)
    assert faults(lambda: tried(out.getvalue(), unit)) == [
        ("register_book.row_twice", f"{SHEET}!{FIRST + 1}"),
        ("register_book.no_key", f"{SHEET}!D{below}"),
    ]
    # Who does not enter for the unit takes nothing in, whatever the file says.
    assert faults(lambda: tried(blank, unit, person(unit, Role.HEAD))) == [("units.no_access", "")]
    # A number that may be a person's is asked about once.
    doubted = filled(blank, line(n, CLASS_C | {"remark": "gọi 0912 345 678"}))
    (doubt,) = tried(doubted, unit).doubts
    assert (doubt.code, doubt.place) == ("record.telephone", cell(doubted, n, "remark"))
    assert faults(lambda: take(doubted, unit, store)) == [("record.telephone", doubt.place)]
    assert take(doubted, unit, store, looked_at=True).added == 1


@pytest.mark.django_db
def test_another_s_file_and_a_bad_one_are_refused() -> None:
    unit, other = commune(), commune("Xã Hòa Lạc")
    blank = book(unit)
    edition = load("vn")

    def told(data: bytes, *, seal: bytes = SEAL, of: Unit = unit, using: Edition = edition) -> list[str]:
        found = faults(
            lambda: book_read(data, name="sổ.xlsx", edition=using, seal=seal, register="training.class", unit=of)
        )
        return [code for code, _place in found]

    assert told(blank, of=other) == ["register_book.other_unit"]
    assert told(book(unit, "jobs.activity")) == ["register_book.other_register"]
    assert told(blank, seal=b"another site") == ["register_book.seal_broken"]
    newer = deepcopy(edition)
    newer.registers["training.class"] = kind().model_copy(update={"columns": kind().columns[:2]})
    assert told(blank, using=newer) == ["register_book.other_definition"]
    assert told(b"subject;place") == ["workbook.not_a_workbook"]
    assert told(b"") == ["workbook.empty"]
    assert told(_with(blank, "xl/vbaProject.bin", b"x")) == ["workbook.macros"]
    assert told(_with(blank, "xl/worksheets/sheet9.xml", b" " * (13 * 2**20))) == ["workbook.zip_bomb"]
    held = load_workbook(BytesIO(blank))
    del held[SHEET]
    held.create_sheet("Trang khác")
    out = BytesIO()
    held.save(out)
    assert told(out.getvalue()) == ["register_book.sheet_missing"]
    lacking = load_workbook(BytesIO(blank))
    lacking[SHEET].delete_cols(column(lacking[SHEET], "place"))
    out = BytesIO()
    lacking.save(out)
    assert told(out.getvalue()) == ["register_book.column_missing"]
    assert told(blank + b" " * safety.FILE_LIMIT) == ["workbook.too_large"]


def _with(data: bytes, name: str, content: bytes) -> bytes:
    out = BytesIO(data)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.documents
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.django_db
def test_libreoffice_gives_back_what_it_was_given(tmp_path: Path) -> None:
    """Opened and saved by LibreOffice, as a workbook of Excel's, of its own and of the old kind: lines there are say
    the same, a new one says what was typed."""
    province = unit_create(kind="province", name="Tỉnh Vĩnh An", begins=BEGAN)
    unit, lead = commune(parent=province), commune("Xã Hòa Lạc", province)
    typed = CLASS | {"lead": lead.key, "leads": "no", "remark": "Dòng một\nDòng hai", "cost": "12.500", "paper": "012"}
    add(unit, **typed)
    data = filled(book(unit), line(FIRST + 1, CLASS_C, HELD))
    for ending in ("xlsx", "ods", "xls"):
        folder = tmp_path / ending
        folder.mkdir()
        (made,) = converted({"so.xlsx": data}, ending, folder).values()
        looked = tried(made, unit)
        assert (ending, done(looked)) == (ending, (1, 0, 1, 1))
        assert {one.label: one.becomes for one in looked.lines[0].differences}["Ngày khai giảng"] == "10/4/2026"


def rows_filled(data: bytes, page: str, said: Mapping[tuple[int, str], Any]) -> bytes:
    """The workbook with cells of a sheet of rows filled in."""
    held = load_workbook(BytesIO(data))
    sheet = held[page]
    for (row, code), value in said.items():
        sheet.cell(row, column(sheet, code)).value = value
    out = BytesIO()
    held.save(out)
    return out.getvalue()


def meetings(data: bytes, unit: Unit) -> BookTaken:
    read, _unit = book_read(data, name="sổ.xlsx", edition=load("vn"), seal=SEAL, register="meeting", unit=unit)
    return book_try(edition=load("vn"), read=read, unit=unit, actor=DOER, today=TODAY)


@pytest.mark.django_db
def test_what_repeats_has_a_sheet_that_comes_back_by_the_same_rules(store: FileStore) -> None:
    """A meeting with two talks. In the workbook one talk gets another subject, one is blanked, one is new by the number
    of its line; a meeting that is new has a talk too. Meanwhile somebody wrote another subject of the first."""
    unit = commune()
    record = add(unit, "meeting", **MEETING)
    blank = book(unit, "meeting")
    assert load_workbook(BytesIO(blank))["Tham luận"].cell(FIRST, 4).value == "Họp Ban quý I"
    assert done(meetings(blank, unit)) == (0, 0, 0, 1)
    new = FIRST + 1  # line 2 of the main sheet
    first = {"name": "Họp Ban quý II", "held_on": date(2026, 5, 4), "sort": "Họp Ban", "leads": "Có"}
    main = filled(blank, line(new, {**first, "place": "Phòng họp", "chair": "Chủ tịch"}))
    said = {
        (FIRST, "subject"): "Vay vốn",
        (FIRST + 1, "organisation"): None,
        (FIRST + 1, "subject"): None,
        (FIRST + 2, "number|"): 1,
        (FIRST + 2, "organisation"): "Hội Nông dân",
        (FIRST + 2, "subject"): "Sinh kế",
        (FIRST + 3, "number|"): 2,
        (FIRST + 3, "organisation"): "Đoàn Thanh niên",
        (FIRST + 3, "subject"): "Tảo hôn",
    }
    data = rows_filled(main, "Tham luận", said)
    looked = meetings(data, unit)
    assert done(looked) == (1, 1, 0, 0)
    with speaking("vi"):
        told = [(one.label, one.was, one.becomes) for one in meetings(data, unit).lines[0].differences]
    assert told == [
        ("Tham luận, dòng 1: Chuyên đề", "Phòng, chống tảo hôn", "Vay vốn"),
        ("Tham luận, dòng 2: Cơ quan, đơn vị trình bày", "Trạm Y tế", ""),
        ("Tham luận, dòng 2: Chuyên đề", "Chăm sóc sức khỏe phụ nữ", ""),
        ("Tham luận, dòng 3: Cơ quan, đơn vị trình bày", "", "Hội Nông dân"),
        ("Tham luận, dòng 3: Chuyên đề", "", "Sinh kế"),
    ]
    # What is wrong has its cell, and then nothing of the workbook is taken.
    bad = {(FIRST + 4, "subject"): "Không rõ của ai", (FIRST + 5, "number|"): 9999, (FIRST + 5, "subject"): "x"}
    wrong = faults(lambda: meetings(rows_filled(data, "Tham luận", bad), unit))
    assert [code for code, _place in wrong] == ["register_book.whose_row", "register_book.no_such_line"]
    assert [place.partition("!")[0] for _code, place in wrong] == ["Tham luận", "Tham luận"]
    half = faults(lambda: meetings(rows_filled(data, "Tham luận", {(FIRST + 3, "organisation"): None}), unit))
    assert [(code, place.partition("!")[0]) for code, place in half] == [("record.blank", "Tham luận")]
    moved = faults(lambda: meetings(rows_filled(data, "Tham luận", {(FIRST, "number|"): 2}), unit))
    assert [code for code, _place in moved] == ["register_book.row_of_another"]
    assert Record.objects.count() == 1
    taken = take(data, unit, store)
    assert done(taken) == (1, 1, 0, 0)
    assert take(data, unit, store).again
    assert done(meetings(filled(data, {}), unit)) == (0, 0, 0, 2)
    record.refresh_from_db()
    talks = rows_of(kind("meeting").by_code["talks"], record.data)
    assert [row.said["subject"] for row in talks] == ["Vay vốn", "Sinh kế"]
    # Two who differ are told both values, at the cell.
    change(record, record.version, **{f"talks/{talks[0].key}/subject": "Việc làm"})
    clash = rows_filled(data, "Tham luận", {(FIRST, "subject"): "Học nghề"})
    (fault,) = refused(lambda: meetings(clash, unit))
    assert (fault.code, fault.fields["theirs"], fault.fields["yours"]) == (
        "record.changed_meanwhile",
        "Việc làm",
        "Học nghề",
    )
    assert fault.place.startswith("Tham luận!")
