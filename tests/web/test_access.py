"""Who may open what: every address × method × seat × whose unit or thing, with canaries of the other province. What
every answer tells the browser is looked at on the same walks. On PostgreSQL the walk goes behind the wall of rows
(`ground.whose`): the office has all its pages there too."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, path, reverse
from django.utils import timezone
from pypdf import PdfReader
from pypdf.errors import PdfReadError
from tests.conftest import PROOF
from tests.web.events import watched
from tests.web.furnished import CODE, REGISTER, Furnished, Place, patterns
from tests.web.told import counted, factor_given, handed_out, told
from tests.web.world import CANARY, CANARY_NAME, PERIOD, World, say

from tienbo.accounts.actors import operator
from tienbo.catalogue.loading import load
from tienbo.core.words import number
from tienbo.outlook.elections import Contest
from tienbo.outlook.lists import Lists, outcome
from tienbo.posts.contests import contests_stored, elections_offered
from tienbo.posts.election_models import Election
from tienbo.posts.election_services import constituency_tell, election_call, election_close, list_tell
from tienbo.posts.forecasts import forecast_keep
from tienbo.posts.told import Read
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
    if not PROOF and seat != "office":  # one seat sees every address, each other one half of them
        places = places[FIRST.index(seat) % 2 :: 2]
    for method in METHODS:  # looking first
        if method == "POST":
            assert counted() == before, "looking changes nothing"
        for place in places:
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
            if method == "GET" and response.status_code == 200:
                opened.add(place.name)
        if need not in ("public", "signed_in") and "thing" not in place.whose:  # what is told of a door is what it does
            opens = why(furnished.world.users[seat], place.address, today=timezone.localdate())
            assert opens.is_open == _allowed(furnished.world, seat, need, place.whose), (seat, place.address)
    assert {200, 302, 404} <= statuses
    assert files > {"office": 8}.get(seat, -1)
    if seat == "office":  # who may open everything does: the walk above is not one of locked doors only
        shown = {place.name for place in furnished.places() if _is_page(place)}
        assert sorted(shown - opened - LEADS_ELSEWHERE - OF_THE_LEVEL_ABOVE) == []


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


HIDDEN = 64_517
"""Counts of class C3 of the sibling are of this run of numbers, and nothing else is."""


def _texts(response: HttpResponse) -> str:
    """What an answer says: a page, JSON, CSV as it is; a workbook, a Word file, slides by their parts; a PDF by its
    text."""
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[arg-type]
    if body[:2] == b"PK":
        with ZipFile(BytesIO(body)) as archive:
            return " ".join(archive.read(name).decode(errors="replace") for name in archive.namelist())
    if body[:4] == b"%PDF":
        try:
            return " ".join(page.extract_text() for page in PdfReader(BytesIO(body)).pages)
        except PdfReadError:  # the signed copy of these tests is none that could be read
            return ""
    return body.decode(errors="replace")


@pytest.mark.django_db
def test_counts_of_the_narrowest_class_leave_by_no_door(
    furnished: Furnished, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T23: pages, JSON, CSV, workbooks, Word, PDF, slides, error pages and the log, of everybody whom the matrix does
    not show them to; the office that consolidates the sibling does see them."""
    world, commune = furnished.world, furnished.world.communes[1]
    say(world, world.province, commune, PERIOD, start=31, hidden=HIDDEN)
    canary, election = _canary(HIDDEN), _canary(COMING)
    planted, more, forecast = _coming_election(world)
    seen, asked, told = {}, 0, []
    for seat in ("office", "inspector", "preparer", "partner", *(("administrator", "department") if PROOF else ())):
        client = furnished.sit(seat)
        client.raise_request_exception = False
        found = []
        for place in furnished.places():
            if "GET" not in place.methods or place.name == "account_logout":
                continue
            if seat == "office" and place.whose != "sibling":  # it is enough that it is there to be found
                continue
            response = client.get(place.address, {"period": PERIOD.code})
            asked += 1
            said = _texts(response)
            if canary.search(said):
                found.append(place.address)
            if election.search(said):
                told.append((seat, place.address))
        told += [(seat, at) for at in more if election.search(_texts(client.get(at)))]
        seen[seat] = found
    assert asked > 250
    opened = seen.pop("office")
    assert opened, "the canary is there for who may see it"
    assert not any(seen.values()), seen
    assert told == [], "an election that is open is shown to those named for it, and to nobody else"
    named = furnished.sit("elections")
    addresses = [*more, *(place.address for place in furnished.places() if place.need("GET") == "elections")]
    shown = [at for at in addresses if election.search(_texts(named.get(at)))]
    assert len(shown) >= len(more), "it is there to be found"
    assert named.get(forecast).status_code == 200
    today = timezone.localdate()
    election_close(election=planted, closed_from=today, closed_to=today + timedelta(days=1))
    asked_for = {"election": planted.key, "stage": "official", "target": "1"}
    answers = [named.get(at) for at in addresses]
    answers += [named.post(reverse(name, args=[PERIOD]), asked_for) for name in ELECTION_TOOLS]
    assert named.get(forecast).status_code == 404
    assert [one.request["PATH_INFO"] for one in answers if election.search(_texts(one))] == []
    assert not [one for one in (canary, election) if one.search(caplog.text)]
    _asked_again(furnished, opened, canary, monkeypatch)


