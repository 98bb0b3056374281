"""What a person reads when something cannot be shown: what happened, that nothing was lost, what to do."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
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
    """As little as possible is asked here: whatever broke may be broken still."""
    return render(request, "web/broken.html", status=500)
