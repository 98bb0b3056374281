"""Signing in by django-allauth: accounts are made by an administrator, never by whoever comes by."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import ratelimit
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from tienbo.accounts.models import User
from tienbo.core.messages import N_

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

    def attempts_forget(self, request: HttpRequest, username: str) -> None:
        """Failed attempts at an account count no more: its person may try again at once."""
        key = self._get_login_attempts_cache_key(request, username=username)
        ratelimit.clear(request, action="login_failed", key=key)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """No flash messages about signing in and out: the page that follows shows it."""
