"""Signing in by django-allauth: accounts are made by an administrator, never by whoever comes by.

The second factor (an application's codes, passkeys, recovery codes) and an office's own identity provider (OpenID
Connect, ready for VNeID) are allauth's too; what they say is in our words.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from allauth.core import context, ratelimit
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy

from tienbo.accounts.models import PasswordKept, User
from tienbo.accounts.policies import has_second_factor
from tienbo.accounts.signing import (
    Outcome,
    attempt_failed,
    attempts_forget,
    is_locked,
    resting_among,
    sign_in_told,
)
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.units.access import grants_of
from tienbo.units.rights import MATRIX
from tienbo.web.idle import SEEN, seen_begin
from tienbo.web.known import browser_keep, known_browser

WRONG = N_("The user name or the password is not right.")
WRONG_PASSWORD = N_("This is not your present password.")
SAID = {
    "username_password_mismatch": WRONG,
    "too_many_login_attempts": N_(
        "Many attempts from your network failed in the last hour. Wait ten seconds and try again; a browser in which "
        "you signed in before does not wait."
    ),
    "enter_current_password": WRONG_PASSWORD,
}
"""What allauth has to say, in our words: it does not speak Vietnamese."""
LOCKED = N_(
    "Too many attempts at this name failed, so it is locked for some hours. A browser in which you signed in before "
    "still lets you in, and the standing office of your committee opens the name at once."
)
RESTING = N_(
    "This account rests between reporting periods. The standing office of your committee wakes it; the password stays "
    "the same."
)
KEEPS = N_("Your role asks for a second factor: add another before you take this one away.")
FACTOR_SAID = {
    "cannot_delete_authenticator": KEEPS,
    "cannot_generate_recovery_codes": N_("Recovery codes come with a second factor: set one up first."),
    "incorrect_code": N_("The code is not right, or it has run out. Type the one that is shown now."),
}


IN_TURN = "login_in_turn"
"""Of settings.ACCOUNT_RATE_LIMITS: attempts from an address from which too many failed."""
SET_UP = "factor"
ENTERING = "entering"
"""In the session of who gave the password and not yet the second factor: what the account was then."""


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {  # noqa: RUF012 - as allauth has it
        **DefaultAccountAdapter.error_messages,
        **{code: gettext_lazy(words) for code, words in SAID.items()},
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The person whose name and password these are. An account that was closed is refused as a wrong password is;
        a name that is locked is, whether there is an account or not; one that rests is told so, to who knows the
        password."""
        name, address = str(credentials.get("username", "")), self.get_client_ip(request)
        browser = known_browser(request, name)
        if is_locked(name, browser=browser):
            sign_in_told("locked", name=name, address=address)
            raise ValidationError(_(LOCKED))
        user: User | None = super().authenticate(request, **credentials)
        if user is None or not user.is_active:
            attempt_failed(name, browser=browser)
            sign_in_told("refused", name=name, address=address)
            return None
        attempts_forget([name], ["password"], browser)
        if rests(user):
            sign_in_told("resting", name=name, user=user, address=address)
            raise ValidationError(_(RESTING))
        if not request.user.is_authenticated and getattr(request, "locked_for", None) is None:
            request.session[ENTERING] = user.get_session_auth_hash()
        return user

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Where many attempts failed from an address, strangers wait for their turn: one is looked at in ten seconds.
        Who signed in here before does not wait: a province's communes share one address."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            if known_browser(request, str(credentials.get("username", ""))):
                return
            if not ratelimit.consume(request, action=IN_TURN):
                raise

    def post_login(self, request: HttpRequest, user: User, **how: Any) -> HttpResponseBase:
        """Signed in, with whatever was asked: the browser is known from now on."""
        response: HttpResponseBase = super().post_login(request, user, **how)
        browser_keep(request, response, user)
        return response

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """The password is asked for again before a factor is changed, unless it was given just now."""
        request = context.request
        given = request.session.get(SEEN, 0) if request is not None else 0
        if time.time() - given < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def login(self, request: HttpRequest, user: User) -> None:
        """A session begins, by whatever way somebody came: a password, a key alone, an identity from elsewhere. An
        account that was closed or rests is no more open by one than by another; who gave a password that was changed
        since, or from whom a right was taken since, begins anew."""
        address = self.get_client_ip(request)
        gave = request.session.pop(ENTERING, None)
        if not user.is_active or (gave is not None and gave != user.get_session_auth_hash()):
            _turned_away(request, user, "refused", WRONG, address)
        if rests(user):
            _turned_away(request, user, "resting", RESTING, address)
        super().login(request, user)
        seen_begin(request)
        sign_in_told("signed_in", name=user.username, user=user, address=address)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> NoReturn:
        """An account that was closed, with a key or an identity that was right: told as a wrong password is."""
        _turned_away(request, user, "refused", WRONG, self.get_client_ip(request))

    def logout(self, request: HttpRequest) -> None:
        user = request.user if isinstance(request.user, User) else None
        super().logout(request)
        if user is not None:
            sign_in_told("signed_out", name=user.username, user=user, address=self.get_client_ip(request))

    def set_password(self, user: User, password: str) -> None:
        """A password that its person chose: it is no longer the first one, and is not taken again."""
        user.drawn = False
        super().set_password(user, password)
        PasswordKept.objects.create(user=user, password=user.password)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """No flash messages about signing in and out: the page that follows shows it."""


