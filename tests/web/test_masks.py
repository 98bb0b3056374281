"""T23: every field of class C2 and C3 × every seat × every way an answer goes: pages, JSON, CSV, workbooks, Word, PDF,
slides, pictures, headers, error pages, the log, what is suggested and found; and orders, filters and counts, which tell
nothing of a value to who may not see it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker
from tests.conftest import PROOF
from tests.web.annex import annex
from tests.web.conftest import QUICK_PASSWORDS
from tests.web.events import notes
from tests.web.furnished import CODE, Furnished, furnish
from tests.web.masks import (
    HELD_IN_CELLS,
    MORE_SEATS,
    Mask,
    Planted,
    alike,
    channel,
    declared,
    is_figure,
    may,
    narrow_indicators,
    plant,
    plant_election,
    plant_round,
    plant_texts,
    said,
    say_again,
    unplanted,
)
from tests.web.parsed import Parsed
from tests.web.told import counted, factor_given
from tests.web.world import BEFORE, BEGAN, FAR, PASSWORD, PERIOD, build, office_settings

from tienbo.accounts.models import User
from tienbo.collection.manifest import Stores
from tienbo.engine.facts import FactStore
from tienbo.ground.files import FileStore
from tienbo.posts.election_services import election_close
from tienbo.units.access import ROLES
from tienbo.units.models import Role
from tienbo.units.rights import MATRIX
from tienbo.units.services import grant_give
from tienbo.web import figures

pytestmark = pytest.mark.django_db
SEATS = (
    *("inspector", "preparer", "partner", "department", "data_officer", "administrator", "elections", "head"),
    *(*MORE_SEATS[1:], "chair", "office", "nobody"),
)
STRANGER = "stranger"
NO_PAGE = {"Spill.why"}
"""Why a spilled record was taken away: said to a command and kept, and shown on no page."""
EACH = 2
"""Questions of one page with the same names that a walk follows: orders, filters, searches."""


@pytest.fixture(scope="module")
def masked(
    opened: None, django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Furnished, Planted]]:
    """Both provinces after a day's work, with a canary in every narrow field."""
    with django_db_blocker.unblock(), _made(tmp_path_factory.mktemp("masked")) as made:
        yield made


@contextmanager
def _made(folder: Path) -> Iterator[tuple[Furnished, Planted]]:
    with transaction.atomic(), override_settings(PASSWORD_HASHERS=QUICK_PASSWORDS):
        world = build(Stores(FileStore(folder / "files"), FactStore(folder / "facts")))
        with override_settings(OFFICE=office_settings(folder, world.province.key)):
            planted = plant(world)
            furnished = furnish(world)
            plant_round(planted, world, furnished.sit("office"))
            plant_election(planted, world)
            plant_texts(planted, world)
            yield furnished, planted
        transaction.set_rollback(True)


def _addresses(furnished: Furnished, planted: Planted) -> list[tuple[str, str]]:
    """(address, name of its view) of everything that is read: of both half-years, and of each narrow indicator."""
    found = {}
    for place in furnished.places():
        if "GET" in place.methods and place.name not in ("account_logout", "language"):
            found.setdefault(place.address, place.name)
            if f"/{CODE}" in place.address:
                for period in (PERIOD, BEFORE):
                    at = place.address.replace(PERIOD.code, period.code)
                    found |= {at.replace(CODE, one): "narrow" for one in narrow_indicators()}
            elif place.whose in ("", "sibling"):
                found.setdefault(place.address.replace(PERIOD.code, BEFORE.code), place.name)
    for address in planted.addresses:
        found.setdefault(address, "narrow")
    for unit in furnished.world.units.values():
        for code in narrow_indicators():
            found[f"/api/v1/values?indicator={code}&unit={unit.key}&period={PERIOD.code}"] = "api_values"
            found[f"/{PERIOD.code}/indicator/{code}/explanation/?unit={unit.key}"] = "explanation"
            found[f"/{BEFORE.code}/indicator/{code}/explanation/?unit={unit.key}"] = "explanation"
    return list(found.items())


