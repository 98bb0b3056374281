"""What registers lead to as a paper tells it, on the period's last day: areas reached or not, visits planned, held."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tienbo.catalogue.definitions import RegisterKind
from tienbo.catalogue.loading import Edition
from tienbo.core.messages import N_, ngettext
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import day_words, number, sort_key
from tienbo.registers.inspecting import Visit, Visits, visit_counts
from tienbo.registers.models import Record
from tienbo.registers.reaching import STATES, Area, Reach, reach_counts
from tienbo.registers.showing import shown
from tienbo.units.frames import unit_called, unit_ids, unit_names
from tienbo.units.models import Unit

AREA_STATES: Mapping[str, str] = {
    "reached": N_("reached in a language they read"),
    "other_language": N_("reached in another language only"),
    "language_not_told": N_("reached; what they read is not told"),
    "not_reached": N_("not reached"),
}
VISIT_STATES: Mapping[str, str] = {
    "held": N_("held as planned"),
    "not_held": N_("not held yet"),
    "to_come": N_("still to come"),
    "unsaid": N_("it cannot be told whether it was held"),
    "outside": N_("held outside the plan"),
}


@dataclass(frozen=True, slots=True)
class Led:
    """Counts of all registers and of the unit's own, and lines of tables."""

    counts: Mapping[str, Decimal] = field(default_factory=dict)
    own: Mapping[str, Decimal] = field(default_factory=dict)
    lines: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)


def led_told(*, edition: Edition, kind: RegisterKind, unit: Unit, period: Period, units: Collection[int]) -> Led:
    """What a register leads to in a period; nothing where it leads nowhere, or nothing is entered."""
    if kind.reaching is not None:
        return _areas(edition, kind, period, units)
    return _visits(edition, kind, unit, period, units) if kind.inspecting is not None else Led()


def _areas(edition: Edition, kind: RegisterKind, period: Period, units: Collection[int]) -> Led:
    assert kind.reaching is not None  # noqa: S101 - asked by led_told
    span, day = edition.calendar.span(period), edition.calendar.last_day(period)
    areas = edition.registers[kind.reaching.areas]
    found = Reach(kind, areas, frozenset(units), units, units, span, day).found
    if not found:
        return Led()
    counts = {"areas_all": Decimal(len(found))}
    counts |= {f"areas_{state}": Decimal(count) for state, count in reach_counts(found).items()}
    names = unit_names(day)
    order = sorted(found, key=lambda one: (STATES[::-1].index(one.state), sort_key(names.get(one.unit, ""))))
    return Led(counts, {}, {"reach": tuple(_area(kind, areas, one, names) for one in order)})


def _area(kind: RegisterKind, areas: RegisterKind, area: Area, names: Mapping[int, str]) -> tuple[str, ...]:
    assert kind.reaching is not None  # noqa: S101 - asked by led_told
    sorts, languages = areas.by_code[kind.reaching.sort].choices, kind.by_code[kind.reaching.language].choices
    sent = []
    for one in area.sent:
        title = shown(kind.by_code[kind.title], one.record.data.get(kind.title, ""), one.record.occurred_on)
        copies = ngettext("{count} copy", "{count} copies", one.copies or 0).format(count=number(one.copies or 0))
        sent.append(f"{title} ({languages.get(one.language, one.language)}): {copies}")
    return (
        names.get(area.unit, ""),
        "; ".join(str(sorts.get(one, one)) for one in area.sorts),
        ", ".join(str(languages.get(one, one)) for one in area.languages) or _("not told"),
        "; ".join(sent) or "–",
        _capital(_(AREA_STATES[area.state])),
    )


def _visits(edition: Edition, kind: RegisterKind, unit: Unit, period: Period, units: Collection[int]) -> Led:
    assert kind.inspecting is not None  # noqa: S101 - asked by led_told
    shape, span, day = kind.inspecting, edition.calendar.span(period), edition.calendar.last_day(period)
    plans = edition.registers[shape.planned.plans]
    every = Visits(kind, plans, units, units, span, day).told()
    if not every:
        return Led()
    own = [one for one in every if _keeper(one) == unit.pk and one.sort in shape.apart]
    apart = [one for one in every if one.sort in shape.apart]

    def counted(visits: list[Visit]) -> dict[str, Decimal]:
        return {f"visits_{part}": Decimal(count) for part, count in visit_counts(visits).items()}

    sorts = list(kind.by_code[shape.sort].choices)
    order = sorted(every, key=lambda one: (sorts.index(one.sort) if one.sort in sorts else len(sorts), _day(one)))
    lines = tuple(_visit(kind, one) for one in order)
    return Led(counted(apart) if apart else {}, counted(own) if own else {}, {"visits": lines})


def _record(visit: Visit) -> Record:
    record = visit.held or visit.plan
    assert record is not None  # noqa: S101 - a visit was planned or held
    return record


def _keeper(visit: Visit) -> int:
    return _record(visit).unit_id


def _day(visit: Visit) -> str:
    return (visit.planned_on or _record(visit).occurred_on).isoformat()


def _visit(kind: RegisterKind, visit: Visit) -> tuple[str, ...]:
    assert kind.inspecting is not None  # noqa: S101 - asked by led_told
    record, sorts = _record(visit), kind.by_code[kind.inspecting.sort].choices
    day = visit.planned_on or record.occurred_on
    counts = visit_counts([visit])
    told = [
        ngettext("{count} finding not satisfied yet", "{count} findings not satisfied yet", counts["short"]),
        ngettext("{count} recommendation", "{count} recommendations", counts["recommended"]),
    ]
    found = [
        words.format(count=number(count))
        for words, count in zip(told, (counts["short"], counts["recommended"]), strict=True)
        if count
    ]
    return (
        unit_called(unit_ids().get(visit.unit, 0), day) or visit.unit,
        str(sorts.get(visit.sort, visit.sort)),
        day_words(visit.planned_on) if visit.planned_on else "–",
        day_words(visit.held.occurred_on) if visit.held else "–",
        "; ".join(found) or "–",
        _capital(_(VISIT_STATES[visit.state])),
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
