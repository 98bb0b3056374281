"""A return: the form as one half-year asks it, how what was said is checked, and the facts that follow.

Page, workbook and file all make a `Content`; nothing below the door knows which it was.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple

from tienbo.catalogue.content import Content, Figure, Qualifier, Row, Statement
from tienbo.catalogue.definitions import Block, Check, Column, Element, Form, Line, RowCount, RowTest, Series, TextLine
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Level, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.core.words import day_words

__all__ = [
    "OPERATORS",
    "STATEMENTS",
    "Content",
    "FactRow",
    "Figure",
    "Layout",
    "Qualifier",
    "Row",
    "Slot",
    "Statement",
    "check",
    "facts",
    "layout",
]

OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
}

worded(
    {
        "return.part_exceeds_whole": N_("{label}: {part_name} ({part}) is more than {whole_name} ({whole})."),
        "return.line_exceeds_line": N_("“{part_name}” ({part}) is more than “{whole_name}” ({whole})."),
        "return.check_fails": N_("{message} ({left} against {right})"),
        "return.not_filled_in": N_("{label}, {column}: nothing was entered. Enter 0 if there was none."),
        "return.negative": N_("{label}, {column}: a count cannot be less than zero ({value})."),
        "return.above_maximum": N_("{label}, {column}: {value} is more than {most}, which is the most it can be."),
        "return.not_whole": N_("{label}, {column}: a count has no decimals ({value})."),
        "return.not_yes_or_no": N_("{label}, {column}: the answer is Có (1) or Không (0), not {value}."),
        "return.not_asked": N_("{address} is not asked for in this form and half-year."),
        "return.figures_beside_statement": N_("“{block}” says “{statement}” but has figures as well."),
        "return.statement_not_allowed": N_("“{block}” cannot say “{statement}”."),
        "return.nothing_to_carry_over": N_(
            "“{block}” says it is unchanged, but no accepted return of the period before has its figures."
        ),
        "return.cut_off_outside_period": N_("The figures are as of {as_of}, outside the period {start} – {end}."),
        "return.estimate_needs_cut_off": N_("There are estimates; write the day up to which the figures are real."),
        "return.row_without_name": N_("A row of “{block}” has figures but no name."),
        "return.row_named_twice": N_("“{name}” stands twice in “{block}”."),
    }
)

STATEMENTS: Mapping[Statement, str] = {
    "nil": N_("none occurred"),
    "unchanged": N_("unchanged since the last period"),
    "not_applicable": N_("not applicable"),
}


# ------------------------------------------------------------------------------------- a form in one period


class Slot(NamedTuple):
    """A place for a figure: where it stands in the form and which series it measures."""

    address: str
    block: Block
    line: Line
    column: Column
    element: Element
    series: Series


@dataclass(frozen=True)
class Layout:
    """A form as one half-year asks it: yearly lines are left out of a first half."""

    form: Form
    period: Period
    blocks: tuple[Block, ...]
    slots: Mapping[str, Slot]
    texts: Mapping[str, TextLine]
    sheet_of: Mapping[str, str]
    """Block code → number of the sheet it stands on ("Biểu 01")."""
    nested: tuple[tuple[Slot, Slot], ...]
    """(part, whole) inside a line: women ≤ total, minority women ≤ women and ≤ minority."""
    parts: tuple[tuple[Slot, Slot], ...]
    """(part, whole) between lines, column by column."""
    counts: frozenset[str] = frozenset()
    """Addresses that take any whole number from 0 up."""

    @cached_property
    def series(self) -> Mapping[str, str]:
        """Address → its series as text."""
        return {address: str(slot.series) for address, slot in self.slots.items()}

    @cached_property
    def by_block(self) -> Mapping[str, tuple[str, ...]]:
        """Block code → the addresses of its figures."""
        found: dict[str, list[str]] = {}
        for address, slot in self.slots.items():
            found.setdefault(slot.block.code, []).append(address)
        return {code: tuple(addresses) for code, addresses in found.items()}

    @cached_property
    def required(self) -> tuple[str, ...]:
        return tuple(address for address, slot in self.slots.items() if slot.line.required)

    def block(self, code: str) -> Block:
        return next(block for block in self.blocks if block.code == code)

    def lines(self, block: Block) -> list[Line]:
        asked = {slot.line.code for slot in self.slots.values() if slot.block.code == block.code}
        return [line for line in block.lines if line.code in asked]


@lru_cache(maxsize=64)
def _layout(key: tuple[int, str, Period]) -> Layout:
    edition, form = _HELD[key[0]], _HELD[key[0]].forms[key[1]]
    period = key[2]
    slots: dict[str, Slot] = {}
    texts: dict[str, TextLine] = {}
    sheet_of: dict[str, str] = {}
    blocks: list[Block] = []
    for sheet in form.sheets:
        for block in sheet.blocks:
            before = len(slots)
            for line in block.lines:
                element = edition.elements[line.element]
                if not element.is_asked(period, form.for_kinds):
                    continue
                for column in form.line_columns(block, line):
                    members = ",".join(sorted(f"{k}={v}" for k, v in column.members.items()))
                    address = f"{line.code}:{column.code}"
                    series = Series(element=line.element, members=members)
                    slots[address] = Slot(address, block, line, column, element, series)
            texts.update({text.code: text for text in block.texts})
            if not block.lines or len(slots) > before:
                blocks.append(block)
                sheet_of[block.code] = sheet.number
    counts = frozenset(
        address
        for address, slot in slots.items()
        if slot.line.answer == "count" and edition.measures[slot.element.measure].maximum is None
    )
    nested, parts = tuple(_nested(slots)), tuple(_parts(slots))
    return Layout(form, period, tuple(blocks), slots, texts, sheet_of, nested, parts, counts)


_HELD: dict[int, Edition] = {}


def layout(edition: Edition, form: str, period: Period) -> Layout:
    """The form as `period` asks it."""
    _HELD[id(edition)] = edition  # held, so that the id stays this edition's
    return _layout((id(edition), form, period))


def _nested(slots: Mapping[str, Slot]) -> Iterator[tuple[Slot, Slot]]:
    by_line: dict[str, list[Slot]] = {}
    for slot in slots.values():
        by_line.setdefault(slot.line.code, []).append(slot)
    for row in by_line.values():
        for part in row:
            for whole in row:
                if whole.column.members.items() < part.column.members.items():
                    yield part, whole


def _parts(slots: Mapping[str, Slot]) -> Iterator[tuple[Slot, Slot]]:
    for part in slots.values():
        if part.line.part_of:
            whole = slots.get(f"{part.line.part_of}:{part.column.code}")
            if whole is not None:
                yield part, whole


# ---------------------------------------------------------------------------------------------------- checks


_SMALL = frozenset(map(Decimal, range(10_000)))
"""Known to be whole and not negative: looking is quicker than asking."""


def check(edition: Edition, content: Content) -> list[Fault]:
    """Every fault of a return's figures. Errors keep it out; warnings may be explained."""
    shape = layout(edition, content.form, content.period)
    content, faults = _asked_only(shape, content)
    figures = content.figures
    for address, figure in figures.items():
        value = figure[0]
        if address in shape.counts and (value in _SMALL or (value >= 0 and value == value.to_integral_value())):
            continue  # nearly every figure is such a one
        slot = shape.slots[address]
        if figure.value < 0:
            faults.append(Fault("return.negative", figure.cell, _named(slot, value=figure.value)))
        elif (most := edition.measures[slot.element.measure].maximum) is not None and figure.value > most:
            faults.append(Fault("return.above_maximum", figure.cell, _named(slot, value=figure.value, most=most)))
        elif slot.line.answer != "decimal" and figure.value != figure.value.to_integral_value():
            faults.append(Fault("return.not_whole", figure.cell, _named(slot, value=figure.value)))
        elif slot.line.answer == "yes_no" and figure.value > 1:
            faults.append(Fault("return.not_yes_or_no", figure.cell, _named(slot, value=figure.value)))
    for code, pairs in (("return.part_exceeds_whole", shape.nested), ("return.line_exceeds_line", shape.parts)):
        for part, whole in pairs:
            got, limit = figures.get(part[0]), figures.get(whole[0])
            if got is None or limit is None or got[0] <= limit[0]:
                continue
            if limit.qualifier == "at_least":  # "trên 3.000" sets no upper limit
                continue
            names = (
                (part.column.label, whole.column.label)
                if part.line.code == whole.line.code
                else (part.line.label, whole.line.label)
            )
            fields = {
                "label": part.line.label,
                "part_name": names[0],
                "whole_name": names[1],
                "part": got.value,
                "whole": limit.value,
            }
            faults.append(Fault(code, got.cell, fields))
    for relation in shape.form.checks:
        faults += _relation(relation, figures)
    faults += _check_blocks(shape, content)
    faults += _check_rows(shape, content)
    faults += _check_cut_off(edition, content)
    return faults


