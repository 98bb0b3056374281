"""Telling rows with their sources: once each, refused with everything against them, withdrawn and never rewritten."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.catalogue.loading import Edition, load
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_, gettext
from tienbo.ground.keys import new_key
from tienbo.posts.telling import Told
from tienbo.units.models import Body, Dated, Unit
from tienbo.units.services import unit_label

worded(
    {
        "posts.refused": N_("{reason}"),
        "posts.no_source": N_("Say in which document or on which page this was read."),
        "posts.unknown_code": N_("“{code}” is not in the list of {what}."),
        "posts.not_on_that_day": N_("“{name}” does not hold on {day}."),
        "posts.outside": N_("{what} lies outside the days of {whose}."),
        "posts.withdrawn": N_("This row was withdrawn before; take the one that stands."),
        "posts.withdrawn_without_reason": N_("Say why it is withdrawn."),
    }
)

T = TypeVar("T", bound=Told)


class Read(NamedTuple):
    """Where something was read: the document or page, and its day where that is known."""

    source: str
    published_on: date | None = None


@transaction.atomic
def tell(row: T, kind: str, *, read: Read, actor: Actor, replaces: T | None = None) -> T:
    """Save a told row with its source; what it replaces is withdrawn first. Refused with everything against it."""
    if not read.source.strip():
        raise Refused(Fault("posts.no_source"))
    if replaces is not None:
        told_withdraw(replaces, why=CORRECTED, actor=actor)
    row.key, row.source, row.published_on, row.told_by = new_key(kind), read.source, read.published_on, actor.name
    row.replaces = replaces
    checked(row)
    row.save()
    return row


CORRECTED = N_("corrected")
"""Why a row was withdrawn that another one replaces."""


@transaction.atomic
def told_withdraw(row: Told, *, why: str, actor: Actor) -> None:
    """What was read wrong stands no more; it stays, with who withdrew it and why."""
    must_stand(row)
    if not why.strip():
        raise Refused(Fault("posts.withdrawn_without_reason"))
    row.standing, row.withdrawn_by, row.withdrawn_at, row.withdrawn_why = None, actor.name, timezone.now(), why
    row.save(update_fields=["standing", "withdrawn_by", "withdrawn_at", "withdrawn_why"])


def checked(row: Told) -> None:
    """Refused with every law of its table that a row breaks."""
    try:
        row.full_clean(exclude=["key", "replaces"])
    except ValidationError as broken:
        raise Refused(*(Fault("posts.refused", "", {"reason": reason}) for reason in broken.messages)) from broken


def must_stand(row: Told) -> None:
    if row.standing is None:
        raise Refused(Fault("posts.withdrawn"))


def within(what: str, begins: date, ends: date | None, whose: Body | Unit | Dated) -> None:
    """What is told lies within the days of what it is of."""
    span = whose.span
    last = None if ends is None else ends - timedelta(days=1)
    if not span.contains(begins) or (span.end is not None and (last is None or not span.contains(last))):
        name = unit_label(whose, begins) if isinstance(whose, Unit) else str(whose)
        raise Refused(Fault("posts.outside", "", {"what": what, "whose": name}))


_LISTS = {
    "post_titles": N_("titles of posts"),
    "count_groups": N_("groups that are counted"),
    "counting_rules": N_("rules of counting"),
    "election_kinds": N_("elections"),
}


def defined(edition: Edition | None, kind: str, code: str, on: date) -> Any:
    """The definition of a code that holds on a day."""
    held: Mapping[str, Any] = getattr(edition or load(), kind)
    known(code, held, gettext(_LISTS[kind]))
    shape = held[code]
    if not shape.holds(on):
        raise Refused(Fault("posts.not_on_that_day", "", {"name": shape.name, "day": on}))
    return shape


def known(code: str, held: Mapping[str, Any], what: str) -> None:
    if code not in held:
        raise Refused(Fault("posts.unknown_code", "", {"code": code, "what": what}))
