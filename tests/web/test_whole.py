"""A whole return by one request: who may, what is answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.web.test_entry import MEMBERS, WOMEN, at
from tests.web.world import BEGAN, World

from tienbo.accounts.actors import operator
from tienbo.collection.campaigns import campaign_close
from tienbo.collection.draft_models import Draft, DraftSave, Submission
from tienbo.collection.models import Approval, Campaign, Revision
from tienbo.units.models import Grant, Role, Unit

pytestmark = pytest.mark.django_db
Sit = Callable[[str], Client]


@pytest.fixture
def home(world: World) -> Unit:
    return world.communes[0]


@pytest.fixture
def both(sit: Sit, world: World, home: Unit) -> Client:
    """Somebody who fills in and approves."""
    # Given before the two were kept apart: what was given stays until it is ended.
    Grant.objects.create(user=world.users["preparer"], unit=home, role=Role.HEAD, valid_from=BEGAN)
    return sit("preparer")


def held(client: Client, unit: Unit) -> tuple[dict[str, str], int]:
    told = client.get(at(unit, "state/")).json()
    return told["cells"], told["version"]


def sent(client: Client, unit: Unit, cells: dict[str, str], **more: Any) -> Any:
    data = {"key": "k1", "device": "phần mềm", "cells": cells, **more}
    return client.post(at(unit, "whole/"), json.dumps(data), content_type="application/json")


def test_one_request_saves_approves_and_sends_and_again_gives_the_same_receipt(both: Client, home: Unit) -> None:
    cells, version = held(both, home)
    before = Revision.objects.count()
    answer = sent(both, home, {**cells, MEMBERS: "1.250"}, version=version)
    assert (answer.status_code, answer.json()["again"]) == (200, False)
    again = sent(both, home, {**cells, MEMBERS: "1250"}, version=version)
    assert (again.json()["receipt"], again.json()["again"]) == (answer.json()["receipt"], True)
    assert (Revision.objects.count(), Submission.objects.count(), Approval.objects.count()) == (before + 1, 1, 1)
    assert Draft.objects.get().cells[MEMBERS] == "1250"
    assert answer.json()["receipt"] in both.get(at(home, "send/")).content.decode()


def test_errors_are_told_at_their_places_and_what_differs_by_name(both: Client, home: Unit) -> None:
    cells, version = held(both, home)
    answer = sent(both, home, {**cells, WOMEN: "999"}, version=version)
    assert answer.status_code == 422
    assert any(place.startswith("Biểu 01") for place in answer.json()["places"]), answer.json()
    assert Draft.objects.get().cells[WOMEN] == "999"
    answer = sent(both, home, {**cells, MEMBERS: "14"}, version=version)  # from a device that has not seen that
    assert answer.status_code == 409
    named = {one["cell"]: (one["seen"], one["here"]) for one in answer.json()["difference"]}
    assert named[WOMEN][1] == "999"
    assert Submission.objects.count() == 0


def test_nothing_is_taken_where_one_of_the_rights_is_missing(sit: Sit, home: Unit, world: World) -> None:
    for seat in ("preparer", "head", "office", "chair", "inspector", "other_preparer", "other_office", "nobody"):
        assert sent(sit(seat), home, {MEMBERS: "14"}).status_code == 404, seat
    assert sent(Client(), home, {MEMBERS: "14"}).status_code == 302
    assert DraftSave.objects.count() == 0


def test_what_cannot_be_read_is_refused_and_a_closed_period_keeps_what_came(both: Client, home: Unit) -> None:
    for wrong in ("", "[]", '{"key": "k"}', '{"key": "k", "cells": 3}', '{"cells": {}}'):
        assert both.post(at(home, "whole/"), wrong, content_type="application/json").status_code == 422
    cells, version = held(both, home)
    for one in Campaign.objects.filter(period_code="2026-H1"):
        campaign_close(campaign=one, actor=operator("thử"))
    answer = sent(both, home, {**cells, MEMBERS: "14"}, version=version)
    assert (answer.status_code, len(answer.json()["faults"])) == (422, 1)
    assert DraftSave.objects.exclude(refused="").get().changes[MEMBERS][1] == "14"
