"""What a record says: read from what was typed, checked as a whole, and counted. No database; only the definition.

A record's data is address → text in one spelling: 1200, 2026-03-05, yes, the code of a choice, the key of a unit. The
address of a field is its code, that of a cell names field, row and column (see `rows`). What says nothing is not there.
Faults are placed in words and name the address (`field`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from tienbo.catalogue.definitions import Counting, Feed, RegisterField, RegisterKind
from tienbo.core.faults import Fault, Level, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Calendar, Period
from tienbo.core.spans import Span
from tienbo.core.words import clean, day_of, fold, nfc
from tienbo.papers.workbook.numbers import NotANumber, TwoReadings, number_spelled
from tienbo.registers.rows import Scope, rows_of, scopes

Data = Mapping[str, str]

LONGEST = {"text": 300, "long_text": 4000}
"""Letters that fit into what is written freely."""
LARGEST = Decimal(10) ** 13

worded(
    {
        "record.blank": N_("Fill this in."),
        "record.no_rows": N_("Fill in one row at least."),
        "record.too_many_rows": N_("{count} rows are more than the {most} that fit."),
        "record.not_a_number": N_("“{text}” is not a whole number. Write digits only, such as 1200 or 1.200."),
        "record.negative": N_("It cannot be less than zero ({value})."),
        "record.too_large": N_("{value} is more than can be kept."),
        "record.not_a_day": N_("“{text}” is not a day. Write it as 20/6/2026."),
        "record.unknown_choice": N_("“{text}” is not one of the answers there are. Choose one from the list."),
        "record.too_long": N_("{count} letters are more than the {most} that fit."),
        "record.part_exceeds_whole": N_("{part} is more than “{whole_name}” ({whole})."),
        "record.before": N_("{day} is before “{other_name}” ({other})."),
        "record.to_come": N_("{day} is still to come: what has not happened cannot be said to have."),
        "record.telephone": N_(
            "This looks like a telephone number: {text}. Numbers of persons do not belong here; take it out, or "
            "confirm that it is none."
        ),
        "record.identity": N_(
            "This looks like the number of an identity paper: {text}. Take it out, or confirm that it is none."
        ),
    }
)


def _fault(code: str, scope: Scope, at: RegisterField, **fields: object) -> Fault:
    return Fault(code, scope.place(at), {"field": scope.address(at), **fields})


# ------------------------------------------------------------------------------------------------------ reading


def data_read(kind: RegisterKind, typed: Data) -> tuple[dict[str, str], list[Fault]]:
    """What was typed in the one spelling, and a fault for each field that cannot be read; those are left out. A unit
    is left as it was typed: which one that is, the day and the database know."""
    data: dict[str, str] = {}
    faults: list[Fault] = []
    for scope in scopes(kind, typed):
        if scope.parent is not None and scope.row > scope.parent.at_most:
            continue
        for field in scope.fields:
            text = nfc(scope.said.get(field.code, "")).replace("\r\n", "\n").strip()
            if field.kind != "long_text":
                text = clean(text)
            if not text or field.kind == "rows":
                continue
            said = _read(scope, field, text)
            if isinstance(said, Fault):
                faults.append(said)
            else:
                data[scope.address(field)] = said
    for field in kind.fields:
        if field.kind == "rows" and (count := len(rows_of(field, typed))) > field.at_most:
            many = {"count": count, "most": field.at_most}
            faults.append(_fault("record.too_many_rows", Scope(kind.fields, typed), field, **many))
    return data, faults


def _read(scope: Scope, field: RegisterField, text: str) -> str | Fault:
    if field.is_number:
        return _number(scope, field, text)
    if field.kind == "date":
        day = day_of(text)
        return _fault("record.not_a_day", scope, field, text=text[:60]) if day is None else day.isoformat()
    if field.kind in ("choice", "yes_no"):
        return text if text in field.answers() else _fault("record.unknown_choice", scope, field, text=text[:60])
    most = longest(field)
    return text if len(text) <= most else _fault("record.too_long", scope, field, count=len(text), most=most)


def longest(field: RegisterField) -> int:
    """Letters that fit into a field."""
    return LONGEST.get(field.kind, LONGEST["text"])


def _number(scope: Scope, field: RegisterField, text: str) -> str | Fault:
    try:
        value, qualifier = number_spelled(text, "count")
    except (NotANumber, TwoReadings):
        return _fault("record.not_a_number", scope, field, text=text[:60])
    if qualifier is not None or value != value.to_integral_value():
        return _fault("record.not_a_number", scope, field, text=text[:60])
    if value < 0:
        return _fault("record.negative", scope, field, value=value)
    return str(int(value)) if value < LARGEST else _fault("record.too_large", scope, field, value=value)


# ----------------------------------------------------------------------------------------------------- checking


def data_check(kind: RegisterKind, data: Data, state: str, *, today: date, unread: frozenset[str]) -> list[Fault]:
    """Every fault of a record as a whole, and of each of its rows. `unread`: addresses that have a fault already."""
    return [
        fault
        for scope in scopes(kind, data, unread)
        for field in scope.fields
        if scope.address(field) not in unread
        for fault in _checked(kind, scope, field, state, today, unread)
    ]


def _checked(
    kind: RegisterKind, scope: Scope, field: RegisterField, state: str, today: date, unread: frozenset[str]
) -> Iterator[Fault]:
    said = scope.said
    if field.retired:
        return
    if field.kind == "rows":
        if (field.required or state in field.required_in) and not rows_of(field, said, unread):
            yield _fault("record.no_rows", scope, field)
        return
    held = said.get(field.code)
    if held is None:
        whole_of_some = any(one.part_of == field.code and one.code in said for one in scope.fields)
        if field.required or state in field.required_in or whole_of_some or is_needed(field, said):
            yield _fault("record.blank", scope, field)
        return
    by_code = {one.code: one for one in scope.fields}
    whole, other = by_code.get(field.part_of or ""), by_code.get(field.not_before or "")
    if whole is not None and whole.code in said and int(held) > int(said[whole.code]):
        amounts = {"part": Decimal(held), "whole": Decimal(said[whole.code])}
        yield _fault("record.part_exceeds_whole", scope, field, whole_name=whole.label, **amounts)
    if other is not None and other.code in said and held < said[other.code]:
        days = {"day": _day(held), "other": _day(said[other.code])}
        yield _fault("record.before", scope, field, other_name=other.label, **days)
    if kind.state(state).past and scope.parent is None and field.code == kind.occurred and _day(held) > today:
        yield _fault("record.to_come", scope, field, day=_day(held))


def is_needed(field: RegisterField, said: Data) -> bool:
    """Whether what else is said asks for a field."""
    tests = field.needed_where
    return bool(tests) and all(test.passes(said) for test in tests)


def _day(text: str) -> date:
    return date.fromisoformat(text)


_TELEPHONE = re.compile(r"(?<![\w.,/])(?:\+?84|0)(?:[ .\-]?\d){9}(?![\d/])")
_IDENTITY = re.compile(r"(?<![\w.,/])(?:0(?:[ ]?\d){11}|\d{12}|\d{9})(?![\d/])")


def personal_numbers(text: str) -> list[str]:
    """Numbers in a free text that look like a person's: of an identity paper, of a telephone."""
    found = [match[0] for match in _IDENTITY.finditer(text)]
    return found + [match[0] for match in _TELEPHONE.finditer(_IDENTITY.sub(" ", text))]


