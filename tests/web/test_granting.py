"""Giving and ending grants on the page, who may, and why a page opens."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from tests.web.world import PASSWORD, World

from tienbo.accounts.models import AccountAct, User
from tienbo.core.words import day_words
from tienbo.project.cli import main
from tienbo.project.commands import access as command
from tienbo.project.desk import Desk
from tienbo.project.site import Site
from tienbo.units.models import Grant

Sit = Callable[[str], Client]


@pytest.mark.django_db
def test_an_administrator_gives_and_ends_grants_and_who_sits_with_one_is_signed_out(world: World, sit: Sit) -> None:
    admin, today = sit("administrator"), timezone.localdate()
    assert admin.get("/").headers["Location"] == "/access/"
    for closed in ("/2026-H1/", f"/unit/{world.communes[0].key}/", "/2026-H1/report/", "/2026-H1/registers/"):
        assert admin.get(closed).status_code == 404, closed  # figures are not the administrator's

    def give(**more: str) -> str:
        asked = {"name": "moi", "full_name": "Người mới", "role": "inspector", "unit": "Xã Hòa Lạc", **more}
        answer = admin.post("/access/give/", asked)
        return answer.content.decode() if answer.status_code != 302 else ""

    page = give()
    grant = Grant.objects.get(user__username="moi")
    assert (grant.unit, grant.valid_to) == (world.communes[1], today + timedelta(days=30))
    assert "Mật khẩu mới" in page
    assert AccountAct.objects.filter(user=grant.user, act="granted", actor="Người giữ ghế administrator").count() == 1
    assert "kiêm nhiệm" in give(name="administrator", role="office") or "không thể vừa là" in give(
        name="administrator", role="office"
    )
    assert "Không ai tự cấp quyền" in give(name="administrator", role="administrator", unit="Xã Hòa Lạc")
    assert "không thể vừa là" in give(name="preparer", role="head", unit="Xã Đồng Tâm")
    assert "không phải ngày" in give(until="mai")
    assert "trước ngày bắt đầu" in give(until=day_words(today - timedelta(days=1)))
    assert 'value="Xã Chim Yến A"' in give(unit="Xã Chim Yến A")  # of the other province: as one that is not there
    assert give(name="head", role="partner", until=day_words(today)) == ""

    there = Client()
    there.post("/sign-in/", {"login": "head", "password": PASSWORD})
    assert there.get("/2026-H1/").status_code == 200
    chief = Grant.objects.get(user=world.users["head"], role="head")
    assert admin.post("/access/end/", {"grant": [str(chief.pk)]}).status_code == 302
    assert there.get("/2026-H1/").status_code == 302, "signed out at the next request"
    foreign = Grant.objects.get(user=world.users["other_office"])
    assert admin.post("/access/end/", {"grant": [str(foreign.pk)]}).status_code == 404
    for seat in ("office", "chair", "preparer", "inspector", "partner"):
        assert sit(seat).get("/access/").status_code == 404, seat
        assert sit(seat).post("/access/give/", {}).status_code == 404, seat
    assert "Ma trận quyền" in admin.get("/access/").content.decode()
    assert b"Chim Y" not in b"".join(admin.get("/access/matrix.csv").streaming_content)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_figures_of_the_narrowest_class_are_for_the_roles_of_the_matrix(world: World, sit: Sit) -> None:
    """The office reads its communes' returns, which may hold them; an inspector reads figures, and no return whole."""
    at = f"/unit/{world.communes[0].key}/2026-H1/filled.xlsx"
    assert sit("office").get(at).status_code == sit("preparer").get(at).status_code
    assert sit("inspector").get(at).status_code == 404
    violence = "/2026-H1/targets/?group=nsge.3"
    office, inspector = (sit(seat).get(violence).content.decode() for seat in ("office", "inspector"))
    assert office != inspector


@pytest.mark.django_db
def test_the_command_says_which_grant_opens_a_page_and_which_is_missing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site = Site(tmp_path, "x" * 50, home_unit=world.province.key)
    monkeypatch.setattr(command.Desk, "open", lambda _path: Desk(site))

    def why(name: str, address: str, code: int) -> str:
        assert main(["access", "why", name, address]) == code
        return capsys.readouterr().out

    at = f"https://so.example/unit/{world.communes[0].key}/2026-H1/send/?x=1"
    assert "Mở được." in why("preparer", at, 0)
    told = why("office", at, 1)
    assert "Cơ quan thường trực – Tỉnh Vĩnh An" in told
    assert "Còn thiếu: một trong các vai trò" in told
    program = f"/api/v1/units/{world.communes[0].key}"
    assert "Mở được." in why("office", program, 0)
    assert "Còn thiếu" in why("other_preparer", program, 1)
    User.objects.filter(username="preparer").update(is_active=False)
    assert "đã khóa" in why("preparer", at, 1)
    assert main(["access", "why", "office", "/khong-co/", "--json"]) == 1
    assert "không phải địa chỉ" in capsys.readouterr().err
    assert main(["access", "matrix", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 14
    assert main(["--lang", "en", "access", "matrix", "--format", "csv"]) == 0
    assert capsys.readouterr().out.startswith("What there is,Class,Person who prepares the return")
