"""Figures of class C3 (violence, planning) are shown to who proved within some minutes that it is they: with the second
factor, where the site asks one of their roles.

The honest reader is kept in. A page that shows such figures among others opens without them and says so, with the link
to prove who one is; only pages that hold them whole, files and acts ask first. What was typed comes back.
"""

from __future__ import annotations

import re
import time
from http import HTTPStatus
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from tienbo.accounts.models import User
from tienbo.accounts.policies import policy
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.ground.acting import Opened
from tienbo.units.access import grants_of
from tienbo.units.rights import MATRIX
from tienbo.web.sign_in import SET_UP, factor_asked

_FILE = re.compile(r"[./](?:csv|docx|pdf|pptx|xlsx|ics|original|workbook)/?$|/series\.json$|/(?:signed|marked)/[^/]+/$")
"""How the address of a file ends. What a page draws its charts from is part of it, which says what is left out."""
FOR = "for"
ASKED = {
    "figures": N_("Figures of violence and of planning are shown for {minutes} minutes after a second factor."),
    "file": N_(
        "This file may hold figures of violence and of planning: it is handed out within {minutes} minutes after a "
        "second factor. You come back to the page it stands on; take it there once more."
    ),
}
"""Why the second factor is asked for, as the page that asks says it."""


def is_confirmed(request: HttpRequest) -> bool:
    """Whether the session's second factor is not older than the policy says."""
    user = request.user
    if not isinstance(user, User):
        return True
    since = time.time() - policy().fresh_minutes * 60
    if float(request.session.get(SET_UP, 0)) > since:
        return True
    return any(one.get("method") == "mfa" and one["at"] > since for one in get_authentication_records(request, user))


def narrow_opened(request: HttpRequest, *, is_whole: bool, is_program: bool) -> Opened:
    """What becomes of figures of class C3 in the answer to a request. `is_whole`: the page holds them whole. Who reads
    and is shown none by their role is asked for no factor on their account: it would change nothing."""
    if request.method in ("GET", "HEAD") and not is_program and not is_whole and _is_shown_none(request):
        return "kept"
    if is_confirmed(request) or not factor_asked(request.user):  # type: ignore[arg-type]
        return "open"
    is_looked_at = request.method in ("GET", "HEAD") and not is_program
    return "hidden" if is_looked_at and not is_whole and not is_file(request) else "closed"


def _is_shown_none(request: HttpRequest) -> bool:
    user = request.user
    if not isinstance(user, User):
        return False
    roles = {held.role for held in grants_of(user.pk, timezone.localdate())}
    return not MATRIX.reads_sensitive(roles) and any("view" in MATRIX.allows[one].below for one in roles)


def is_file(request: HttpRequest) -> bool:
    return _FILE.search(request.path) is not None


def confirm_address(onward: str, what: str) -> str:
    """The page that asks for the second factor, and leads on."""
    return f"{reverse('mfa_reauthenticate')}?{urlencode({'next': onward, FOR: what})}"


def confirm_first(request: HttpRequest, before: str) -> HttpResponse:
    """Ask for the second factor: a page leads there and back; an act was not done, and what was typed is kept."""
    if request.method in ("GET", "HEAD"):
        address = (
            confirm_address(before, "file") if is_file(request) else confirm_address(request.get_full_path(), "figures")
        )
        if request.headers.get("HX-Request"):
            answer = HttpResponse(status=HTTPStatus.NO_CONTENT)
            answer["HX-Redirect"] = address
            return answer
        return redirect(address)
    template = "web/parts/confirm.html" if request.headers.get("HX-Request") else "web/confirm.html"
    return render(request, template, {"address": confirm_address(before, "figures")}, status=422)


def why_asked(request: HttpRequest) -> str:
    """Why the second factor is asked for, in words; "" where the page is there for another reason."""
    words = ASKED.get(request.GET.get(FOR, ""), "")
    return _(words).format(minutes=policy().fresh_minutes) if words else ""
