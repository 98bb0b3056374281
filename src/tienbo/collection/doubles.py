"""Classes that two units may both have counted: the same day, place and subject are asked about, never subtracted.

Forms ask for totals, and a total cannot be held against another. So a unit may list its classes beside its return, by
name, day, place and lead; and what a register has that may be held with others (`held_with`) says the same of each. The
lead counts a class; whoever helped shows it. Rows of two units that look like one class
are put before the standing office, which says that they are one or two, and why.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import combinations

from django.db import transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.catalogue.definitions import HeldWith, RegisterKind
from tienbo.catalogue.loading import Edition
from tienbo.collection.models import Campaign, ClassList, DoubleDecision
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.spans import Span
from tienbo.core.words import clean, day_of, day_words, fold, moment_words
from tienbo.registers.models import Record
from tienbo.registers.queries import record_list
from tienbo.registers.showing import shown
from tienbo.units.models import Unit

MOST = 500
DAYS_APART = 1
"""A class that ends on the day after it began may be written by either day."""
ALIKE = 0.6
"""How much of the shorter of two texts must stand in the other, word by word."""
_COMMON = frozenset(
    "lop cuoc hoi truong nha van hoa xa phuong thi tran ubnd tap huan tuyen truyen ve cho va cac tai".split()  # noqa: SIM905
)
"""Words that say nothing about which class or place it is."""
OVERTAKEN = frozenset({"doubles.decided_meanwhile"})

worded(
    {
        "doubles.too_many": N_("The list has {count} lines; at most {most} are kept."),
        "doubles.no_name": N_("The name of the class is missing."),
        "doubles.no_day": N_("“{text}” is not a day. Write it as 20/6/2026."),
        "doubles.day_missing": N_("The day of the class is missing. Write it as 20/6/2026."),
        "doubles.other_period": N_("The day {day} is not in the period {start} – {end}."),
        "doubles.no_place": N_("The place of the class is missing."),
        "doubles.too_long": N_("The line is too long; each part has at most {most} letters."),
        "doubles.gone": N_("One of the two lists was changed meanwhile. Load the page again."),
        "doubles.decided_meanwhile": N_(
            "{by} decided on this pair at {at} (“{act}”), after this page was shown. Nothing of yours was recorded. "
            "Look at it again; to change that decision, agree with {by}, then decide anew."
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Held:
    """A class as a unit lists it, or as a `record` of its register says. `lead` is empty where the unit led it itself;
    `helped`: whom it was held with."""

    name: str
    on: str
    place: str
    lead: str = ""
    helped: str = ""
    register: str = ""
    record: str = ""

    def said(self) -> dict[str, str]:
        """What is kept of it; a row of a list has no record."""
        return {name: held for name, held in asdict(self).items() if held or name not in ("register", "record")}

    @property
    def day(self) -> date:
        return date.fromisoformat(self.on)


@dataclass(frozen=True, slots=True)
class Double:
    """Two rows of two units that may be one class. `decided`: the last word on them."""

    pair: str
    units: tuple[int, int]
    rows: tuple[Held, Held]
    decided: DoubleDecision | None

    @property
    def seen(self) -> int:
        return self.decided.pk if self.decided is not None else 0

    @property
    def words(self) -> str:
        return _(str(DoubleDecision.Act(self.decided.act).label)) if self.decided is not None else ""


def list_read(text: str, span: Span, *, own: str) -> list[Held]:
    """Rows as they are pasted from a sheet: name, day, place, lead, helpers, with a tab or ";" between them. A lead
    that is the unit's `own` name is the unit. Refused with the fault of every line."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip(" \t;")]
    if len(lines) > MOST:
        raise Refused(Fault("doubles.too_many", "", {"count": len(lines), "most": MOST}))
    found, faults = [], []
    for number, line in lines:
        parts = [clean(part) for part in re.split(r"\t|;", line)]
        name, said, place, lead, helped = [*parts, "", "", "", "", ""][:5]
        at, day = _("line {number}").format(number=number), day_of(said)
        if not name:
            faults.append(Fault("doubles.no_name", at))
        if not place:
            faults.append(Fault("doubles.no_place", at))
        if not said:
            faults.append(Fault("doubles.day_missing", at))
        elif day is None:
            faults.append(Fault("doubles.no_day", at, {"text": said}))
        elif not span.contains(day):
            faults.append(Fault("doubles.other_period", at, {"day": day, "start": span.start, "end": span.last_day}))
        if max(map(len, parts)) > 300:
            faults.append(Fault("doubles.too_long", at, {"most": 300}))
        if day is not None:
            found.append(Held(name, day.isoformat(), place, "" if fold(lead) == fold(own) else lead, helped))
    if faults:
        raise Refused(*faults)
    return found


def list_write(rows: Iterable[Held]) -> str:
    """The same text back, to go on writing."""
    return "\n".join("; ".join((row.name, day_words(row.day), row.place, row.lead, row.helped)) for row in rows)


@transaction.atomic
def class_list_say(*, unit: Unit, period: Period, rows: Sequence[Held], actor: Actor) -> bool:
    """Keep a unit's list, in the place of the one before. False where it says the same already."""
    Unit.objects.select_for_update().get(pk=unit.pk)
    made = [row.said() for row in rows]
    last = ClassList.objects.filter(unit=unit, period_code=period.code).order_by("pk").last()
    if (last.rows if last is not None else []) == made:
        return False
    ClassList.objects.create(unit=unit, period_code=period.code, rows=made, said_by=actor.name)
    return True


