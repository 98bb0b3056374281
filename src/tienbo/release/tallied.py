"""What registers say for a paper: the tallies that its sentences name, the records that its tables print."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from tienbo.catalogue.definitions import Outline, RegisterKind
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.sentences import need, parse, places, tally_named
from tienbo.core.periods import Period
from tienbo.papers.context import Recorded, RegisterTold
from tienbo.registers.queries import counts, record_list, units_keeping
from tienbo.registers.showing import said_by
from tienbo.units.models import Unit


def registers_told(
    *, edition: Edition, unit: Unit, period: Period, outline: Outline, units: Collection[int]
) -> tuple[RegisterTold, ...]:
    """What the registers that an outline names say of a period, of `units` and of the unit itself. One that none of
    them kept is not told: nothing was entered, which is not zero."""
    printed = _printed(outline)
    found = []
    for code in (code for code in edition.registers if code in {*_named(outline), *printed}):
        kind = edition.registers[code]
        keeping = units_keeping(kind=kind, units=units, edition=edition, period=period)
        if not keeping:
            continue
        own = {unit.pk} & keeping
        found.append(
            RegisterTold(
                register=code,
                counts=_counts(kind, keeping, period),
                own=_counts(kind, own, period) if own else {},
                units=len(keeping),
                records=_records(kind, unit, edition, period, *printed[code]) if code in printed else (),
            )
        )
    return tuple(found)


def _named(outline: Outline) -> set[str]:
    named = {place.name for text in outline.every_text() for place in places(parse(text.vi))}
    named |= {need(asked).place.name for sentence in outline.every_sentence() for asked in sentence.needs}
    return {tally_named(name)[0] for name in named} - {""}


def _printed(outline: Outline) -> Mapping[str, tuple[set[str], set[str]]]:
    """Register → the fields that tables print of its records, and those that they ask."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for section in outline.every_section():
        for table in section.tables:
            if table.kind == "records" and table.of_register is not None:
                said, asked = found.setdefault(table.of_register, (set(), set()))
                said.update(table.columns)
                asked.update(test.field for test in table.where)
    return found


def _counts(kind: RegisterKind, units: Collection[int], period: Period) -> dict[str, Decimal]:
    """Tally → what it counts; 0 for what a kept register has none of, nothing where a record does not say how much."""
    series = {kind.tally_series(tally): tally.code for tally in kind.tallies}
    found: dict[str, Decimal | None] = dict.fromkeys(series.values(), Decimal(0))
    for said in counts(units=units, period=period, series=series).values():
        for name, value in said.items():
            before = found[series[name]]
            found[series[name]] = None if value is None or before is None else before + value
    return {tally: value for tally, value in found.items() if value is not None}


def _records(
    kind: RegisterKind, unit: Unit, edition: Edition, period: Period, said: set[str], asked: set[str]
) -> tuple[Recorded, ...]:
    rows = record_list(kind=kind.code, units=[unit.pk], span=edition.calendar.span(period))
    by_code = kind.by_code
    return tuple(
        Recorded(
            row.state,
            {code: said_by(by_code[code], row.data, row.occurred_on) for code in by_code if code in said},
            {code: row.data.get(code, "") for code in by_code if code in asked},
        )
        for row in reversed(rows)
    )
