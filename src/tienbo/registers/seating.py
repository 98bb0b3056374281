"""Who sits on a committee on a day, by its decisions: members by post, since when, whose place is vacant, who looks
after which units, and how it changed.

A decision in force (kept in some states) seats the rows it names: from its day, or from the row's own day where that is
later, until the row says that somebody left, or another decision took its place. A day of an end is the first on which
it is so no more. Somebody whom the next decision names again in the same post sits without a gap.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from tienbo.catalogue.definitions import RegisterKind, SeatedBody, Seating
from tienbo.core.spans import Span
from tienbo.core.tree import Tree
from tienbo.core.words import fold
from tienbo.registers.models import Record
from tienbo.registers.rows import rows_of
from tienbo.registers.showing import unit_words
from tienbo.units.frames import unit_ids


@dataclass(frozen=True, slots=True)
class Sit:
    """A row of a decision, while it seats somebody. `since`: from when the seat is held, which can be before the
    decision; `end` None: nothing ends it."""

    record: Record
    row: str
    role: str
    post: str
    organisation: str
    field: str
    since: date
    start: date
    end: date | None

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    @property
    def who(self) -> tuple[str, str]:
        """By what the same seat is known in another decision: post and organisation, however they are written."""
        return fold(self.post), fold(self.organisation)

    @property
    def place(self) -> tuple[str, str]:
        """What a successor takes: the role, for the organisation."""
        return self.role, fold(self.organisation)


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A place of a decision in force that somebody left and nobody of that organisation took since."""

    left: Sit
    since: date


@dataclass(frozen=True, slots=True)
class Moved:
    """A seat that became another: who sat as one thing and sits as another from the same day."""

    was: Sit
    now: Sit


@dataclass(frozen=True, slots=True)
class Change:
    """What changed on a day. `begun`: decisions of that day; `over`: those whose force ended on it."""

    on: date
    begun: Sequence[Record] = ()
    over: Sequence[Record] = ()
    joined: Sequence[Sit] = ()
    left: Sequence[Sit] = ()
    moved: Sequence[Moved] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """Who looks after which units (keys), by a document in force."""

    record: Record
    member: str
    units: tuple[str, ...]
    field: str
    sits: Sit | None
    """The member in the list, where the words name one."""


