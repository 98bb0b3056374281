"""Making accounts: who signs in, with a first password drawn at random and shown once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_

if TYPE_CHECKING:
    from tienbo.accounts.models import User
    from tienbo.units.models import Unit

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

worded(
    {
        "users.exists": N_("There is already an account {name}."),
        "users.not_found": N_("There is no account {name}."),
        "users.bad_name": N_("“{name}” cannot be an account: {reason}"),
    }
)


@dataclass(frozen=True)
class Account:
    """An account just made: what its person must be told."""

    name: str
    full_name: str
    password: str


def new_password() -> str:
    """Four groups of four letters and digits that are hard to misread: about 79 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


@transaction.atomic
def account_make(*, name: str, full_name: str, role: str = "", unit: Unit | None = None, begins: date) -> Account:
    """A new account, with a role at a unit where both are said; Refused when the name is taken or cannot be one."""
    from tienbo.accounts.models import User

    if User.objects.filter(username=name).exists():
        raise Refused(Fault("users.exists", "", {"name": name}))
    password = new_password()
    try:
        user = User.objects.create_user(name, full_name, password)
    except ValidationError as wrong:
        raise Refused(Fault("users.bad_name", "", {"name": name, "reason": " ".join(wrong.messages)})) from wrong
    if role and unit is not None:
        role_give(user=user, role=role, unit=unit, begins=begins)
    return Account(user.username, user.full_name, password)


def role_give(*, user: User, role: str, unit: Unit, begins: date) -> None:
    from tienbo.units.services import grant_give

    grant_give(user=user, unit=unit, role=role, begins=begins)


def account_named(name: str) -> User:
    from tienbo.accounts.models import User

    user = User.objects.filter(username=name).first()
    if user is None:
        raise Refused(Fault("users.not_found", "", {"name": name}))
    return user


@transaction.atomic
def password_draw(user: User) -> str:
    """A new first password; whoever is signed in with the old one is signed out."""
    password = new_password()
    user.set_password(password)
    user.save(update_fields=["password"])
    return password


@transaction.atomic
def account_close(user: User) -> None:
    """Nobody signs in with it any more. The account stays: history names its person."""
    user.is_active = False
    user.save(update_fields=["is_active"])