def class_lists(*, period: Period, units: Collection[int]) -> dict[int, list[Held]]:
    """Unit → its classes, by its last list."""
    rows = ClassList.objects.filter(period_code=period.code, unit__in=units).order_by("pk")
    return {row.unit_id: [Held(**held) for held in row.rows] for row in rows}


def classes_of(*, edition: Edition, period: Period, units: Collection[int]) -> dict[int, list[Held]]:
    """Unit → its classes of a half-year: those that its registers have, and of its last list those that they have
    not."""
    found: dict[int, list[Held]] = {}
    for kind in edition.registers.values():
        held = kind.held_with
        if held is not None:
            span = edition.calendar.span(period)
            for record in record_list(kind=kind.code, units=units, span=span).filter(state__in=held.states):
                found.setdefault(record.unit_id, []).append(_held(kind, held, record))
    for unit, rows in class_lists(period=period, units=units).items():
        there = found.get(unit, [])
        found[unit] = there + [row for row in rows if not any(_is_like(row, one) for one in there)]
    return found


def _held(kind: RegisterKind, held: HeldWith, record: Record) -> Held:
    said, day = record.data, record.occurred_on
    lead = ""
    if said.get(held.leads) != "yes":
        helped = said.get(held.helped, "")
        lead = shown(kind.by_code[held.lead], said.get(held.lead, ""), day) or helped or _("another unit")
    return Held(
        name=said.get(kind.title, ""),
        on=day.isoformat(),
        place=said.get(held.place, ""),
        lead=lead,
        helped=said.get(held.helped, ""),
        register=kind.code,
        record=record.key,
    )


def _is_like(one: Held, other: Held) -> bool:
    return one.on == other.on and _alike(one.place, other.place) and _alike(one.name, other.name)


def doubles(*, edition: Edition, period: Period, units: Collection[int]) -> list[Double]:
    """Pairs that may be one class: those nobody decided on first, then by day."""
    lists = classes_of(edition=edition, period=period, units=units)
    found = list(_pairs(lists))
    decided: dict[str, DoubleDecision] = {}
    for row in DoubleDecision.objects.filter(period_code=period.code).order_by("pk"):
        decided[row.pair] = row
    made = [Double(pair, of, rows, decided.get(pair)) for pair, of, rows in found]
    return sorted(made, key=lambda one: (one.decided is not None, one.rows[0].on, one.pair))


def _pairs(lists: Mapping[int, Sequence[Held]]) -> Iterator[tuple[str, tuple[int, int], tuple[Held, Held]]]:
    by_day: dict[date, list[tuple[int, int, Held]]] = {}
    for unit, rows in sorted(lists.items()):
        for index, row in enumerate(rows):
            by_day.setdefault(row.day, []).append((unit, index, row))
    for day, here in sorted(by_day.items()):
        later = [one for more in range(1, DAYS_APART + 1) for one in by_day.get(day + timedelta(days=more), ())]
        near = [*combinations(here, 2), *((one, other) for one in here for other in later)]
        for one, other in near:
            if one[0] != other[0] and _alike(one[2].place, other[2].place) and _alike(one[2].name, other[2].name):
                (unit, _at, row), (with_, _with_at, other_row) = sorted((one, other), key=lambda held: held[:2])
                yield pair_of(unit, row, with_, other_row), (unit, with_), (row, other_row)


def pair_of(unit: int, row: Held, other: int, other_row: Held) -> str:
    """What a decision on two rows names: a row that is corrected is another, and is asked about anew."""
    said = json.dumps([[unit, row.said()], [other, other_row.said()]], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _alike(one: str, other: str) -> bool:
    left, right = _telling(one), _telling(other)
    shorter = min(len(left), len(right))
    return len(left & right) >= ALIKE * shorter if shorter else fold(one) == fold(other)


def _telling(text: str) -> frozenset[str]:
    """The words of a text without marks, without those that say nothing."""
    return frozenset(re.findall(r"[a-z0-9]+", fold(text))) - _COMMON


@transaction.atomic
def double_decide(*, double: Double, seen: int, act: str, note: str, period: Period, actor: Actor) -> bool:
    """Say that two rows are one class or two. False for the same by the same person again; Refused where somebody else
    decided since (`seen`: row id of the last decision on the page)."""
    list(Campaign.objects.select_for_update().filter(period_code=period.code).order_by("pk"))
    last = DoubleDecision.objects.filter(pair=double.pair).order_by("pk").last()
    if last is not None and (last.act, last.actor, last.note) == (act, actor.name, note.strip()):
        return False
    if last is not None and last.pk != seen:
        at, words = moment_words(timezone.localtime(last.decided_at)), _(str(DoubleDecision.Act(last.act).label))
        raise Refused(Fault("doubles.decided_meanwhile", "", {"by": last.actor, "at": at, "act": words}))
    rows = [{"unit": unit, **row.said()} for unit, row in zip(double.units, double.rows, strict=True)]
    DoubleDecision.objects.create(
        pair=double.pair,
        period_code=period.code,
        rows=rows,
        act=DoubleDecision.Act(act),
        note=note.strip(),
        actor=actor.name,
    )
    return True
