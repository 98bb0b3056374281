"""Signing in by django-allauth: accounts are made by an administrator, never by whoever comes by."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import ratelimit
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from tienbo.accounts.models import User
from tienbo.core.messages import N_
from tienbo.ground.journal import journal_note
from tienbo.ground.spool import spool_note
from tienbo.web.office import noted_folder

SAID = {
    "username_password_mismatch": N_("The user name or the password is not right."),
    "too_many_login_attempts": N_("There were too many attempts at this account. Wait five minutes and try again."),
    "enter_current_password": N_("This is not your present password."),
}
"""What allauth has to say, in our words: it does not speak Vietnamese."""


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {  # noqa: RUF012 - as allauth has it
        **DefaultAccountAdapter.error_messages,
        **{code: gettext_lazy(words) for code, words in SAID.items()},
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """An account that was closed is refused as a wrong password is."""
        user: User | None = super().authenticate(request, **credentials)
        return user if user is not None and user.is_active else None

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        journal_note("sign_in", person=user.get_username())

    def logout(self, request: HttpRequest) -> None:
        person = request.user.get_username() if request.user.is_authenticated else ""
        super().logout(request)
        journal_note("sign_out", person=person)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Of a name that no account has nothing is kept: people type passwords there."""
        super().authentication_failed(request, **credentials)
        self._failed("sign_in_failed", credentials.get("username", ""))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            self._failed("sign_in_locked", credentials.get("username", ""))
            raise

    def _failed(self, kind: str, name: str) -> None:
        known = User.objects.filter(username=name).values_list("username", flat=True).first()
        spool_note(noted_folder(), kind, person=known or "")

    def attempts_forget(self, request: HttpRequest, username: str) -> None:
        """Failed attempts at an account count no more: its person may try again at once."""
        key = self._get_login_attempts_cache_key(request, username=username)
        ratelimit.clear(request, action="login_failed", key=key)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """No flash messages about signing in and out: the page that follows shows it."""
