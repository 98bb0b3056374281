"""Who holds which post in the demonstration's province, what its congresses elected, what was published of its leaders.

Invented, and said to be so in every source. How many posts and how many women in them is what the last returns say of
the same bodies, but for a few communes that are vacant, not told of, or told of otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

import yaml

from tienbo.accounts.actors import Actor
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content
from tienbo.core.tree import family
from tienbo.ground.keys import new_key
from tienbo.posts.models import BodyTerm, Holding, Post, PostCount
from tienbo.posts.services import share_tell
from tienbo.posts.told import Read
from tienbo.project.invented_records import FOLDER
from tienbo.units.frames import unit_names
from tienbo.units.models import Body, Unit

DESK, PARTY = "department.home_affairs", "party.organisation"
"""Whose returns tell of the province's council and People's Committee, and of its Party committee."""
WOMENS_UNION = "front.women"
_LEADING = ("people_committee", "council", "party_committee")
_PARTY_POSTS = (("party.secretary", 1), ("party.deputy_secretary", 2))


def representation() -> dict[str, Any]:
    """The data of the demonstration's posts and elections."""
    raw: dict[str, Any] = yaml.safe_load((FOLDER / "representation.yaml").read_text(encoding="utf-8"))
    return raw


@dataclass(frozen=True)
class Returned:
    """What the last returns say, of the units whose posts are told."""

    province: Unit
    units: Mapping[int, Unit]
    told: Mapping[int, Content]
    """Unit (row id) → its return."""

    def of(self, unit: int, line: str) -> tuple[int, int] | None:
        """Total and women of a line of a unit's return; None where it does not tell them."""
        content = self.told.get(unit)
        figures = [content.figures.get(f"{line}:{column}") if content else None for column in ("total", "women")]
        return None if None in figures else (int(figures[0].value), int(figures[1].value))  # type: ignore[union-attr]

    def by(self, kind: str, line: str) -> tuple[int, int] | None:
        """The same of the first unit of a kind."""
        return next((self.of(pk, line) for pk, unit in self.units.items() if unit.kind == kind), None)


def posts_invent(*, edition: Edition, returned: Returned, seed: int, actor: Actor) -> None:
    """Write bodies, terms, posts, holders, counts and published shares."""
    made = _Inventing(edition, returned, representation(), Random(f"posts:{seed}"), actor)  # noqa: S311 - no secret
    made.invent()


