"""Small pages around the others: where one begins, the language, the seat, whether the server is well."""

from __future__ import annotations

import re

from allauth.account import views as sign_in_views
from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from tienbo.core.messages import LANGUAGES
from tienbo.core.periods import Period
from tienbo.papers.context import period_name
from tienbo.web.access import Seat, public, seat_of, signed_in
from tienbo.web.middleware import LANGUAGE_COOKIE
from tienbo.web.office import office
from tienbo.web.shell import MENU

UNSENT = "tienbo_unsent"
"""Said by the entry page while it keeps something that is not on the server yet: which page it was."""
_ENTRY = re.compile(r"/entry/[A-Za-z0-9_/-]+")
A_YEAR = 365 * 24 * 3600


@signed_in
@require_safe
def start(request: HttpRequest) -> HttpResponseBase:
    """To the newest period that something was sent for; a site without one says what to do first, a person without a
    seat whom to ask."""
    seat = seat_of(request)
    if seat is None:
        return render(request, "web/no_seat.html", status=403)
    present = office().present()
    if present is None:
        request.seat = seat  # type: ignore[attr-defined]
        return render(request, "web/no_period.html", {"openings": openings(seat)})
    asked = request.GET.get("period")
    wanted = next((one for one in office().periods() if one.code == asked), present)
    if not seat.allows("view") and seat.allows("oversee"):
        return redirect("protection" if seat.allows("protect") else "access")
    at = request.GET.get("page", "")
    known = [stop.name for stop in MENU if stop.dated and seat.allows(stop.need)]
    first = next((name for name in ("home", "targets") if name in known), known[0])
    return redirect(at if at in known else first, period=wanted)


def openings(seat: Seat) -> list[tuple[Period, str]]:
    """The half-year that has ended and the one under way, where nobody has opened them: for who may."""
    held = office()
    if not seat.allows("consolidate") or seat.unit.pk != held.home.pk:
        return []
    now = held.edition.calendar.half_on(timezone.localdate())
    opened = held.periods()
    return [(one, period_name(one)) for one in (now.previous(), now) if one not in opened]


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponseBase:
    """On a machine that several people use, nobody goes back to the pages of whoever signed out, and nothing
    that was kept for the days without a line stays there. Figures that are not saved yet are asked about first."""
    unsent = request.COOKIES.get(UNSENT, "")
    request.unsent = unsent if _ENTRY.fullmatch(unsent) else ""  # type: ignore[attr-defined]
    if request.method == "POST" and unsent and "anyway" not in request.POST:
        return redirect("account_logout")  # which says what is not saved yet
    answer: HttpResponseBase = sign_in_views.logout(request)
    if request.method == "POST":
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'
        answer.delete_cookie(UNSENT, samesite="Lax")
    return answer


@public
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Speak the other language from now on, in this browser."""
    wanted = request.POST.get("lang", "")
    if wanted not in LANGUAGES:
        raise Http404
    answer = redirect(_back(request))
    answer.set_cookie(
        LANGUAGE_COOKIE, wanted, max_age=A_YEAR, samesite="Lax", httponly=True, secure=settings.SESSION_COOKIE_SECURE
    )
    return answer


@signed_in
@require_POST
def choose_seat(request: HttpRequest) -> HttpResponse:
    """Act from another of one's seats from now on."""
    request.session["seat"] = request.POST.get("seat", "")
    return redirect("start")


def _back(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "/")
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, {request.get_host()})
    return wanted if is_ours else "/"  # what is no address would be taken for the name of a page


@public
@require_GET
def health(_request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@public
@require_GET
def ready(_request: HttpRequest) -> HttpResponse:
    """The process can do its work: the database answers and the folders are there."""
    held = office().settings
    faults = [str(folder.name) for folder in (held.files, held.facts) if not folder.is_dir()]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as broken:
        faults.append(type(broken).__name__)
    return JsonResponse({"ready": not faults, "faults": faults}, status=503 if faults else 200)
