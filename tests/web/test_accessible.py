"""Every template in front of axe-core: pages are asked for in this process, each that shows a template not seen before
is kept, and Chromium looks at it with our styles and scripts. A template that no page here shows fails a test."""

from __future__ import annotations

import mimetypes
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch
from urllib.parse import urlsplit

import docx
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import translation
from playwright.sync_api import Route
from tests.posts.test_forecasts import BEFORE
from tests.registers.test_guiding import DRAFT
from tests.registers.test_registers import add
from tests.registers.test_rows import ONE
from tests.web.browser import NARROW, WIDE, chromium
from tests.web.furnished import Furnished
from tests.web.test_ahead import HISTORY, KEPT
from tests.web.test_led_to import province_records
from tests.web.test_pipeline import ADDRESS, ASKED
from tests.web.test_reorganise import sheet
from tests.web.test_signing_in import serious
from tests.web.test_tasks import front, workshop
from tests.web.test_templates import TEMPLATES
from tests.web.world import PASSWORD

from tienbo.accounts.actors import operator
from tienbo.catalogue.loading import load
from tienbo.collection.services import campaign_open
from tienbo.core.faults import Fault
from tienbo.core.messages import speaking
from tienbo.core.periods import Period
from tienbo.ground.journal import journal_seal
from tienbo.posts.election_models import Election
from tienbo.posts.forecast_models import Forecast
from tienbo.posts.models import PostCount
from tienbo.posts.services import Attested, count_tell
from tienbo.posts.told import Read
from tienbo.registers.models import Record
from tienbo.units.models import Unit
from tienbo.units.services import unit_create
from tienbo.web import ahead
from tienbo.web.committees import EXAMPLE
from tienbo.web.packets import PARTS

SEATS = ("office", "chair", "preparer", "head", "nobody", "")
MORE = {
    "office": (
        "/2099-H1/",
        "/2026-H2/",
        "/2024-H2/",
        "/2026-H1/?view=full",
        "/2026-H1/?state=late",
        "/2026-H1/intake/?q=khong",
    ),
    "chair": ("/2026-H2/", "/2026-H1/?view=full", "/khong-co/"),
}
"""Addresses with what their names alone do not ask for."""
DRAWN = (
    "socialaccount/authentication_error.html",
    "web/broken.html",
    "web/busy.html",
    "web/machine.html",
    "web/no_period.html",
    "web/refused.html",
    "web/report_none.html",
)
"""Shown when something is broken, was refused, or is not there at all."""
APART = {
    "mfa/webauthn/reauthenticate.html",  # of a key that is there: its sisters are looked at
    "web/base.html",  # the frame of the others
    "web/parts/signed_out.html",  # put into a page by htmx: tests/web/test_intake.py
    "web/parts/unit_named.html",  # of units that were rearranged: tests/web/test_reorganise.py
}
NEXT = Period(2026, 2)
LATER = date(2026, 7, 1)
SITE = "http://site"


class Kept(NamedTuple):
    """A page as it was answered, and where."""

    where: str
    text: str


class Pages(NamedTuple):
    kept: tuple[Kept, ...]
    shown: frozenset[str]


@pytest.fixture(scope="module")
def pages(furnished: Furnished) -> Callable[[str], Pages]:
    """In a language, as few pages as show every template that any page shows."""
    province = furnished.world.province
    campaign_open(root=province, period=NEXT, edition=load("vn"))
    unit_create(kind="commune", name="Xã Ra Đời Sau", begins=LATER, parent=province)
    workshop(furnished.world, front(furnished.world))
    province_records(furnished.world)
    add(province, "appraisal.draft", **DRAFT)
    return cache(lambda lang: _pages(furnished, lang))


