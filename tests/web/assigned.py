"""T25: what an address takes is what its form offers. Each post that a test makes and that comes through is done
three times, and taken back each time: twice as it is, which tells what of the rows is chance (keys, moments), then with
every field of every model sent along: names and numbers of others, authors, states, moments, units, nested objects. The
rows of all tables must be the same, but for what a form offers and the test left blank: that is read from the form as
the same person is shown it. Then it is done as the test wanted it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.apps import apps
from django.conf import settings
from django.core import mail
from django.db import connection, models, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.client import FakePayload
from django.urls import Resolver404, resolve
from tests.web.parsed import Element, Parsed

from tienbo.api.door import ROOT, api

SENDS = ("POST", "PUT", "PATCH")
ALIKE = re.compile(
    r"[a-z]+_[0-9A-HJKMNP-TV-Z]{26}|\b[0-9A-Z]{5}-[0-9A-Z]{5}\b|[0-9a-f]{12,64}"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?|\b1\d{9}(\.\d+)?\b"
)
"""Keys, codes of receipts, marks, moments."""
UNTOLD = {"ground_history", "ground_journalevent", "ground_journalmention", "django_session", "ground_spooled"}
"""The history of the rows that are compared, and sessions, which hold moments."""
NEVER = {"csrfmiddlewaretoken", "id"}
IS_ONE_OF_ITS_OWN = re.compile(r"/(sign-in|sign-out|second-factor|unlock|identity)/")
"""Library pages that take a secret, once: tried in `test_ways_in`."""


Rows = dict[tuple[str, Any], tuple[Any, ...]]


def values_sent() -> dict[str, str]:
    """Every name of a field of a model, with what could stand in it: a canary, or a real key of somebody else's."""
    said: dict[str, str] = {}
    for model in apps.get_models():
        for one in model._meta.concrete_fields:
            for name in {one.name, one.attname}:
                said.setdefault(name, _value(one))
    return {name: text for name, text in said.items() if name not in NEVER}


def _value(one: models.Field[Any, Any]) -> str:
    if one.is_relation:
        last = one.related_model._default_manager.order_by("-pk").first()  # type: ignore[union-attr]
        return str(last.pk) if last is not None else "1"
    if one.choices:
        return str([*one.flatchoices][-1][0])
    return next((text for kind, text in SAID if isinstance(one, kind)), CANARY)


BY_SCRIPTS = {("entry_save", "device"): "a page's script says which device saves"}
"""(address, field) → why it is offered, where a page's script sends it and no form."""
MOST = 60
"""Names that an address may take or refuse one by one, beside those of its form."""
CANARY = "Chim-T25"
SAID: tuple[tuple[type[models.Field[Any, Any]], str], ...] = (
    (models.BooleanField, "1"),
    (models.DateTimeField, "1999-09-09T09:09:09"),
    (models.DateField, "1999-09-09"),
    (models.IntegerField, "919"),
    (models.DecimalField, "919"),
    (models.FloatField, "919"),
)
"""What is sent along in the name of a field, by its kind."""


