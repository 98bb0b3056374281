"""Accounts of the units below, for the office that takes their returns in: brought back, closed, handed over by name.

Only people whose every role is to fill in or to approve at such a unit: nobody gets at the account of an office, a
chair or an administrator here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from tienbo.accounts.actors import actor_of
from tienbo.accounts.models import User
from tienbo.accounts.services import Account, accounts_close, accounts_reopen, accounts_unlock, accounts_wake
from tienbo.accounts.signing import locked_among, resting_among
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.words import fold, sort_key
from tienbo.ground.reach import reaching_everywhere
from tienbo.processes.hand_over import seat_hand_over
from tienbo.units.access import accessible_units
from tienbo.units.frames import unit_keys, unit_names
from tienbo.units.models import Grant, Role, Unit
from tienbo.web.access import Asked, page

SEATS = (Role.PREPARER, Role.HEAD)


class Seated(NamedTuple):
    """A person at a unit below."""

    user: User
    unit: int
    key: str
    name: str
    """Of the unit."""
    roles: str
    state: str
    """closed, locked, resting, new (never signed in), or "" for an account in use."""


def _seated(request: Asked) -> list[Seated]:
    """Everybody whose every role today is to fill in or approve at a unit below the seat, by unit and name."""
    today, now = timezone.localdate(), timezone.now()
    units = accessible_units(request.user, need="accept", on=today)
    people: dict[int, list[Grant]] = {}
    with reaching_everywhere("who also has a role elsewhere is not among them"):
        held = list(Grant.objects.on(today).select_related("user").order_by("pk"))
    for grant in held:
        people.setdefault(grant.user_id, []).append(grant)
    names, keys, found = unit_names(today), unit_keys(), []
    everybody = [grants[0].user for grants in people.values()]
    locked, resting = locked_among(everybody, now), resting_among(everybody, now)
    for grants in people.values():
        user = grants[0].user
        if user.is_superuser or any(one.role not in SEATS or one.unit_id not in units for one in grants):
            continue
        at: dict[int, list[str]] = {}
        for grant in grants:
            at.setdefault(grant.unit_id, []).append(_(str(Role(grant.role).label)))
        for unit, roles in at.items():
            found.append(
                Seated(user, unit, keys[unit], names.get(unit, ""), ", ".join(roles), _state(user, locked, resting))
            )
    return sorted(found, key=lambda one: (sort_key(one.name), one.user.username))


def resting_count(request: Asked) -> int:
    """How many of them cannot sign in before they are woken for a period."""
    return len({one.user.pk for one in _seated(request) if one.state == "resting"})


def _state(user: User, locked: Collection[int], resting: Collection[int]) -> str:
    if not user.is_active:
        return "closed"
    if user.pk in locked:
        return "locked"
    if user.pk in resting:
        return "resting"
    return "" if user.last_login else "new"


@page("accept")
def accounts(request: Asked) -> HttpResponseBase:
    """Who signs in for the units below, and how long ago."""
    return _page(request)


def _page(
    request: Asked,
    *,
    made: Sequence[tuple[Account, str]] = (),
    faults: Sequence[Fault] = (),
    typed: Mapping[str, str] | None = None,
    chosen: Sequence[str] = (),
) -> HttpResponse:
    every = _seated(request)
    state, text = request.GET.get("state", ""), request.GET.get("q", "").strip()[:80]
    rows = [one for one in every if _wanted(one, state, fold(text))]
    context: dict[str, Any] = {
        "rows": rows,
        "all": len(every),
        "counts": Counter(one.state for one in every),
        "state": state,
        "q": text,
        "made": made,
        "faults": faults,
        "typed": typed or {"name": "", "full_name": "", "seat": ""},
        "chosen": chosen,
    }
    answer = render(request, "web/accounts.html", context, status=422 if faults else 200)
    if made:
        answer.headers["Cache-Control"] = "private, no-store"  # passwords stand on it
    return answer


def _wanted(one: Seated, state: str, text: str) -> bool:
    if state and state != one.state:
        return False
    return not text or text in fold(f"{one.name} {one.user.full_name} {one.user.username}")


@page("accept", methods=("POST",))
def accounts_act(request: Asked) -> HttpResponseBase:
    """Bring the chosen back with new passwords, shown once; unlock them; or close them."""
    every = _seated(request)
    chosen = request.POST.getlist("account")
    people = {one.user.username: one for one in every}
    if not set(chosen) <= people.keys():
        raise Http404
    users, actor = [people[name].user for name in dict.fromkeys(chosen)], actor_of(request.user)
    act = request.POST.get("act", "")
    try:
        if act == "close":
            if not users:
                raise Refused(Fault("users.none_chosen"))
            accounts_close(users=users, actor=actor)
            messages.success(request, _("{count} accounts are closed to sign-in.").format(count=len(users)))
            return redirect("accounts")
        if act == "unlock":
            accounts_unlock(users=users, actor=actor)
            words = _("{count} accounts may try again at once; their passwords are what they were.")
            messages.success(request, words.format(count=len(users)))
            return redirect("accounts")
        if act == "wake":
            accounts_wake(users=users, actor=actor)
            words = _("{count} accounts are awake; their passwords are what they were.")
            messages.success(request, words.format(count=len(users)))
            return redirect("accounts")
        made = accounts_reopen(users=users, actor=actor)
    except Refused as refused:
        return _page(request, faults=refused.faults, chosen=chosen)
    return _page(request, made=[(one, people[one.name].name) for one in made])


@page("accept", methods=("POST",))
def accounts_hand_over(request: Asked) -> HttpResponseBase:
    """A new officer takes the seat of the old one; the first password is shown once."""
    typed = {name: request.POST.get(name, "").strip()[:150] for name in ("name", "full_name", "seat")}
    username, _at, key = typed["seat"].rpartition("@")
    held = next((one for one in _seated(request) if (one.user.username, one.key) == (username, key)), None)
    if held is None:
        raise Http404
    try:
        made = seat_hand_over(
            user=held.user,
            unit=Unit.objects.get(pk=held.unit),
            name=typed["name"],
            full_name=typed["full_name"],
            actor=actor_of(request.user),
            on=timezone.localdate(),
        )
    except Refused as refused:
        return _page(request, faults=refused.faults, typed=typed)
    return _page(request, made=[(made, held.name)])
