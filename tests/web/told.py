"""What every answer tells the browser, and how many records of each kind there are: for the walks through all pages."""

from __future__ import annotations

import time

from django.http import HttpResponse
from django.test import Client
from tests.web.furnished import Place

from tienbo.accounts.models import User
from tienbo.collection.models import Decision, Revision, SignedCopy, Upload
from tienbo.ground.models import Job
from tienbo.release.models import DocumentRecord, Release, ReportEntry, ReportParagraph, Round, RoundFile
from tienbo.units.models import Grant

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
RECORDS = (
    Decision, Revision, SignedCopy, Upload, Job, DocumentRecord, Release, ReportEntry, ReportParagraph, Round,
    RoundFile, Grant, User,
)  # fmt: skip
SHOWN = ("text/html", "image/svg+xml", "application/json", "text/plain", "text/javascript")
"""What a browser shows; everything else is handed out as a file."""


def policy(response: HttpResponse) -> dict[str, str]:
    parts = (one.strip().partition(" ") for one in response.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _blank, value in parts if name}


def counted() -> list[int]:
    """How many records there are of each kind that an act makes."""
    return [model.objects.count() for model in RECORDS]


def told(response: HttpResponse, place: Place, where: object) -> None:
    """Whether an answer tells the browser what it may do with it, and to whom it may speak of it."""
    assert policy(response) == POLICY, where
    assert response.headers["X-Content-Type-Options"] == "nosniff", where
    assert response.headers["X-Frame-Options"] == "DENY", where
    # The address of what is shared is its key: it is told to nobody.
    referrer = "no-referrer" if place.name.startswith("shared") else "same-origin"
    assert response.headers["Referrer-Policy"] in ("same-origin", referrer), where
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin", where
    kept = response.headers["Cache-Control"]
    assert "private" in kept, where
    assert "no-cache" in kept or "no-store" in kept, where
    assert "Server" not in response.headers, where


def always_told(response: HttpResponse) -> None:
    """What every answer of the suite has (T29), a page or a failure (`tests/web/conftest.py`). A cookie is sent back to
    this site alone, and no script reads it."""
    where = (response.request["REQUEST_METHOD"], response.request["PATH_INFO"], response.status_code)
    said = policy(response)
    assert {**said, "form-action": POLICY["form-action"]} == POLICY, (
        where
    )  # an identity provider of the site is one more
    assert response.headers["X-Content-Type-Options"] == "nosniff", where
    assert response.headers["Referrer-Policy"] in ("same-origin", "no-referrer"), where
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin", where
    assert "Access-Control-Allow-Origin" not in response.headers, where
    assert "Server" not in response.headers, where
    if response.status_code not in BEFORE_ALL:
        assert "private" in response.headers["Cache-Control"], where
    for name, cookie in response.cookies.items():
        assert cookie["samesite"] == "Lax", (where, name)
        assert cookie["httponly"] or not cookie.value, (where, name)


BEFORE_ALL = (400, 429, 500, 503)
"""Answers given before anybody is known, to a host that is none of the site's or to more than can be answered; and a
failure of ours, which says nothing."""


def handed_out(response: HttpResponse, place: Place) -> bool:
    """Whether an answer is a file; one is handed out as such, and the browser does not keep it."""
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    if response.status_code != 200 or kind in SHOWN:
        return False
    if place.name in ("register_picture", "task_picture"):  # drawn by us
        assert kind == "image/png", place.address
        return False
    assert response.headers["Content-Disposition"].startswith("attachment"), (place.address, kind)
    assert "no-store" in response.headers["Cache-Control"], place.address
    return True


def factor_given(client: Client, minutes: int) -> None:
    """The session's second factor was given so long ago."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": time.time() - minutes * 60, "type": "totp"}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