def _asked_on(address: str, response: HttpResponse) -> Iterator[str]:
    """What a page leads to with a question in it: orders, filters, searches, by its links and its forms."""
    if response.status_code != 200 or not response.headers["Content-Type"].startswith("text/html"):
        return
    page = Parsed(response.content.decode())
    for one in page.all("a"):
        parts = urlsplit(unescape(one.attributes.get("href", "")))
        if parts.query and not parts.netloc and parts.path.startswith(("/", "")):
            yield f"{parts.path or address.partition('?')[0]}?{parts.query}"
    for form in page.all("form"):
        if form.attributes.get("method", "get").lower() != "get":
            continue
        at = form.attributes.get("action") or address.partition("?")[0]
        for one in page.elements:
            name = one.attributes.get("name")
            if form not in one.within or not name:
                continue
            if one.tag == "select":
                options = [o.attributes.get("value", "") for o in page.all("option") if one in o.within]
                yield from (f"{at}?{urlencode({name: option})}" for option in options)
            elif one.tag == "input" and one.attributes.get("type", "text") in ("text", "search"):
                yield from (f"{at}?{urlencode({name: text})}" for text in ("Chim", "500", "3"))


def _view(path: str) -> str:
    try:
        return str(resolve(path).url_name)
    except Resolver404:
        return path


class Walk:
    """What a seat was answered, by address."""

    def __init__(self, furnished: Furnished, planted: Planted, seat: str) -> None:
        self.client = Client() if seat == STRANGER else furnished.sit(seat)
        self.client.raise_request_exception = False
        self.planted, self.seat, self.world = planted, seat, furnished.world
        self.where: dict[str, str] = {}
        """Address → what was told there to who may not see it."""
        self.found: dict[str, set[Mask]] = {}
        self.channels: Counter[str] = Counter()
        self.answers: dict[str, str] = {}
        self.more: dict[tuple[str, tuple[str, ...]], dict[str, None]] = {}
        self.secrets: list[str] = []
        self.unnoted: list[str] = []
        """Where figures of class C3 were shown and no note of it was left for the journal."""

    def ask(self, address: str, *, follow: bool) -> None:
        noted = len(notes())
        response = self.client.get(address)
        text = said(response)
        self.channels[channel(response)] += 1
        if PROOF and not sum(self.channels.values()) % 100:
            print(f"T23 {self.seat}: {dict(self.channels)}", flush=True)
        self.answers[address] = text
        if masks := self.planted.found(unescape(text)):
            self.found[address] = masks
            if told := [one for one in masks if not may(self.world, self.seat, one)]:
                self.where[address] = (
                    f"{', '.join(sorted(one.name for one in told))}: {self.planted.around(text, told)}"
                )
                print(f"T23 {self.seat} {address}: {self.where[address]}", flush=True)
            if any(is_figure(one) for one in masks) and not any(one["details"]["narrow"] for one in notes()[noted:]):
                self.unnoted.append(address)
                print(f"T23 {self.seat} {address}: not noted", flush=True)
        own = {self.client.cookies[name].value for name in self.client.cookies}
        self.secrets += [address for one in self.planted.secrets if one in text and one not in own]
        if follow:
            for one in _asked_on(address, response):
                parts = urlsplit(one)
                names = tuple(sorted({name for name, _value in parse_qsl(parts.query, keep_blank_values=True)}))
                self.more.setdefault((_view(parts.path), names), {}).setdefault(one)

    def all(self, addresses: list[tuple[str, str]], *, each: int = EACH) -> Walk:
        followed = set[str]()
        for address, name in addresses:
            self.ask(address, follow=each > 0 and name not in followed)
            followed |= {name} if name != "narrow" else set()
        asked = [one for held in self.more.values() for one in list(held)[:each]]
        for address in asked:
            if address not in self.answers:
                self.ask(address, follow=False)
        return self


