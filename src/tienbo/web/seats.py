"""Who sits on a committee on a day (`?on=`, today where nothing is said): members by post, which decision seated them,
since when, places that are vacant, who looks after which units, and every change. On paper and as a file as well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from tienbo.catalogue.definitions import RegisterKind, SeatedBody, Seating
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import day_of, day_words, number, rounded, sort_key
from tienbo.papers.context import period_name
from tienbo.papers.seats_paper import BodyTold, SeatRow, SeatsTold, seats_paper
from tienbo.registers.models import Record
from tienbo.registers.seating import Change, Charge, Seated, Sit, seated
from tienbo.units.frames import tree_on, unit_ids, unit_keys, unit_names
from tienbo.units.queries import unit_numbered
from tienbo.web.access import Asked, page
from tienbo.web.campaign_papers import Suffix, sender_of, written
from tienbo.web.downloads import csv_bytes, download
from tienbo.web.registers import Choice, Shelf

DAY_LENGTH = 20


class Member(NamedTuple):
    sit: Sit
    role: str
    since: date
    decision: str
    number: str
    """Of the decision, alone."""
    address: str
    charge: str
    """The units looked after, in words."""


class Gone(NamedTuple):
    """A place that is vacant."""

    role: str
    post: str
    organisation: str
    since: date

    @property
    def member(self) -> str:
        return member_words(self.post, self.organisation)


class Step(NamedTuple):
    """A day on which a body changed, in words."""

    on: date
    acts: Sequence[tuple[str, str]]
    """(words, address) of decisions that began or ended."""
    joined: Sequence[str]
    left: Sequence[str]
    moved: Sequence[str]


class Shown(NamedTuple):
    """A body on the page."""

    name: str
    said: Sequence[str]
    members: Sequence[Member]
    vacant: Sequence[Gone]
    notes: Sequence[str]
    steps: Sequence[Step]


class Charged(NamedTuple):
    charge: Charge
    units: str
    decision: str
    address: str


@dataclass(frozen=True)
class Seats:
    """What a seat sees of the committee of a unit on a day."""

    shelf: Shelf
    kind: RegisterKind
    shape: Seating

    @cached_property
    def on(self) -> date:
        return day_of(self.asked_day) or timezone.localdate()

    @property
    def asked_day(self) -> str:
        return self.shelf.request.GET.get("on", "").strip()[:DAY_LENGTH]

    @property
    def is_wrong(self) -> bool:
        return bool(self.asked_day) and day_of(self.asked_day) is None

    @cached_property
    def units(self) -> dict[int, str]:
        """Units whose committee can be looked at: those that entered a decision, and the seat's own."""
        readable = self.shelf.readable(self.kind)
        held = set(Record.objects.filter(kind=self.kind.code, unit__in=readable, withdrawn=False)
                   .order_by().values_list("unit", flat=True).distinct())  # fmt: skip
        return {pk: name for pk, name in readable.items() if pk in held or pk == self.shelf.request.seat.unit.pk}

    @cached_property
    def unit(self) -> int:
        keys, asked = unit_keys(), self.shelf.request.GET.get("unit", "")
        found = next((pk for pk in self.units if keys[pk] == asked), None)
        if asked and found is None:
            raise Http404
        own = self.shelf.request.seat.unit.pk
        chosen = found or (own if own in self.units else next(iter(self.units), None))
        if chosen is None:
            raise Http404
        return chosen

    @property
    def query(self) -> str:
        said = {"unit": self.shelf.request.GET.get("unit", ""), "on": day_words(self.on) if self.asked_day else ""}
        return urlencode({name: text for name, text in said.items() if text})

    @cached_property
    def names(self) -> dict[int, str]:
        return dict(unit_names(self.on))

    @cached_property
    def unit_name(self) -> str:
        return self.names.get(self.unit) or self.units[self.unit]

    @cached_property
    def charges_kind(self) -> RegisterKind | None:
        shape = self.shape.charges
        kind = self.shelf.edition.registers.get(shape.register_code) if shape is not None else None
        return kind if kind is not None and self.shelf.sees(kind, None, self.unit) else None

    def seated(self, body: SeatedBody) -> Seated:
        return seated(kind=self.kind, charges=self.charges_kind, unit=self.unit, body=body)

    @cached_property
    def bodies(self) -> list[Seated]:
        """Those that were ever decided on; the committee always."""
        every = [self.seated(body) for body in self.shape.bodies]
        return [one for index, one in enumerate(every) if index == 0 or one.decisions]

    # ---- in words

    def role(self, code: str) -> str:
        column = self.kind.by_code[self.shape.rows].column(self.shape.role)
        return str(column.choices.get(code, code)) if column is not None else code

    def address(self, record: Record) -> str:
        names = {"period": self.shelf.period, "register": record.kind, "item": record.key}
        return reverse("register_record", kwargs=names)

    def number(self, record: Record) -> str:
        kind = self.shelf.edition.registers[record.kind]
        return str(record.data.get(kind.title, ""))

    def decided(self, record: Record) -> str:
        return _("{number} of {day}").format(number=self.number(record), day=day_words(record.occurred_on))

    def named(self, keys: Sequence[str]) -> str:
        ids = unit_ids()
        return "; ".join(self.names.get(ids.get(key, 0)) or self.units.get(ids.get(key, 0), key) for key in keys)

    @cached_property
    def charges(self) -> list[Charged]:
        held = self.bodies[0].charged(self.on)
        return [Charged(one, self.named(one.units), self.decided(one.record), self.address(one.record)) for one in held]

    @cached_property
    def unassigned(self) -> list[str]:
        tree = tree_on(self.on)
        if not self.charges or self.unit not in tree:
            return []
        found = self.bodies[0].unassigned([one.charge for one in self.charges], tree)
        return sorted((self.names.get(one, "") for one in found), key=sort_key)

    def shown(self, body: Seated) -> Shown:
        by_sit: dict[tuple[int, str], list[str]] = {}
        for one in self.charges if body is self.bodies[0] else ():
            if one.charge.sits is not None:
                by_sit.setdefault((one.charge.sits.record.pk, one.charge.sits.row), []).append(one.units)
        sitting = body.sitting(self.on)
        members = [
            Member(
                one,
                self.role(one.role),
                one.since,
                self.decided(one.record),
                self.number(one.record),
                self.address(one.record),
                "; ".join(by_sit.get((one.record.pk, one.row), ())),
            )
            for one in sitting
        ]
        vacant = [
            Gone(self.role(one.left.role), one.left.post, one.left.organisation, one.since)
            for one in body.vacant(self.on)
        ]
        return Shown(
            str(body.body.name),
            list(self._said(body)),
            members,
            vacant,
            list(self._notes(body, len(members) + len(vacant))),
            [self._step(one) for one in body.changes()],
        )

    def _counted(self, body: Seated) -> tuple[int, int] | None:
        """(members, women) that the decisions in force say there are; None where one does not say."""
        told = [(one.data.get(self.shape.count), one.data.get(self.shape.women)) for one in body.in_force(self.on)]
        if not told or any(count is None or women is None for count, women in told):
            return None
        return sum(int(count or 0) for count, _women in told), sum(int(women or 0) for _count, women in told)

    def _said(self, body: Seated) -> Iterator[str]:
        force = body.in_force(self.on)
        if not force:
            yield _("No decision in force on {day} was entered.").format(day=day_words(self.on))
            return
        yield _("By {decisions}.").format(decisions="; ".join(self.decided(one) for one in force))
        counted = self._counted(body)
        if counted is not None and counted[0]:
            count, women = counted
            words = _("{count} members by the decision, of whom {women} women ({share}).")
            yield words.format(count=number(count), women=number(women), share=_percent(women, count))

    def _notes(self, body: Seated, listed: int) -> Iterator[str]:
        """What is to be looked at again before the list is used."""
        force, counted = body.in_force(self.on), self._counted(body)
        if len(force) > 1:
            words = _(
                "{count} decisions are in force at once: {decisions}. Where a later one takes the place of an earlier, "
                "write into the earlier from which day."
            )
            yield words.format(count=number(len(force)), decisions="; ".join(self.number(one) for one in force))
        if counted is not None and counted[0] != listed:
            words = _("The decision says {count} members; the record names {listed} places. Enter those that lack.")
            if listed > counted[0]:
                words = _("The decision says {count} members; the record names {listed} places. Look at it again.")
            yield words.format(count=number(counted[0]), listed=number(listed))

    def _step(self, change: Change) -> Step:
        acts = [
            (_("{decision} begins").format(decision=self.decided(one)), self.address(one)) for one in change.begun
        ] + [(_("{decision} is in force no more").format(decision=self.number(one)), self.address(one))
             for one in change.over]  # fmt: skip
        moved = [
            _("{who}: {was}, now {now}").format(who=self._who(one.now), was=self.role(one.was.role),
                                                now=self.role(one.now.role))
            for one in change.moved
        ]  # fmt: skip
        return Step(change.on, acts, self._whos(change.joined), self._whos(change.left), moved)

    def _whos(self, sits: Sequence[Sit]) -> list[str]:
        return [_("{role}: {who}").format(role=self.role(one.role), who=self._who(one)) for one in sits]

    def _who(self, sit: Sit) -> str:
        return member_words(sit.post, sit.organisation)