def _pages(furnished: Furnished, lang: str) -> Pages:
    shown: set[str] = set()
    kept = []
    for where, text, templates in _answers(furnished, lang):
        if not templates <= shown:
            kept.append(Kept(where, text))
            shown |= templates
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with speaking(lang), translation.override(lang):
        said = {"faults": [Fault("unit.no_file", "Biểu 02!D14")]}
        kept += [Kept(name, render_to_string(name, said, request)) for name in DRAWN]
    return Pages(tuple(kept), frozenset({*shown, *DRAWN}))


def _answers(furnished: Furnished, lang: str) -> Iterator[tuple[str, str, set[str]]]:
    yield from _handed_in(furnished, lang)
    yield from _on_another_map(furnished, lang)
    yield from _sent_up(furnished, lang)
    yield from _concluded(furnished, lang)
    yield from _led(furnished, lang)
    yield from _written(furnished, lang)
    yield from _administered(furnished, lang)
    yield from _looking_ahead(furnished, lang)
    yield from _taken(furnished, lang)
    yield from _remembered(furnished, lang)
    yield from _elected(furnished, lang)
    yield from _second_factor(furnished, lang)
    for seat in SEATS:
        client = furnished.sit(seat) if seat else Client()
        client.cookies["tienbo_lang"] = lang
        asked = [(method, place.address) for place in furnished.places() for method in place.methods
                 if place.whose in ("", "own", "child", "own_thing") and place.name != "account_logout"]  # fmt: skip
        asked += [("GET", address) for address in (*MORE.get(seat, ()), "/sign-out/")]
        for method, address in asked:
            answer = client.generic(method, address)
            text = answer.content.decode() if answer.headers.get("Content-Type", "").startswith("text/html") else ""
            if "<html" in text:
                names = {one.name for one in answer.templates if one.name}
                yield f"{method} {address} as {seat or 'a stranger'}", text, names


def _handed_in(furnished: Furnished, lang: str) -> Iterator[tuple[str, str, set[str]]]:
    """What an office reads of files it hands in: a Word file that is another report, a sheet of a reorganisation."""
    client, file = furnished.sit("office"), BytesIO()
    client.cookies["tienbo_lang"] = lang
    docx.Document().save(file)
    proof = f"/2026-H1/report/{furnished.things['own_thing']['release']}/proof/"
    word = SimpleUploadedFile("khác.docx", file.getvalue())
    for address, sent in ((proof, word), ("/reorganisations/check/", sheet())):
        answer = client.post(address, {"file": sent})
        yield f"POST {address}", answer.content.decode(), {one.name for one in answer.templates if one.name}


def _on_another_map(furnished: Furnished, lang: str) -> Iterator[tuple[str, str, set[str]]]:
    """A unit on the map of a day before it was there."""
    client, unit = furnished.sit("office"), Unit.objects.get(valid_from=LATER)
    client.cookies["tienbo_lang"] = lang
    day = LATER - timedelta(days=1)
    for address in (f"/unit/{unit.key}/?map={day}", f"/{NEXT.code}/targets/{unit.key}/?map={day}"):
        answer = client.get(address)
        yield f"GET {address}", answer.content.decode(), {one.name for one in answer.templates if one.name}


def _elected(furnished: Furnished, lang: str) -> Iterator[tuple[str, str, set[str]]]:
    """Pages of elections, and of a unit's posts as its office writes them."""
    key, unit = furnished.things["own_thing"]["election"], furnished.world.communes[0]
    asked = {"elections": (f"/{NEXT}/elections/", f"/{NEXT}/elections/{key}/"), "office": (f"/unit/{unit.key}/posts/",)}
    for seat, addresses in asked.items():
        client = furnished.sit(seat)
        client.cookies["tienbo_lang"] = lang
        for address in addresses:
            answer = client.get(address)
            yield address, answer.content.decode(), {one.name for one in answer.templates if one.name}


