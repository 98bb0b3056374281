"""Who may what: the matrix of rights, the grants in force, and giving and ending them.

An administrator gives grants at the units of their own grant and below, to others than themselves; the personal-data
officer reads. Who holds a role on figures gives none (the matrix keeps them apart).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from tienbo.accounts.actors import actor_of
from tienbo.accounts.models import AccountAct, User
from tienbo.accounts.services import Account, account_create, act_keep, factor_take_off
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import clean, day_of, day_words, fold, sort_key
from tienbo.units.access import access_unit, accessible_units
from tienbo.units.frames import unit_names
from tienbo.units.models import Grant, Role
from tienbo.units.rights_table import absences, matrix_rows, separations
from tienbo.units.services import grant_give, grant_withdraw, unit_label
from tienbo.web.access import Asked, page
from tienbo.web.downloads import csv_streamed
from tienbo.web.office import office

worded(
    {
        "granting.to_oneself": N_("Nobody gives a role to themselves: another administrator does."),
        "granting.no_account": N_("There is no account {name}. To make it, say the full name too."),
        "granting.no_day": N_("“{text}” is not a day; write it as 30/6/2026."),
        "granting.ends_first": N_("The last day is before the first."),
        "granting.half": N_("Say the account, the role and the unit."),
    }
)
FIELDS = ("name", "full_name", "role", "unit", "begins", "until")


class Row(NamedTuple):
    """A grant as the list shows it."""

    grant: Grant
    unit: str
    role: str
    term: str


def role_name(role: str) -> str:
    return _(str(Role(role).label))


def term_words(grant: Grant) -> str:
    """The term of a grant as people say it: until the end of its last day."""
    first = day_words(grant.valid_from)
    if grant.withdrawn_at is not None:
        return _("withdrawn on the day it was given, {day}").format(day=first)
    last = grant.span.last_day
    return (
        _("{first} – {last}").format(first=first, last=day_words(last))
        if last
        else _("from {first}, until it is ended").format(first=first)
    )


@page("oversee")
def access(request: Asked) -> HttpResponseBase:
    """Grants in force at the units the reader oversees, and the matrix they follow."""
    return _page(request)


@page("oversee")
def access_matrix(request: Asked) -> HttpResponseBase:  # noqa: ARG001 - the same for everybody who may
    """The matrix of rights as a file."""
    headers, rows = matrix_rows()
    return csv_streamed("rights.csv", [headers, *rows])


@page("appoint", methods=("POST",))
def access_give(request: Asked) -> HttpResponseBase:
    """Give a role for a term, to an account there is or one that is made now; its first password is shown once."""
    typed = {name: request.POST.get(name, "").strip()[:150] for name in FIELDS}
    try:
        made, grant = _give(request, typed)
    except Refused as refused:
        return _page(request, faults=refused.faults, typed=typed)
    if made is not None:
        return _page(request, made=made)
    messages.success(
        request,
        _("{user} is “{role}” at {unit}: {term}.").format(
            user=grant.user,
            role=role_name(grant.role),
            unit=unit_label(grant.unit, grant.valid_from),
            term=term_words(grant),
        ),
    )
    return redirect("access")


@transaction.atomic
def _give(request: Asked, typed: Mapping[str, str]) -> tuple[Account | None, Grant]:
    today, actor = timezone.localdate(), actor_of(request.user)
    days = {name: day_of(typed[name]) for name in ("begins", "until")}
    unread = [typed[name] for name, day in days.items() if typed[name] and day is None]
    faults = [Fault("granting.no_day", "", {"text": text}) for text in unread]
    if not (typed["name"] and typed["unit"] and typed["role"] in Role.values):
        faults.append(Fault("granting.half"))
    begins, until = days["begins"] or today, days["until"]
    if until is not None and until < begins:
        faults.append(Fault("granting.ends_first"))
    if faults:
        raise Refused(*faults)
    unit = access_unit(request.user, typed["unit"], need="appoint", on=max(begins, today), acting_on=today)
    user, made = User.objects.filter(username=clean(typed["name"])).first(), None
    if user is None:
        if not typed["full_name"]:
            raise Refused(Fault("granting.no_account", "", {"name": typed["name"]}))
        user, made = account_create(name=typed["name"], full_name=typed["full_name"], actor=actor)
    if user.pk == request.user.pk:
        raise Refused(Fault("granting.to_oneself"))
    ends = until + timedelta(days=1) if until else None
    grant = grant_give(user=user, unit=unit, role=typed["role"], begins=begins, ends=ends)
    act_keep(user=user, act=AccountAct.Act.GRANTED, actor=actor, reason=_kept(grant))
    return made, grant


@page("appoint", methods=("POST",))
def access_end(request: Asked) -> HttpResponseBase:
    """Take grants back at once, or the second factor of their people off, for who lost it. They are signed out."""
    today, now, actor = timezone.localdate(), timezone.now(), actor_of(request.user)
    units = accessible_units(request.user, need="appoint", on=today)
    chosen = [int(one) for one in request.POST.getlist("grant") if one.isdecimal() and len(one) < 18]
    held = list(Grant.objects.on(today).filter(pk__in=chosen, unit_id__in=units).select_related("user", "unit"))
    if len(held) != len(set(request.POST.getlist("grant"))):
        raise Http404
    if not held:
        return _page(request, faults=[Fault("users.none_chosen")])
    if request.POST.get("act") == "factor":
        people = {grant.user_id: grant.user for grant in held}
        for user in people.values():
            factor_take_off(user=user, actor=actor)
        words = _("{count} people set up a new second factor at their next sign-in.")
        messages.success(request, words.format(count=len(people)))
        return redirect("access")
    with transaction.atomic():
        for grant in held:
            grant_withdraw(grant=grant, now=now)
            act_keep(user=grant.user, act=AccountAct.Act.ENDED, actor=actor, reason=_kept(grant))
    messages.success(request, _("{count} grants ended; their people are signed out.").format(count=len(held)))
    return redirect("access")


def _kept(grant: Grant) -> str:
    """What history says of a grant: role and unit, by what they are and not by what they are called."""
    return f"{grant.role} @ {grant.unit.key}"


def _links(request: Asked) -> Iterator[tuple[str, str]]:
    """What else is an administrator's: it stands under pages of figures, which they do not see."""
    present = office().present()
    if present is not None and request.seat.allows("administer"):
        yield reverse("kinds", kwargs={"period": present}), _("Registers of our own")
    if request.seat.allows("reorganise"):
        yield reverse("reorganisations"), _("Reorganisations of units")