def data_doubted(kind: RegisterKind, data: Data) -> list[Fault]:
    """Warnings: numbers in free text that look like a person's. One who looked may say that they are none."""
    found = []
    for scope in scopes(kind, data):
        for field in scope.fields:
            if field.kind not in LONGEST or field.code not in scope.said:
                continue
            rest = scope.said[field.code]
            for code, pattern in (("record.identity", _IDENTITY), ("record.telephone", _TELEPHONE)):
                for match in pattern.finditer(rest):
                    found.append(replace(_fault(code, scope, field, text=match[0]), level=Level.WARNING))
                rest = pattern.sub(" ", rest)
    return found


# ----------------------------------------------------------------------------------------------------- counting


class Counts(NamedTuple):
    """What a record counts for: a series in a half-year, or, of a stock, at the end of every half-year from `period`
    on and before `until`. `value` None: it counts, and does not say how much, which is not zero."""

    series: str
    period: str
    until: str
    value: Decimal | None


BEFORE, NEVER = "0000-H1", "9999-H2"
"""Codes of half-years: before there was any, and of what is not over."""


def data_counts(kind: RegisterKind, data: Data, state: str, calendar: Calendar) -> list[Counts]:
    """What a record counts for, one count for each series and time."""
    found: dict[tuple[str, str, str], Decimal | None] = {}
    for counting, series in countings(kind):
        if state not in counting.states:
            continue
        for said in _counted(kind, counting, data):
            day = said.get(counting.by_day or kind.occurred)
            if day is None or not all(test.passes(said) for test in counting.where):
                continue
            half, name = _half(calendar, _day(day)), series
            if isinstance(counting, Feed) and counting.by_quarter and half is not None:
                name = str(counting.series.with_member("quarter", quarter_of(_day(day), calendar.span(half))))
            until = ""
            if counting.until is not None:
                end = said.get(counting.until)
                last = _half(calendar, _day(end)) if end is not None else None
                until = NEVER if end is None else last.code if last is not None else BEFORE
            amount = "1" if counting.sum is None else said.get(counting.sum)
            at = (name, half.code if half is not None else BEFORE, until)
            value, before = None if amount is None else Decimal(amount), found.get(at, Decimal(0))
            found[at] = None if value is None or before is None else before + value
    return [Counts(*at, value) for at, value in found.items()]


