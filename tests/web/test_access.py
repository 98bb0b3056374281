"""Who may open what: every address × method × seat × whose unit or thing, with canaries of the other province. What
every answer tells the browser is looked at on the same walks. On PostgreSQL the walk goes behind the wall of rows
(`ground.whose`): the office has all its pages there too."""

from __future__ import annotations

import re
from functools import partial

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, path, reverse
from django.utils import timezone
from tests.conftest import PROOF
from tests.web.events import watched
from tests.web.furnished import CODE, REGISTER, Furnished, Place, patterns
from tests.web.told import counted, handed_out, told
from tests.web.world import CANARY, CANARY_NAME, PERIOD, World

from tienbo.core.words import number
from tienbo.units.access import ROLES
from tienbo.web import access
from tienbo.web.access import check_every_view_declares, views
from tienbo.web.doors import why

FIRST = (
    *("office", "chair", "inspector", "administrator", "partner", "preparer", "head", "department", "nobody"),
    "elections",
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LEADS_ELSEWHERE = {
    "entry_send",  # the unit's own
    "entry_paper",
    "entry_proof",  # of a file
    "intake_send",
    "intake_accept",
    "intake_ask",
    "intake_job_again",
    "units_search",
    "reorganisation_check",
    "reorganisation_confirm",
    "indicator_at_period",
    "register_tasks",  # of registers whose rows make tasks: tests/web/test_tasks.py
    "api_record_tasks",  # of records that conclude: tests/api/test_planning.py
    "register_papers",  # of registers that have papers: tests/journeys/test_bac_kan.py
    "register_paper_docx",
    "register_paper_pdf",
    *("register_guided", "register_guided_docx", "register_guided_pdf"),  # that have a guide: tests/web/test_guided.py
    *("register_reach", "register_reach_csv", "register_visits", "register_visits_csv"),  # tests/web/test_led_to.py
    *("quarters", "quarters_csv"),  # of indicators that are asked each quarter: tests/web/test_led_to.py
    *("register_crossed", "register_crossed_csv"),  # that are crossed: tests/web/test_guided.py
    # That seat a body, and that are gathered by what they name: tests/web/test_led_to.py
    *("register_seats", "register_seats_csv", "register_seats_docx", "register_seats_pdf"),
    *("register_gathered", "register_gathered_csv"),
}
"""Addresses that forms are sent to: who opens one, after signing in again for instance, is led to its page."""


OF_THE_LEVEL_ABOVE = {"release_received", "received_docx", "received_pdf"}
"""Pages of a report that was sent up: its own office has them under other addresses."""


def test_every_view_declares_who_may_open_it() -> None:
    assert check_every_view_declares() == []


def test_a_view_without_a_declaration_stops_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = [path("bare/", lambda _request: None, name="bare")]
    monkeypatch.setattr(access, "views", lambda: views(bare))
    (found,) = check_every_view_declares()
    assert found.id == "tienbo.E003"
    assert "bare/" in found.msg


@pytest.mark.django_db
def test_nothing_but_what_is_public_is_shown_to_a_stranger(furnished: Furnished) -> None:
    client = Client()
    for place in furnished.places():
        for method in METHODS:
            response = place.ask(client, method)
            told(response, place, (method, place.address, response.status_code))
            if place.need(method) == "public":
                continue
            if place.is_program:
                assert response.status_code in (401, 405), (method, place, response.status_code)
                continue
            assert response.status_code in (302, 405), (method, place, response.status_code)
            assert response.status_code == 405 or "/sign-in/" in response.headers["Location"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "seat", [pytest.param(one, marks=pytest.mark.database) if PROOF or one == "office" else one for one in FIRST]
)
def test_a_seat_opens_what_its_role_allows_and_never_the_other_province(seat: str, furnished: Furnished) -> None:
    client, before, opened, statuses, files = furnished.sit(seat), counted(), set(), set(), 0
    places = [place for place in furnished.places() if place.name != "account_logout"]
    is_whole = PROOF or seat == "office"
    if not is_whole:  # one seat sees every address, each other one a third of them
        places = places[FIRST.index(seat) % 3 :: 3]
    for method in METHODS:  # looking first
        if method == "POST":
            assert counted() == before, "looking changes nothing"
        # A method that a page has not is 405 for whoever asks, as the office's walk and the stranger's find.
        for place in [one for one in places if is_whole or method in ("GET", "POST", *one.methods)]:
            need, where = place.need(method), (seat, method, place.address)
            if seat == "office" and method in place.methods:  # T35: each write, file and whole return has its event
                person = furnished.world.users[seat].username
                response = watched(place, person, partial(place.ask, client, method), where)
            else:
                response = place.ask(client, method)
            where = (*where, response.status_code)
            assert response.status_code < 500, where
            _has_no_canary(response, where)
            if method in ("GET", "POST"):
                told(response, place, where)
            if method not in place.methods:
                assert response.status_code == 405, where
                continue
            statuses.add(response.status_code)
            files += method == "GET" and handed_out(response, place)
            if need in ("public", "signed_in"):
                continue
            assert _as_allowed(furnished.world, seat, need, place.whose, response.status_code), where
            if method == "GET":
                _is_told(furnished.world, seat, place, where)
                opened |= {place.name} if response.status_code == 200 else set()
    assert {200, 302, 404} <= statuses
    assert files > {"office": 8}.get(seat, -1)
    if seat == "office":  # who may open everything does: the walk above is not one of locked doors only
        shown = {place.name for place in furnished.places() if _is_page(place)}
        assert sorted(shown - opened - LEADS_ELSEWHERE - OF_THE_LEVEL_ABOVE) == []


def _is_told(world: World, seat: str, place: Place, where: object) -> None:
    """What is told of a page's door is what it does."""
    if "thing" not in place.whose:
        opens = why(world.users[seat], place.address, today=timezone.localdate())
        assert opens.is_open == _allowed(world, seat, place.need("GET"), place.whose), where


def _is_page(place: Place) -> bool:
    return "GET" in place.methods and place.need("GET") in ("view", "visit", "accept", "consolidate", "reorganise")


def _has_no_canary(response: HttpResponse, where: object) -> None:
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[arg-type]
    text = body.decode(errors="replace")
    assert CANARY_NAME not in text, where
    for canary in range(CANARY - 4, CANARY + 2):
        assert not re.search(rf"(?<![0-9A-Za-z]){canary}(?![0-9A-Za-z])", text), (where, canary)
        assert number(canary) not in text, where


def _allowed(world: World, seat: str, need: str, whose: str) -> bool:
    """What the matrix of roles says, worked out from the grant alone."""
    allowed = False
    for grant in world.users[seat].grants.all():
        role = ROLES[grant.role]
        own, below = need in role.own, need in role.below
        if not whose:
            allowed = allowed or own or below
        elif whose == "own_thing":
            allowed = allowed or (grant.unit_id == world.province.pk and (own or below))
        elif whose in ("own", "child", "sibling"):
            unit = world.units[whose]
            if grant.unit_id == unit.pk:
                allowed = allowed or own
            elif grant.unit_id == world.province.pk and unit.pk != world.province.pk:
                allowed = allowed or below
    return allowed


def _as_allowed(world: World, seat: str, need: str, whose: str, status: int) -> bool:
    """Whether the answer is what the matrix of roles says."""
    allowed = _allowed(world, seat, need, whose)
    # Allowed pages may still answer 302, 400, 404 of a thing that is not there, 409 or 422; those that are not allowed
    # answer 404, exactly as what does not exist.
    return status in (200, 204, 302, 400, 404, 409, 422) if allowed else status == 404


@pytest.mark.database
@pytest.mark.django_db
def test_what_may_not_be_seen_answers_as_what_does_not_exist(furnished: Furnished) -> None:
    client = furnished.sit("office")
    compared = 0
    for pattern in patterns(get_resolver().url_patterns):
        if pattern.name.startswith("api_"):  # tests/api/test_door.py
            continue
        things = ("key", "job", "release", "round", "filled", "item", "task", "plan", "election", "forecast")
        named = [name for name in pattern.pattern.converters if name in things]
        if not named or "GET" not in getattr(pattern.callback, "methods", ("GET",)):
            continue
        others = {**furnished.things["other_thing"], "key": furnished.world.other.key}
        rest = {"period": PERIOD, "code": CODE, "register": REGISTER, "part": "targets", "token": others["token"]}
        given = {name: others.get(name) or rest.get(name) or "1" for name in pattern.pattern.converters}
        missing = {**given, **{name: given[name][:-4] + "0000" for name in named}}
        hidden, nothing = (client.get(reverse(pattern.name, kwargs=held)) for held in (given, missing))
        assert hidden.status_code == nothing.status_code == 404, pattern.name
        assert _bare(hidden, given) == _bare(nothing, missing)
        compared += 1
    assert compared > 20


def _bare(page: HttpResponse, keys: dict[str, str]) -> str:
    """A page without the keys that were asked for, and without the token that is new on every page."""
    text = page.content.decode()
    for key in (one for one in keys.values() if "_" in str(one)):
        text = text.replace(str(key), "")
    return re.sub(r'(data-token|value)="\w{64}"', "", text)
