"""What a person reads when something cannot be shown: what happened, that nothing was lost, what to do."""

from __future__ import annotations

import sys
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from tienbo.core.faults import Fault
from tienbo.core.messages import LANGUAGES, speaking
from tienbo.ground.troubles import machine_trouble

LATER = 60
"""Seconds after which to try again what the machine could not take."""


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    found = machine_trouble(exception) if exception is not None else None
    if found is not None:  # a session that could not be written is told to Django as one that is gone
        return _of_the_machine(request, found)
    return render(request, "web/error.html", {"why": "bad_request"}, status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return render(request, "web/error.html", {"why": "forbidden"}, status=403)


def expired(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """The form was too old, or the session ended while it was filled in: what was typed is still in the browser."""
    return render(request, "web/error.html", {"why": "expired"}, status=403)


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return render(request, "web/error.html", {"why": "too_many"}, status=429)


def not_a_page(request: HttpRequest) -> HttpResponse:
    """An address that only takes what a form sends was opened: loaded again, kept as a bookmark, typed."""
    return render(request, "web/error.html", {"why": "not_a_page"}, status=405)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return render(request, "web/error.html", {"why": "not_found"}, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """As little as possible is asked here: whatever broke may be broken still. Where it was the machine (its disk, its
    database) that is said, in both languages, to a script or a program as JSON."""
    raised = sys.exc_info()[1]
    found = machine_trouble(raised) if raised is not None else None
    if found is None:
        return HttpResponse(render_to_string("web/broken.html"), status=HTTPStatus.INTERNAL_SERVER_ERROR)
    return _of_the_machine(request, found)


def _of_the_machine(request: HttpRequest, found: Fault) -> HttpResponse:
    wants_page = "text/html" in request.headers.get("Accept", "text/html") and not request.path.startswith("/api/")
    if wants_page:
        said = {lang: _sentence(found, lang) for lang in LANGUAGES}
        answer = HttpResponse(render_to_string("web/machine.html", {"said": said}))
    else:
        answer = JsonResponse({"faults": [found.as_json()]}, json_dumps_params={"ensure_ascii": False})
    answer.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    answer.headers["Retry-After"] = str(LATER)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _sentence(fault: Fault, lang: str) -> str:
    with speaking(lang):
        return fault.sentence()