def test_every_narrow_field_is_planted_and_shown_to_who_may_see_it_and_to_nobody_else(
    masked: tuple[Furnished, Planted], caplog: pytest.LogCaptureFixture
) -> None:
    furnished, planted = masked
    assert unplanted(planted) == []
    addresses = _addresses(furnished, planted)
    if not PROOF:
        addresses = [(one, "narrow") for one in planted.addresses if BEFORE.code not in one] + addresses[::193]
    seats = (*SEATS, STRANGER) if PROOF else ("office", "inspector", "sibling_preparer")
    leaks, shown, asked, secrets = dict[tuple[str, str], str](), set[str](), Counter[str](), list[str]()
    unnoted = list[tuple[str, str]]()
    for seat in seats:
        walk = Walk(furnished, planted, seat).all(addresses, each=EACH if PROOF else 0)
        asked += walk.channels
        secrets += walk.secrets
        shown |= {one.name for masks in walk.found.values() for one in masks if may(furnished.world, seat, one)}
        leaks |= {(seat, at): what for at, what in walk.where.items()}
        unnoted += [(seat, at) for at in walk.unnoted]
        answers = f"{sum(walk.channels.values())} answers, {len(walk.found)} with canaries"
        print(f"T23 {seat}: {answers}, {len(walk.where)} leaks, {len(walk.unnoted)} unnoted", flush=True)
    fields = {one.name for one in planted.masks}
    print(
        f"T23: {len(declared())} fields declared, {len(fields)} planted, {len(shown)} seen; {dict(asked)}", flush=True
    )
    print("never shown:", sorted(fields - shown), flush=True)
    assert not leaks, "\n".join(f"{seat} {at}: {what}" for (seat, at), what in leaks.items())
    assert unnoted == [], "every reading of figures of class C3 has its event (T35)"
    assert secrets == []
    assert planted.found(caplog.text) == set()
    assert fields - shown == NO_PAGE if PROOF else len(shown) > 10, "what is found nowhere by anybody proves nothing"


READ = ("", "targets/", "indicators/", "norms/", "units/", "cascade/", "cascade.csv", "projections/", "norms/norms.csv")
OF_ONE = ("", "series.csv", "series.json", "bars.svg", "bars.json", "schematic.svg", "trend.json", "ahead/")


@pytest.mark.parametrize("seat", ("inspector", "preparer", "department", "partner") if PROOF else ("inspector",))
def test_nothing_that_is_answered_depends_on_a_figure_that_may_not_be_seen(
    seat: str, masked: tuple[Furnished, Planted]
) -> None:
    """Orders, filters, searches, counts and verdicts: two worlds that differ in figures of class C3 alone answer alike
    to who may not see them, and not to the office."""
    furnished, planted = masked
    codes = narrow_indicators() if PROOF else narrow_indicators()[:1]
    first = [f"/{PERIOD.code}/{one}" for one in READ]
    first += [f"/{PERIOD.code}/indicator/{code}/{one}" for code in codes for one in OF_ONE]
    first += [f"/{BEFORE.code}/indicator/{code}/" for code in codes] + [f"/unit/{furnished.world.communes[1].key}/"]
    asked = dict.fromkeys(first)
    if PROOF:
        for at in first:
            asked |= dict.fromkeys(_asked_on(at, furnished.sit(seat).get(at)))
    told = {low: _answers(furnished, planted, list(asked), seat, low=low) for low in (False, True)}
    assert {at: _first(told[False][at], told[True][at]) for at in asked if told[False][at] != told[True][at]} == {}
    office = {low: _answers(furnished, planted, first[-2:], "office", low=low) for low in (False, True)}
    assert office[False] != office[True], "the two worlds do differ"
    print(f"T23 {seat}: {len(asked)} questions asked of two worlds", flush=True)


def _first(one: str, other: str) -> str:
    """Where two answers begin to differ."""
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    return f"{one[max(0, at - 120) : at + 60]} | {other[at : at + 60]}"


def _answers(furnished: Furnished, planted: Planted, asked: list[str], seat: str, *, low: bool) -> dict[str, str]:
    with transaction.atomic():
        say_again(planted, furnished.world, low=low)
        figures._kept.clear()
        figures.forget()
        client = furnished.sit(seat)
        answers = {at: alike(said(client.get(at))) for at in asked}
        transaction.set_rollback(True)
    figures._kept.clear()
    figures.forget()
    return answers