def _asked_only(shape: Layout, content: Content) -> tuple[Content, list[Fault]]:
    """The content without what the form does not ask in this half-year, and a fault for each such thing."""
    blocks = {block.code: block for block in shape.blocks}
    strays: dict[str, str] = {}
    if not content.figures.keys() <= shape.slots.keys():
        strays = {address: figure.cell for address, figure in content.figures.items() if address not in shape.slots}
    strays |= {block: "" for block in (*content.statements, *content.rows) if block not in blocks}
    fields = {code: {field.code for field in block.fields} for code, block in blocks.items()}
    for code in content.rows.keys() & blocks.keys():
        for row in content.rows[code]:
            strays |= {f"{code}.{name}": row.cell for name in row.figures if name not in fields[code]}
    if not strays:
        return content, []
    kept = replace(
        content,
        figures={address: figure for address, figure in content.figures.items() if address not in strays},
        statements={code: statement for code, statement in content.statements.items() if code in blocks},
        rows={
            code: [
                replace(row, figures={k: figure for k, figure in row.figures.items() if k in fields[code]})
                for row in rows
            ]
            for code, rows in content.rows.items()
            if code in blocks
        },
    )
    return kept, [Fault("return.not_asked", cell, {"address": address}) for address, cell in strays.items()]


def _named(slot: Slot, **fields: object) -> dict[str, object]:
    return {"label": slot.line.label, "column": slot.column.label, **fields}