def _administered(furnished: Furnished, lang: str) -> Iterator[tuple[str, str, set[str]]]:
    """Registers of the site's own, which its administrator makes."""
    client = furnished.sit("administrator")
    client.cookies["tienbo_lang"] = lang
    at = f"/2026-H1/kinds/{furnished.things['own_thing']['own']}/"
    for address in ("/2026-H1/kinds/", at, f"{at}write/fields/", "/access/"):
        answer = client.get(address)
        yield (
            f"GET {address} as administrator",
            answer.content.decode(),
            {one.name for one in answer.templates if one.name},
        )


def _taken(furnished: Furnished, lang: str) -> Iterator[tuple[str, str, set[str]]]:
    """What it takes: a question and its answer, of a committee and of lists; forecasts; a question that is refused."""
    client = furnished.sit("elections")
    client.cookies["tienbo_lang"] = lang
    at = "/2026-H1/take/"
    kept = Forecast.objects.get(key=furnished.things["own_thing"]["forecast"])
    before = Election.objects.get(unit=furnished.world.province, day=BEFORE)
    lists = {"election": kept.election.key, "earlier_election": before.key, "no_slope": "1", "target": "35%", "w0": "1"}
    asked: tuple[tuple[str, dict[str, str] | None], ...] = (
        ("committee/", None),
        ("committee/", dict(EXAMPLE)),
        ("committee/", {**EXAMPLE, "again": "0,95"}),
        ("lists/", None),
        ("lists/", lists),
        ("lists/", {}),
        ("forecasts/", None),
        (f"forecasts/{kept.key}/", None),
    )
    for where, given in asked:
        answer = client.get(at + where) if given is None else client.post(at + where, given)
        assert answer.status_code in (200, 422)
        yield f"{at}{where} {given}", answer.content.decode(), {one.name for one in answer.templates if one.name}


def _remembered(furnished: Furnished, lang: str) -> Iterator[tuple[str, str, set[str]]]:
    """The journal and an event of it."""
    client = furnished.sit("office")
    client.cookies["tienbo_lang"] = lang
    journal_seal()
    for address in ("/2026-H1/journal/", "/2026-H1/journal/1/"):
        answer = client.get(address)
        assert answer.status_code == 200
        yield f"GET {address}", answer.content.decode(), {one.name for one in answer.templates if one.name}


