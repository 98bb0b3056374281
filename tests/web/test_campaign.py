"""The campaign's page: opened with its letter, more time, closed, re-opened by two; what was released never changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.web.world import BEGAN, PASSWORD, PERIOD, World, say

from tienbo.accounts.actors import actor_of, operator
from tienbo.accounts.models import User
from tienbo.collection.campaigns import campaign_close, letter_of, reopening_confirm, reopening_propose
from tienbo.collection.models import Campaign, Extension
from tienbo.core.faults import Refused
from tienbo.core.periods import Period
from tienbo.release.models import Release
from tienbo.units.models import Role
from tienbo.units.services import grant_give

NEXT = Period(2026, 2)
SAID = {
    "number": "45/BVSTBPN",
    "issued_on": "04/5/2026",
    "issued_by": "Ban VSTBPN tỉnh Vĩnh An",
    "subject": "V/v báo cáo 6 tháng cuối năm 2026",
    "figures_from": "15/6/2026",
    "figures_to": "14/12/2026",
    "due_said": "20/12/2026",
}


def at(period: Period, what: str = "") -> str:
    return f"/{period}/campaign/{what}"


def campaign(world: World, period: Period = PERIOD) -> Campaign:
    return Campaign.objects.get(root=world.province, period_code=period.code)


@pytest.fixture
def second(world: World) -> Client:
    """Another person of the same office."""
    user = User.objects.create_user("office2", "Người thứ hai", PASSWORD)
    grant_give(user=user, unit=world.province, role=Role.OFFICE, begins=BEGAN)
    client = Client()
    client.force_login(user)
    return client


def test_who_reports_and_the_days_of_the_regime_are_shown_before_anything_is_opened(
    world: World, sit: Callable[[str], Client]
) -> None:
    page = sit("office").get(at(NEXT)).content.decode()
    assert "Mở đợt cho 4 đơn vị" in page
    assert "15/6/2026" in page
    assert "14/12/2026" in page
    assert "25/12/2026" in page
    assert "Xã Đồng Tâm" in page
    assert "Chim Yến" not in page
    assert not Campaign.objects.filter(period_code=NEXT.code).exists()


def test_a_campaign_is_opened_with_its_letter_and_the_due_day_falls_on_a_working_day(
    world: World, sit: Callable[[str], Client]
) -> None:
    office = sit("office")
    file = SimpleUploadedFile("cong-van.pdf", b"%PDF-1.7 ...")
    answer = office.post(at(NEXT, "letter/"), {**SAID, "file": file})
    assert answer.status_code == 302
    opened = campaign(world, NEXT)
    assert opened.due_on == date(2026, 12, 21)  # the 20th is a Sunday
    letter = letter_of(opened)
    assert letter is not None
    assert (letter.number, letter.said_by) == ("45/BVSTBPN", "Người giữ ghế office")
    page = office.get(at(NEXT)).content.decode()
    assert "20/12/2026 là ngày nghỉ" in page
    given = office.get(at(NEXT, "document/"))
    assert given.content == b"%PDF-1.7 ..."


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(world: World, sit: Callable[[str], Client]) -> None:
    answer = sit("office").post(at(NEXT, "letter/"), {**SAID, "due_said": "ngày mai"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "ngày mai không phải ngày" in page
    assert "45/BVSTBPN" in page
    assert not Campaign.objects.filter(period_code=NEXT.code).exists()


@pytest.mark.parametrize("who", ["preparer", "head", "inspector", "partner", "other_office", "administrator"])
def test_nobody_else_leads_the_campaign(who: str, world: World, sit: Callable[[str], Client]) -> None:
    client = sit(who)
    assert client.get(at(PERIOD)).status_code == 404
    for act in ("letter/", "more-time/", "close/", "propose/", "confirm/"):
        assert client.post(at(PERIOD, act), {"reason": "x"}).status_code == 404
    assert not campaign(world).is_closed


def test_more_time_is_given_to_several_and_read_by_the_unit(world: World, sit: Callable[[str], Client]) -> None:
    office, late = sit("office"), world.department
    Campaign.objects.filter(period_code=PERIOD.code).update(due_on=date(2026, 6, 25))
    sent = {"unit": [late.key], "more_until": "30/6/2026", "more_reason": "Mưa lũ, mất điện nhiều ngày"}
    assert office.post(at(PERIOD, "more-time/"), sent).status_code == 302
    assert Extension.objects.get().unit == late
    assert "Mưa lũ" in office.get(at(PERIOD)).content.decode()
    own = sit("department").get(f"/unit/{late.key}/?period={PERIOD}").content.decode()
    assert "30/6/2026" in own
    assert "Mưa lũ" in own
    refused = office.post(at(PERIOD, "more-time/"), {**sent, "more_until": "27/6/2026"})
    assert refused.status_code == 422
    assert "Mưa lũ" in refused.content.decode()


def test_one_person_cannot_reopen_and_two_can(world: World, sit: Callable[[str], Client], second: Client) -> None:
    office, opened = sit("office"), campaign(world)
    assert office.post(at(PERIOD, "close/"), {"reason": ""}).status_code == 302
    assert opened.is_closed
    assert office.post(at(PERIOD, "propose/"), {"reason": "Xã đính chính"}).status_code == 302
    alone = office.post(at(PERIOD, "confirm/"))
    assert alone.status_code == 422
    assert "phải do người khác xác nhận" in alone.content.decode()
    assert "Xác nhận mở lại" not in office.get(at(PERIOD)).content.decode()
    assert "Xác nhận mở lại" in second.get(at(PERIOD)).content.decode()
    assert second.post(at(PERIOD, "confirm/")).status_code == 302
    assert not opened.is_closed


def test_the_chair_may_confirm_and_may_not_close(world: World, sit: Callable[[str], Client]) -> None:
    chair, opened = sit("chair"), campaign(world)
    assert chair.post(at(PERIOD, "close/")).status_code == 404
    campaign_close(campaign=opened, actor=actor_of(world.users["office"]))
    reopening_propose(campaign=opened, actor=actor_of(world.users["office"]), reason="r")
    assert chair.post(at(PERIOD, "confirm/")).status_code == 302
    assert not opened.is_closed


def test_a_closed_campaign_says_what_to_do_and_what_was_released_never_changes(
    world: World, sit: Callable[[str], Client]
) -> None:
    office = sit("office")
    office.post(f"/{PERIOD}/report/release/")
    release = Release.objects.get()
    before = {field.attname: getattr(release, field.attname) for field in release._meta.concrete_fields}
    opened, actor = campaign(world), operator("thử nghiệm")
    campaign_close(campaign=opened, actor=actor)
    with pytest.raises(Refused) as refused:
        say(world, world.province, world.communes[0], PERIOD, start=90)
    assert "đề nghị cơ quan thường trực mở lại" in refused.value.faults[0].sentence()
    reopening_propose(campaign=opened, actor=actor, reason="đính chính")
    reopening_confirm(campaign=opened, actor=actor_of(world.users["office"]))
    say(world, world.province, world.communes[0], PERIOD, start=90)
    campaign_close(campaign=opened, actor=actor)
    release.refresh_from_db()
    assert {field.attname: getattr(release, field.attname) for field in release._meta.concrete_fields} == before