def _relation(relation: Check, figures: Mapping[str, Figure]) -> Iterator[Fault]:
    sides = []
    for side in (relation.left, relation.right):
        found = [figures.get(address) for address in side]
        if any(figure is None for figure in found):
            return
        sides.append(sum((figure.value for figure in found if figure), Decimal(0)))
    left, right = sides
    if not OPERATORS[relation.op](left, right):
        place = figures[relation.left[0]].cell
        fields = {"message": relation.message, "left": left, "right": right}
        yield Fault("return.check_fails", place, fields, Level(relation.level))


def _check_blocks(shape: Layout, content: Content) -> Iterator[Fault]:
    given = {
        code: [content.figures[address] for address in shape.by_block.get(code, ()) if address in content.figures]
        + [figure for row in content.rows.get(code, ()) for figure in row.figures.values()]
        for code in content.statements
    }
    for code, statement in content.statements.items():
        block = shape.block(code)
        fields = {"block": block.title, "statement": _spoken(statement)}
        place = shape.sheet_of[code]
        allowed = {
            "nil": block.may_be_nil,
            "unchanged": block.may_be_unchanged,
            "not_applicable": block.may_not_apply,
        }
        if not allowed[statement]:
            yield Fault("return.statement_not_allowed", place, fields)
        zeros_too = statement == "nil"
        if any(not (zeros_too and figure.value == 0) for figure in given.get(code, ())):
            yield Fault("return.figures_beside_statement", place, fields)
    for address in shape.required:
        if address in content.figures:
            continue
        slot = shape.slots[address]
        if slot.block.code not in content.statements:
            fields = _named(slot, block=slot.block.title)
            yield Fault("return.not_filled_in", shape.sheet_of[slot.block.code], fields, Level.WARNING)