def test_an_annex_that_others_filled_in_with_figures_of_class_c3_is_for_who_may_see_them(
    masked: tuple[Furnished, Planted],
) -> None:
    """Who may fill an annex in may see such figures, by the matrix; another of the same office is shown what the first
    filled in, under their own name in the journal; to everybody else it is not there; whoever sits above the office is
    given no figure of a unit that is not directly below."""
    furnished, planted = masked
    world, commune = furnished.world, furnished.world.communes[1]
    for need in ("consolidate", "enter"):
        opens = {role for role, held in ROLES.items() if need in held.own | held.below}
        assert opens, need
        assert all(MATRIX.reads_sensitive({role}) for role in opens), (need, opens)
    second = User.objects.create_user("office_two", "Người thứ hai", PASSWORD)
    grant_give(user=second, unit=world.province, role=Role.OFFICE, begins=BEGAN, ends=FAR)
    world.users["office_two"] = second
    try:
        walk = Walk(furnished, planted, "office_two")
        for address in planted.rounds:
            walk.ask(address, follow=False)
        shown = [{one.name for one in walk.found.get(at, ()) if is_figure(one)} for at in planted.rounds]
        names = (
            "victims.detected",
            "perpetrators.detected",
            "victims.helped",
            "victims.served",
            "perpetrators.counselled",
        )
        assert shown[-1] == {f"element gbv.{one}" for one in names}, "the file itself holds what the annex asks for"
        assert all(shown), "it is there to be found"
        assert (walk.where, walk.unnoted) == ({}, [])
        assert {one["person"] for one in notes()[-len(planted.rounds) :]} == {"office_two"}
    finally:
        del world.users["office_two"]
    acts = [f"{planted.rounds[0]}{name}/" for name in ("cell", "file", "fill", "proposals")]
    for seat in [*(one for one in (*SEATS, STRANGER, "agency", "other_office") if one != "office")]:
        client = Client() if seat == STRANGER else furnished.sit(seat)
        refused = {302} if seat == STRANGER else {404}
        assert {client.get(at).status_code for at in planted.rounds} == refused, seat
        assert {client.post(at, {}).status_code for at in acts} == refused, seat
    agency = furnished.sit("agency")
    annexed = {"name": "Phụ lục của Bộ", "file": SimpleUploadedFile("phụ lục.xlsx", annex())}
    at = urlsplit(agency.post(f"/{PERIOD}/rounds/", annexed).headers["Location"]).path
    for (sheet, cell), quantity in HELD_IN_CELLS.items():
        said_of = {"sheet": str(sheet), "cell": cell, "quantity": quantity, "unit": commune.key}
        assert agency.post(f"{at}cell/", said_of).status_code == 302
    filled = agency.post(f"{at}fill/", {}).headers["Location"]
    for address in (at, f"{at}?sheet=1&cell=C3", filled, f"{filled.rstrip('/')}.xlsx"):
        response = agency.get(address)
        assert response.status_code == 200
        assert not any(is_figure(one) for one in planted.found(unescape(said(response)))), address


ELECTION_TOOLS = ("lists", "lists_what_if", "lists_annex_docx", "lists_annex_pdf", "forecast_keep")


def test_an_election_that_is_shut_is_shown_to_nobody(masked: tuple[Furnished, Planted]) -> None:
    furnished, planted = masked
    assert planted.election is not None
    named = furnished.sit("elections")
    addresses = [one for one in planted.addresses if "/elections/" in one]
    addresses += [place.address for place in furnished.places() if place.need("GET") == "elections"]

    def told(response: HttpResponse) -> bool:
        return "ListStage.candidates" in {one.name for one in planted.found(said(response))}

    assert sum(told(named.get(at)) for at in addresses) >= 3, "open, it is there to be found"
    assert named.get(planted.forecast).status_code == 200
    today = timezone.localdate()
    election_close(election=planted.election, closed_from=today, closed_to=today + timedelta(days=1))
    asked_for = {"election": planted.election.key, "stage": "official", "target": "1"}
    answers = [named.get(at) for at in addresses]
    answers += [named.post(reverse(name, args=[PERIOD]), asked_for) for name in ELECTION_TOOLS]
    assert named.get(planted.forecast).status_code == 404
    assert [one.request["PATH_INFO"] for one in answers if told(one)] == []


