"""Counts by sex, age, ethnicity and education: a grid, a workbook, and what of planning leaves its unit."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from openpyxl import load_workbook
from tests.web.test_indicator import words
from tests.web.world import World

from tienbo.posts.models import PostCount

pytestmark = pytest.mark.django_db
Sit = Callable[[str], Client]
PLANNED = "planning.people.commune_head"
SAID = {"day": "31/5/2026", "source": "Báo cáo 12/BC-BTC", "published_on": "1/6/2026"}
ATTESTED = {"attested_by": "Trưởng Ban Tổ chức", "attested_number": "15/CV-BTC", "attested_on": "2/6/2026"}


def test_a_unit_tells_its_planning_attested_and_others_see_none_below_ten(world: World, sit: Sit) -> None:
    unit = world.communes[0]
    at, own = f"/unit/{unit.key}/counts/", sit("preparer")
    page = own.get(at, {"group": PLANNED, "by": "age"}).content.decode()
    assert "không thuộc bí mật nhà nước" in page
    assert 'name="n.f.under_30.."' in page
    grid = {"unit": unit.key, "group": PLANNED, "by": "age", **SAID, "n....": "40", "n.f...": "12",
            "n..under_30..": "4", "n..a30_39..": "20", "n..a40_49..": "16"}  # fmt: skip
    wrong = own.post("/counts/write/", {**grid, "n.f...": "41", "n..a30_39..": "hai mươi", "day": "mai"})
    said = words(wrong.content)
    assert (wrong.status_code, PostCount.objects.count()) == (422, 0)
    for what in ("hai mươi", "“mai”", "không thuộc bí mật nhà nước"):
        assert what in said, what
    assert 'value="41"' in wrong.content.decode()
    assert own.post("/counts/write/", {**grid, **ATTESTED, "n.f...": "41"}).status_code == 422
    assert own.post("/counts/write/", {**grid, **ATTESTED}).status_code == 302
    assert PostCount.objects.count() == 5
    # The unit sees all; the office directly above no count below ten nor what would tell of it; others nothing.
    assert "hạn chế" not in words(own.get(at).content)
    office = sit("office")
    shown = words(office.get(at).content)
    assert "Dưới 30 tuổi hạn chế" in shown
    assert "Từ 30 đến 39 tuổi 20" in shown
    assert "Từ 40 đến 49 tuổi hạn chế" in shown  # by subtraction it would give the four
    assert "15/CV-BTC" in shown
    for seat in ("inspector", "chair"):
        other = words(sit(seat).get(at).content)
        assert "Được quy hoạch" not in other or seat == "chair"
    assert sit("partner").get(at).status_code == 404
    # The pipeline takes them, as this seat reads them: by sex, for the ages are withheld.
    page = office.post("/2026-H1/pipeline/", {"act": "fill"})
    assert "được quy hoạch; nữ; ; 12" in page.content.decode()
    assert "được quy hoạch; nam; ; 28" in page.content.decode()
    assert "theo độ tuổi" in words(page.content)
    # The office tells other groups of units below it, not their planning.
    assert office.post("/counts/write/", {**grid, **ATTESTED}).status_code == 404
    told = {"unit": unit.key, "group": "deputies.commune", **SAID, "n....": "25", "n.f...": "7"}
    assert office.post("/counts/write/", told).status_code == 302
    assert office.post("/counts/write/", {**told, "n.f...": "8"}).status_code == 302
    assert PostCount.objects.get(group="deputies.commune", sex="f", standing=1).persons == 8
    assert sit("inspector").post("/counts/write/", told).status_code == 404


def test_many_counts_come_in_a_workbook_and_go_back_with_their_faults(world: World, sit: Sit) -> None:
    unit, own = world.communes[0], sit("head")
    book = load_workbook(BytesIO(own.get("/counts/book.xlsx").content))
    sheet = book["Sổ"]
    columns = {str(cell.value): cell.column for cell in sheet[1] if cell.value}

    def line(row: int, **said: object) -> None:
        for code, text in said.items():
            sheet.cell(row, columns[code]).value = text  # type: ignore[assignment]

    planned = "Được quy hoạch: Chủ tịch, phó chủ tịch HĐND, UBND xã, phường, đặc khu"
    good = {"group": planned, "day": "31/5/2026", "source": "Báo cáo 12", **ATTESTED}
    first = 7
    line(first, **good, persons=24)
    line(first + 1, **good, persons=30, sex="Nữ")
    line(first + 2, group=planned, day="31/5/2026", source="Báo cáo 13", persons=12)

    def send(**more: str) -> HttpResponse:
        kept = BytesIO()
        book.save(kept)
        file = SimpleUploadedFile("so luong.xlsx", kept.getvalue())
        return own.post("/counts/take/", {"unit": unit.key, "file": file, **more})

    page = send()
    said = words(page.content)
    assert (page.status_code, PostCount.objects.count()) == (422, 0)
    assert f"!{sheet.cell(first + 1, columns['persons']).coordinate}" in said
    assert "không thuộc bí mật nhà nước" in said
    marked = load_workbook(BytesIO(send(marked="1").content))["Sổ"]
    assert sum(cell.comment is not None for row in marked.iter_rows() for cell in row) >= 2
    line(first + 1, persons=11)
    line(first + 2, **ATTESTED)
    assert send().status_code == 302
    assert send().status_code == 302
    assert PostCount.objects.count() == 3
