"""Reading terms, posts and who holds them, on a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from tienbo.catalogue.loading import Edition
from tienbo.catalogue.posts import KeyLeader, PostTitle
from tienbo.posts.models import BodyTerm, Holding, Post, Sex
from tienbo.units.models import Body, Unit, alive


@dataclass(frozen=True, slots=True)
class Held:
    """A post on a day, and who holds it. Without a holder it is vacant where somebody held it before (`vacant`), and
    not told otherwise: the two are not the same."""

    post: Post
    title: PostTitle | None
    """None for a code the pack has no more."""
    holder: Holding | None
    vacant: bool


@dataclass(frozen=True, slots=True)
class Led:
    """A body, or a unit without one, and its key leaders on a day: how many posts, how many of them held, vacant,
    held by women. The rest was not told."""

    unit: int
    body: Body | None
    posts: int
    held: int
    vacant: int
    women: int
    head: str
    """Sex of who heads it ("f", "m"); blank: vacant, or not told."""

    @property
    def untold(self) -> int:
        return self.posts - self.held - self.vacant

    @property
    def has_woman(self) -> bool | None:
        """Whether a woman is among them; None where nothing is told, or not of every post and no woman is known."""
        return True if self.women else None if self.untold or not self.posts else False


def posts_on(units: Collection[int], on: date, *, edition: Edition) -> list[Held]:
    """The posts of units (row ids) on a day, in the order of the pack's titles, with who holds them."""
    told = Holding.objects.filter(post__unit__in=units, standing=1, valid_from__lte=on)
    before: set[int] = set()
    holders: dict[int, Holding] = {}
    for held in told:
        before.add(held.post_id)
        if held.span.contains(on):
            holders[held.post_id] = held
    order = {code: place for place, code in enumerate(edition.post_titles)}
    found = []
    for post in Post.objects.filter(alive(on), unit__in=units, standing=1).select_related("body"):
        holder = holders.get(post.pk)
        found.append(Held(post, edition.post_titles.get(post.title), holder, holder is None and post.pk in before))
    return sorted(found, key=lambda one: (one.post.unit_id, order.get(one.post.title, len(order)), one.post.number))


def led_on(
    units: Collection[int], on: date, *, sense: KeyLeader, edition: Edition, bodies: Iterable[str] | None = None
) -> list[Led]:
    """Bodies (of these kinds; None: all, and units themselves) of units on a day with their key leaders in a sense.
    Of a body without a post that is told `posts` is 0, and nothing follows from it."""
    wanted = None if bodies is None else frozenset(bodies)
    leading: dict[tuple[int, int | None], list[Held]] = defaultdict(list)
    for one in posts_on(units, on, edition=edition):
        if one.title is not None and sense in one.title.key_leader:
            leading[one.post.unit_id, one.post.body_id].append(one)
    bodies_there = Body.objects.filter(alive(on), unit__in=units).order_by("unit_id", "kind", "pk")
    standing: dict[int | None, Body] = {body.pk: body for body in bodies_there}
    places: list[tuple[int, int | None]] = [
        (body.unit_id, body.pk) for body in standing.values() if wanted is None or body.kind in wanted
    ]
    if wanted is None:
        places += [place for place in leading if place[1] is None]
    return [_led(unit, standing.get(body), leading.get((unit, body), [])) for unit, body in places]


def _led(unit: int, body: Body | None, held: list[Held]) -> Led:
    holders = [one.holder for one in held if one.holder is not None]
    heads = [one.holder.sex for one in held if one.holder is not None and one.title is not None and one.title.head]
    women = sum(holder.sex == Sex.FEMALE for holder in holders)
    return Led(unit, body, len(held), len(holders), sum(one.vacant for one in held), women, heads[0] if heads else "")


def terms_of(unit: Unit) -> list[BodyTerm]:
    """The terms of a unit's bodies, the last first."""
    terms = BodyTerm.objects.filter(body__unit=unit, standing=1).select_related("body")
    return list(terms.order_by("-valid_from", "body__kind"))