def test_figures_of_class_c3_are_shown_for_a_quarter_of_an_hour_after_the_second_factor(
    masked: tuple[Furnished, Planted], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a guarded site, later: no page shows them, each says so or asks first; files and acts ask first; who is asked
    for no factor goes on, and so does who is shown none by their role."""
    furnished, planted = masked
    commune = furnished.world.communes[1]

    def told(response: HttpResponse) -> bool:
        return any(one.level == "C3" and one.unit == commune.pk for one in planted.found(said(response)))

    monkeypatch.setattr("django.conf.settings.SIGN_IN", "guarded")
    client, counts = furnished.sit("office"), {"left out": 0, "asks": 0}
    factor_given(client, minutes=14)
    every = [at for at in planted.addresses if commune.key in at or "gbv.service" in at]
    every += [place.address for place in furnished.places() if place.whose == "sibling" and "GET" in place.methods]
    every += planted.rounds
    if PROOF:
        every += [address for address, _name in _addresses(furnished, planted)]
    opened = [at for at in dict.fromkeys(every) if told(client.get(at))]
    assert len(opened) > 5
    factor_given(client, minutes=16)
    for address in opened:
        response = client.get(address)
        assert not told(response), (address, planted.around(said(response), planted.found(said(response))))
        if response.status_code == 302:
            assert response.headers["Location"].startswith("/second-factor/again/?next=%2F"), address
            counts["asks"] += 1
        elif response.status_code == 403:
            assert response.json()["faults"][0]["code"] == "api.confirm"
            counts["asks"] += 1
        elif response.headers["Content-Type"].startswith("text/html"):
            assert "second-factor/again" in response.content.decode(), address
            counts["left out"] += 1
        else:
            assert re.search(r"/(?:trend|bars|schematic)\.(?:svg|json)$", address.partition("?")[0]), "a part of a page"
    assert all(counts.values()), counts
    print(f"T23 an older factor: {len(opened)} addresses, {counts}", flush=True)
    before = counted()
    made = client.post(f"/{PERIOD.code}/report/release/", {})
    assert made.status_code == 422
    assert "/second-factor/again/" in made.content.decode()
    assert counted() == before
    for name in ("fill", "cell"):  # an act is not done, what it would show is not shown where it is refused either
        made = client.post(f"{planted.rounds[0]}{name}/", {"sheet": "0", "cell": "C6", "quantity": "nothing:"})
        assert made.status_code == 422
        assert not told(made), name
        assert "/second-factor/again/" in made.content.decode(), name
    assert counted() == before
    keeps = furnished.world.users["sibling_preparer"]  # keeps the register, and is asked for a factor elsewhere
    grant_give(user=keeps, unit=furnished.world.province, role=Role.ELECTIONS, begins=BEGAN, ends=FAR)
    keeper, book = furnished.sit("sibling_preparer"), f"/{PERIOD}/registers/gbv.service/workbook.xlsx?time=all"
    factor_given(keeper, minutes=14)
    assert told(keeper.get(book))
    factor_given(keeper, minutes=16)
    assert keeper.get(book).headers["Location"].startswith("/second-factor/again/?next=%2F")
    own = furnished.world.communes[0]
    assert furnished.sit("preparer").get(f"/entry/{own.key}/{PERIOD.code}/1/").status_code == 200
    inspector = furnished.sit("inspector")
    factor_given(inspector, minutes=16)
    pages = [
        inspector.get(f"/unit/{commune.key}/"),
        inspector.get(f"/{PERIOD.code}/"),
        inspector.get(f"/{PERIOD.code}/targets/"),
    ]
    assert [one.status_code for one in pages] == [200, 200, 200]
    text = "".join(one.content.decode() for one in pages)
    assert "second-factor/again" not in text, "a code would change nothing"
    assert "chỉ hiển thị với đơn vị báo cáo" in text