@dataclass
class _Inventing:
    edition: Edition
    returned: Returned
    raw: Mapping[str, Any]
    drawn: Random
    actor: Actor
    bodies: list[Body] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)

    def invent(self) -> None:
        begins: date = self.raw["begins"]
        self.names = unit_names(begins)
        held = self.returned
        self._leaders(held.province, held.by(DESK, "ubnd_key"), held.by(DESK, "hdnd_key"), 0)
        communes = [unit for unit in held.units.values() if unit.kind == "commune"]
        for at, unit in enumerate(communes, start=1):
            if not self._chosen("untold", at):
                self._leaders(unit, held.of(unit.pk, "ubnd_key"), held.of(unit.pk, "hdnd_key"), at)
        for unit in held.units.values():
            if family(unit.kind) in ("department", "front", "party"):
                self._agency(unit, held.of(unit.pk, "leaders_key"))
        Body.objects.bulk_create(self.bodies)
        Post.objects.bulk_create(self.posts)
        Holding.objects.bulk_create(self.holdings)
        self._terms()
        PostCount.objects.bulk_create([*self._committees(communes), *self._deputies()])
        for one in self.raw["shares"]:
            day = date.fromisoformat(one["time"]) if one["time"].count("-") == 2 else date(int(one["time"][:4]), 1, 1)
            read = Read(self.raw["source"]["press"])
            share_tell(unit=held.province, day=day, read=read, actor=self.actor, edition=self.edition, **one)

    def _chosen(self, which: str, at: int) -> bool:
        first, step = int(self.raw[which]["first"]), int(self.raw[which]["step"])
        return at >= first and (at - first) % step == 0

    def _told(self, kind: str, source: str, on: date | None = None) -> dict[str, Any]:
        told = {"key": new_key(kind), "source": self.raw["source"][source], "published_on": on}
        return {**told, "told_by": self.actor.name}

    def _leaders(self, unit: Unit, ubnd: tuple[int, int] | None, hdnd: tuple[int, int] | None, at: int) -> None:
        """The People's Committee, the council and the Party committee of a province (0) or of a commune by its
        number."""
        begins = max(unit.valid_from, self.raw["begins"])
        wanted = dict(zip(_LEADING[:2], (ubnd or (3, 1), hdnd or (2, 1)), strict=True))
        for kind in _LEADING:
            label = self.names[unit.pk]
            name = f"{self.edition.body_kinds[kind].name.vi} {label[:1].lower()}{label[1:]}"
            body = Body(key=new_key("body"), unit=unit, kind=kind, name=name[:200], valid_from=begins)
            self.bodies.append(body)
            if kind == "party_committee":
                titles = [(title, number) for title, count in _PARTY_POSTS for number in range(1, count + 1)]
                women = 1 if self.drawn.random() < 0.45 else 0
            else:
                posts, women = wanted[kind]
                titles = [(f"{kind}.chair", 1), *((f"{kind}.vice_chair", number) for number in range(1, posts))]
            less = kind == "people_committee" and at > 0 and self._chosen("otherwise", at)
            vacant = kind == "people_committee" and (at == 0 or self._chosen("vacant", at))
            self._fill(unit, body, titles[:-1] if less else titles, women, begins, last_left=vacant)

    def _agency(self, unit: Unit, leaders: tuple[int, int] | None) -> None:
        posts, women = leaders or (3, 1)
        titles = [("agency.head", 1), *(("agency.deputy", number) for number in range(1, posts))]
        shape = self.edition.post_titles["agency.head"]
        if family(unit.kind) in {family(kind) for kind in shape.units}:
            self._fill(unit, None, titles, women, max(unit.valid_from, self.raw["begins"]))

    def _fill(
        self,
        unit: Unit,
        body: Body | None,
        titles: Sequence[tuple[str, int]],
        women: int,
        begins: date,
        *,
        last_left: bool = False,
    ) -> None:
        """Posts with who holds them, so many of them women, deputies rather than heads; the last may have left."""
        by_sex = ["f"] * min(women, len(titles)) + ["m"] * max(0, len(titles) - women)
        heads_too = women >= len(titles) or self.drawn.random() < 0.2 or unit.kind == WOMENS_UNION
        sexes = by_sex if heads_too else [*by_sex[::-1][:1], *by_sex[: len(titles) - 1]]
        for (title, number), sex in zip(titles, sexes, strict=True):
            of = {"unit": unit, "body": body, "title": title, "number": number, "valid_from": begins}
            post = Post(**of, **self._told("post", "posts"))
            ends = self.raw["vacated"] if last_left and (title, number) == titles[-1] else None
            who = {"name": self._name(sex), "sex": sex, "birth_year": self.drawn.randint(*self.raw["births"][sex])}
            self.posts.append(post)
            self.holdings.append(
                Holding(post=post, valid_from=begins, valid_to=ends, **who, **self._told("holding", "posts"))
            )

    def _name(self, sex: str) -> str:
        parts = (self.raw["families"], self.raw["middle"][sex], self.raw["given"])
        return " ".join(self.drawn.choice(one) for one in parts)

    def _terms(self) -> None:
        seats = {"deputies": self.returned.by(DESK, "deputies_elected"), "committee": self._committee()}
        for body in self.bodies:
            if body.unit_id != self.returned.province.pk or body.kind not in self.raw["terms"]:
                continue
            for one in self.raw["terms"][body.kind]:
                count = seats.get(one.get("seats", ""))
                BodyTerm.objects.create(
                    body=body,
                    name=one["name"],
                    valid_from=one["begins"],
                    valid_to=one.get("ends"),
                    map_date=one["begins"],
                    seats=count[0] if count else None,
                    **self._told("term", "election" if body.kind == "council" else "congress"),
                )

    def _committee(self) -> tuple[int, int]:
        return self.returned.by(PARTY, "party_elected") or (52, 8)

    def _committees(self, communes: Sequence[Unit]) -> Iterator[PostCount]:
        """Members of each Party committee by sex, as its congress elected them."""
        days = self.raw["congress"]
        yield from self._by_sex(self.returned.province, "party.province", days["province"], self._committee())
        for unit in communes:
            counted = self.returned.of(unit.pk, "party_elected")
            if counted is not None:
                yield from self._by_sex(unit, "party.commune", days["commune"], counted)

    def _by_sex(self, unit: Unit, group: str, day: date, counted: tuple[int, int]) -> Iterator[PostCount]:
        persons, women = counted
        for sex, count in (("f", women), ("m", persons - women)):
            told = self._told("count", "congress", day)
            yield PostCount(unit=unit, group=group, day=day, sex=sex, persons=count, **told)

    def _deputies(self) -> Iterator[PostCount]:
        """The province's deputies by sex and age."""
        counted = self.returned.by(DESK, "deputies_elected")
        if counted is None:
            return
        day = self.raw["terms"]["council"][-1]["begins"]
        for sex, count in (("f", counted[1]), ("m", counted[0] - counted[1])):
            ages: Mapping[str, int] = self.raw["ages"][sex]
            left = count
            for age, tenths in ages.items():
                some = left if age == list(ages)[-1] else count * tenths // 10
                left -= some
                told = self._told("count", "election", day)
                of = {"unit": self.returned.province, "group": "deputies.province", "day": day}
                yield PostCount(**of, sex=sex, age=age, persons=some, **told)
