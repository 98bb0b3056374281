"""A page that was left alone asks for the password again; and what is said where an identity from elsewhere opens
nothing."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from tienbo.accounts.models import User
from tienbo.accounts.signing import sign_in_told
from tienbo.core.messages import gettext as _
from tienbo.web.access import public
from tienbo.web.idle import seen_begin
from tienbo.web.sign_in import WRONG_PASSWORD


@public
@require_http_methods(["GET", "HEAD", "POST"])
def unlock(request: HttpRequest) -> HttpResponseBase:
    """GET: whether the session is locked (JSON, for the page that watches over it), or the page that asks. POST: the
    password again; nothing of the page that waits is touched."""
    held: User | None = getattr(request, "locked_for", None)
    wants_json = request.headers.get("Accept", "").startswith("application/json")
    onward = _onward(request)
    if held is None and not request.user.is_authenticated:
        return JsonResponse({"ended": True}, status=401) if wants_json else redirect("account_login")
    if held is None and request.method != "POST":
        return JsonResponse({"locked": False}) if wants_json else redirect(onward)
    if request.method != "POST":
        return JsonResponse({"locked": True}) if wants_json else _asks(request, held, onward)
    who = held or request.user
    fault = _fault(request, who)  # type: ignore[arg-type]
    if fault:
        return JsonResponse({"fault": fault}, status=422) if wants_json else _asks(request, who, onward, fault)
    seen_begin(request)
    sign_in_told("unlocked_here", name=who.get_username(), user=who)  # type: ignore[arg-type]
    return JsonResponse({"locked": False}) if wants_json else redirect(onward)


def _fault(request: HttpRequest, user: User) -> str:
    """What stands against the password that was given; "" where it is right."""
    try:
        found = get_adapter().authenticate(
            request, username=user.username, password=request.POST.get("password", "")[:4096]
        )
    except ValidationError as refused:
        return " ".join(refused.messages)
    return "" if found is not None and found.pk == user.pk else _(WRONG_PASSWORD)


def _onward(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, {request.get_host()})
    return wanted if is_ours else "/"


def _asks(request: HttpRequest, user: object, onward: str, fault: str = "") -> HttpResponse:
    context = {"who": user, "next": onward, "fault": fault}
    return render(request, "account/unlock.html", context, status=422 if fault else 200)


def identity_unknown(request: HttpRequest) -> HttpResponseBase:
    """An identity that nobody joined to an account signs in to nothing."""
    messages.warning(
        request,
        _("This identity is joined to no account here. Sign in with your password once, then join it to your account."),
    )
    return redirect("account_login")


def identity_cancelled(request: HttpRequest) -> HttpResponseBase:
    messages.warning(request, _("Signing in elsewhere was not finished. You can sign in with your password."))
    return redirect("account_login")
