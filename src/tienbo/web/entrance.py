"""The addresses around signing in: the password again, the second factor, an identity from elsewhere.

Their pages are allauth's under our templates; the names are those that allauth looks its pages up by.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as keys
from allauth.socialaccount import views as identity
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods
from requests import RequestException

from tienbo.web import unlocking
from tienbo.web.access import View, public, signed_in
from tienbo.web.sign_in import keeping_one, setting_up

_form = require_http_methods(["GET", "HEAD", "POST"])


def _open(address: str, view: Callable[..., Any], name: str) -> URLPattern:
    """For anybody: on the way in."""
    made: View = public(_form(view))
    return path(address, made, name=name)


def _own(address: str, view: Callable[..., Any], name: str) -> URLPattern:
    """For whoever signed in: of their own account."""
    made: View = signed_in(_form(view))
    return path(address, made, name=name)


def _answered(view: Callable[..., Any]) -> Callable[..., Any]:
    """A page that asks a service elsewhere: where it does not answer, the password is still there, and that is said."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return view(request, *args, **kwargs)
        except (RequestException, ValueError):  # no line, an error page, an answer that is no JSON
            return render(request, "socialaccount/authentication_error.html", status=502)

    return opened


urlpatterns = [
    path("unlock/", unlocking.unlock, name="unlock"),
    _own("again/", account.reauthenticate, "account_reauthenticate"),
    _open("sign-in/passkey/", keys.login_webauthn, "mfa_login_webauthn"),
    _open("second-factor/code/", factor.authenticate, "mfa_authenticate"),
    _own("second-factor/", factor.index, "mfa_index"),
    _own("second-factor/again/", factor.reauthenticate, "mfa_reauthenticate"),
    _own("second-factor/app/", setting_up(app.activate_totp), "mfa_activate_totp"),
    _own("second-factor/app/off/", app.deactivate_totp, "mfa_deactivate_totp"),
    _own("second-factor/codes/", codes.view_recovery_codes, "mfa_view_recovery_codes"),
    _own("second-factor/codes/new/", codes.generate_recovery_codes, "mfa_generate_recovery_codes"),
    _own("second-factor/codes/file/", codes.download_recovery_codes, "mfa_download_recovery_codes"),
    _own("second-factor/keys/", keys.list_webauthn, "mfa_list_webauthn"),
    _own("second-factor/keys/add/", setting_up(keys.add_webauthn), "mfa_add_webauthn"),
    _own("second-factor/keys/again/", keys.reauthenticate_webauthn, "mfa_reauthenticate_webauthn"),
    _own("second-factor/keys/<int:pk>/remove/", keeping_one(keys.remove_webauthn), "mfa_remove_webauthn"),
    _own("identity/", identity.connections, "socialaccount_connections"),
    _open("identity/none/", unlocking.identity_unknown, "socialaccount_signup"),
    _open("identity/cancelled/", unlocking.identity_cancelled, "socialaccount_login_cancelled"),
    _open("identity/<slug:provider_id>/", _answered(oidc.login), "openid_connect_login"),
    _open("identity/<slug:provider_id>/back/", _answered(oidc.callback), "openid_connect_callback"),
]
