"""What registers say for a paper: the tallies that its sentences name, the records that its tables print."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal

from tienbo.catalogue.definitions import Outline, RegisterKind, TableSpec
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.sentences import need, parse, places, tally_named
from tienbo.core.periods import Period
from tienbo.core.words import sort_key
from tienbo.papers.context import Recorded, RegisterTold
from tienbo.papers.tables import UNSAID
from tienbo.registers.crossing import crossing
from tienbo.registers.models import Record
from tienbo.registers.queries import counting_apart, counts, record_list, units_keeping_each
from tienbo.registers.showing import said_by
from tienbo.release.led import led_told
from tienbo.units.frames import unit_names
from tienbo.units.models import Unit


def registers_told(
    *, edition: Edition, unit: Unit, period: Period, outline: Outline, units: Collection[int]
) -> tuple[RegisterTold, ...]:
    """What the registers that an outline names say of a period, of `units` and of the unit itself. One that none of
    them kept is not told: nothing was entered, which is not zero."""
    printed, specs = _printed(outline), _specs(outline)
    about = {spec.of_register for spec in specs}
    kept_by = units_keeping_each(units=units, edition=edition, period=period)
    told, found = {*_named(outline), *printed, *about}, []
    for code in (code for code in edition.registers if code in told):
        kind, keeping = edition.registers[code], kept_by.get(code, set())
        led = led_told(edition=edition, kind=kind, unit=unit, period=period, units=units)
        if not keeping and (kind.inspecting is None or not led.counts):
            continue  # of visits the plan is kept: what was planned is known, whoever held none
        own = {unit.pk} & keeping
        tables = [spec for spec in specs if spec.of_register == code]
        crossed = _crossed(kind, keeping, period) if any(spec.kind == "crossed" for spec in tables) else {}
        found.append(
            RegisterTold(
                register=code,
                counts={**(_counts(kind, keeping, period) if keeping else {}), **led.counts, **crossed},
                own={**(_counts(kind, own, period) if own else {}), **led.own},
                units=len(keeping),
                records=_records(kind, unit, edition, period, *printed[code]) if code in printed else (),
                behind={
                    spec.counted: tuple(_behind(kind, spec, keeping, edition, period))
                    for spec in tables
                    if spec.counted is not None
                },
                lines=led.lines if any(spec.kind in led.lines for spec in tables) else {},
            )
        )
    return tuple(found)


def _specs(outline: Outline) -> list[TableSpec]:
    """Tables that registers fill in."""
    return [table for section in outline.every_section() for table in section.tables if table.of_register is not None]


def _crossed(kind: RegisterKind, units: Collection[int], period: Period) -> dict[str, Decimal]:
    """ "TALLY.ANSWER" → what is counted over the answers of the register's choice."""
    found: dict[str, Decimal] = {}
    for (_unit, answer), held in crossing(kind=kind, units=units, period=period).items():
        for tally in kind.crossed.tallies if kind.crossed else ():
            key = f"{tally}.{answer or UNSAID}"
            found[key] = found.get(key, Decimal(0)) + held.get(tally, Decimal(0))
    return found


def _behind(
    kind: RegisterKind, spec: TableSpec, units: Collection[int], edition: Edition, period: Period
) -> Iterator[Recorded]:
    """The records that a tally counts, unit by unit in the order of print."""
    day = edition.calendar.last_day(period)
    names, series = unit_names(day), f"{kind.code}:{spec.counted}"
    keys = {pk for rows in counting_apart(units=units, period=period)
            for pk in rows.filter(series=series).values_list("record", flat=True)}  # fmt: skip
    rows = Record.objects.filter(pk__in=keys).select_related("unit").order_by("occurred_on", "pk")
    for row in sorted(rows, key=lambda one: sort_key(names.get(one.unit_id, ""))):
        said = {code: said_by(kind.by_code[code], row.data, row.occurred_on) for code in spec.columns}
        answers = {test.field: row.data.get(test.field, "") for test in spec.where}
        yield Recorded(row.state, said, answers, names.get(row.unit_id, ""))


def _named(outline: Outline) -> set[str]:
    named = {place.name for text in outline.every_text() for place in places(parse(text.vi))}
    named |= {need(asked).place.name for sentence in outline.every_sentence() for asked in sentence.needs}
    return {tally_named(name)[0] for name in named} - {""}


def _printed(outline: Outline) -> Mapping[str, tuple[set[str], set[str]]]:
    """Register → the fields that tables print of its records, and those that they ask."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for section in outline.every_section():
        for table in section.tables:
            if table.kind == "records" and table.of_register is not None and table.counted is None:
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