def _spoken(statement: Statement) -> object:
    """The statement's words, looked up when they are shown."""
    return _Later(STATEMENTS[statement])


class _Later:
    def __init__(self, message: str) -> None:
        self.message = message

    def __str__(self) -> str:
        from tienbo.core.messages import gettext

        return gettext(self.message)

    __format__ = lambda self, spec: format(str(self), spec)  # noqa: E731


def _check_rows(shape: Layout, content: Content) -> Iterator[Fault]:
    for code, rows in content.rows.items():
        block = shape.block(code)
        fields_of = {field.code: field for field in block.fields}
        seen: set[str] = set()
        for row in rows:
            label: object = row.name or block.title
            fields: dict[str, object]
            if not row.name:
                yield Fault("return.row_without_name", row.cell, {"block": block.title})
            elif row.name.casefold() in seen:
                yield Fault("return.row_named_twice", row.cell, {"block": block.title, "name": row.name})
            seen.add(row.name.casefold())
            for asked in block.fields:
                if asked.kind != "name" and asked.required and asked.code not in row.figures:
                    fields = {"label": label, "column": asked.label, "block": block.title}
                    yield Fault("return.not_filled_in", row.cell, fields, Level.WARNING)
            for part_code, figure in row.figures.items():
                part = fields_of[part_code]
                if figure.value < 0:
                    fields = {"label": label, "column": part.label, "value": figure.value}
                    yield Fault("return.negative", figure.cell, fields)
                elif figure.value != figure.value.to_integral_value():
                    fields = {"label": label, "column": part.label, "value": figure.value}
                    yield Fault("return.not_whole", figure.cell, fields)
                elif part.kind == "yes_no" and figure.value > 1:
                    fields = {"label": label, "column": part.label, "value": figure.value}
                    yield Fault("return.not_yes_or_no", figure.cell, fields)
                whole = row.figures.get(part.part_of) if part.part_of else None
                if whole is not None and part.part_of and figure.value > whole.value:
                    fields = {
                        "label": label,
                        "part_name": part.label,
                        "whole_name": fields_of[part.part_of].label,
                        "part": figure.value,
                        "whole": whole.value,
                    }
                    yield Fault("return.part_exceeds_whole", figure.cell, fields)


def _check_cut_off(edition: Edition, content: Content) -> Iterator[Fault]:
    span = edition.calendar.span(content.period)
    if content.as_of is not None and not span.contains(content.as_of):
        fields = {"as_of": day_words(content.as_of), "start": day_words(span.start)}
        yield Fault("return.cut_off_outside_period", "", {**fields, "end": day_words(span.last_day)})
    in_rows = (figure for rows in content.rows.values() for row in rows for figure in row.figures.values())
    if content.as_of is None and any(one.qualifier == "estimate" for one in (*content.figures.values(), *in_rows)):
        yield Fault("return.estimate_needs_cut_off", "", {}, Level.ERROR)


# ----------------------------------------------------------------------------------------------------- facts


Origin = Literal["entered", "nil", "unchanged", "counted"]


class FactRow(NamedTuple):
    """A fact before it gets its unit's and revision's numbers. `value` is None when it does not apply."""

    series: str
    value: Decimal | None
    status: Literal["reported", "not_applicable"]
    qualifier: Qualifier
    origin: Origin
    cell: str


def facts(edition: Edition, content: Content, before: Content | None = None) -> list[FactRow]:
    """The facts that follow from a return. Each series occurs at most once.

    `before` is the unit's accepted return of the period before, for blocks that say "không thay đổi"; what it says
    of a block, figures, rows, none or not applicable, is then said again.
    """
    shape = layout(edition, content.form, content.period)
    made: list[FactRow] = []
    for block in shape.blocks:
        made += _slot_facts(shape, block, content, before)
    for block in shape.blocks:
        if block.fields:
            made += _row_facts(shape, block, content, before)
    return made