def _second_factor(furnished: Furnished, lang: str) -> Iterator[tuple[str, str, set[str]]]:
    """Whoever has a second factor: asked for it, looking at it, taking it away, and locked out of a page left alone."""
    user = furnished.world.users["department"]
    Authenticator.objects.filter(user=user).delete()
    TOTP.activate(user, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    key = Authenticator.objects.create(user=user, type="webauthn", data={"name": "Khóa 1", "credential": {}})
    RecoveryCodes.activate(user)
    client = furnished.sit("department")
    client.cookies["tienbo_lang"] = lang
    at = "/second-factor/"
    pages = [at, f"{at}again/", "/again/", f"{at}keys/"]
    given = [f"{at}codes/", f"{at}codes/new/", f"{at}keys/{key.pk}/remove/", f"{at}app/off/", f"{at}keys/add/"]
    for fresh, addresses in ((False, pages), (True, given)):
        session = client.session
        session.update({"begun": int(time.time()), "seen": int(time.time())} if fresh else {})
        session.save()
        for address in addresses:
            if address.endswith("add/"):
                key.delete()  # it is none that a browser could be told of
            answer = client.get(address)
            assert answer.status_code == 200, address
            yield f"GET {address}", answer.content.decode(), {one.name for one in answer.templates if one.name}
    session = client.session
    session["seen"] -= 3600
    session.save()
    client.cookies.pop("tienbo_seen", None)
    entering = Client()
    entering.cookies["tienbo_lang"] = lang
    entering.post("/sign-in/", {"login": "department", "password": PASSWORD})
    for who, address in ((client, "/unlock/"), (entering, f"{at}code/")):
        answer = who.get(address)
        assert answer.status_code == 200, address
        yield f"GET {address}", answer.content.decode(), {one.name for one in answer.templates if one.name}
    Authenticator.objects.filter(user=user).delete()
    client = furnished.sit("department")
    client.cookies["tienbo_lang"] = lang
    session = client.session
    session.update({"begun": int(time.time()), "seen": int(time.time())})
    session.save()
    answer = client.get(f"{at}app/")
    yield f"GET {at}app/", answer.content.decode(), {one.name for one in answer.templates if one.name}


def _sent_up(furnished: Furnished, lang: str) -> Iterator[tuple[str, str, set[str]]]:
    """What the national agency reads of a report that a province sent up."""
    client = furnished.sit("agency")
    client.cookies["tienbo_lang"] = lang
    for address in ("/2026-H1/received/", f"/2026-H1/received/{furnished.things['own_thing']['release']}/"):
        answer = client.get(address)
        assert answer.status_code == 200
        yield f"GET {address}", answer.content.decode(), {one.name for one in answer.templates if one.name}


def _concluded(furnished: Furnished, lang: str) -> Iterator[tuple[str, str, set[str]]]:
    """What follows from the conclusions of a meeting, its papers, and a unit that owes a task."""
    client = furnished.sit("office")
    client.cookies["tienbo_lang"] = lang
    meeting = f"/2026-H1/registers/meeting/{Record.objects.get(kind='meeting').key}/"
    owing = f"/unit/{furnished.world.communes[1].key}/?period=2026-H1"
    for address in (f"{meeting}tasks/", f"{meeting}papers/", owing):
        answer = client.get(address)
        assert answer.status_code == 200
        yield f"GET {address}", answer.content.decode(), {one.name for one in answer.templates if one.name}


def _led(furnished: Furnished, lang: str) -> Iterator[tuple[str, str, set[str]]]:
    """What registers lead to: a draft that is appraised, areas, visits, quarters; a step refused, and one read only."""
    at, office, chair = "/2026-H1/registers/", furnished.sit("office"), furnished.sit("chair")
    guided = f"{at}appraisal.draft/{Record.objects.get(kind='appraisal.draft').key}/guided/"
    asked = [(office, guided), (chair, f"{guided}?step=issues")]
    pages = (
        "appraisal.draft/across/",
        "outreach.kit/reach/",
        "supervision.visit/visits/",
        "committee.decision/seats/?on=1/6/2026",
        "outreach.event/gathered/",
    )
    asked += [(office, f"{at}{one}") for one in pages]
    asked.append((office, "/2026-H1/quarters/media.communes_four_items_share/"))
    for client, address in asked:
        client.cookies["tienbo_lang"] = lang
        answer = client.get(address)
        assert answer.status_code == 200
        yield f"GET {address}", answer.content.decode(), {one.name for one in answer.templates if one.name}
    office.cookies["tienbo_lang"] = lang
    refused = office.post(guided, {"step": "resources", f"resources/{ONE}/money": "-5"})
    assert refused.status_code == 422
    yield f"POST {guided}", refused.content.decode(), {one.name for one in refused.templates if one.name}


def _written(furnished: Furnished, lang: str) -> Iterator[tuple[str, str, set[str]]]:
    """Every part of a packet as its office writes it."""
    client = furnished.sit("office")
    client.cookies["tienbo_lang"] = lang
    for part in PARTS:
        address = f"/2026-H1/exchange/{furnished.things['own_thing']['packet']}/write/{part}/"
        answer = client.get(address)
        assert answer.status_code == 200
        yield f"GET {address}", answer.content.decode(), {one.name for one in answer.templates if one.name}


def _looking_ahead(furnished: Furnished, lang: str) -> Iterator[tuple[str, str, set[str]]]:
    """An indicator with a history long enough to be projected, and a question of the pipeline with its answer."""
    client = furnished.sit("office")
    client.cookies["tienbo_lang"] = lang
    province, commune = furnished.world.province, furnished.world.communes[0]
    for unit, group in ((commune, "party.commune"), (province, "planning.people.province_head")):
        for sex in ("", "f"):
            if not PostCount.objects.filter(unit=unit, group=group, sex=sex).exists():
                count_tell(unit=unit, group=group, day=date(2026, 6, 1), persons=24 - 9 * bool(sex),
                           by={"sex": sex} if sex else None, attested=Attested("Trưởng Ban", "15/CV", date(2026, 6, 2)),
                           read=Read("Báo cáo 12"), actor=operator("test"))  # fmt: skip
    with patch.object(ahead, "seen", lambda _about: HISTORY):
        client.post(f"/2026-H1/indicator/{KEPT.code}/ahead/", {"act": "keep"})
        projected = client.get(f"/2026-H1/indicator/{KEPT.code}/ahead/")
    vacant = {"rows": "Xã Đồng Tâm; 3; 0; 3; 0; 1;", "bodies": "100", "until": "31/12/2028"}
    answers = (
        projected,
        client.post(ADDRESS, {**ASKED, "bar": "cycle_2030.province.first_time"}),
        client.post("/2026-H1/vacancies/", vacant),
        client.get(f"/unit/{province.key}/counts/?group=planning.people.province_head&by=age"),
        client.get("/2026-H1/intake/posts/?all=1"),
        client.get("/2026-H1/projections/"),
    )
    for answer in answers:
        assert answer.status_code == 200
        yield "looking ahead", answer.content.decode(), {one.name for one in answer.templates if one.name}


@pytest.mark.django_db
@pytest.mark.proof
def test_every_template_is_shown_by_a_page_that_is_looked_at(pages: Callable[[str], Pages]) -> None:
    folder = next(path for path in TEMPLATES[0].parents if path.name == "templates")
    every = {path.relative_to(folder).as_posix() for path in TEMPLATES}
    assert sorted(every - pages("vi").shown - APART) == []


@pytest.mark.browser
@pytest.mark.proof
@pytest.mark.django_db
@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_template_is_accessible_and_fits_its_window(
    pages: Callable[[str], Pages], lang: str, size: dict[str, int]
) -> None:
    with ThreadPoolExecutor(1) as apart:  # Django's database and Playwright's loop do not share a thread
        assert apart.submit(_looked_at, pages(lang).kept, size).result() == {}


def _looked_at(held: tuple[Kept, ...], size: dict[str, int]) -> dict[str, list[str]]:
    found = {}
    with chromium() as browser:
        context = browser.new_context(viewport=size, reduced_motion="reduce")  # type: ignore[arg-type]
        context.route(f"{SITE}/**", lambda route: _answer(route, held))
        page = context.new_page()
        for number, one in enumerate(held):
            page.goto(f"{SITE}/{number}")
            styled = page.evaluate("document.styleSheets.length")
            assert styled or one.where in ("web/broken.html", "web/busy.html", "web/machine.html"), (
                "a page without its styles tells nothing"
            )
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
            if told := serious(page):
                found[one.where] = told
            if (width := page.evaluate("document.documentElement.scrollWidth")) > size["width"]:
                found[f"{one.where} is too wide"] = [str(width)]
    return found


def _answer(route: Route, held: tuple[Kept, ...]) -> None:
    path = urlsplit(route.request.url).path
    static = path.startswith(settings.STATIC_URL)
    file = finders.find(path.removeprefix(settings.STATIC_URL)) if static else None
    assert file or not static, path
    if file:
        kind = mimetypes.guess_type(file)[0] or "application/octet-stream"
        route.fulfill(body=Path(file).read_bytes(), content_type=kind)
    elif path.strip("/").isdigit():
        route.fulfill(body=held[int(path.strip("/"))].text, content_type="text/html; charset=utf-8")
    else:
        route.fulfill(status=204)
