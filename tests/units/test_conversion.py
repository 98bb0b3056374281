"""The official conversion table: its spellings, its errors by row, and that it is taken over once."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import xlsxwriter
from django.db import transaction
from django.utils import timezone

from tienbo.core.faults import Refused
from tienbo.core.messages import speaking
from tienbo.units.conversion import EVE, table_import
from tienbo.units.frames import acts, tree_on, unit_codes, unit_names
from tienbo.units.models import GSO, Reorganisation, Succession
from tienbo.units.table import extent_of, table_read
from tienbo.units.vietnam import CHANGE

HEAD = [
    ["Đơn vị hành chính từ ngày 01/7/2025", "", "", "Đơn vị hành chính trước ngày 01/7/2025"],
    ["Tỉnh, thành phố", "Tên Xã mới", "Mã Xã mới", "Tên Xã cũ", "Mã Xã cũ", "Ghi chú", "Quận/huyện", "Tỉnh cũ"],
]


@pytest.fixture
def rolled_back(viet_nam: None) -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def official(folder: Path, *, but: dict[str, dict[str, str]] | None = None, drop: str = "") -> Path:
    """The table of Thái Nguyên as it would be published: from what is on record, in the published columns.

    `but`: old code → columns as they are written instead.
    """
    before, after = unit_names(EVE), unit_names(CHANGE)
    old, new = unit_codes(EVE, GSO), unit_codes(CHANGE, GSO)
    eve, morrow = tree_on(EVE), tree_on(CHANGE)
    province = next(unit for unit in morrow.of_kind({"province"}) if new[unit] == "19")
    rows = [*HEAD, ["TỈNH THÁI NGUYÊN"]]
    law = Reorganisation.objects.get(origin="vn.2025-07-01.communes.19")
    for row in law.successions.filter(withdrawn_by=None).order_by("successor_id"):
        assert row.successor_id is not None
        was = next(one for one in eve.ancestors(row.predecessor_id) if eve.kinds[one] == "province")
        note = {"unchanged": "Giữ nguyên", "whole": "Nhập toàn bộ", "part": "Nhập một phần"}[row.extent]
        told = {
            "province": f"{after[province]} (19)",
            "new_name": f"  {after[row.successor_id]}",
            "new": new[row.successor_id],
            "old_name": before[row.predecessor_id],
            "old": old[row.predecessor_id],
            "note": note,
            "district": "",
            "old_province": f"{before[was]} ({old[was]})",
        }
        if told["old"] != drop:
            rows.append(list({**told, **(but or {}).get(told["old"], {})}.values()))
    path = folder / "bang-chuyen-doi.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def faults_of(path: Path) -> list[tuple[str, str]]:
    before = Succession.objects.count()
    with pytest.raises(Refused) as caught:
        table_import(path)
    assert Succession.objects.count() == before
    with speaking("vi"):
        assert all(fault.sentence() for fault in caught.value.faults)
    return [(fault.code, fault.place) for fault in caught.value.faults]


# ------------------------------------------------------------------------------------------------------- the words


@pytest.mark.parametrize(
    ("note", "extent"),
    [
        ("Nhập toàn bộ", "whole"),
        ("nhập toàn  bộ ", "whole"),
        ("Nhập toàn bộ diện tích, dân số", "whole"),
        ("Nhập toàn bộ diện tích tự nhiên và quy mô dân số", "whole"),
        ("Giữ nguyên", "whole"),
        ("Đổi loại hình", "whole"),
        ("Đổi tên", "whole"),
        ("Sắp xếp toàn bộ huyện Côn Đảo thành đặc khu Côn Đảo", "whole"),
        ("Nhập một phần", "part"),
        ("Nhập 1 phần", "part"),
        ("Nhập một phần diện tích, dân số", "part"),
        ("Phần còn lại sau khi tách một phần vào xã Canh Vinh", "part"),
        ("Nhập một phần diện tích", "area_only"),
        ("Nhập một phần diện tích, toàn bộ dân số", "area_part_pop_all"),
        ("Nhập một phần diện tích và toàn bộ quy mô dân số", "area_part_pop_all"),
        ("Nhập một phần dân số", "pop_part"),
        ("Nhập toàn bộ diện tích", "area_all"),
        ("Nhập toàn bộ diện tích, một phần dân số", "area_all"),
        ("", None),
        ("Chưa rõ", None),
    ],
)
def test_a_note_is_read_by_its_words(note: str, extent: str | None) -> None:
    assert extent_of(note) == extent


def test_notes_of_the_hard_cases_are_read_as_the_reference_reads_them(reference: Path) -> None:
    with (reference / "data" / "admin_crosswalk_hard_cases.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert extent_of(row["note_vi"]) == row["relation"], row


# -------------------------------------------------------------------------------------------------- as published


@pytest.mark.usefixtures("rolled_back")
def test_a_table_as_published_that_says_what_is_known_gives_only_its_words(tmp_path: Path) -> None:
    path = official(tmp_path)
    done = table_import(path)
    assert (done.act, done.withdrawn, done.given) == ("", 0, 0)
    assert done.worded == done.rows > 280
    again = table_import(path)
    assert (again.act, again.worded) == ("", 0)


@pytest.mark.usefixtures("rolled_back")
def test_what_the_table_knows_better_is_one_correction(tmp_path: Path) -> None:
    known = timezone.now()
    before = acts()
    path = official(tmp_path, but={"05461": {"note": "Nhập một phần diện tích, toàn bộ dân số"}})
    # Gia Sàng went to two: both rows now claim all persons.
    assert {code for code, _place in faults_of(path)} == {"succession.shares_do_not_sum"}
    rows = path.read_text(encoding="utf-8-sig")
    path.write_text(rows.replace("Nhập một phần diện tích, toàn bộ dân số", "Nhập một phần diện tích", 1), "utf-8-sig")
    done = table_import(path)
    assert (done.withdrawn, done.given) == (2, 2)
    correction = Reorganisation.objects.get(key=done.act)
    assert correction.kind == "correction"
    assert "SHA-256" in correction.source
    assert set(correction.gave.values_list("words", flat=True)) == {
        "Nhập một phần diện tích",
        "Nhập một phần diện tích, toàn bộ dân số",
    }
    assert acts(known) == before != acts()
    assert table_import(path).act == ""


@pytest.mark.usefixtures("rolled_back")
@pytest.mark.parametrize(
    ("old", "wrong", "code"),
    [
        ("01840", {"old": "99999"}, "units.table.no_unit"),
        ("01840", {"old": "x"}, "units.table.no_code"),
        ("01840", {"old": "", "old_name": ""}, "units.table.empty"),
        ("01840", {"old_name": "Xã Khác"}, "units.table.other_name"),
        ("01840", {"new_name": "Xã Khác"}, "units.table.other_name"),
        ("01840", {"old_province": "Tỉnh Thái Nguyên (19)"}, "units.table.other_province"),
        ("01840", {"note": "Nhập vào"}, "units.table.note"),
        ("01840", {"old": "01834", "old_name": ""}, "units.table.row_twice"),
    ],
)
def test_an_error_is_told_with_its_row_and_nothing_is_taken_over(
    tmp_path: Path, old: str, wrong: dict[str, str], code: str
) -> None:
    path = official(tmp_path, but={old: {**wrong, "district": "DÒNG SAI"}})
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    number = 1 + next(at for at, line in enumerate(lines) if "DÒNG SAI" in line)
    assert (code, f"bang-chuyen-doi.csv:{number}") in faults_of(path)


@pytest.mark.usefixtures("rolled_back")
def test_a_commune_that_is_left_out_is_told(tmp_path: Path) -> None:
    assert ("units.table.left_out", "bang-chuyen-doi.csv") in faults_of(official(tmp_path, drop="01840"))


@pytest.mark.usefixtures("rolled_back")
def test_a_workbook_that_lost_leading_zeros_and_joined_cells_is_read(tmp_path: Path) -> None:
    data = BytesIO()
    book = xlsxwriter.Workbook(data)
    sheet = book.add_worksheet()
    with official(tmp_path).open(encoding="utf-8-sig", newline="") as file:
        above = ""
        for at, row in enumerate(csv.reader(file)):
            for column, cell in enumerate(row):
                if column in (1, 2) and at > 1 and len(row) > 2 and row[2] == above:
                    continue  # joined with the cell above
                sheet.write(at, column, int(cell) if column in (2, 4) and cell.isdigit() else cell)
            above = row[2] if len(row) > 2 else ""
    book.close()
    path = tmp_path / "bang.xlsx"
    path.write_bytes(data.getvalue())
    assert table_import(path).worded > 280


def test_a_file_that_is_no_such_table_is_told(tmp_path: Path) -> None:
    path = tmp_path / "khac.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(Refused, match=r"units\.table\.no_columns"):
        table_read(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Refused, match=r"units\.table\.unreadable"):
        table_read(path)
    with pytest.raises(Refused, match=r"units\.table\.unreadable"):
        table_read(tmp_path / "nowhere.csv")