def _page(
    request: Asked,
    *,
    made: Account | None = None,
    faults: Sequence[Fault] = (),
    typed: Mapping[str, str] | None = None,
) -> HttpResponse:
    today = timezone.localdate()
    units = accessible_units(request.user, need="oversee", on=today)
    names, text = unit_names(today), request.GET.get("q", "").strip()[:80]
    rows = [
        Row(grant, names.get(grant.unit_id, ""), role_name(grant.role), term_words(grant))
        for grant in Grant.objects.on(today).filter(unit_id__in=units).select_related("user")
    ]
    rows = [one for one in rows if fold(text) in fold(f"{one.unit} {one.grant.user} {one.grant.user.username}")]
    rows.sort(key=lambda one: (sort_key(one.unit), one.grant.user.username, one.role))
    headers, matrix = matrix_rows()
    context: dict[str, Any] = {
        "rows": rows,
        "q": text,
        "headers": headers,
        "matrix": matrix,
        "absent": absences(),
        "apart": separations(),
        "roles": [(role, role_name(role)) for role in Role.values],
        "may_give": request.seat.allows("appoint"),
        "links": list(_links(request)),
        "made": made,
        "faults": faults,
        "typed": typed or dict.fromkeys(FIELDS, ""),
    }
    answer = render(request, "web/access.html", context, status=422 if faults else 200)
    if made:
        answer.headers["Cache-Control"] = "private, no-store"  # a password stands on it
    return answer