def _percent(part: int, whole: int) -> str:
    return f"{number(rounded(Decimal(part * 100) / whole, 1), 1)}%"


def _opened(request: Asked, period: Period, register: str) -> Seats:
    shelf = Shelf(request, period)
    kind = shelf.kind(register)
    if kind.seating is None or not shelf.readable(kind):
        raise Http404
    return Seats(shelf, kind, kind.seating)


@page("view")
def seats(request: Asked, period: Period, register: str) -> HttpResponse:
    """The committee on a day."""
    seen = _opened(request, period, register)
    keys = unit_keys()
    by_name = sorted(seen.units.items(), key=lambda pair: sort_key(pair[1]))
    unit = unit_numbered(seen.unit)
    context = {
        "kind": seen.kind,
        "asked": period,
        "asked_name": period_name(period),
        "on": seen.on,
        "typed": seen.asked_day if seen.is_wrong else day_words(seen.on),
        "is_wrong": seen.is_wrong,
        "unit_name": seen.unit_name,
        "is_there": unit.span.contains(seen.on),
        "units": [Choice(keys[pk], name, pk == seen.unit) for pk, name in by_name],
        "bodies": [seen.shown(one) for one in seen.bodies],
        "charges": seen.charges,
        "charges_kind": seen.charges_kind,
        "unassigned": seen.unassigned,
        "query": seen.query,
        "may_enter": seen.unit in seen.shelf.enterable(seen.kind),
    }
    return render(request, "web/register_seats.html", context, status=422 if seen.is_wrong else 200)