@dataclass(frozen=True)
class Seated:
    """The seats of one unit's body by its decisions."""

    kind: RegisterKind
    charges_kind: RegisterKind | None
    unit: int
    body: SeatedBody
    records: Sequence[Record] = field(repr=False)
    assignments: Sequence[Record] = field(repr=False)

    @property
    def shape(self) -> Seating:
        assert self.kind.seating is not None  # noqa: S101 - whoever asks looked
        return self.kind.seating

    @cached_property
    def decisions(self) -> list[Record]:
        """Those about this body, in the order of their days."""
        held = [one for one in self.records if one.data.get(self.shape.sort) in self.body.sorts]
        return sorted(held, key=lambda one: (one.occurred_on, one.pk))

    def force(self, record: Record) -> Span | None:
        """While a decision is in force; None for one that was never."""
        end = record.data.get(self.shape.until)
        until = date.fromisoformat(end) if end else None
        return None if until is not None and until <= record.occurred_on else Span(record.occurred_on, until)

    def in_force(self, on: date) -> list[Record]:
        return [one for one in self.decisions if (span := self.force(one)) is not None and span.contains(on)]

    @cached_property
    def sits(self) -> list[Sit]:
        """Every seat there ever was, with since when it is held: a seat that goes on under the next decision is held
        since it began."""
        found: list[Sit] = []
        for record in self.decisions:
            force = self.force(record)
            if force is not None:
                found += self._of(record, force)
        made: list[Sit] = []
        for sit in sorted(found, key=lambda one: one.start):
            before = [
                one
                for one in made
                if (one.who, one.role) == (sit.who, sit.role) and one.start < sit.start
                and one.end is not None and one.end >= sit.start
            ]  # fmt: skip
            made.append(replace(sit, since=min([sit.since, *(one.since for one in before)])))
        return made

    def _of(self, record: Record, force: Span) -> Iterator[Sit]:
        shape = self.shape
        for row in rows_of(self.kind.by_code[shape.rows], record.data):
            said = row.said
            since = _day(said.get(shape.since)) or record.occurred_on
            ends = [one for one in (_day(said.get(shape.left)), force.end) if one is not None]
            start, end = max(since, record.occurred_on), min(ends) if ends else None
            if end is None or start < end:
                role, post, organisation, charge = (
                    said.get(one, "") for one in (shape.role, shape.post, shape.organisation, shape.field)
                )
                yield Sit(record, row.key, role, post, organisation, charge, since, start, end)

    def sitting(self, on: date) -> list[Sit]:
        """Who sits on a day, by role, then as the decisions have them."""
        return sorted((one for one in self.sits if one.span.contains(on)), key=self._order)

    def _order(self, sit: Sit) -> tuple[int, date, int, str]:
        roles = list(self.kind.by_code[self.shape.rows].column(self.shape.role).choices)  # type: ignore[union-attr]
        at = roles.index(sit.role) if sit.role in roles else len(roles)
        return at, sit.record.occurred_on, sit.record.pk, sit.row

    def vacant(self, on: date) -> list[Vacancy]:
        """Places of the decisions in force that were left by a day and not taken again. Each who came later takes
        one."""
        force = {one.pk for one in self.in_force(on)}
        here = [one for one in self.sits if one.record.pk in force]
        left = sorted((one for one in here if one.end is not None and one.end <= on), key=lambda one: one.start)
        takers = [one for one in here if one.start <= on]
        found, used = list[Vacancy](), set[tuple[int, str]]()
        for sit in left:
            assert sit.end is not None  # noqa: S101 - asked above
            taker = next(
                (
                    one
                    for one in takers
                    if (one.place == sit.place or one.who == sit.who)
                    and one.start >= sit.end
                    and (one.record.pk, one.row) not in used
                ),
                None,
            )
            if taker is None:
                found.append(Vacancy(sit, sit.end))
            else:
                used.add((taker.record.pk, taker.row))
        return sorted(found, key=lambda one: self._order(one.left))

    def changes(self) -> list[Change]:
        """Every day on which the body changed, the last one first."""
        begun: dict[date, list[Record]] = {}
        over: dict[date, list[Record]] = {}
        for record in self.decisions:
            force = self.force(record)
            if force is not None:
                begun.setdefault(force.start, []).append(record)
                if force.end is not None:
                    over.setdefault(force.end, []).append(record)
        ends = {one.end for one in self.sits if one.end is not None}
        days = {*begun, *over, *ends, *(one.start for one in self.sits)}
        return [self._change(day, begun.get(day, ()), over.get(day, ())) for day in sorted(days, reverse=True)]

    def _change(self, day: date, begun: Sequence[Record], over: Sequence[Record]) -> Change:
        before = [one for one in self.sits if one.start < day and (one.end is None or one.end >= day)]
        after = [one for one in self.sits if one.span.contains(day)]
        left, joined = _less(before, after), _less(after, before)
        moved = []
        for sit in list(left):
            now = next((one for one in joined if one.who == sit.who), None)
            if now is not None:
                moved.append(Moved(sit, now))
                left.remove(sit)
                joined.remove(now)
        return Change(day, begun, over, sorted(joined, key=self._order), sorted(left, key=self._order), moved)

    # ---- charges

    def charged(self, on: date) -> list[Charge]:
        """Who looks after which units on a day, as the documents in force say."""
        shape, kind = self.shape.charges, self.charges_kind
        if shape is None or kind is None:
            return []
        found, sitting = [], self.sitting(on)
        units = kind.by_code[shape.rows].column(shape.units)
        assert units is not None  # noqa: S101 - lint holds it
        for record in sorted(self.assignments, key=lambda one: (one.occurred_on, one.pk)):
            end = _day(record.data.get(shape.until))
            if record.occurred_on <= on and (on < end if end is not None else shape.is_open(record.state)):
                for row in rows_of(kind.by_code[shape.rows], record.data):
                    member = row.said.get(shape.member, "")
                    named = tuple(unit_words(units, row.said.get(shape.units, "")))
                    sits = next((one for one in sitting if _is_named(one, member)), None)
                    found.append(Charge(record, member, named, row.said.get(shape.field, ""), sits))
        return found

    def unassigned(self, charges: Iterable[Charge], tree: Tree) -> list[int]:
        """Units directly under the committee's, of the kinds that are looked after, that nobody looks after."""
        ids = unit_ids()
        named = {ids[key] for one in charges for key in one.units if key in ids}
        under = tree.children.get(self.unit, ())
        kinds = {tree.kinds[one] for one in under if one in named}
        return [one for one in under if tree.kinds[one] in kinds and one not in named]


def seated(*, kind: RegisterKind, charges: RegisterKind | None, unit: int, body: SeatedBody) -> Seated:
    """The seats of a unit's body, from its registers."""
    shape = kind.seating
    assert shape is not None  # noqa: S101 - whoever asks looked
    decisions = _records(kind.code, unit, shape.states)
    assigned: list[Record] = []
    if charges is not None and shape.charges is not None and body is shape.bodies[0]:
        assigned = _records(charges.code, unit, shape.charges.states)
    return Seated(kind, charges, unit, body, decisions, assigned)


def _records(kind: str, unit: int, states: Collection[str]) -> list[Record]:
    return list(Record.objects.filter(kind=kind, unit=unit, withdrawn=False, state__in=states))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _less(some: Iterable[Sit], others: Iterable[Sit]) -> list[Sit]:
    """Those of some that have no like among others: the same post in the same role."""
    rest = [(one.who, one.role) for one in others]
    found = []
    for one in some:
        if (one.who, one.role) in rest:
            rest.remove((one.who, one.role))
        else:
            found.append(one)
    return found


def _is_named(sit: Sit, text: str) -> bool:
    """Whether words like "Phó Giám đốc Sở Tư pháp" name a seat."""
    words, (post, organisation) = fold(text), sit.who
    return words in (post, f"{post} {organisation}") or (words.startswith(post) and organisation in words)
