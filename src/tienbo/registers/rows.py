"""Rows inside a record: what repeats is said cell by cell, each at an address of its own, "talks/row_01J…/subject".

So a record stays field → text: a cell is changed, kept in a version and met by somebody else's change as any field is.
A row is there while one of its cells says something. Its key is opaque and stays; keys sort by when they were made,
and rows stand in that order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from tienbo.catalogue.definitions import RegisterField, RegisterKind
from tienbo.core.messages import gettext as _
from tienbo.ground.keys import is_key, new_key

ROW = "row"


class Row(NamedTuple):
    """A row: its key, and column → what it says."""

    key: str
    said: dict[str, str]


def address(field: str, row: str, column: str) -> str:
    """Where a cell of a record stands."""
    return f"{field}/{row}/{column}"


def rows_of(field: RegisterField, data: Mapping[str, str], also: Collection[str] = ()) -> list[Row]:
    """The rows of a field that say something, in their order; those of the addresses `also` too, whatever they say."""
    found: dict[str, dict[str, str]] = {}
    columns = {column.code for column in field.columns}
    for at in (*data, *also):
        code, _sep, cell = at.partition("/")
        key, _sep, column = cell.partition("/")
        if code != field.code or column not in columns or not is_key(key, ROW):
            continue
        if text := data.get(at, "").strip():
            found.setdefault(key, {})[column] = text
        elif at in also:
            found.setdefault(key, {})
    return [Row(key, found[key]) for key in sorted(found)]


def row_keys(count: int) -> list[str]:
    """Keys of new rows, in the order in which they stand."""
    return sorted(new_key(ROW) for _index in range(count))


class Scope(NamedTuple):
    """What is checked together: the fields of a record, or the cells of one of its rows. `row` is its number, from 1;
    0 of the record itself."""

    fields: tuple[RegisterField, ...]
    said: Mapping[str, str]
    parent: RegisterField | None = None
    key: str = ""
    row: int = 0

    def address(self, field: RegisterField) -> str:
        return address(self.parent.code, self.key, field.code) if self.parent else field.code

    def place(self, field: RegisterField) -> str:
        """Where it stands, in words: "Tham luận, dòng 2: Chuyên đề"."""
        if self.parent is None:
            return str(field.label)
        message = _("{field}, row {number}: {column}")
        return message.format(field=self.parent.label, number=self.row, column=field.label)


def scopes(kind: RegisterKind, data: Mapping[str, str], also: Collection[str] = ()) -> Iterator[Scope]:
    """The record itself, then each of its rows."""
    yield Scope(kind.fields, data)
    for field in kind.fields:
        if field.kind == "rows":
            for index, row in enumerate(rows_of(field, data, also)):
                yield Scope(field.columns, row.said, field, row.key, index + 1)


def addresses(kind: RegisterKind, data: Mapping[str, str]) -> list[str]:
    """Every address that a record may say something at or does, in the order of its definition."""
    held = {scope.address(field) for scope in scopes(kind, data, data) for field in scope.fields}
    return sorted(held, key=lambda at: in_order(kind, at))


def in_order(kind: RegisterKind, at: str) -> tuple[int, str, int]:
    """Sorts addresses as the definition has their fields, rows by their keys, columns in their order."""
    code, _sep, cell = at.partition("/")
    key, _sep, column = cell.partition("/")
    order = [field.code for field in kind.fields]
    field = kind.by_code.get(code)
    columns = [one.code for one in field.columns] if field else []
    return (
        order.index(code) if code in order else len(order),
        key,
        columns.index(column) if column in columns else -1,
    )
