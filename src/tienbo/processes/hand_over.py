"""A new officer takes the seat of the old one: a new account with the same roles at the unit, the old roles ended."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from tienbo.accounts.actors import Actor
from tienbo.accounts.models import User
from tienbo.accounts.services import Account, account_create, accounts_close
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.ground.reach import reaching_everywhere
from tienbo.units.models import Grant, Unit
from tienbo.units.services import grant_end, grant_give, unit_label

worded({"users.no_seat": N_("{user} holds no role at {unit} today.")})


@transaction.atomic
def seat_hand_over(*, user: User, unit: Unit, name: str, full_name: str, actor: Actor, on: date) -> Account:
    """The roles of `user` at `unit` go to a new account from `on`; whoever has no other role is closed to sign-in.

    What the old one did stays under the old name: accounts are people, and are never renamed into another. A role that
    began on that very day lasts until its end, as days are not parted.
    """
    grants = list(Grant.objects.on(on).filter(user=user, unit=unit))
    if not grants:
        raise Refused(Fault("users.no_seat", "", {"user": user, "unit": unit_label(unit, on)}))
    new, account = account_create(name=name, full_name=full_name, actor=actor)
    for grant in grants:
        until = grant.valid_to
        grant_end(grant=grant, on=max(on, grant.valid_from + timedelta(days=1)))
        grant_give(user=new, unit=unit, role=grant.role, begins=on, ends=until)
    others = Grant.objects.on(on).filter(user=user).exclude(pk__in=[grant.pk for grant in grants])
    with reaching_everywhere("whether there is another role, wherever it is"):
        is_last = not others.exists()
    if is_last:
        accounts_close(users=[user], actor=actor, reason=f"→ {new.username}")
    return account
