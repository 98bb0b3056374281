"""Accounts used twice a year: six months later the same password signs in; who is locked out comes back by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from tests.web.world import BEGAN, PASSWORD, World

from tienbo.accounts.models import AccountAct, User
from tienbo.project.people import accounts_resting
from tienbo.units.models import Grant, Role
from tienbo.units.services import grant_give


@pytest.fixture(autouse=True)
def no_attempts() -> None:
    cache.clear()


def signs_in(name: str, password: str = PASSWORD) -> bool:
    client = Client()
    client.post("/sign-in/", {"login": name, "password": password})
    return "_auth_user_id" in client.session


def passwords(page: str) -> list[str]:
    return re.findall(r"\b[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}\b", page)


@pytest.mark.django_db
def test_after_six_months_of_rest_the_same_password_signs_in_and_a_session_does_not(world: World) -> None:
    client = Client()
    client.post("/sign-in/", {"login": "preparer", "password": PASSWORD})
    assert client.get("/2026-H1/").status_code == 200
    later = timezone.now() + timedelta(days=183)
    with patch("django.utils.timezone.now", lambda: later), patch("time.time", later.timestamp):
        assert client.get("/2026-H1/").status_code == 302
        assert not signs_in("preparer"), "it rests"
        office = Client()
        office.post("/sign-in/", {"login": "office", "password": PASSWORD})  # an office does not rest
        assert "Người giữ ghế preparer" in office.get("/accounts/?state=resting").content.decode()
        resting = {user.username for user in accounts_resting(later.date())}
        assert "preparer" in resting
        assert not resting & {"head", "office", "chair", "inspector"}, "never used, and roles that do not rest"
        campaign = office.get("/2026-H1/campaign/", headers={"accept-language": "en"}).content.decode()
        assert re.search(r"\d+ (tài khoản|accounts)[^<]*(tạm nghỉ|rest since)", campaign), "who opens a period is told"
        assert "/accounts/?state=resting" in campaign
        assert office.post("/accounts/act/", {"account": ["preparer", "head"], "act": "wake"}).status_code == 302
        assert "preparer" not in {user.username for user in accounts_resting(later.date())}
        assert signs_in("preparer")
        assert signs_in("head")
    assert User.objects.get(username="preparer").is_active
    assert AccountAct.objects.filter(act="woken", actor="Người giữ ghế office").count() == 2


@pytest.mark.django_db
def test_one_office_wakes_its_hundred_accounts_by_name_and_none_is_locked_out(
    world: World, sit: Callable[[str], Client]
) -> None:
    """Idle for six months: nobody signs in, some try until they are locked; after one act everybody does."""
    ago = timezone.now() - timedelta(days=183)
    people = [
        User(username=f"xa{n}", full_name=f"Người lập biểu {n}", password=world.users["head"].password, last_login=ago)
        for n in range(100)
    ]
    User.objects.bulk_create(people)
    units = [*world.communes, world.department]
    Grant.objects.bulk_create(
        Grant(user=user, unit=units[n % 4], role=Role.PREPARER, valid_from=BEGAN) for n, user in enumerate(people)
    )
    office = sit("office")
    page = office.get("/accounts/?state=resting").content.decode()
    names = re.findall(r'name="account" value="(xa\d+)"', page)
    assert len(set(names)) == 100
    assert not signs_in("xa7")
    for _attempt in range(5):
        signs_in("xa8", "quen-mat-roi")
    assert not signs_in("xa8")
    assert office.post("/accounts/act/", {"account": names, "act": "wake"}).status_code == 302
    assert [name for name in names if not signs_in(name)] == []
    assert "xa7" not in office.get("/accounts/?state=resting").content.decode()


@pytest.mark.django_db
def test_the_office_brings_closed_accounts_back_by_name_and_each_is_told_once(
    world: World, sit: Callable[[str], Client]
) -> None:
    User.objects.filter(username__in=["preparer", "head"]).update(is_active=False)
    assert not signs_in("preparer")
    office = sit("office")
    listed = office.get("/accounts/?state=closed").content.decode()
    assert "Người giữ ghế preparer" in listed
    assert "Người giữ ghế department" not in listed
    answer = office.post("/accounts/act/", {"account": ["preparer", "head"], "act": "reopen"})
    drawn = passwords(answer.content.decode())
    assert len(drawn) == 2
    assert answer["Cache-Control"] == "private, no-store"
    assert passwords(office.get("/accounts/").content.decode()) == []
    assert not signs_in("preparer")
    assert signs_in("head", drawn[0])
    assert signs_in("preparer", drawn[1])
    assert [(act.user.username, act.actor) for act in AccountAct.objects.order_by("user__username")] == [
        ("head", "Người giữ ghế office"),
        ("preparer", "Người giữ ghế office"),
    ]


@pytest.mark.django_db
def test_too_many_attempts_are_forgotten_by_the_office_and_the_password_stays(
    world: World, sit: Callable[[str], Client]
) -> None:
    for _attempt in range(5):
        assert not signs_in("preparer", "khong-dung-roi")
    assert not signs_in("preparer")
    assert sit("office").post("/accounts/act/", {"account": ["preparer"], "act": "unlock"}).status_code == 302
    assert signs_in("preparer")


@pytest.mark.django_db
def test_a_new_officer_takes_the_seat_and_the_old_one_keeps_the_name_in_history(
    world: World, sit: Callable[[str], Client]
) -> None:
    office, commune = sit("office"), world.communes[0]
    said = {"seat": f"preparer@{commune.key}", "name": "lan.dongtam", "full_name": "Trần Thị Lan"}
    answer = office.post("/accounts/hand-over/", said)
    assert answer.status_code == 200, answer.content.decode()
    (password,) = passwords(answer.content.decode())
    assert signs_in("lan.dongtam", password)
    assert not signs_in("preparer")
    new = User.objects.get(username="lan.dongtam")
    assert [(one.unit, one.role) for one in new.grants.all()] == [(commune, Role.PREPARER)]
    old = User.objects.get(username="preparer")
    assert old.full_name == "Người giữ ghế preparer"
    assert not old.is_active
    said_anew = {"seat": f"lan.dongtam@{commune.key}", "name": "hoa.dongtam", "full_name": "Lê Thị Hoa"}
    answer = office.post("/accounts/hand-over/", said_anew)  # the same day: a name was wrong, or another one came
    (second,) = passwords(answer.content.decode())
    assert signs_in("hoa.dongtam", second)
    assert not signs_in("lan.dongtam", password)
    again = office.post("/accounts/hand-over/", {**said, "seat": f"head@{commune.key}"})
    assert again.status_code == 422
    assert "lan.dongtam" in again.content.decode()
    assert Grant.objects.on(timezone.localdate()).filter(user__username="head").exists()


@pytest.mark.django_db
def test_nobody_gets_at_the_account_of_an_office_a_chair_or_another_province(
    world: World, sit: Callable[[str], Client]
) -> None:
    office = sit("office")
    grant_give(user=world.users["preparer"], unit=world.province, role=Role.CHAIR, begins=BEGAN)
    page = office.get("/accounts/").content.decode()
    assert "Người giữ ghế head" in page
    for name in ("preparer", "office", "chair", "administrator", "other_preparer", "inspector"):
        assert f"Người giữ ghế {name}<" not in page
        for act in ("reopen", "close", "unlock"):
            assert office.post("/accounts/act/", {"account": [name], "act": act}).status_code == 404
        said = {"seat": f"{name}@{world.communes[0].key}", "name": "ke-gian", "full_name": "Kẻ Gian"}
        assert office.post("/accounts/hand-over/", said).status_code == 404
    for seat in ("preparer", "head", "department", "partner", "inspector"):
        assert sit(seat).get("/accounts/").status_code == 404
    assert not AccountAct.objects.exists()


@pytest.mark.django_db
def test_choosing_nobody_is_said(world: World, sit: Callable[[str], Client]) -> None:
    for act in ("reopen", "close", "unlock"):
        answer = sit("office").post("/accounts/act/", {"act": act})
        assert answer.status_code == 422
        assert "Chọn các tài khoản" in answer.content.decode()


@pytest.mark.django_db
def test_an_account_that_rests_is_shown(world: World, sit: Callable[[str], Client]) -> None:
    ago = timezone.make_aware(datetime(2020, 1, 1))
    User.objects.filter(username="head").update(last_login=ago)
    User.objects.filter(username="department").update(last_login=timezone.now())
    page = sit("office").get("/accounts/?state=resting").content.decode()
    assert "Người giữ ghế head" in page
    assert "Người giữ ghế department" not in page
    assert User.objects.get(username="head").is_active
    fresh = sit("office").get("/accounts/?state=new").content.decode()  # never used is not rested
    assert "Người giữ ghế preparer" in fresh
    assert "Người giữ ghế head" not in fresh
