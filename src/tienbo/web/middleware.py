"""Around every page: the language spoken, who acts, what the browser may keep, and faults put into words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from http import HTTPStatus
from typing import Any

from csp.constants import HEADER
from csp.middleware import CSPMiddleware, PolicyParts
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from tienbo.accounts.models import User
from tienbo.core.faults import Refused
from tienbo.core.messages import LANGUAGES, speaking
from tienbo.ground.acting import (
    NotConfirmed,
    acting_as,
    acting_through,
    narrow_is_open,
    narrow_noted,
    narrow_read,
    narrow_shut,
    narrow_shut_now,
)
from tienbo.ground.once import reading_once
from tienbo.ground.reach import NOWHERE, Asked, Reach, reaching
from tienbo.ground.spool import spool_note
from tienbo.units.queries import unit_keyed
from tienbo.units.reach import reach_asked
from tienbo.web.access import page_before
from tienbo.web.errors import not_a_page
from tienbo.web.fresh import confirm_first, narrow_opened
from tienbo.web.office import noted_folder

LANGUAGE_COOKIE = "tienbo_lang"

Next = Callable[[HttpRequest], HttpResponse]


def speak(get_response: Next) -> Next:
    """Vietnamese, unless this browser asked for English by one click. What a browser prefers by itself does not count:
    offices use machines set up in English. A program says what it wants (Accept-Language) unless its session chose."""

    def answer(request: HttpRequest) -> HttpResponse:
        wanted = request.COOKIES.get(LANGUAGE_COOKIE, "")
        lang = wanted if wanted in LANGUAGES else _accepted(request) if is_program(request) else "vi"
        with speaking(lang), translation.override(lang):
            response = get_response(request)
        response.headers.setdefault("Content-Language", lang)
        return response

    return answer


def is_program(request: HttpRequest) -> bool:
    """Whether the JSON door is asked, not a page."""
    return request.path.startswith("/api/")


def _accepted(request: HttpRequest) -> str:
    """The first language that is accepted and spoken here."""
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    return next((one[:2] for one, _weight in accepted if one[:2] in LANGUAGES), "vi")


def one_map(get_response: Next) -> Next:
    """A page that is only read stands on one map from beginning to end, whoever redraws it meanwhile, and asks once
    whose site this is and what its reader may do."""

    def answer(request: HttpRequest) -> HttpResponse:
        # Entering and sending a return writes neither units nor grants nor what was opened.
        if request.method not in ("GET", "HEAD") and not request.path.startswith("/entry/"):
            return get_response(request)
        with reading_once():
            return get_response(request)

    return answer


def within_reach(get_response: Next) -> Next:
    """The database shows a page what the person who asks may see and nothing else, whatever the page asks for
    (`ground.whose`); a stranger nothing of any unit."""

    def answer(request: HttpRequest) -> HttpResponse:
        user = request.user
        within = reach_asked(user.pk) if isinstance(user, User) and user.is_active else NOWHERE
        with reaching(within):
            response = get_response(request)
        if isinstance(response, StreamingHttpResponse):  # it reads on while it is sent
            response.streaming_content = _sent(within, iter(response.streaming_content))
        return response

    return answer


def _sent(within: Asked | Reach, parts: Iterator[Any]) -> Iterator[Any]:
    while True:
        with reaching(within):
            try:
                part = next(parts)
            except StopIteration:
                return
        yield part


class Policy(CSPMiddleware):
    """What a page may load. It is spelled once: to spell it for each answer took a twentieth of a quick one's time."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_usual = self.get_policy_parts(request, response) == _USUAL and not hasattr(response, "_csp_exempt")
        if not is_usual or settings.DEBUG:
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self._policy)
        return response

    @cached_property
    def _policy(self) -> str:
        return build_policy()


_USUAL = PolicyParts(None, None, None, None)


NARROW_PAGES = frozenset(
    {
        *("entry", "entry_step", "entry_state", "entry_send", "entry_paper", "entry_file", "entry_beside"),
        *("entry_versions", "intake_return", "intake_compare"),
        *("release", "release_received", "release_proof", "round", "round_filled", "round_filled_file"),
        *("unit_blank", "unit_filled", "unit_form", "unit_report", "unit_original", "unit_signed", "unit_marked"),
        *("intake_return_workbook", "intake_job_workbook", "release_docx", "release_pdf", "release_pptx"),
        *("received_docx", "received_pdf", "release_signed"),
    }
)
"""Pages and files that hold what a unit sent or what was frozen from it, whole: figures of violence and planning among
it."""


class Noted:
    """Who acts and by which page is known to whatever is written; files handed out and figures of class C3 shown are
    noted for the journal before they leave."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        person = request.user.get_username() if request.user.is_authenticated else ""
        with acting_as(person, ""), narrow_shut("open"), narrow_noted() as narrow:
            response = _read_now(request, self.get_response(request))
            is_file = response.headers.get("Content-Disposition", "").startswith("attachment")
            if response.status_code == HTTPStatus.OK and (is_file or narrow):
                kind = "export" if is_file else "read"
                given = request.resolver_match.kwargs if request.resolver_match is not None else {}
                spool_note(noted_folder(), kind, unit=_unit_of(given), of=_said(given), narrow=sorted(narrow))
            return response

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, _given: object
    ) -> HttpResponseBase | None:
        name = request.resolver_match.url_name if request.resolver_match is not None else ""
        acting_through(f"page:{name}")
        is_whole = name in NARROW_PAGES
        narrow_shut_now(narrow_opened(request, is_whole=is_whole, is_program=is_program(request)))
        if not is_whole or request.method != "GET":
            return None
        try:
            narrow_read(f"page:{name}")
        except NotConfirmed:
            return confirm_first(request, page_before(request))
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return confirm_first(request, page_before(request)) if isinstance(exception, NotConfirmed) else None


def _read_now(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """What is read while it is sent is read here where figures of class C3 are shut: later nobody would shut them."""
    if not isinstance(response, StreamingHttpResponse) or narrow_is_open():
        return response
    try:
        response.streaming_content = iter(list(response.streaming_content))
    except NotConfirmed:
        response = confirm_first(request, page_before(request))
        response.headers["Cache-Control"] = "private, no-cache"
    return response


def _unit_of(given: Mapping[str, Any]) -> int | None:
    key = given.get("key", "")
    unit = unit_keyed(key) if isinstance(key, str) and key.startswith("unit_") else None
    return unit.pk if unit is not None else None


def _said(given: Mapping[str, Any]) -> dict[str, str]:
    """What the address names: keys, codes, periods. A secret that opens a packet is not written down."""
    return {name: str(said)[:80] for name, said in given.items() if name not in ("link", "secret", "token")}


class Refusals:
    """An act that was refused becomes a page that says why, with every reason; the browser still has what was typed."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if (
            response.status_code == HTTPStatus.METHOD_NOT_ALLOWED
            and request.method == "GET"
            and not is_program(request)
        ):
            allowed, response = response.headers["Allow"], not_a_page(request)
            response.headers["Allow"] = allowed
        if not request.path.startswith("/static/"):
            # A page may be gone back to, with what was typed in it; a file handed out is the person's own affair.
            is_file = response.headers.get("Content-Disposition", "").startswith("attachment")
            response.headers.setdefault("Cache-Control", "private, no-store" if is_file else "private, no-cache")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refused):
            return None
        template = "web/parts/refused.html" if request.headers.get("HX-Request") else "web/refused.html"
        return render(request, template, {"faults": exception.faults}, status=422)