@dataclass
class Assigning:
    """Tries posts as they are made: of an address one with the same names."""

    tried: set[str] = field(default_factory=set)
    effective: set[str] = field(default_factory=set)
    strict: set[str] = field(default_factory=set)
    """Addresses that refuse whatever they do not know."""
    refused: dict[tuple[str, str], int] = field(default_factory=dict)
    offered: dict[tuple[str, str], str] = field(default_factory=dict)
    """(address, field) → the page whose form offers it; the test left it blank."""
    written: dict[tuple[str, str], str] = field(default_factory=dict)
    """(address, field) → what it wrote, of fields that no form of the address offers."""
    fields: int = 0
    is_watching: bool = False

    @contextmanager
    def watching(self) -> Iterator[Assigning]:
        if self.is_watching:  # for tests of pages and of programs in one run
            yield self
            return
        ask, tries, self.is_watching = Client.request, self, True

        def asked(client: Client, **request: Any) -> HttpResponse:
            if request.get("REQUEST_METHOD") in SENDS and connection.vendor == "sqlite":
                body = request["wsgi.input"].read() if "wsgi.input" in request else b""
                tries._try(ask, client, request, body)
                request["wsgi.input"] = FakePayload(body)
            return cast("HttpResponse", ask(client, **request))

        with patch.object(Client, "request", asked):
            yield self
        self.is_watching = False

    def _try(self, ask: Any, client: Client, request: Mapping[str, Any], body: bytes) -> None:
        path = request["PATH_INFO"]
        try:
            name = str(resolve(path).url_name)
        except Resolver404:
            return
        post = Post(ask, client, request, body)
        what = f"{name} {request['REQUEST_METHOD']} {sorted(post.sent)}"
        if IS_ONE_OF_ITS_OWN.search(path) or what in self.tried:
            return
        self.tried.add(what)
        if not post.comes_through():
            return
        left = {one: text for one, text in values_sent().items() if one not in post.sent}
        self.fields = max(self.fields, len(left))
        status, rows = post.once({"zz_unknown": "1"})
        if status >= 400 and not rows:  # it refuses whatever it does not know, all of it
            self.strict.add(what)
            return
        self._all(post, name, left)
        self.effective.add(what)
        print(f"T25 {what}: {len(left)} fields sent along", flush=True)

    def _all(self, post: Post, name: str, left: dict[str, str]) -> None:
        """All names at once, and again without each that does something."""
        for _turn in range(MOST):
            status, rows = post.once(left)
            if post.is_same(status, rows):
                return
            culprit = post.culprit(left)
            if culprit is None:  # together they are too many or too large; one after another each does nothing
                self.refused[name, "all at once"] = status
                return
            status, rows = post.once({culprit: left.pop(culprit)})
            if status >= 400:
                self.refused[name, culprit] = status
            elif page := post.offers(name).get(culprit, BY_SCRIPTS.get((name, culprit))):
                self.offered[name, culprit] = page
            else:
                self.written[name, culprit] = str(post.differs(rows))[:600]
        self.written[name, "whatever is sent"] = "nothing was tried"


