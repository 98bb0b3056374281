"""The province sends its frozen report up; the office above receives it or asks for a supplement, once, as seen."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import pytest
from django.test import Client
from tests.web.test_intake import page, text
from tests.web.world import BEGAN, PERIOD, World, say

from tienbo.accounts.models import User
from tienbo.release.models import Release, ReleaseStep
from tienbo.units.models import Role, Unit
from tienbo.units.services import grant_give

Sit = Callable[[str], Client]
RECEIVED = "/2026-H1/received/"


def nation(world: World, name: str) -> Client:
    """Somebody of the national agency."""
    user = User.objects.create_user(name, f"Người của {name}")
    grant_give(user=user, unit=Unit.objects.get(kind="nation"), role=Role.OFFICE, begins=BEGAN)
    client = Client()
    client.force_login(user)
    return client


def frozen(desk: Client) -> Release:
    desk.post("/2026-H1/report/release/", {})
    found = Release.objects.order_by("pk").last()
    assert found is not None
    return found


def seen(client: Client, release: Release) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', client.get(f"{RECEIVED}{release.key}/").content.decode())
    assert found is not None
    return found[1]


def decided(client: Client, release: Release, act: str, named: str, note: str = "") -> int:
    said = {"act": act, "seen": named, "note": note}
    return client.post(f"{RECEIVED}{release.key}/decide/", said).status_code


@pytest.mark.django_db
def test_a_release_goes_up_is_asked_to_be_supplemented_and_its_successor_is_received(world: World, sit: Sit) -> None:
    desk, above = sit("office"), nation(world, "Vụ")
    first = frozen(desk)
    assert above.get(f"{RECEIVED}{first.key}/").status_code == 404, "nobody reads above what was not sent"
    assert "Tỉnh Vĩnh An" in page(above, RECEIVED), "who sent nothing is named"
    for _press in range(2):
        assert desk.post(f"/2026-H1/report/{first.key}/send/").status_code == 302
    assert ReleaseStep.objects.count() == 1
    kept = hashlib.sha256((first.values_json + first.context_json).encode()).hexdigest()
    named = seen(above, first)
    assert decided(above, first, "ask_supplement", named) == 422, "without a word nothing is asked"
    assert decided(above, first, "ask_supplement", named, "Bổ sung phụ lục 2") == 302
    assert "Bổ sung phụ lục 2" in page(desk, f"/2026-H1/report/{first.key}/")
    desk.post(f"/2026-H1/report/{first.key}/send/")
    assert ReleaseStep.objects.count() == 2, "what was asked to be supplemented is not sent again as it is"
    say(world, world.province, world.communes[0], PERIOD, start=90)
    second = frozen(desk)
    assert second.pk != first.pk
    desk.post(f"/2026-H1/report/{second.key}/send/")
    assert decided(above, second, "accept", seen(above, second)) == 302
    acts = ReleaseStep.objects.order_by("pk").values_list("release_id", "act", "fingerprint")
    assert list(acts) == [
        (first.pk, "send", first.fingerprint),
        (first.pk, "ask_supplement", first.fingerprint),
        (second.pk, "send", second.fingerprint),
        (second.pk, "accept", second.fingerprint),
    ]
    first.refresh_from_db()
    assert hashlib.sha256((first.values_json + first.context_json).encode()).hexdigest() == kept
    assert page(above, RECEIVED).count("Tỉnh Vĩnh An") >= 2


@pytest.mark.django_db
def test_of_two_who_decide_the_second_is_told_who_was_first(world: World, sit: Sit) -> None:
    desk, one, two = sit("office"), nation(world, "một"), nation(world, "hai")
    release = frozen(desk)
    desk.post(f"/2026-H1/report/{release.key}/send/")
    named = seen(two, release)
    assert decided(one, release, "accept", named) == 302
    response = two.post(f"{RECEIVED}{release.key}/decide/", {"act": "ask_supplement", "seen": named, "note": "Thiếu"})
    assert response.status_code == 409
    assert "Người của một đã quyết định về báo cáo này lúc" in text(response)
    assert ">Thiếu</textarea>" in response.content.decode()
    assert ReleaseStep.objects.filter(act="ask_supplement").count() == 0
    assert decided(one, release, "accept", named) == 302, "the same again by the same person changes nothing"
    assert ReleaseStep.objects.count() == 2


@pytest.mark.django_db
def test_nobody_beside_reads_or_decides(world: World, sit: Sit) -> None:
    desk = sit("office")
    release = frozen(desk)
    desk.post(f"/2026-H1/report/{release.key}/send/")
    for seat in ("other_office", "office", "preparer"):
        assert sit(seat).get(f"{RECEIVED}{release.key}/").status_code == 404
        assert decided(sit(seat), release, "accept", "x") == 404
    assert nation(world, "Vụ").get(f"{RECEIVED}{release.key}/docx").status_code == 200
