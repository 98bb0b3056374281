"""The door itself: who comes in, what each address needs, and faults as JSON.

One rule for pages and programs: the session of the sign-in page, the seat chosen there, what that seat allows
(`web.access`). Nothing is allowed that an operation does not name; what may not be seen answers as what is not there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any, Literal, TypeVar

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser
from ninja.security.apikey import APIKeyCookie
from ninja.utils import check_csrf

from tienbo.accounts.models import User
from tienbo.api.shapes import FaultsOut
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.ground.acting import NotConfirmed
from tienbo.web.access import Declared, owed_first, seat_of

ROOT = "api/v1/"
Method = Literal["GET", "POST", "PATCH"]
View = TypeVar("View", bound=Callable[..., Any])

worded(
    {
        "api.sign_in": N_("Sign in first, on the sign-in page; a program sends the session cookie it got there."),
        "api.first": N_("On the pages something comes first: a new password, or a second factor. Open them once."),
        "api.confirm": N_(
            "This holds figures of violence or of planning, and the second factor of the session was given too long "
            "ago. Give it at /second-factor/again/ with the same session."
        ),
        "api.no_token": N_(
            "What changes something needs the token that GET /api/v1/me gives, sent as the header X-CSRFToken with the "
            "cookie that came with it. Nothing was changed."
        ),
        "api.not_there": N_("There is nothing here, or it may not be seen from your seat."),
        "api.not_possible": N_("This address takes {allowed} only."),
        "api.unreadable": N_("“{field}” cannot be read as the description at /api/v1/openapi.json says."),
        "api.no_json": N_("What was sent is no JSON that can be read. Nothing was changed."),
    }
)

CONFLICTS = frozenset(
    {
        "record.changed_meanwhile",
        "record.moved_meanwhile",
        "record.key_used",
        "task.moved_meanwhile",
        "task.record_changed",
        "task.key_used",
        "plan.changed_meanwhile",
        "plan.key_used",
    }
)
"""Faults of something that came about meanwhile: look again, then send again."""


class Session(APIKeyCookie):
    """Signed in as on the pages, from a seat that allows `need`; what changes something brings the token of the
    session."""

    param_name = "sessionid"

    def __init__(self, need: Declared) -> None:
        super().__init__()
        self.need = need

    def __call__(self, request: HttpRequest) -> Any:
        user = self.authenticate(request, None)
        if user is not None and check_csrf(request) is not None:
            raise HttpError(HTTPStatus.FORBIDDEN, "")
        return user

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:  # noqa: ARG002 - the session was read
        user = request.user
        if not isinstance(user, User) or not user.is_authenticated:
            return None
        seat = seat_of(request)
        if self.need != "signed_in" and (seat is None or not seat.allows(self.need)):  # type: ignore[arg-type]
            raise Http404
        if self.need != "signed_in" and owed_first(request):
            raise Refused(Fault("api.first"))
        request.seat, request.map_day = seat, None  # type: ignore[attr-defined]
        return user


class Reading(Parser):
    """Reads JSON that can be kept: no number that is none, no half of a letter, no letter that ends a text."""

    def parse_body(self, request: HttpRequest) -> Any:
        def none(text: str) -> float:
            raise ValueError(text)

        said = json.loads(request.body, parse_constant=none)
        if "\\u0000" in json.dumps(said) or not json.dumps(said, ensure_ascii=False).encode():
            raise ValueError("a letter that cannot be kept")
        return said


api = NinjaAPI(
    parser=Reading(),
    title="Tiến Bộ",
    version="1",
    description="What the pages of a site show and take, as JSON. Texts are Vietnamese unless Accept-Language, or the "
    "language chosen on the pages, says English. Exact numbers are texts. What may not be seen answers 404.",
    docs_url=None,
    openapi_url=None,
    urls_namespace="api",
)

_needs: dict[str, dict[str, Declared]] = {}
"""Address → method → what it needs."""
_FAILS: Mapping[Any, Any] = {401: FaultsOut, 404: FaultsOut, 422: FaultsOut}
_FAILS_TO_CHANGE: Mapping[Any, Any] = {400: FaultsOut, 403: FaultsOut, 409: FaultsOut}


def operation(method: Method, address: str, need: Declared, answer: Any, **more: Any) -> Callable[[View], View]:
    """Declare an operation: where it is, what the seat must allow, and the shape of its answer."""
    _needs.setdefault(address, {})[method] = need
    answers = answer if isinstance(answer, Mapping) else {200: answer}
    fails = _FAILS if method == "GET" else {**_FAILS, **_FAILS_TO_CHANGE}
    declared = api.api_operation([method], f"/{address}", auth=Session(need), response={**answers, **fails}, **more)

    def declare(view: View) -> View:
        declared(view)
        return view

    return declare


def told(status: int, *faults: Fault) -> HttpResponse:
    """Faults as the API tells them, in the language being spoken."""
    said = json.dumps({"faults": [fault.as_json() for fault in faults]}, ensure_ascii=False)
    answer = HttpResponse(said, status=status, content_type="application/json; charset=utf-8")
    answer["Cache-Control"] = "private, no-store"
    return answer


def status_of(refused: Refused) -> int:
    conflict = any(fault.code in CONFLICTS for fault in refused.faults)
    return HTTPStatus.CONFLICT if conflict else HTTPStatus.UNPROCESSABLE_ENTITY


@api.exception_handler(NotConfirmed)
def _not_confirmed(_request: HttpRequest, _asked: NotConfirmed) -> HttpResponse:
    return told(HTTPStatus.FORBIDDEN, Fault("api.confirm"))


@api.exception_handler(Refused)
def _refused(_request: HttpRequest, refused: Refused) -> HttpResponse:
    return told(status_of(refused), *refused.faults)


@api.exception_handler(Http404)
def _not_there(_request: HttpRequest, _wrong: Http404) -> HttpResponse:
    return told(HTTPStatus.NOT_FOUND, Fault("api.not_there"))


@api.exception_handler(AuthenticationError)
def _sign_in(_request: HttpRequest, _wrong: AuthenticationError) -> HttpResponse:
    return told(HTTPStatus.UNAUTHORIZED, Fault("api.sign_in"))


@api.exception_handler(HttpError)
def _http(_request: HttpRequest, wrong: HttpError) -> HttpResponse:
    code = "api.no_token" if wrong.status_code == HTTPStatus.FORBIDDEN else "api.no_json"
    return told(wrong.status_code, Fault(code))


@api.exception_handler(ValidationError)
def _unreadable(_request: HttpRequest, wrong: ValidationError) -> HttpResponse:
    faults = []
    for one in wrong.errors:
        # "body", the name of the parameter, then the way to what is wrong: the last is what its sender knows.
        where = ".".join(str(part) for part in one["loc"][2 if one["loc"][0] == "body" else 1 :]) or "body"
        faults.append(Fault("api.unreadable", where, {"field": where}))
    return told(HTTPStatus.UNPROCESSABLE_ENTITY, *faults)


def addresses() -> list[URLPattern]:
    """Every operation's address with what it needs declared, and an answer in JSON for all others under the door."""
    found: dict[str, URLPattern] = {}
    for pattern in api.urls[0]:
        address = str(pattern.pattern)
        needs = _needs.get(address.replace("<", "{").replace(">", "}"))
        if needs is not None and isinstance(pattern, URLPattern) and address not in found:
            found[address] = path(f"{ROOT}{address}", _opened(pattern.callback, needs), name=f"api_{pattern.name}")
    assert len(found) == len(_needs)  # noqa: S101 - each operation has its address
    return [*found.values(), re_path(rf"^{ROOT}", _nothing, name="api_nothing")]


def _opened(view: Callable[..., HttpResponseBase], needs: Mapping[str, Declared]) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def opened(request: HttpRequest, **given: str) -> HttpResponseBase:
        answer = view(request, **given)
        if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = ", ".join(needs)
            answer = told(HTTPStatus.METHOD_NOT_ALLOWED, Fault("api.not_possible", "", {"allowed": allowed}))
            answer["Allow"] = allowed
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    opened.declared, opened.methods = needs, tuple(needs)  # type: ignore[attr-defined]
    return opened


@csrf_exempt
def _nothing(_request: HttpRequest) -> HttpResponse:
    return told(HTTPStatus.NOT_FOUND, Fault("api.not_there"))


_nothing.declared = "public"  # type: ignore[attr-defined]
_nothing.methods = ("GET", "POST", "PUT", "PATCH", "DELETE")  # type: ignore[attr-defined]