@dataclass
class Post:
    """A post as a test makes it, done and taken back."""

    ask: Any
    client: Client
    request: Mapping[str, Any]
    body: bytes
    status: int = 0
    rows: Rows = field(default_factory=dict)
    """What it answers, and the rows it changes, by itself."""
    chance: set[tuple[str, Any]] = field(default_factory=set)
    """Those of them that are other each time."""
    leads: set[str] = field(default_factory=set)
    """Where it leads to."""

    @property
    def kind(self) -> str:
        return str(self.request.get("CONTENT_TYPE", ""))

    @cached_property
    def sent(self) -> set[str]:
        return _names(self.body, self.kind)

    @cached_property
    def before(self) -> Rows:
        return _rows()

    def comes_through(self) -> bool:
        """Do it twice as it is: whether it does something; what of that is chance is known then."""
        self.status, self.rows = self.once({})
        if self.status >= 400 or not self.rows:
            return False
        one, other = _alike(self.rows), _alike(self.once({})[1])
        self.chance = {at for at, row in one.items() if row != other.get(at)}
        return True

    def once(self, more: Mapping[str, str]) -> tuple[int, Rows]:
        """Do it with more in it: what was answered, which rows it changed."""
        before = self.before
        body, asked = _with(self.body, self.kind, more) if more else (self.body, "")
        query = "&".join(filter(None, [self.request.get("QUERY_STRING", ""), asked]))
        told = {"wsgi.input": FakePayload(body), "CONTENT_LENGTH": str(len(body)), "QUERY_STRING": query}
        with self._taken_back():
            answer = self.ask(self.client, **{**self.request, **told})
            self.leads.add(urlsplit(answer.headers.get("Location", "")).path)
            after = _rows()
        changed = {at: row for at, row in after.items() if before.get(at) != row}
        return answer.status_code, changed | {at: ("gone",) for at in before if at not in after}

    @contextmanager
    def _taken_back(self) -> Iterator[None]:
        client = self.client
        cookies, raises = SimpleCookie(client.cookies.output(header="")), client.raise_request_exception
        client.raise_request_exception = False
        with _kept_outside(), transaction.atomic():
            yield
            transaction.set_rollback(True)
        client.cookies, client.raise_request_exception = cookies, raises

    def is_same(self, status: int, rows: Rows) -> bool:
        return status == self.status and not self.differs(rows)

    def differs(self, rows: Rows) -> list[tuple[Any, ...]]:
        """Where rows are others than its own, in more than chance; a canary anywhere is."""
        one, other = _alike(self.rows), _alike(rows)
        tables = {table for table, _pk in one}
        found: list[tuple[Any, ...]] = [
            (at, sorted(set(row) ^ set(other.get(at, ()))))
            for at, row in one.items()
            if at not in self.chance and other.get(at) != row
        ]
        found += [(at, row) for at, row in other.items() if (at not in one or at in self.chance) and CANARY in str(row)]
        return found + [(at, "more") for at in other if at[0] not in tables]

    def culprit(self, left: Mapping[str, str]) -> str | None:
        """One name that does something, by halves."""
        names = list(left)
        while len(names) > 1:
            half = names[: len(names) // 2]
            names = half if not self._does_nothing(left, half) else names[len(names) // 2 :]
        return None if self._does_nothing(left, names) else names[0]

    def _does_nothing(self, left: Mapping[str, str], names: list[str]) -> bool:
        return self.is_same(*self.once({one: left[one] for one in names}))

    def offers(self, name: str) -> dict[str, str]:
        """What the forms that lead to an address offer to who posts: name → page, of the page itself and those above
        it, of the one that asked and of those it leads to."""
        path, found = self.request["PATH_INFO"], dict[str, str]()
        if path.startswith("/api/"):
            return dict.fromkeys(_described(path, self.request["REQUEST_METHOD"]), "the description for programs")
        parts = [one for one in path.split("/") if one]
        pages = [path, *(f"/{'/'.join(parts[:n])}/" for n in range(len(parts) - 1, 0, -1))]
        pages += [*filter(None, [urlsplit(self.request.get("HTTP_REFERER", "")).path, *sorted(self.leads)])]
        kept = {one: held for one, held in self.request.items() if one not in ("wsgi.input", "CONTENT_LENGTH")}
        for page in dict.fromkeys(pages):
            with self._taken_back():
                asked = {**kept, "REQUEST_METHOD": "GET", "PATH_INFO": page, "CONTENT_TYPE": "", "QUERY_STRING": ""}
                answer = self.ask(self.client, **asked)
            if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
                for one in _controls(Parsed(answer.content.decode()), page, name):
                    found.setdefault(one, page)
        return found


def _described(path: str, method: str) -> Iterator[str]:
    """Names that the description for programs says an operation takes."""
    description = api.get_openapi_schema(path_prefix=f"/{ROOT}")
    for at, held in description["paths"].items():
        if not re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", at), path) or method.lower() not in held:
            continue
        operation = held[method.lower()]
        yield from (one["name"] for one in operation.get("parameters", ()))
        waiting, seen = [operation.get("requestBody", {})], set[str]()
        while waiting:
            one = waiting.pop()
            if isinstance(one, list):
                waiting += one
            elif isinstance(one, dict):
                yield from one.get("properties", {}) if isinstance(one.get("properties"), dict) else ()
                name = str(one.get("$ref", "")).rpartition("/")[2]
                if name and name not in seen:
                    seen.add(name)
                    waiting.append(description["components"]["schemas"][name])
                waiting += one.values()


def _controls(page: Parsed, at: str, name: str) -> Iterator[str]:
    """Names of what can be filled in or chosen in the forms of a page that lead to an address."""

    def leads(one: Element) -> bool:
        said = one.attributes.get("hx-post") or one.attributes.get("action") or one.attributes.get("formaction") or at
        try:
            return resolve(urlsplit(said).path or at).url_name == name
        except Resolver404:
            return False

    forms = [one for one in page.all("form") if one.attributes.get("method", "").lower() == "post" and leads(one)]
    marks = {one.attributes["id"] for one in forms if "id" in one.attributes}
    for one in page.all("input", "select", "textarea", "button"):
        inside = any(form in one.within for form in forms) or one.attributes.get("form") in marks
        if one.attributes.get("name") and inside:
            yield one.attributes["name"]


@contextmanager
def _kept_outside() -> Iterator[None]:
    """What a try leaves beside the database is taken back too: mail, and notes on their way to the journal."""
    sent = len(getattr(mail, "outbox", ()))
    notes: Path = settings.OFFICE.noted / "noted.jsonl" if hasattr(settings, "OFFICE") else Path("-")
    size = notes.stat().st_size if notes.exists() else -1
    try:
        yield
    finally:
        del getattr(mail, "outbox", [])[sent:]
        if size >= 0:
            with notes.open("r+b") as held:
                held.truncate(size)
        else:
            notes.unlink(missing_ok=True)


def rows_changed(act: Callable[[], object]) -> Rows:
    """The rows that an act changes, which is taken back; what is chance in them is left out of what they say."""
    before = _rows()
    with _kept_outside(), transaction.atomic():
        act()
        after = _rows()
        transaction.set_rollback(True)
    return _alike({at: row for at, row in after.items() if before.get(at) != row})


def _rows() -> Rows:
    """Every row of every table."""
    found: Rows = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table in UNTOLD:
                continue
            cursor.execute(f'SELECT rowid, * FROM "{table}"')
            found |= {(table, row[0]): row for row in cursor.fetchall()}
    return found


def _alike(rows: Rows) -> Rows:
    return {
        at: tuple(f"{number}: {ALIKE.sub('…', str(one))}" for number, one in enumerate(row)) for at, row in rows.items()
    }


def _names(body: bytes, kind: str) -> set[str]:
    """What is sent in a body; a file by itself has no names."""
    if kind.startswith("application/octet-stream"):
        return set()
    if kind.startswith("multipart/"):
        return set(re.findall(r'name="([^"]+)"', body.decode(errors="replace")))
    if kind.startswith("application/json"):
        try:
            return set(_keys(json.loads(body or b"{}")))
        except ValueError:
            return set()
    return {name for name, _text in parse_qsl(body.decode(errors="replace"), keep_blank_values=True)}


def _keys(said: Any) -> Iterator[str]:
    if isinstance(said, dict):
        for name, held in said.items():
            yield name
            yield from _keys(held)
    elif isinstance(said, list):
        for one in said:
            yield from _keys(one)


def _with(body: bytes, kind: str, more: Mapping[str, str]) -> tuple[bytes, str]:
    """A body with more in it; of JSON in every object there is, and as objects of their own. A body that is a file by
    itself has no fields: what is sent along stands in the address."""
    if kind.startswith("multipart/"):
        mark = kind.partition("boundary=")[2].encode()
        parts = b"".join(
            b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (mark, name.encode(), text.encode())
            for name, text in more.items()
        )
        head, _sep, _end = body.rpartition(b"--%s--" % mark)
        return head + parts + b"--%s--\r\n" % mark, ""
    if kind.startswith("application/json"):
        return json.dumps(_deep(json.loads(body or b"{}"), more)).encode(), ""
    if kind.startswith("application/octet-stream"):
        return body, urlencode(more)
    return body + (b"&" if body else b"") + urlencode(more).encode(), ""


NAMED = re.compile(r"cells|changes|data|texts")
"""Objects whose names are addresses of a form, not fields: what is no address in them is a fault that is told."""


def _deep(said: Any, more: Mapping[str, str], at: str = "") -> Any:
    if isinstance(said, list):
        return [_deep(one, more, at) for one in said]
    if not isinstance(said, dict) or NAMED.fullmatch(at):
        return said
    nested = {"unit": {"key": more.get("unit", "1"), "id": 1}} if "unit" in more else {}
    return {**more, **nested, **{name: _deep(held, more, name) for name, held in said.items()}}