def _turned_away(request: HttpRequest, user: User, outcome: Outcome, words: str, address: str) -> NoReturn:
    """Nobody is let in: back to the page that signs in, which says why."""
    clear_login(request)
    sign_in_told(outcome, name=user.username, user=user, address=address)
    messages.error(request, _(words))
    raise ImmediateHttpResponse(redirect("account_login"))


def rests(user: User) -> bool:
    """Whether somebody only reports, and was not there for the days of the policy: to be woken when a period opens."""
    roles = {held.role for held in grants_of(user.pk, timezone.localdate())}
    return MATRIX.sleeps(roles) and user.pk in resting_among([user])


class _Counted(BaseAuthenticateForm):  # type: ignore[misc]
    """A code of the second factor, whose failures lock the name as those of the password do: who has the password
    guesses no codes."""

    def clean_code(self) -> str:
        user: User = self.user
        request = context.request
        address = Adapter().get_client_ip(request)
        browser = known_browser(request, user.username)
        if is_locked(user.username, browser=browser):
            sign_in_told("locked", name=user.username, user=user, address=address)
            raise ValidationError(_(LOCKED))
        try:
            code: str = super().clean_code()
        except ValidationError:
            attempt_failed(user.username, step="factor", browser=browser)
            sign_in_told("refused", name=user.username, user=user, address=address)
            raise
        attempts_forget([user.username], ["factor"], browser)
        return code


class Code(_Counted, AuthenticateForm):  # type: ignore[misc]
    """On the way in."""


class CodeAgain(_Counted, ReauthenticateForm):  # type: ignore[misc]
    """Of who is signed in (`web.fresh`)."""


class Factor(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = {  # noqa: RUF012 - as allauth has it
        **DefaultMFAAdapter.error_messages,
        **{code: gettext_lazy(words) for code, words in FACTOR_SAID.items()},
    }

    def _get_site_name(self) -> str:
        return settings.OFFICE.name or "Tiến Bộ"

    def encrypt(self, text: str) -> str:
        """The secret of an application is kept under the site's own: who copies the database alone makes no codes."""
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Who is asked for a second factor keeps one."""
        user = authenticator.user
        if not factor_asked(user):
            return True
        others = Authenticator.objects.filter(user=user).exclude(pk=authenticator.pk)
        return bool(others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user=user, type=type).count()
        return _("Key {number}").format(number=count + 1)


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"tienbo.factor" + settings.SECRET_KEY.encode()).digest()))


def factor_asked(user: User) -> bool:
    """Whether the site asks this person for a second factor: by the roles they hold today."""
    if settings.SIGN_IN != "guarded":
        return False
    return MATRIX.asks_factor({held.role for held in grants_of(user.pk, timezone.localdate())})


def used_factor(request: HttpRequest) -> bool:
    """Whether this session was begun with a second factor, or one was set up in it."""
    records = get_authentication_records(request, request.user if request.user.is_authenticated else None)
    return bool(request.session.get(SET_UP)) or any(one.get("method") == "mfa" for one in records)


def setting_up(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page on which a second factor is set up: the session in which somebody set up their first one has it."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        is_first = isinstance(user, User) and not has_second_factor(user)
        response = view(request, *args, **kwargs)
        if request.method == "POST" and is_first and isinstance(user, User) and has_second_factor(user):
            request.session[SET_UP] = time.time()
        return response

    return opened


def keeping_one(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page that takes a key away: not the last one of who is asked for a second factor."""

    @wraps(view)
    def opened(request: HttpRequest, pk: int) -> HttpResponseBase:
        key = Authenticator.objects.filter(pk=pk, user_id=request.user.pk).first()
        if request.method == "POST" and key is not None and not Factor().can_delete_authenticator(key):
            messages.error(request, _(KEEPS))
            return redirect("mfa_list_webauthn")
        return view(request, pk=pk)

    return opened


class Identity(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """An identity from elsewhere signs in whoever joined it to their account before; it makes no account."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:  # noqa: ARG002
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """An account that was closed or rests is no more open by this way than by a password, and is asked for no
        second factor first."""
        if not sociallogin.is_existing:
            if sociallogin.state.get("process") == "connect":
                return  # whoever signed in joins it to their account
            raise ImmediateHttpResponse(redirect("socialaccount_signup"))
        user, address = sociallogin.user, Adapter().get_client_ip(request)
        if user.is_active and not rests(user):
            return
        sign_in_told("resting" if user.is_active else "refused", name=user.username, user=user, address=address)
        messages.error(request, _(RESTING) if user.is_active else _(WRONG))
        raise ImmediateHttpResponse(redirect("account_login"))
