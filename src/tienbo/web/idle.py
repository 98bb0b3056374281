"""A session that nobody used for some minutes is locked, not ended: the page stays, with everything typed on it, and
asks for the password; one of many hours ends.

When somebody was last there travels in a signed cookie of its own, renewed once a minute: no request writes a session
for it. A browser without that cookie is taken for one that was last there when the session began.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tienbo.accounts.models import User
from tienbo.accounts.policies import policy
from tienbo.accounts.signing import sign_in_told
from tienbo.units.access import grants_of

COOKIE = "tienbo_seen"
BEGUN, SEEN = "begun", "seen"
_SALT = "tienbo.seen"
LOOKS = "X-Looks"
"""Said by a page that only looks whether it is locked: nobody is there."""
RENEWED = 60
"""Seconds after which the cookie is written again."""


def seen_begin(request: HttpRequest) -> None:
    """A session begins, or goes on after the password was given again."""
    now = int(time.time())
    request.session.setdefault(BEGUN, now)
    request.session[SEEN] = now
    request.seen_again = True  # type: ignore[attr-defined]


def idle_minutes(user: User) -> int:
    """After how many minutes a person's pages are locked: sooner for who gives grants."""
    roles = {held.role for held in grants_of(user.pk, timezone.localdate())}
    asked = policy()
    return asked.idle_minutes_administrator if "administrator" in roles else asked.idle_minutes


def idle(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Locks what was left alone. Sessions that did not begin at the sign-in page (tests) have no beginning and are
    left alone."""

    def answer(request: HttpRequest) -> HttpResponse:
        now = int(time.time())
        begun, seen = request.session.get(BEGUN), request.session.get(SEEN)
        if begun is None or seen is None:
            response = get_response(request)
            return _written(request, response, now) if SEEN in request.session else response
        last = max(seen, _read(request, now))
        user = request.user
        if isinstance(user, User) and not request.path.startswith("/static/"):
            if now - begun > policy().session_hours * 3600:
                sign_in_told("signed_out", name=user.username, user=user)
                logout(request)
                return get_response(request)
            # Roles are asked for only where it can matter.
            if now - last > policy().idle_minutes_administrator * 60 and now - last > idle_minutes(user) * 60:
                request.locked_for = user  # type: ignore[attr-defined]
                request.user = AnonymousUser()
        response = get_response(request)
        is_used = request.user.is_authenticated and LOOKS not in request.headers
        if getattr(request, "seen_again", False) or (is_used and now - last >= RENEWED):
            return _written(request, response, now)
        return response

    return answer


def _read(request: HttpRequest, now: int) -> int:
    """When the cookie of this session says somebody was last there; 0 where it says nothing that can be believed."""
    try:
        said = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT)
    except signing.BadSignature:
        return 0
    key, at = said if isinstance(said, list) and len(said) == 2 else ("", 0)
    return at if key == _key(request) and isinstance(at, int) and at <= now else 0


def _key(request: HttpRequest) -> str:
    return (request.session.session_key or "")[-8:]


def _written(request: HttpRequest, response: HttpResponse, now: int) -> HttpResponse:
    if request.session.session_key:
        response.set_cookie(
            COOKIE,
            signing.dumps([_key(request), now], salt=_SALT),
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response
