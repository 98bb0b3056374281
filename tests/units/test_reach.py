"""Random maps of units with moves and mergers, asked against a reference that walks them day by day; on PostgreSQL the
rows that the database shows as well (T22)."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from tests.conftest import PROOF

from tienbo.accounts.models import User
from tienbo.ground.keys import new_key
from tienbo.ground.reach import reaching
from tienbo.ground.rows import numbers_give, rows_write
from tienbo.registers.plan_models import Plan
from tienbo.units.access import INHERITED, NEEDS, ROLES, accessible_units
from tienbo.units.models import (
    Extent,
    Grant,
    Placement,
    Reorganisation,
    ReorganisationStage,
    Role,
    Succession,
    Unit,
)
from tienbo.units.reach import READS, WRITES, reach_of
from tienbo.units.versions import units_touch

pytestmark = [pytest.mark.database, pytest.mark.django_db]

TREES, QUERIES = (2_000, 50) if PROOF else (12, 50)
FIRST, TODAY = date(2020, 1, 1), date(2026, 6, 1)
ROLES_TRIED = (Role.OFFICE, Role.PREPARER, Role.HEAD, Role.CHAIR, Role.INSPECTOR, Role.ADMINISTRATOR, Role.PARTNER)


@dataclass
class Line:
    """A unit as the reference knows it."""

    unit: Unit
    kind: str
    begins: date
    ends: date | None = None
    went_into: Line | None = None
    placed: list[tuple[Line, date, date | None]] = field(default_factory=list)

    def lives(self, day: date) -> bool:
        return self.begins <= day and (self.ends is None or day < self.ends)

    def above(self, day: date) -> Line | None:
        return next((who for who, a, b in self.placed if a <= day and (b is None or day < b)), None)

    def last(self) -> Line:
        """Where all of its people are today."""
        return self.went_into.last() if self.went_into is not None else self


class Map:
    """A random history: units under units, moved and merged on some days."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.lines = chance, list[Line]()
        self.days = sorted(FIRST + timedelta(days=chance.randrange(30, 2_700)) for _ in range(chance.randint(1, 6)))
        nation = self._new("nation", FIRST, None)
        provinces = [self._new("province", FIRST, nation) for _ in range(chance.randint(2, 4))]
        for _ in range(chance.randint(4, 14)):
            self._new("commune", FIRST, chance.choice(provinces))
        for day in self.days:
            chance.choice((self._moves, self._moves, self._merges, self._merges, self._appears))(day)

    def _new(self, kind: str, day: date, above: Line | None) -> Line:
        made = Line(Unit(key=new_key("unit"), kind=kind, valid_from=day), kind, day)
        if above is not None:
            made.placed.append((above, day, None))
        self.lines.append(made)
        return made

    def _alive(self, kind: str, day: date) -> list[Line]:
        # What began this day is left alone: a span is never empty.
        return [
            one
            for one in self.lines
            if one.kind == kind and one.lives(day) and one.begins < day and self._calm(one, day)
        ]

    @staticmethod
    def _calm(one: Line, day: date) -> bool:
        return not one.placed or one.placed[-1][1] < day

    def _appears(self, day: date) -> None:
        if above := self._alive("province", day):
            self._new("commune", day, self.chance.choice(above))

    def _moves(self, day: date) -> None:
        communes, above = self._alive("commune", day), self._alive("province", day)
        if communes and len(above) > 1:
            self._place(self.chance.choice(communes), self.chance.choice(above), day)

    def _place(self, one: Line, above: Line, day: date) -> None:
        was, since, until = one.placed[-1]
        if was is above or until is not None:
            return
        one.placed[-1] = (was, since, day)
        one.placed.append((above, day, None))

    def _merges(self, day: date) -> None:
        kind = self.chance.choice(("commune", "commune", "province"))
        there = self._alive(kind, day)
        if len(there) < 2:
            return
        gone = self.chance.sample(there, self.chance.randint(1, min(3, len(there) - 1)))
        kept = [one for one in there if one not in gone]
        is_new = self.chance.random() < 0.5 or not kept
        into = self._new(kind, day, gone[0].above(day)) if is_new else self.chance.choice(kept)
        if kind == "province":
            for one in self.lines:
                if one.lives(day) and one.kind == "commune" and one.above(day) in gone:
                    if one.placed[-1][1] >= day:
                        one.placed[-1] = (into, one.placed[-1][1], None)
                    else:
                        self._place(one, into, day)
        for one in gone:
            one.ends, one.went_into = day, into
            above, since, _until = one.placed[-1]
            one.placed[-1] = (above, since, day)

    def write(self) -> None:
        units = [line.unit for line in self.lines]
        for line in self.lines:
            line.unit.valid_to = line.ends
        numbers_give(units)
        rows_write(units)
        rows_write(
            [
                Placement(unit=line.unit, parent=above.unit, valid_from=start, valid_to=end)
                for line in self.lines
                for above, start, end in line.placed
            ]
        )
        for day in sorted({line.ends for line in self.lines if line.ends}):
            act = Reorganisation.objects.create(
                key=new_key("reorg"), origin=new_key("origin"), kind="merge", title="Nhập", adopted_on=day
            )
            ReorganisationStage.objects.create(reorganisation=act, stage="in_force", effective_on=day)
            Succession.objects.bulk_create(
                [
                    Succession(
                        reorganisation=act, predecessor=one.unit, successor=one.went_into.unit, extent=Extent.WHOLE
                    )
                    for one in self.lines
                    if one.ends == day and one.went_into is not None
                ]
            )
        units_touch()

    # ----------------------------------------------------------------------------------------- the reference

    def may(self, grants: list[tuple[Line, str]], need: str, day: date) -> set[int]:
        """The units where grants allow a need on the map of a day, by walking up from every unit there was."""
        found = set()
        for at, role in grants:
            seats = [at, *(self._into(at, day) if need in INHERITED else ())]
            for one in self.lines:
                if need in ROLES[role].own and one in seats:
                    found.add(one.unit.pk)
                if need in ROLES[role].below and one.lives(day) and one not in seats and self._under(one, seats, day):
                    found.add(one.unit.pk)
        return found

    def _into(self, at: Line, day: date) -> Iterator[Line]:
        for one in self.lines:
            if one is at or not one.lives(day) or one.ends is None or one.ends > TODAY or one.kind != at.kind:
                continue
            step: Line | None = one
            while step is not None and step.ends is not None and step.ends <= TODAY:
                step = step.went_into
                if step is at:
                    yield one
                    break

    @staticmethod
    def _under(one: Line, seats: list[Line], day: date) -> bool:
        above = one.above(day)
        while above is not None and above.lives(day):
            if above in seats:
                return True
            above = above.above(day)
        return False

    def ever(self, grants: list[tuple[Line, str]], needs: frozenset[str]) -> set[int]:
        """The same on any day there was, for any of the needs."""
        moments = {FIRST, *self.days, *(day - timedelta(days=1) for day in self.days)}
        return {unit for day in moments for need in needs for unit in self.may(grants, need, day)}


