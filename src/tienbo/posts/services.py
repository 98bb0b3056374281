"""Writing terms, posts, holders and counts. A source's row is told once; a correction withdraws it and tells another.

Every `begins` is the first day of the new state, every `ends` the first day no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from django.db import transaction

from tienbo.accounts.actors import Actor
from tienbo.catalogue.loading import Edition, load
from tienbo.catalogue.posts import PostTitle
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.tree import is_kind
from tienbo.posts.models import BodyTerm, Holding, Post, PostCount, PublishedShare
from tienbo.posts.told import Read, checked, defined, known, must_stand, tell, within
from tienbo.units.models import Body, Unit, alive
from tienbo.units.services import body_found, unit_label

worded(
    {
        "posts.title_of_another": N_("“{title}” is no title of {whose}."),
        "posts.no_sex": N_("Say whether the holder is a woman or a man."),
        "posts.ended_before": N_("It has ended already, on {day}."),
        "posts.not_attested": N_(
            "Counts of planning: say who confirmed that they are no state secret, with the number and day of the "
            "document."
        ),
        "posts.not_divided_by": N_("Counts of {group} are not divided by {dimension}."),
    }
)


class Attested(NamedTuple):
    """Who confirmed that counts of planning are no state secret, by which document and of which day."""

    by: str
    number: str
    on: date | None


@transaction.atomic
def term_tell(
    *,
    body: Body,
    name: str,
    begins: date,
    ends: date | None = None,
    seats: int | None = None,
    map_date: date | None = None,
    read: Read,
    actor: Actor,
    replaces: BodyTerm | None = None,
) -> BodyTerm:
    """A term of a body; the day of its map is its first day where none is told."""
    within(name, begins, ends, body)
    row = BodyTerm(body=body, name=name, valid_from=begins, valid_to=ends, seats=seats, map_date=map_date or begins)
    return tell(row, "term", read=read, actor=actor, replaces=replaces)


@transaction.atomic
def post_tell(
    *,
    unit: Unit,
    title: str,
    begins: date,
    ends: date | None = None,
    body: Body | None = None,
    number: int = 1,
    read: Read,
    actor: Actor,
    edition: Edition | None = None,
    replaces: Post | None = None,
) -> Post:
    """A post of a unit or of a body of it. Its title is one of the pack, of that kind of body or unit, on that day."""
    shape = defined(edition, "post_titles", title, begins)
    if not is_kind(body.kind if body else unit.kind, shape.bodies if body else shape.units):
        whose = str(body) if body else unit_label(unit, begins)
        raise Refused(Fault("posts.title_of_another", "", {"title": shape.name, "whose": whose}))
    if body is not None and body.unit_id != unit.pk:
        raise ValueError("a post of a body is of the body's unit")
    within(str(shape.name), begins, ends, body or unit)
    row = Post(unit=unit, body=body, title=title, number=number, valid_from=begins, valid_to=ends)
    return tell(row, "post", read=read, actor=actor, replaces=replaces)


@transaction.atomic
def holding_tell(
    *,
    post: Post,
    name: str,
    sex: str,
    begins: date,
    ends: date | None = None,
    birth_year: int | None = None,
    read: Read,
    actor: Actor,
    replaces: Holding | None = None,
    key: str = "",
) -> Holding:
    """Who holds a post, as published: name, sex, year of birth where it was published."""
    within(name, begins, ends, post)
    row = Holding(post=post, name=name, sex=sex, birth_year=birth_year, valid_from=begins, valid_to=ends)
    return tell(row, "holding", read=read, actor=actor, replaces=replaces, key=key)


@transaction.atomic
def told_end(row: BodyTerm | Post | Holding, *, on: date) -> None:
    """A term, a post or a holding is no more from a day on. A post takes its holder with it."""
    must_stand(row)
    if row.valid_to is not None:
        raise Refused(Fault("posts.ended_before", "", {"day": row.valid_to}))
    if isinstance(row, Post):
        for held in row.holdings.filter(standing=1, valid_to__isnull=True):
            told_end(held, on=on)
    row.valid_to = on
    checked(row)
    row.save(update_fields=["valid_to"])


@transaction.atomic
def count_tell(
    *,
    unit: Unit,
    group: str,
    day: date,
    persons: int,
    by: Mapping[str, str] | None = None,
    term: BodyTerm | None = None,
    attested: Attested | None = None,
    read: Read,
    actor: Actor,
    edition: Edition | None = None,
    replaces: PostCount | None = None,
    key: str = "",
) -> PostCount:
    """How many persons of a group a unit had on a day. `by`: breakdown → member, those it is divided by. Counts of
    planning have who confirmed that they are no state secret, and by which document."""
    edition = edition or load()
    shape = defined(edition, "count_groups", group, day)
    for dimension, member in (by or {}).items():
        if dimension not in shape.by:
            raise Refused(Fault("posts.not_divided_by", "", {"group": shape.name, "dimension": dimension}))
        known(member, edition.post_breakdowns[dimension].members, str(edition.post_breakdowns[dimension].name))
    if shape.is_planning and attested is None:
        raise Refused(Fault("posts.not_attested"))
    who = attested if shape.is_planning and attested is not None else Attested("", "", None)
    row = PostCount(
        unit=unit,
        term=term,
        group=group,
        day=day,
        persons=persons,
        attested_by=who.by,
        attested_number=who.number,
        attested_on=who.on,
        **(by or {}),
    )
    return tell(row, "count", read=read, actor=actor, replaces=replaces, key=key)


@transaction.atomic
def share_tell(
    *,
    unit: Unit,
    rule: str,
    group: str,
    time: str,
    day: date,
    read: Read,
    actor: Actor,
    edition: Edition | None = None,
    replaces: PublishedShare | None = None,
    **said: Any,
) -> PublishedShare:
    """A share as published (`counted`, `total`, `percent`, `place`, `remark`), under the version of counting that it
    follows; refused on a day on which that version does not hold."""
    defined(edition, "counting_rules", rule, day)
    defined(edition, "count_groups", group, day)
    row = PublishedShare(unit=unit, rule=rule, group=group, time=time, day=day, **said)
    return tell(row, "share", read=read, actor=actor, replaces=replaces)


@transaction.atomic
def post_hold(
    *,
    unit: Unit,
    title: str,
    begins: date,
    number: int = 1,
    name: str = "",
    sex: str = "",
    birth_year: int | None = None,
    read: Read,
    actor: Actor,
    edition: Edition,
    ends: date | None = None,
    key: str = "",
) -> tuple[Post, Holding | None]:
    """Write who holds a post of a unit from a day; without a name, that the post is there. The body and the post are
    found, or made as they are told of: a body from the day its unit began, a post from the day of its first holder."""
    shape = defined(edition, "post_titles", title, begins)
    body = _body(unit, shape.bodies[0], begins, edition) if shape.bodies else None
    there = Post.objects.filter(alive(begins), unit=unit, title=title, number=number, standing=1).first()
    post = there or post_tell(
        unit=unit, title=title, begins=begins, body=body, number=number, read=read, actor=actor, edition=edition
    )
    if not name.strip():
        return post, None
    who = {"name": name.strip(), "sex": sex, "birth_year": birth_year}
    held = holding_tell(post=post, begins=begins, ends=ends, read=read, actor=actor, key=key, **who)  # type: ignore[arg-type]
    return post, held


def _body(unit: Unit, kind: str, on: date, edition: Edition) -> Body:
    held = Body.objects.filter(alive(on), unit=unit, kind=kind).order_by("pk").first()
    if held is not None:
        return held
    name = f"{edition.body_kinds[kind].name.vi} {unit_label(unit, on)}"
    begins = unit.valid_from if unit.span.contains(on) else on
    return body_found(unit=unit, kind=kind, name=name[:200], begins=begins)


def titles_for(unit: Unit, on: date, *, edition: Edition) -> list[PostTitle]:
    """The titles that posts of a unit may have on a day, those of its bodies included."""
    kinds = edition.body_kinds
    return [
        title
        for title in edition.post_titles.values()
        if title.holds(on)
        and (
            is_kind(unit.kind, title.units)
            or any(is_kind(unit.kind, kinds[body].units) and kinds[body].holds(on) for body in title.bodies)
        )
    ]
