"""Accounts: making them, first passwords, closing, bringing back after months of rest. Every act is kept by name.

Reporting accounts rest between periods: after the days of the policy without use they sign in to nothing until they
are woken, in bulk and by name, when a period opens; their passwords stay what they were. What else keeps somebody out
is an account that was closed, a password that was forgotten, or too many failed attempts.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from tienbo.accounts.actors import Actor
from tienbo.accounts.models import AccountAct, User
from tienbo.accounts.signing import attempts_forget
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

worded(
    {
        "users.exists": N_("There is already an account {name}."),
        "users.not_found": N_("There is no account {name}."),
        "users.bad_name": N_("“{name}” cannot be an account: {reason}"),
        "users.none_chosen": N_("Choose the accounts, by name."),
    }
)


@dataclass(frozen=True)
class Account:
    """An account with a password just drawn: what its person must be told. It is shown once and kept nowhere."""

    name: str
    full_name: str
    password: str


def new_password() -> str:
    """Four groups of four letters and digits that are hard to misread: about 79 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


@transaction.atomic
def account_create(*, name: str, full_name: str, actor: Actor) -> tuple[User, Account]:
    """A new account; Refused when the name is taken or cannot be one."""
    if User.objects.filter(username=name).exists():
        raise Refused(Fault("users.exists", "", {"name": name}))
    password = new_password()
    try:
        user = User.objects.create_user(name, full_name, password)
    except ValidationError as wrong:
        raise Refused(Fault("users.bad_name", "", {"name": name, "reason": " ".join(wrong.messages)})) from wrong
    User.objects.filter(pk=user.pk).update(drawn=True)
    user.drawn = True
    _kept([user], AccountAct.Act.MADE, actor)
    return user, Account(user.username, user.full_name, password)


@transaction.atomic
def accounts_reopen(*, users: Collection[User], actor: Actor) -> list[Account]:
    """Each of these people can sign in again, with a new first password. Whoever is signed in with the old one is
    signed out."""
    if not users:
        raise Refused(Fault("users.none_chosen"))
    held = User.objects.select_for_update().filter(pk__in=[user.pk for user in users]).order_by("username")
    made = []
    for user in held:
        password = new_password()
        user.set_password(password)
        user.is_active, user.drawn = True, True
        user.save(update_fields=["password", "is_active", "drawn"])
        attempts_forget([user.username])
        made.append(Account(user.username, user.full_name, password))
    _kept(list(held), AccountAct.Act.REOPENED, actor)
    return made


@transaction.atomic
def accounts_close(*, users: Collection[User], actor: Actor, reason: str = "") -> None:
    """Nobody signs in with them any more. The accounts stay: history names their people."""
    rows = User.objects.select_for_update().filter(pk__in=[user.pk for user in users])
    for user in rows:
        user.is_active = False
        user.save(update_fields=["is_active"])
    sessions_end(rows)
    _kept(list(rows), AccountAct.Act.CLOSED, actor, reason)


@transaction.atomic
def accounts_wake(*, users: Collection[User], actor: Actor) -> None:
    """Those who rested sign in again with the password they have; failed attempts of before are forgotten."""
    if not users:
        raise Refused(Fault("users.none_chosen"))
    attempts_forget([user.username for user in users])
    _kept(list(users), AccountAct.Act.WOKEN, actor)


@transaction.atomic
def accounts_unlock(*, users: Collection[User], actor: Actor) -> None:
    """Failed attempts count no more: these people may try again at once, with the password they have."""
    if not users:
        raise Refused(Fault("users.none_chosen"))
    attempts_forget([user.username for user in users])
    _kept(list(users), AccountAct.Act.UNLOCKED, actor)


@transaction.atomic
def factor_take_off(*, user: User, actor: Actor) -> None:
    """For who lost telephone, key and recovery codes: the next sign-in asks for a new second factor. Sessions end."""
    from allauth.mfa.models import Authenticator

    Authenticator.objects.filter(user=user).delete()
    sessions_end([user])
    _kept([user], AccountAct.Act.FACTOR_OFF, actor)


def sessions_end(users: Collection[User]) -> None:
    """Every session of these people is over at its next request, in every process: what they sit at asks them to sign
    in again."""
    User.objects.filter(pk__in=[user.pk for user in users]).update(sittings=F("sittings") + 1)


def act_keep(*, user: User, act: AccountAct.Act, actor: Actor, reason: str) -> None:
    """Keep by name what was done to a person's rights."""
    _kept([user], act, actor, reason)


def _kept(users: Sequence[User], act: AccountAct.Act, actor: Actor, reason: str = "") -> None:
    AccountAct.objects.bulk_create([AccountAct(user=user, act=act, actor=actor.name, reason=reason) for user in users])
