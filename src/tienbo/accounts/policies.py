"""What signing in asks: two profiles as data (policies.yaml), chosen by the site's setting `policy`.

`vn-level3` is what Vietnamese standards of level 3 ask, `asvs` what OWASP ASVS 5.0 asks; they contradict each other on
the make-up of passwords and on renewing them, so an office chooses one and no code decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal

import yaml
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from pydantic import Field

from tienbo.accounts.models import PasswordKept, User
from tienbo.catalogue.definitions import Shape, Text
from tienbo.core.messages import gettext as _

FILE = Path(__file__).parent / "policies.yaml"
_CLASSES = (r"[a-zà-ỹđ]", r"[A-ZÀ-ỸĐ]", r"\d", r"[^\w]|_")
"""Small letters, capitals, digits, others: Vietnamese letters count as letters."""


class Basis(Shape):
    """Where some numbers come from, and how far the text was seen."""

    of: str
    text: str
    seen: Literal["confirmed", "partly", "unconfirmed"]


class Policy(Shape):
    """One profile."""

    code: str
    name: Text
    length: int = Field(ge=8)
    """Letters a password has at least, where it is all that is asked."""
    length_with_factor: int = Field(ge=8)
    """And where a second factor is asked beside it; classes are then not asked."""
    classes: int = Field(ge=0, le=4)
    remembered: int = Field(ge=0)
    """Passwords of before that are not taken again."""
    failures: int = Field(ge=1)
    locked_hours: int = Field(ge=1)
    idle_minutes: int = Field(ge=1)
    idle_minutes_administrator: int = Field(ge=1)
    session_hours: int = Field(ge=1)
    fresh_minutes: int = Field(ge=1)
    """For how long a second factor opens figures of class C3, in roles that the site asks one of."""
    rest_days: int = Field(ge=1)
    """Days without use after which a reporting account rests until it is woken."""
    basis: tuple[Basis, ...]

    @cached_property
    def lock(self) -> timedelta:
        return timedelta(hours=self.locked_hours)

    @cached_property
    def rest(self) -> timedelta:
        return timedelta(days=self.rest_days)


def read(path: Path = FILE) -> Mapping[str, Policy]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    made = [Policy.model_validate(one) for one in content["profiles"]]
    return {one.code: one for one in made}


POLICIES = read()


def policy() -> Policy:
    """The profile of this site."""
    return POLICIES[settings.SIGN_IN_POLICY]


class FollowsPolicy:
    """Django's validator of passwords: length, make-up and passwords of before, by the profile of the site."""

    def validate(self, password: str, user: User | None = None) -> None:
        """ValidationError with everything that is wrong at once."""
        asked, has_factor = policy(), user is not None and user.pk is not None and has_second_factor(user)
        least = asked.length_with_factor if has_factor else asked.length
        wrong = []
        if len(password) < least:
            wrong.append(_("The password has at least {count} characters.").format(count=least))
        if not has_factor and sum(bool(re.search(one, password)) for one in _CLASSES) < asked.classes:
            wrong.append(_("The password has small letters, capitals, digits and other signs."))
        if user is not None and user.pk is not None and _was_used(user, password, asked.remembered):
            wrong.append(_("This password was used before; choose another one."))
        if wrong:
            raise ValidationError(wrong)

    def get_help_text(self) -> str:
        asked = policy()
        return _("The password has at least {count} characters.").format(count=asked.length)


def _was_used(user: User, password: str, last: int) -> bool:
    if not last:
        return False
    held = PasswordKept.objects.filter(user=user).order_by("-pk").values_list("password", flat=True)[:last]
    return any(check_password(password, one) for one in [user.password, *held] if one)


def has_second_factor(user: User) -> bool:
    """Whether the person has an application or a key that is asked for beside the password."""
    from allauth.mfa.utils import is_mfa_enabled

    return bool(is_mfa_enabled(user))
