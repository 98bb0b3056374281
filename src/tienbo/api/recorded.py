"""What a record says as JSON, and the schema of it, both from the register's definition alone.

Inside, a record is address → text (`registers.saying`). Outside, a count or an amount is a whole number, a day is
"2026-03-05", yes or no is true or false, units are keys, and rows are a list of objects, each with its `key`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from tienbo.catalogue.definitions import RegisterField, RegisterKind
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.ground.keys import is_key
from tienbo.registers.rows import ROW, address, row_keys, rows_of
from tienbo.registers.saying import LARGEST, longest
from tienbo.registers.showing import UNITS, unit_words
from tienbo.units.wording import Said

DIALECT = "https://json-schema.org/draft/2020-12/schema"
UNIT_KEY = "^unit_[0-9A-HJKMNP-TV-Z]{26}$"
ROW_KEY = f"^{ROW}_[0-9A-HJKMNP-TV-Z]{{26}}$"
KEY, REMOVE = "key", "remove"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

worded(
    {
        "api.unknown_field": N_("The register “{register}” has no field “{field}”."),
        "api.other_shape": N_("“{field}” is to be {shape}."),
        "api.unknown_row": N_("There is no row {row} in “{field}”. A new row has no key."),
        "api.row_twice": N_("The row {row} of “{field}” is there twice."),
    }
)


# ------------------------------------------------------------------------------------------------------- the schema


def record_schema(kind: RegisterKind) -> dict[str, Any]:
    """JSON Schema of what a record of a register says, in the language being spoken. What depends on the state or on
    another field stands in keywords of our own (`x-required-in`, `x-part-of`, `x-not-before`, `x-needed-where`)."""
    return {
        "$schema": DIALECT,
        "title": str(kind.record_name),
        "type": "object",
        "properties": {field.code: _property(field) for field in kind.asked},
        "required": [field.code for field in kind.asked if field.required],
        "additionalProperties": False,
    }


def _property(field: RegisterField) -> dict[str, Any]:
    made: dict[str, Any] = {"title": str(field.label)}
    if field.note:
        made["description"] = str(field.note)
    made |= _shape(field)
    if field.measure is not None:
        made["x-measure"] = field.measure
    if field.required_in:
        made["x-required-in"] = list(field.required_in)
    if field.part_of is not None:
        made["x-part-of"] = field.part_of
    if field.not_before is not None:
        made["x-not-before"] = field.not_before
    if field.needed_where:
        made["x-needed-where"] = [test.model_dump(mode="json", exclude_none=True) for test in field.needed_where]
    return made


def _shape(field: RegisterField) -> dict[str, Any]:
    if field.kind == "rows":
        columns = {column.code: _property(column) for column in field.asked_columns}
        row = {
            "type": "object",
            "properties": {KEY: {"type": "string", "pattern": ROW_KEY}, **columns},
            "required": [column.code for column in field.asked_columns if column.required],
            "additionalProperties": False,
        }
        return {"type": "array", "items": row, "maxItems": field.at_most} | ({"minItems": 1} if field.required else {})
    return _SHAPES.get(field.kind, _text)(field)


def _number(field: RegisterField) -> dict[str, Any]:  # noqa: ARG001 - one kind of maker
    return {"type": "integer", "minimum": 0, "exclusiveMaximum": int(LARGEST)}


def _choice(field: RegisterField) -> dict[str, Any]:
    return {"oneOf": [{"const": code, "title": str(words)} for code, words in field.choices.items()]}


def _text(field: RegisterField) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest(field)}


_KEY_OF_UNIT: Mapping[str, Any] = {"type": "string", "pattern": UNIT_KEY}
_SHAPES: Mapping[str, Callable[[RegisterField], dict[str, Any]]] = {
    "count": _number,
    "money": _number,
    "choice": _choice,
    "yes_no": lambda _field: {"type": "boolean"},
    "date": lambda _field: {"type": "string", "format": "date"},
    "unit": lambda _field: dict(_KEY_OF_UNIT),
    "units": lambda _field: {"type": "array", "items": dict(_KEY_OF_UNIT)},
    "record": lambda _field: {"type": "string", "pattern": "^record_[0-9A-HJKMNP-TV-Z]{26}$"},
}
"""Kind of field → schema of what it says; of any other it is a text."""


# --------------------------------------------------------------------------------------------------------- out


def record_json(kind: RegisterKind, data: Mapping[str, str], withheld: Collection[str] = ()) -> dict[str, Any]:
    """What a record says, without the fields that are `withheld`."""
    said = {}
    for field in kind.fields:
        if field.code in withheld:
            continue
        if field.kind == "rows":
            if rows := rows_of(field, data):
                said[field.code] = [{KEY: row.key, **_cells(field, row.said)} for row in rows]
        elif data.get(field.code):
            said[field.code] = _out(field, data[field.code])
    return said


def _cells(field: RegisterField, said: Mapping[str, str]) -> dict[str, Any]:
    return {column.code: _out(column, said[column.code]) for column in field.columns if column.code in said}


def _out(field: RegisterField, text: str) -> Any:
    """A text that is not in the one spelling, as of a field that was another kind once, goes out as it is."""
    if field.is_number:
        return int(text) if text.isascii() and text.isdecimal() else text
    if field.kind == "yes_no":
        return {"yes": True, "no": False}.get(text, text)
    return unit_words(field, text) if field.kind == "units" else text


# ---------------------------------------------------------------------------------------------------------- in


def record_typed(
    kind: RegisterKind, said: Mapping[str, Any], data: Mapping[str, str], *, whole: bool = False
) -> dict[str, str]:
    """Address → text as somebody would have typed it, of what was sent; null is blank. Refused with every part that
    has another shape. `data` is what the record says already: rows are named by their keys; where it was sent `whole`
    before, those without a key are its rows in their order."""
    typed: dict[str, str] = {}
    faults: list[Fault] = []
    for code, held in said.items():
        field = kind.by_code.get(code)
        if field is None or field.retired:
            faults.append(Fault("api.unknown_field", code[:60], {"register": kind.name, "field": code[:60]}))
        elif field.kind == "rows":
            _rows_in(kind, field, held, data, whole, typed, faults)
        else:
            _in(field, code, str(field.label), held, typed, faults)
    if faults:
        raise Refused(*faults)
    return typed


def _rows_in(
    kind: RegisterKind,
    field: RegisterField,
    held: Any,
    data: Mapping[str, str],
    whole: bool,
    typed: dict[str, str],
    faults: list[Fault],
) -> None:
    if not isinstance(held, list) or not all(isinstance(row, dict) for row in held):
        faults.append(_other(field.code, str(field.label), N_("a list of objects")))
        return
    there = [row.key for row in rows_of(field, data)]
    new = there if whole and len(there) == len(held) else row_keys(len(held))
    by_code = {column.code: column for column in field.asked_columns}
    seen: set[str] = set()
    for row, made in zip(held, new, strict=False):
        key = row.get(KEY, made)
        about = {"field": field.code, "row": str(key)[:60]}
        if KEY in row and not (isinstance(key, str) and is_key(key, ROW) and key in there):
            faults.append(Fault("api.unknown_row", str(field.label), about))
            continue
        if key in seen:
            faults.append(Fault("api.row_twice", str(field.label), about))
            continue
        seen.add(key)
        if row.get(REMOVE) is True:
            typed |= {address(field.code, key, column): "" for column in by_code}
            continue
        for column, cell in row.items():
            if column in (KEY, REMOVE):
                continue
            at = address(field.code, key, column)
            if column not in by_code:
                told = {"register": kind.name, "field": f"{field.code}/{column}"[:120]}
                faults.append(Fault("api.unknown_field", str(field.label), told))
            else:
                _in(by_code[column], at, f"{field.label}: {by_code[column].label}", cell, typed, faults)


def _in(field: RegisterField, at: str, place: str, held: Any, typed: dict[str, str], faults: list[Fault]) -> None:
    """What has another shape than its field is a fault here; what has the shape may still be none of its answers."""
    read = None if held is None else _READ.get(field.kind, _READ["text"])
    text = "" if read is None else read.text(held)
    if text is not None:
        typed[at] = text
    elif read is not None:
        faults.append(_other(at, place, read.shape))


class _Read(NamedTuple):
    """The shape of a kind of field in words, and how it is read: None for another."""

    shape: str
    text: Callable[[Any], str | None]


def _whole(held: Any) -> str | None:
    if not isinstance(held, int) or isinstance(held, bool):
        return None
    return str(held) if abs(held) < LARGEST else str(int(LARGEST))  # too much, however much it is


def _listed(held: Any) -> str | None:
    is_list = isinstance(held, list) and all(isinstance(one, str) for one in held)
    return f"{UNITS} ".join(held) if is_list else None


_NUMBER = _Read(N_("a whole number"), _whole)
_READ: Mapping[str, _Read] = {
    "text": _Read(N_("a text"), lambda held: held if isinstance(held, str) else None),
    "count": _NUMBER,
    "money": _NUMBER,
    "yes_no": _Read(N_("true or false"), lambda held: ("no", "yes")[held] if isinstance(held, bool) else None),
    "date": _Read(
        N_("a day as 2026-03-05"), lambda held: held if isinstance(held, str) and _DAY.fullmatch(held) else None
    ),
    "units": _Read(N_("a list of keys of units"), _listed),
}


def _other(at: str, place: str, shape: str) -> Fault:
    return Fault("api.other_shape", place, {"field": at, "shape": Said(shape)})
