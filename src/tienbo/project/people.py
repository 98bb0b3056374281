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
    from tienbo.units.models import Grant, Unit


@transaction.atomic
def account_make(
    *,
    name: str,
    full_name: str,
    role: str = "",
    unit: Unit | None = None,
    begins: date,
    ends: date | None = None,
    actor: Actor | None = None,
) -> Account:
    """A new account, with a role at a unit where both are said; Refused when the name is taken or cannot be one."""
    from tienbo.accounts.actors import operator
    from tienbo.accounts.services import account_create

    who = actor or operator("tienbo")
    user, account = account_create(name=name, full_name=full_name, actor=who)
    if role and unit is not None:
        role_give(user=user, role=role, unit=unit, begins=begins, ends=ends, actor=who)
    return account


@transaction.atomic
def role_give(*, user: User, role: str, unit: Unit, begins: date, ends: date | None = None, actor: Actor) -> Grant:
    """A role for a term, kept by the name of who gave it."""
    from tienbo.accounts.models import AccountAct
    from tienbo.accounts.services import act_keep
    from tienbo.units.services import grant_give

    grant = grant_give(user=user, unit=unit, role=role, begins=begins, ends=ends)
    act_keep(user=user, act=AccountAct.Act.GRANTED, actor=actor, reason=f"{role} @ {unit.key}")
    return grant


def account_named(name: str) -> User:
    from tienbo.accounts.models import User

    user = User.objects.filter(username=name).first()
    if user is None:
        raise Refused(Fault("users.not_found", "", {"name": name}))
    return user


def accounts_resting(on: date) -> list[User]:
    """Those whose every role on a day is to report, and who rest between two periods (`accounts.signing`)."""
    from tienbo.accounts.signing import resting_among
    from tienbo.units.models import Grant
    from tienbo.units.rights import MATRIX

    roles: dict[int, set[str]] = {}
    people: dict[int, User] = {}
    for grant in Grant.objects.on(on).filter(user__is_active=True).select_related("user"):
        roles.setdefault(grant.user_id, set()).add(grant.role)
        people[grant.user_id] = grant.user
    resting = resting_among(list(people.values()))
    return [user for pk, user in people.items() if pk in resting and MATRIX.sleeps(roles[pk])]