ELECTION_TOOLS = ("lists", "lists_what_if", "lists_annex_docx", "lists_annex_pdf", "forecast_keep")
COMING = 73_519
"""Counts of the list of an election that is planted are of this run of numbers, and nothing else is."""


def _canary(last: int) -> re.Pattern[str]:
    return re.compile(rf"(?<![0-9])(?:{'|'.join(_spelled(one) for one in range(last - 6, last + 1))})(?![0-9])")


def _coming_election(world: World) -> tuple[Election, list[str], str]:
    """An election of the province with its list and a forecast of it, open; where its counts stand, and where the
    forecast does."""
    by, read = operator("thử nghiệm"), Read("Biên bản hiệp thương (số liệu minh họa)")
    day = timezone.localdate()
    made = election_call(kind="council.province", unit=world.province, term="2031-2036", day=day, source="NQ", actor=by)
    part = constituency_tell(election=made, unit=world.province, number="1", seats=4, read=read, actor=by)
    list_tell(constituency=part, stage="official", candidates=COMING, women=COMING - 3, read=read, actor=by)
    held = {one.key: one for one in elections_offered(world.province, day, edition=load("vn"))}
    lists, _faults = contests_stored(held[made.key], stage="official")
    before = [
        Contest("", str(n), 3, 5, women, 3, won) for n, (women, won) in enumerate(((2, 1), (3, 1), (2, 0), (1, 1)))
    ]
    foretold = outcome(Lists(tuple(lists), (tuple(before),), slope=False)).made
    kept = forecast_keep(stored=held[made.key], made=foretold, learnt_from=["thử"], actor=by)
    named = [reverse(name, args=[PERIOD, made.key]) for name in ("election", "election_csv")]
    return made, [*named, reverse("elections", args=[PERIOD])], reverse("forecast", args=[PERIOD, kept.key])


def _asked_again(
    furnished: Furnished, opened: list[str], canary: re.Pattern[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a guarded site the same office, whose second factor is a quarter of an hour old: no page shows them, each says
    so or asks first; files and acts ask first; who is not asked for a factor goes on."""
    monkeypatch.setattr("django.conf.settings.SIGN_IN", "guarded")
    client, told = furnished.sit("office"), {"left out": 0, "asks": 0}
    factor_given(client, minutes=14)
    shown = {"period": PERIOD.code}
    assert any(canary.search(_texts(client.get(address, shown))) for address in opened)
    factor_given(client, minutes=16)
    for address in opened:
        response = client.get(address, {"period": PERIOD.code})
        assert not canary.search(_texts(response)), address
        if response.status_code == 302:
            assert response.headers["Location"].startswith("/second-factor/again/?next=%2F"), address
            told["asks"] += 1
        elif response.status_code == 403:
            assert response.json()["faults"][0]["code"] == "api.confirm"
            told["asks"] += 1
        else:
            assert "second-factor/again" in response.content.decode(), address
            told["left out"] += 1
    assert all(told.values()), told
    before = counted()
    made = client.post(f"/{PERIOD.code}/report/release/", {})
    assert made.status_code == 422
    assert "/second-factor/again/" in made.content.decode()
    assert counted() == before
    commune = furnished.world.communes[0]
    assert furnished.sit("preparer").get(f"/entry/{commune.key}/{PERIOD.code}/1/").status_code == 200


def _spelled(value: int) -> str:
    text = str(value)
    return f"{text[:2]}[.,\u00a0\u202f]?{text[2:]}"
