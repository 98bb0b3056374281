"""What a record says: read from what was typed, checked as a whole, and counted. No database; only the definition.

A record's data is field → text in one spelling: 1200, 2026-03-05, yes, the code of a choice, the key of a unit. A field
that says nothing is not there. Faults are placed at the label of their field and name it (`field`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from tienbo.catalogue.definitions import Feed, RegisterField, RegisterKind
from tienbo.core.faults import Fault, Level, worded
from tienbo.core.messages import N_
from tienbo.core.spans import Span
from tienbo.core.words import clean, day_of, fold, nfc
from tienbo.papers.workbook.numbers import NotANumber, TwoReadings, number_spelled

Data = Mapping[str, str]

LONGEST = {"text": 300, "long_text": 4000}
LARGEST = Decimal(10) ** 13

worded(
    {
        "record.blank": N_("Fill this in."),
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


def _fault(code: str, at: RegisterField, **fields: object) -> Fault:
    return Fault(code, str(at.label), {"field": at.code, **fields})


# ------------------------------------------------------------------------------------------------------ reading


def data_read(kind: RegisterKind, typed: Data) -> tuple[dict[str, str], list[Fault]]:
    """What was typed in the one spelling, and a fault for each field that cannot be read; those are left out. A unit
    is left as it was typed: which one that is, the day and the database know."""
    data: dict[str, str] = {}
    faults: list[Fault] = []
    for field in kind.fields:
        text = nfc(typed.get(field.code, "")).replace("\r\n", "\n").strip()
        if field.kind != "long_text":
            text = clean(text)
        if not text:
            continue
        said = _read(field, text)
        if isinstance(said, Fault):
            faults.append(said)
        else:
            data[field.code] = said
    return data, faults


def _read(field: RegisterField, text: str) -> str | Fault:
    if field.is_number:
        return _number(field, text)
    if field.kind == "date":
        day = day_of(text)
        return _fault("record.not_a_day", field, text=text[:60]) if day is None else day.isoformat()
    if field.kind in ("choice", "yes_no"):
        return text if text in field.answers() else _fault("record.unknown_choice", field, text=text[:60])
    most = LONGEST.get(field.kind, LONGEST["text"])
    return text if len(text) <= most else _fault("record.too_long", field, count=len(text), most=most)


def _number(field: RegisterField, text: str) -> str | Fault:
    try:
        value, qualifier = number_spelled(text, "count")
    except (NotANumber, TwoReadings):
        return _fault("record.not_a_number", field, text=text[:60])
    if qualifier is not None or value != value.to_integral_value():
        return _fault("record.not_a_number", field, text=text[:60])
    if value < 0:
        return _fault("record.negative", field, value=value)
    return str(int(value)) if value < LARGEST else _fault("record.too_large", field, value=value)


# ----------------------------------------------------------------------------------------------------- checking


def data_check(kind: RegisterKind, data: Data, state: str, *, today: date, unread: frozenset[str]) -> list[Fault]:
    """Every fault of a record as a whole, in the order of its fields. `unread`: fields that have a fault already."""
    by_code, past = kind.by_code, kind.state(state).past
    faults: list[Fault] = []
    wholes = {field.part_of for field in kind.fields if field.part_of and field.code in data}
    for field in kind.fields:
        if field.code in unread:
            continue
        held = data.get(field.code)
        if held is None:
            if field.required or state in field.required_in or field.code in wholes:
                faults.append(_fault("record.blank", field))
            continue
        whole, other = by_code.get(field.part_of or ""), by_code.get(field.not_before or "")
        if whole is not None and whole.code in data and int(held) > int(data[whole.code]):
            amounts = {"part": Decimal(held), "whole": Decimal(data[whole.code])}
            faults.append(_fault("record.part_exceeds_whole", field, whole_name=whole.label, **amounts))
        if other is not None and other.code in data and held < data[other.code]:
            days = {"day": _day(held), "other": _day(data[other.code])}
            faults.append(_fault("record.before", field, other_name=other.label, **days))
        if past and field.code == kind.occurred and _day(held) > today:
            faults.append(_fault("record.to_come", field, day=_day(held)))
    return faults


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
    for field in kind.fields:
        if field.kind not in LONGEST or field.code not in data:
            continue
        rest = data[field.code]
        for code, pattern in (("record.identity", _IDENTITY), ("record.telephone", _TELEPHONE)):
            for match in pattern.finditer(rest):
                found.append(replace(_fault(code, field, text=match[0]), level=Level.WARNING))
            rest = pattern.sub(" ", rest)
    return found


# ----------------------------------------------------------------------------------------------------- counting


def data_counts(kind: RegisterKind, data: Data, state: str, span: Span) -> dict[str, Decimal | None]:
    """Series → what a record counts for in the half-year whose days are `span`; None where it counts and the field that
    says how much is blank, which is not zero."""
    return dict(_counted(kind, data, state, span))


def _counted(kind: RegisterKind, data: Data, state: str, span: Span) -> Iterator[tuple[str, Decimal | None]]:
    for feed in kind.feeds:
        if state not in feed.states or any(data.get(test.field) not in test.one_of for test in feed.where):
            continue
        said = "1" if feed.sum is None else data.get(feed.sum)
        value = None if said is None else Decimal(said)
        series = feed.series
        if feed.by_quarter:
            series = series.with_member("quarter", quarter_of(_day(data[kind.occurred]), span))
        yield str(series), value


def series_fed(feed: Feed) -> tuple[str, ...]:
    """The series that a feed counts for."""
    if not feed.by_quarter:
        return (str(feed.series),)
    return tuple(str(feed.series.with_member("quarter", quarter)) for quarter in ("q1", "q2"))


def quarter_of(day: date, span: Span) -> str:
    """The quarter of a half-year that a day is in: the second begins three months after the first."""
    month = span.start.month + 3
    second = date(span.start.year + (month > 12), (month - 1) % 12 + 1, span.start.day)
    return "q1" if day < second else "q2"


def search_words(kind: RegisterKind, data: Data) -> str:
    """What a record is searched by."""
    return fold(" ".join(data[code] for code in kind.search if code in data))