@page("view")
def seats_csv(request: Asked, period: Period, register: str) -> HttpResponse:
    """The same list, a line for each member and each vacant place."""
    seen = _opened(request, period, register)
    return download(f"{register}-{seen.on.isoformat()}.csv", csv_bytes(_lines(seen)))


def _lines(seen: Seats) -> Iterator[list[str]]:
    yield [
        _("Unit"), _("On"), _("Body"), _("Role"), _("Post held"), _("Organisation"), _("In charge of"), _("Units"),
        _("Since"), _("Decision"), _("State"),
    ]  # fmt: skip
    on = day_words(seen.on)
    for body in map(seen.shown, seen.bodies):
        for one in body.members:
            sit = one.sit
            yield [seen.unit_name, on, body.name, one.role, sit.post, sit.organisation, sit.field, one.charge,
                   day_words(one.since), one.decision, _("sits")]  # fmt: skip
        for gone in body.vacant:
            yield [seen.unit_name, on, body.name, gone.role, gone.post, gone.organisation, "", "",
                   day_words(gone.since), "", _("vacant")]  # fmt: skip


@page("view")
def seats_written(request: Asked, period: Period, register: str, suffix: Suffix) -> HttpResponseBase:
    """The list on paper."""
    seen = _opened(request, period, register)
    told = SeatsTold(
        unit=seen.unit_name,
        on=seen.on,
        bodies=[_told(one) for one in map(seen.shown, seen.bodies)],
        charges=[(one.charge.member, one.units, one.charge.field, one.decision) for one in seen.charges],
        unassigned=_("Nobody looks after: {units}.").format(units="; ".join(seen.unassigned))
        if seen.unassigned
        else "",
    )
    sender = sender_of(unit_numbered(seen.unit), period)
    return written(seats_paper(sender, told), f"danh-sach-thanh-vien-{seen.on.isoformat()}", suffix)


def member_words(post: str, organisation: str) -> str:
    """ "Phó Giám đốc Sở Y tế"."""
    if not post or not organisation:
        return post or organisation
    return _("{post}, {organisation}").format(post=post, organisation=organisation)


def _told(body: Shown) -> BodyTold:
    rows = [
        SeatRow(one.role, one.sit.post, one.sit.organisation, day_words(one.since), one.number, one.sit.field)
        for one in body.members
    ]
    vacant = [
        _("Vacant since {day}: {role} ({member}).").format(day=day_words(one.since), role=one.role, member=one.member)
        for one in body.vacant
    ]
    return BodyTold(body.name, body.said, rows, vacant)