def _slot_facts(shape: Layout, block: Block, content: Content, before: Content | None) -> Iterator[FactRow]:
    statement, said = _said(block, content, before)
    carried = said is not content
    series, addresses = shape.series, shape.by_block.get(block.code, ())
    place = shape.sheet_of[block.code]
    if statement == "not_applicable":
        for address in addresses:
            origin: Origin = "unchanged" if carried else "entered"
            yield FactRow(series[address], None, "not_applicable", "exact", origin, place)
    elif statement == "nil":
        for address in addresses:
            yield FactRow(series[address], Decimal(0), "reported", "exact", "unchanged" if carried else "nil", place)
    elif said is not None:
        figures, origin = said.figures, "unchanged" if carried else "entered"
        make = tuple.__new__
        for address in addresses:
            figure = figures.get(address)
            if figure is not None:
                value, qualifier, cell = figure
                yield make(FactRow, (series[address], value, "reported", qualifier, origin, cell))


def _said(block: Block, content: Content, before: Content | None) -> tuple[Statement | None, Content | None]:
    """What stands for a block, and where it is said: here, or in the return before when it is unchanged."""
    statement = content.statements.get(block.code)
    if statement != "unchanged":
        return statement, content
    return (before.statements.get(block.code), before) if before is not None else (None, None)


def _row_facts(shape: Layout, block: Block, content: Content, before: Content | None) -> Iterator[FactRow]:
    statement, said = _said(block, content, before)
    carried = said is not content
    place = shape.sheet_of[block.code]
    counted: Origin = "unchanged" if carried else "nil" if statement == "nil" else "counted"
    if statement == "not_applicable":
        for count in block.counts:
            yield FactRow(_counted(count.element, count.members), None, "not_applicable", "exact", counted, place)
        return
    rows = said.rows.get(block.code, ()) if said is not None else ()
    if not rows and statement != "nil":  # nobody said anything: that is not a count of zero
        return
    for row in rows:
        for code, figure in row.figures.items():
            part = next(field for field in block.fields if field.code == code)
            if part.element is not None:
                series = _counted(part.element, {**part.members, "row": row.key})
                origin: Origin = "unchanged" if carried else "entered"
                yield FactRow(series, figure.value, "reported", figure.qualifier, origin, figure.cell)
    for count in block.counts:
        kept = [row for row in rows if all(_meets(row, test) for test in count.where)]
        value = (
            Decimal(len(kept))
            if count.sum_of is None
            else sum((row.figures[count.sum_of].value for row in kept if count.sum_of in row.figures), Decimal(0))
        )
        qualifier = _qualifier(count, rows)
        yield FactRow(_counted(count.element, count.members), value, "reported", qualifier, counted, place)


def _qualifier(count: RowCount, rows: Sequence[Row]) -> Qualifier:
    """A count of rows is as sure as the figures it rests on."""
    named = {test.field for test in count.where} | {test.over for test in count.where} | {count.sum_of}
    used = {figure.qualifier for row in rows for code, figure in row.figures.items() if code in named}
    if "estimate" in used:
        return "estimate"
    return "at_least" if count.sum_of is not None and "at_least" in used else "exact"


def _counted(element: str, members: Mapping[str, str]) -> str:
    return str(Series(element=element, members=",".join(sorted(f"{k}={v}" for k, v in members.items()))))


def _meets(row: Row, test: RowTest) -> bool:
    """Whether a row meets a test; a figure that is missing meets nothing, and neither does a share of nothing."""
    figure = row.figures.get(test.field)
    if figure is None:
        return False
    if test.over is None:
        return OPERATORS[test.op](figure.value, test.value)
    whole = row.figures.get(test.over)
    if whole is None or whole.value == 0:
        return False
    # Multiplied out: 3 of 10 is exactly 30 %, which a division in binary would not say.
    return OPERATORS[test.op](figure.value, test.value * whole.value)
