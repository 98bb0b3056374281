"""Posts of a unit, who writes them and what forms say beside; elections, for who is named for them and while open."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from openpyxl import Workbook, load_workbook
from tests.web.world import PERIOD, World

from tienbo.accounts.actors import operator
from tienbo.posts.election_models import Election, ListStage
from tienbo.posts.models import Holding, PublishedShare
from tienbo.posts.services import count_tell, share_tell
from tienbo.posts.told import Read
from tienbo.units.models import Body, Role
from tienbo.units.services import grant_give

pytestmark = pytest.mark.django_db
Sit = Callable[[str], Client]
NOT_TOLD = "chưa ghi"
SOURCE = "QĐ 5/QĐ-UBND (số liệu minh họa)"
HOLDER = {"act": "hold", "title": "people_committee.vice_chair", "number": "1", "begins": "1/7/2025", "source": SOURCE}


def test_the_office_writes_who_holds_a_post_and_everybody_of_the_unit_reads_it(world: World, sit: Sit) -> None:
    unit = world.communes[0]
    office, at = sit("office"), f"/unit/{unit.key}/posts/"
    said = {"unit": unit.key, **HOLDER, "name": "Nguyễn Thị Thí Dụ", "sex": "f", "birth_year": "1979"}
    # what is wrong is said at once, and nothing that was typed is lost
    wrong = office.post("/posts/write/", {**said, "begins": "hôm nay", "birth_year": "19x", "sex": ""})
    text = wrong.content.decode()
    assert wrong.status_code == 422
    for words in ("Nguyễn Thị Thí Dụ", "không phải là ngày", "không phải là số nguyên", "nữ hay nam", SOURCE):
        assert words in text
    assert office.post("/posts/write/", said).status_code == 302
    assert Body.objects.get(unit=unit).kind == "people_committee"
    again = office.post("/posts/write/", {**said, "name": "Người Khác"})
    assert (again.status_code, Holding.objects.count()) == (422, 1)
    office.post("/posts/write/", {"unit": unit.key, **HOLDER, "title": "people_committee.chair"})
    body = Body.objects.get(unit=unit)
    term = {"act": "term", "body": body.key, "name": "2026-2031", "begins": "1/4/2026", "seats": "25", "source": SOURCE}
    assert office.post("/posts/write/", {"unit": unit.key, **term}).status_code == 302

    told = {"read": Read(SOURCE), "actor": operator("test")}
    for sex, persons in (("", 25), ("f", 7)):
        by = {"sex": sex} if sex else None
        count_tell(unit=unit, group="party.commune", day=date(2026, 6, 1), persons=persons, by=by, **told)
    said_before = {"time": "2019-12-31", "day": date(2019, 12, 31), "percent": Decimal("14.03")}
    share_tell(unit=unit, rule="leaders.persons", group="leaders.commune", **said_before, **told)
    shown = sit("preparer").get(at + "?on=14/6/2026").content.decode()
    for words in ("Nguyễn Thị Thí Dụ", "1979", "2026-2031", NOT_TOLD, "30 %"):
        assert words in shown, words
    # the form of the half-year says 13 leaders, 12 of them women: shown beside, asked about, overwritten by neither
    assert "13 người, 12 nữ" in shown
    for words in ("1 người, 1 nữ, 1 vị trí chưa ghi", "25 người, 7 nữ", "lệch; đề nghị kiểm tra", "không đối chiếu"):
        assert words in shown, words
    assert "14,03%" in shown  # persons until 2020 are not the bodies of today: named, and not compared
    listed = office.get(f"/{PERIOD}/intake/posts/").content.decode()
    assert "25 người, 7 nữ" in listed
    assert "25 người, 7 nữ" in sit("preparer").get(f"/{PERIOD}/intake/posts/").content.decode()
    assert sit("partner").get(f"/{PERIOD}/intake/posts/").status_code == 404
    assert "Ghi người giữ chức vụ" not in shown
    inspector = sit("inspector").get(at).content.decode()
    assert "Nguyễn Thị Thí Dụ" in inspector
    assert "1979" not in inspector
    lines = b"".join(sit("inspector").get(f"/unit/{unit.key}/posts.csv").streaming_content).decode("utf-8-sig")
    assert "Nguyễn Thị Thí Dụ;f;;2025-07-01;held" in lines
    # ended, the post is vacant
    held = Holding.objects.get()
    end = {"unit": unit.key, "act": "end", "row": held.key, "on": "1/1/2026"}
    assert office.post("/posts/write/", end).status_code == 302
    assert office.post("/posts/write/", end).status_code == 422
    assert "khuyết" in office.get(at).content.decode()
    # nobody else writes, nor of units that are not theirs
    for seat in ("preparer", "head", "chair", "inspector", "partner", "elections"):
        assert sit(seat).post("/posts/write/", said).status_code == 404
    assert office.post("/posts/write/", {**said, "unit": world.other_communes[0].key}).status_code == 404


def test_small_counts_stay_with_the_unit_and_the_office(world: World, sit: Sit) -> None:
    unit, told = world.communes[0], {"read": Read(SOURCE), "actor": operator("test")}
    for sex, persons in (("f", 2), ("m", 17)):
        count_tell(unit=unit, group="deputies.commune", day=date(2026, 4, 1), persons=persons, by={"sex": sex}, **told)
    assert "1 bảng số lượng" in sit("inspector").get(f"/unit/{unit.key}/posts/").content.decode()
    at = f"/unit/{unit.key}/counts/"
    assert "hạn chế" in sit("inspector").get(at).content.decode()
    for seat in ("office", "preparer"):
        assert "hạn chế" not in sit(seat).get(at).content.decode()
    assert not PublishedShare.objects.exists()


def test_elections_are_for_who_is_named_and_shut_from_consultations_to_result(
    world: World, sit: Sit, tmp_path: Path
) -> None:
    named, at = sit("elections"), f"/{PERIOD}/elections/"
    assert named.get("/").headers["Location"] == at
    table = (
        "level,day,place,unit,seats,candidates,women_candidates,elected,women_elected,share_pct,source\n"
        "commune,15/3/2026,Xã Đồng Tâm,1,5,8,3,5,2,,Nghị quyết A\n"
        "commune,15/3/2026,Xã Đồng Tâm,2,4,7,3,3,1,33.30,Nghị quyết A\n"
        "commune,15/3/2026,Xã Đồng Tâm,,9,16,6,8,3,,Báo cáo B\n"
        "commune,15/3/2026,Xã Hòa Lạc,1,5,8,2,5,0,,Nghị quyết A\n"
    )

    def send(text: str, **more: str) -> tuple[int, str]:
        answer = named.post(at, {"file": SimpleUploadedFile("bầu cử.csv", text.encode()), **more})
        return answer.status_code, answer.content.decode()

    status, page = send(table.replace("8,3,5,2", "8,9,6,2"))
    assert (status, Election.objects.count()) == (422, 0)
    assert "bầu cử.csv:2" in page
    assert send(table)[0] == 302
    assert send(table)[0] == 302
    assert ListStage.objects.count() == 4
    made = Election.objects.get()
    shown = named.get(f"{at}{made.key}/").content.decode()
    # by hand: 8 + 7 are 15 and not 16; seats 5 + 4 of 9, 3 of 4 filled; Hòa Lạc elected no woman
    for words in ("16 (Báo cáo B); cộng các đơn vị bầu cử được 15", "thiếu 1 trên 4", "Xã Hòa Lạc", "Báo cáo B"):
        assert words in shown, words
    assert "33,30" not in send(table.replace("33.30", "33.40"))[1]  # told otherwise by one source: refused
    assert "Nghị quyết A;2025" not in shown
    lines = b"".join(named.get(f"{at}{made.key}/figures.csv").streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 9

    # a chair who is named besides sees it from the same seat; nobody else, no partner
    grant_give(user=world.users["chair"], unit=world.province, role=Role.ELECTIONS, begins=date(2025, 7, 1))
    assert sit("chair").get(f"{at}{made.key}/").status_code == 200
    for seat in ("office", "inspector", "administrator", "partner", "preparer", "head", "agency", "other_office"):
        for address in (at, f"{at}{made.key}/", f"{at}{made.key}/figures.csv"):
            assert sit(seat).get(address).status_code == 404, seat
    grant_give(user=world.users["partner"], unit=world.province, role=Role.ELECTIONS, begins=date(2025, 7, 1))
    assert sit("partner").get(f"/{PERIOD}/").status_code == 404  # who is named reads no more than before besides

    # it is over, and what forms say of it stands beside; while it is shut nobody reads any of it there
    beside, norm = f"/{PERIOD}/intake/posts/?all=1", f"/{PERIOD}/norm/lists.hdnd/"
    assert "Nghị quyết A" in sit("office").get(beside).content.decode()
    today = timezone.localdate()
    days = {"closed_from": str(today - timedelta(days=1)), "closed_to": str(today + timedelta(days=9))}
    assert named.post(f"{at}{made.key}/shut/", {**days, "closed_to": "1/1/2020"}).status_code == 422
    assert named.post(f"{at}{made.key}/shut/", {**days, "closed_to": "mai"}).status_code == 422
    assert named.post(f"{at}{made.key}/shut/", days).status_code == 302
    for address, status in ((at, 200), (f"{at}{made.key}/", 200), (f"{at}{made.key}/figures.csv", 409)):
        answer = named.get(address)
        assert answer.status_code == status
        assert "tạm khóa" in answer.content.decode()
        assert "Báo cáo B" not in answer.content.decode()
    for seat in ("office", "chair", "inspector", "preparer"):
        for address in (beside, norm):
            answer = sit(seat).get(address)
            assert answer.status_code == 200, (seat, address)
            assert "Nghị quyết A" not in answer.content.decode(), (seat, address)


def test_a_workbook_of_posts_is_taken_once_corrects_what_was_changed_and_comes_back_with_its_faults(
    world: World, sit: Sit
) -> None:
    unit, office = world.communes[0], sit("office")
    at = f"/posts/book.xlsx?unit={unit.key}"

    def opened() -> tuple[Workbook, dict[str, int]]:
        book = load_workbook(BytesIO(office.get(at).content))
        return book, {str(cell.value): cell.column for cell in book["Sổ"][1] if cell.value}

    def send(book: Workbook) -> HttpResponse:
        made = BytesIO()
        book.save(made)
        return office.post("/posts/take/", {"unit": unit.key, "file": SimpleUploadedFile("s.xlsx", made.getvalue())})

    def fill(book: Workbook, row: int, columns: dict[str, int], **said: str) -> None:
        for code, text in said.items():
            book["Sổ"].cell(row, columns[code]).value = text

    book, columns = opened()
    told = {"title": "Phó Chủ tịch UBND", "begins": "1/7/2025", "source": SOURCE}
    fill(book, 7, columns, **told, name="Nguyễn Thị Thí Dụ", sex="Nữ", birth_year="1979")
    fill(book, 8, columns, **told, number="2", name="Trần Văn Ví Dụ", sex="Nam")
    fill(book, 9, columns, **{**told, "title": "Chủ tịch UBND"})
    assert send(book).status_code == 302
    assert send(book).status_code == 302  # the same again does nothing
    assert Counter(Holding.objects.values_list("sex", "standing")) == {("f", 1): 1, ("m", 1): 1}

    book, columns = opened()
    rows = {book["Sổ"].cell(row, columns["name"]).value: row for row in range(7, 10)}
    fill(book, rows["Nguyễn Thị Thí Dụ"], columns, birth_year="19x", begins="đầu năm")
    fill(book, 20, columns, title="Giám đốc", name="Không Nguồn")
    refused = send(book)
    text = refused.content.decode()
    assert refused.status_code == 422
    assert "Sổ!G20" in text  # whose sex is not said
    assert all(words in text for words in ("Sổ!H", "không phải là ngày", "Sổ!"))
    assert Holding.objects.count() == 2
    token = re.findall(r'name="token" value="([^"]+)"', text)[0]
    marked = office.post("/posts/take/", {"unit": unit.key, "token": token, "marked": "1"})
    noted = load_workbook(BytesIO(marked.content))["Sổ"]
    assert sum(cell.comment is not None for row in noted.iter_rows() for cell in row) >= 4

    book, columns = opened()
    fill(book, rows["Nguyễn Thị Thí Dụ"], columns, birth_year="1980")
    fill(book, rows["Trần Văn Ví Dụ"], columns, last_day="31/12/2025")
    fill(book, rows[None], columns, name="Lê Thị Minh Họa", sex="Nữ")
    assert send(book).status_code == 302
    standing = Holding.objects.filter(standing=1)
    assert Holding.objects.get(birth_year=1979).standing is None  # withdrawn, and it stays
    assert standing.get(birth_year=1980).replaces == Holding.objects.get(birth_year=1979)
    assert standing.get(sex="m").valid_to == date(2026, 1, 1)  # paper's last day is the day before
    assert standing.get(name="Lê Thị Minh Họa").post.title == "people_committee.chair"
    assert send(book).status_code == 302
    assert standing.count() == 3
    assert sit("chair").get(at).status_code == 404
