"""People of a site as the command line makes them: an account, with a role at a unit."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction

from tienbo.core.faults import Fault, Refused

if TYPE_CHECKING:
    from tienbo.accounts.actors import Actor
    from tienbo.accounts.models import User
    from tienbo.accounts.services import Account
    from tienbo.units.models import Unit


@transaction.atomic
def account_make(
    *, name: str, full_name: str, role: str = "", unit: Unit | None = None, begins: date, actor: Actor | None = None
) -> Account:
    """A new account, with a role at a unit where both are said; Refused when the name is taken or cannot be one."""
    from tienbo.accounts.actors import operator
    from tienbo.accounts.services import account_create

    user, account = account_create(name=name, full_name=full_name, actor=actor or operator("tienbo"))
    if role and unit is not None:
        role_give(user=user, role=role, unit=unit, begins=begins)
    return account


def role_give(*, user: User, role: str, unit: Unit, begins: date) -> None:
    from tienbo.units.services import grant_give

    grant_give(user=user, unit=unit, role=role, begins=begins)


def account_named(name: str) -> User:
    from tienbo.accounts.models import User

    user = User.objects.filter(username=name).first()
    if user is None:
        raise Refused(Fault("users.not_found", "", {"name": name}))
    return user
