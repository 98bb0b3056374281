"""A browser in which somebody signed in before keeps its person in: when others try their name until it is locked, and
when too many attempts fail from the address that a whole province shares.

It is known by a signed cookie, for the accounts that signed in there last, until they change their password. Attempts
from it are counted by themselves; once too many of them fail, the name is locked for this browser too.
"""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

from tienbo.accounts.models import User
from tienbo.accounts.signing import mark

COOKIE = "tienbo_known"
DAYS = 180
"""Officers come twice a year."""
MOST = 6
"""People who share a browser."""
_SALT = "tienbo.known"


def known_browser(request: HttpRequest, name: str) -> str:
    """What tells this browser from others, where the person whose name this is signed in here before; else ""."""
    said = _said(request).get(_short(name))
    if said is None:
        return ""
    user = User.objects.filter(username=name).first()
    browser, proof = said
    return browser if user is not None and constant_time_compare(proof, _proof(user, browser)) else ""


def browser_keep(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Somebody signed in: their browser is known from now on."""
    said, short = _said(request), _short(user.username)
    browser = said.pop(short, ("", ""))[0] or get_random_string(16)
    held = [*said.items(), (short, (browser, _proof(user, browser)))][-MOST:]
    response.set_cookie(
        COOKIE,
        signing.dumps(held, salt=_SALT, compress=True),
        max_age=DAYS * 86_400,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _said(request: HttpRequest) -> dict[str, tuple[str, str]]:
    """Name as it is counted → browser and proof, as the cookie says; nothing where it cannot be believed."""
    try:
        held = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=DAYS * 86_400)
        return {str(short): (str(browser), str(proof)) for short, (browser, proof) in held}
    except (signing.BadSignature, TypeError, ValueError):
        return {}


def _short(name: str) -> str:
    return mark(name)[:16]


def _proof(user: User, browser: str) -> str:
    """Goes with the password: who has a new one signs in anew."""
    return salted_hmac(_SALT, f"{user.pk}:{browser}:{user.get_session_auth_hash()}", algorithm="sha256").hexdigest()[
        :32
    ]