def test_who_may_what_on_random_maps_is_what_a_walk_day_by_day_finds() -> None:
    compared = shown = inherited = 0
    for turn in range(TREES):
        chance = random.Random(turn)  # noqa: S311
        with transaction.atomic():
            made = Map(chance)
            made.write()
            Plan.objects.bulk_create(
                [Plan(key=new_key("plan"), unit=line.unit, first_year=2026, last_year=2026) for line in made.lines]
            )
            people = [_person(made, chance, turn, number) for number in range(2)]
            for _ in range(QUERIES):
                user, grants = chance.choice(people)
                need, day = chance.choice(sorted(NEEDS)), FIRST + timedelta(days=chance.randrange(2_800))
                wanted = made.may(grants, need, day)
                found = accessible_units(user, need=need, on=day, acting_on=TODAY)  # type: ignore[arg-type]
                compared += 1
                inherited += need in INHERITED and bool(wanted) and any(made._into(at, day) for at, _role in grants)
                assert found == wanted, (turn, need, day)
            for user, grants in people:
                shown += _reached(made, user, grants)
            transaction.set_rollback(True)
        units_touch()
    assert compared == TREES * QUERIES
    assert inherited > TREES / 10
    assert shown == 2 * TREES


def _person(made: Map, chance: random.Random, turn: int, number: int) -> tuple[User, list[tuple[Line, str]]]:
    user = User.objects.create(username=f"người {turn} {number}", full_name="An", password="!")
    grants = [(chance.choice(made.lines), chance.choice(ROLES_TRIED)) for _ in range(chance.randint(1, 2))]
    kept: dict[tuple[int, str], tuple[Line, str]] = {(at.unit.pk, role): (at, role) for at, role in grants}
    Grant.objects.bulk_create(
        [Grant(user=user, unit=at.unit, role=role, valid_from=FIRST) for at, role in kept.values()]
    )
    return user, list(kept.values())


def _reached(made: Map, user: User, grants: list[tuple[Line, str]]) -> int:
    """What the database is told and, on PostgreSQL, what it shows of a table when nobody filters."""
    reach = reach_of(user.pk, TODAY)
    wanted: Mapping[str, set[int]] = {
        f"{sort}_{act}": made.ever(grants, needs)
        for act, needs_of in (("read", READS), ("write", WRITES))
        for sort, needs in needs_of.items()
    }
    assert {name: set(reach.units[name]) for name in wanted} == wanted
    if connection.vendor == "postgresql":
        with reaching(reach):
            assert set(Plan.objects.values_list("unit_id", flat=True)) == wanted["returns_read"]
            writable = wanted["returns_read"] & wanted["returns_write"]
            assert Plan.objects.filter(unit_id__in=writable).update(version=2) == len(writable)
            if wanted["returns_read"] - writable:
                with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                    Plan.objects.update(version=3)
            own = {at.unit.pk for at, _role in grants}
            assert set(Grant.objects.filter(user=user).values_list("unit_id", flat=True)) == own
    return 1