def countings(kind: RegisterKind) -> Iterator[tuple[Counting, str]]:
    """Everything a register counts, and the name its counts are kept under."""
    yield from ((feed, str(feed.series)) for feed in kind.feeds)
    yield from ((tally, kind.tally_series(tally)) for tally in kind.tallies)


def _counted(kind: RegisterKind, counting: Counting, data: Data) -> Iterator[Data]:
    """What is looked at one by one: the record, or each row with its columns by their paths."""
    field = kind.by_code[counting.of] if counting.of is not None else None
    if field is None:
        yield data
        return
    for row in rows_of(field, data):
        yield {**data, **{f"{field.code}/{column}": text for column, text in row.said.items()}}


def _half(calendar: Calendar, day: date) -> Period | None:
    """None for a day before any half-year that is reported on."""
    try:
        return calendar.half_on(day)
    except (ValueError, StopIteration):
        return None


def series_fed(feed: Feed) -> tuple[str, ...]:
    """The series that a feed counts for."""
    if not feed.by_quarter:
        return (str(feed.series),)
    return tuple(str(feed.series.with_member("quarter", quarter)) for quarter in ("q1", "q2"))


def quarter_of(day: date, span: Span) -> str:
    """The quarter of a half-year that a day is in: the second begins three months after the first."""
    return "q1" if day < quarters_of(span)[1].start else "q2"


def quarters_of(span: Span) -> tuple[Span, Span]:
    """The two quarters of a half-year, q1 and q2."""
    month = span.start.month + 3
    second = date(span.start.year + (month > 12), (month - 1) % 12 + 1, span.start.day)
    return Span(span.start, second), Span(second, span.end)


SOUGHT = 2_000
"""Bytes of what a record is searched by: it stands in an index, whose rows are at most 2,704 bytes on PostgreSQL."""


def search_words(kind: RegisterKind, data: Data) -> str:
    """What a record is searched by, its first fields first, of rows the words of their texts; the end of a very long
    text is left out."""
    found = []
    for code in kind.search:
        field = kind.by_code[code]
        if field.kind != "rows":
            found.append(data.get(code, ""))
            continue
        texts = [column.code for column in field.columns if column.kind in LONGEST]
        found += [row.said[column] for row in rows_of(field, data) for column in texts if column in row.said]
    return fold(" ".join(filter(None, found))).encode()[:SOUGHT].decode(errors="ignore")
