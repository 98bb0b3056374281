"""The standing office checks returns: comments on figures, one return beside another, two people at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.db import transaction
from django.test import Client
from openpyxl import load_workbook
from tests.web.test_intake import LIST, book, content, drop, file, page, seen, text, two_addresses, work
from tests.web.world import BEFORE, BEGAN, PERIOD, World, say

from tienbo.accounts.actors import operator
from tienbo.accounts.models import User
from tienbo.catalogue.loading import load
from tienbo.catalogue.returns import Figure
from tienbo.collection.models import Comment, Return
from tienbo.collection.services import campaign_open, return_prepare, returns_take
from tienbo.units.models import Role
from tienbo.units.services import grant_give

Sit = Callable[[str], Client]


def of(world: World, number: int = 0) -> Return:
    return Return.objects.get(unit=world.communes[number], campaign__period_code="2026-H1")


def second_officer(world: World) -> Client:
    """Another person of the standing office."""
    second = User.objects.create_user("thu-hai", "Người thứ hai")
    grant_give(user=second, unit=world.province, role=Role.OFFICE, begins=BEGAN)
    client = Client()
    client.force_login(second)
    return client


def first_place(html: str) -> str:
    found = re.search(r'<option value="([^"]+:[^"]+)"', html)
    assert found is not None
    return found[1]


@pytest.mark.django_db
def test_a_comment_stands_beside_its_figure_for_the_unit_in_its_workbook_and_is_counted_on_the_list(
    world: World, sit: Sit
) -> None:
    desk, unit = sit("office"), world.communes[0]
    drop(desk, file("a.xlsx", book(unit)))
    work()
    at = first_place(desk.get(f"{LIST}{unit.key}/").content.decode())
    assert desk.post(f"{LIST}{unit.key}/comments/", {"place": at, "text": "Kiểm tra lại số này"}).status_code == 302
    assert "1 góp ý còn mở" in page(desk, LIST)
    theirs = sit("preparer")
    assert "Kiểm tra lại số này" in page(theirs, f"/unit/{unit.key}/?period=2026-H1")
    made = theirs.get(f"/unit/{unit.key}/2026-H1/comments.xlsx").content
    notes = [
        (sheet.title, cell.coordinate, cell.comment.text)
        for sheet in load_workbook(BytesIO(made)).worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment is not None and "Kiểm tra lại số này" in cell.comment.text
    ]
    comment = Comment.objects.get()
    assert [f"{sheet}!{cell}" for sheet, cell, _text in notes] == [comment.cell]
    answer = {"thread": comment.key, "text": "Đã đối chiếu, đúng", "act": "close"}
    assert theirs.post(f"/unit/{unit.key}/2026-H1/comments/", answer).status_code == 302
    assert "góp ý còn mở" not in page(desk, LIST)
    assert "Đã đối chiếu, đúng" in page(desk, f"{LIST}{unit.key}/")


@pytest.mark.django_db
def test_only_who_acts_for_the_unit_or_decides_on_it_comments(world: World, sit: Sit) -> None:
    unit = world.communes[0]
    sit("office").post(f"{LIST}{unit.key}/comments/", {"place": "", "text": "Xem lại"})
    said = {"thread": Comment.objects.get().key, "text": "Vâng"}
    for seat in ("chair", "inspector", "department", "other_office"):
        assert sit(seat).post(f"/unit/{unit.key}/2026-H1/comments/", said).status_code == 404
        assert sit(seat).post(f"{LIST}{unit.key}/comments/", said).status_code == 404
    assert sit("preparer").post(f"/unit/{unit.key}/2026-H1/comments/", {"text": "Tự viết"}).status_code == 302
    assert Comment.objects.count() == 1, "a unit answers; it begins no thread"
    assert sit("other_office").get(f"/unit/{unit.key}/2026-H1/comments.xlsx").status_code == 404


@pytest.mark.django_db
def test_a_comment_that_is_refused_keeps_what_was_written(world: World, sit: Sit) -> None:
    unit = world.communes[0]
    response = sit("office").post(f"{LIST}{unit.key}/comments/", {"place": "khong:co", "text": "Vì sao số này?"})
    assert response.status_code == 422
    assert ">Vì sao số này?</textarea>" in response.content.decode()


@pytest.mark.django_db
def test_who_comes_second_gets_409_with_who_was_first_and_nothing_of_theirs_counts(world: World, sit: Sit) -> None:
    unit = world.communes[0]
    say(world, world.province, unit, PERIOD, start=14, accept=False)
    named = seen(world, unit)
    assert sit("office").post(f"{LIST}{unit.key}/ask/", {"seen": named, "note": "Bổ sung Biểu 02"}).status_code == 302
    response = second_officer(world).post(f"{LIST}accept/", {"seen": [named], "read": [named]})
    assert response.status_code == 409
    assert re.search(r"Người giữ ghế office đã quyết định về bản số \d+ lúc \d\d:\d\d", text(response))
    assert "Bổ sung Biểu 02" in text(response)
    assert of(world).accepted_id != of(world).latest_id


@pytest.mark.django_db
def test_versions_periods_and_units_are_compared_with_difference_per_cent_and_who_asked(world: World, sit: Sit) -> None:
    desk, unit = sit("office"), world.communes[0]
    at = f"{LIST}{unit.key}/compare/"
    desk.post(f"{LIST}{unit.key}/ask/", {"seen": seen(world, unit), "note": "Sai số lớp"})
    say(world, world.province, unit, PERIOD, start=26, accept=False)
    html = desk.get(at).content.decode()
    assert re.search(r'tb-num">13</td>\s*<td class="tb-num">26</td><td class="tb-num">\+13</td>', html)
    assert "+100,0%" in html
    assert "Sai số lớp" in html
    periods = page(desk, f"{at}?with=period:2025-H2")
    assert "+160,0%" in periods
    assert "20–27; xếp thứ 2 trong 3" in page(desk, f"{at}?with=peers")
    assert "Không có số liệu nào" in page(desk, f"{at}?with=period:2025-H1")
    shorter, longer = (len(desk.get(f"{at}?with=peers{more}").content) for more in ("", "&all=1"))
    assert longer >= shorter
    assert sit("other_office").get(at).status_code == 404


@pytest.mark.django_db
def test_an_estimate_stands_beside_what_became_official_with_the_difference(world: World, sit: Sit) -> None:
    unit, edition = world.communes[0], load("vn")
    whole, _part = two_addresses()
    early, late = content(unit, BEFORE), content(unit, PERIOD)
    estimated = replace(
        early,
        figures={**early.figures, whole: Figure(Decimal(40), "estimate")},
        as_of=edition.calendar.span(BEFORE).start + timedelta(days=100),
    )
    for said in (estimated, replace(late, restated={whole: Figure(Decimal(50), "exact", "Biểu 01!D9")})):
        campaign = campaign_open(root=world.province, period=said.period, edition=edition)
        with transaction.atomic():
            made = return_prepare(campaign=campaign, unit=unit, content=said)
            returns_take(incoming=[made], actor=operator("xã"), accept=True)
    html = sit("office").get(f"/2025-H2/intake/{unit.key}/compare/").content.decode()
    assert re.search(r'value="official:2:3" selected', html)
    (row,) = re.findall(r"<tr><th scope=\"row\">.*?</tr>", html)
    assert re.sub(r"<[^>]+>", " ", row).split()[-6:] == ["40", "(số", "ước)", "50", "+10", "+25,0%"]


@pytest.mark.django_db
def test_a_unit_that_sent_nothing_has_nothing_to_compare(world: World, sit: Sit) -> None:
    assert sit("office").get(f"{LIST}{world.department.key}/compare/").status_code == 404


@pytest.mark.django_db
def test_two_units_that_list_one_class_are_asked_about_and_no_figure_changes(world: World, sit: Sit) -> None:
    desk, (one, two, _three) = sit("office"), world.communes
    before = of(world).latest_id
    rows = "Tập huấn lồng ghép giới; 12/3/2026; Nhà văn hóa Đồng Tâm"
    assert sit("preparer").post(f"/unit/{one.key}/2026-H1/classes/", {"rows": rows}).status_code == 302
    assert desk.post(f"/unit/{two.key}/2026-H1/classes/", {"rows": f"{rows};Xã Đồng Tâm"}).status_code == 302
    html = desk.get(f"{LIST}doubles/").content.decode()
    pair = re.search(r'name="pair" value="(\w{64})"', html)
    assert pair is not None
    said = {"pair": pair[1], "seen": "0", "act": "one", "note": "Xã Đồng Tâm chủ trì"}
    assert desk.post(f"{LIST}doubles/", said).status_code == 302
    assert "Một lớp – Người giữ ghế office" in re.sub(" +", " ", page(desk, f"{LIST}doubles/"))
    assert second_officer(world).post(f"{LIST}doubles/", {**said, "act": "two"}).status_code == 409
    assert of(world).latest_id == before
    wrong = sit("preparer").post(f"/unit/{one.key}/2026-H1/classes/", {"rows": "Lớp; mai; Xã"})
    assert wrong.status_code == 422
    assert ">Lớp; mai; Xã</textarea>" in wrong.content.decode()
    assert sit("other_office").get(f"/unit/{one.key}/2026-H1/classes/").status_code == 404
