"""What commands print: tables and lines for people, JSON for programs; the same facts in both."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TextIO, TypeVar

from tienbo.core.faults import Fault, Level
from tienbo.core.messages import gettext as _


@dataclass
class Say:
    """Where a command speaks. With `as_json` only `data` is printed, once, as one JSON value."""

    as_json: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)

    def line(self, text: str = "") -> None:
        if not self.as_json:
            print(text, file=self.out)

    def data(self, value: Any) -> None:
        if self.as_json:
            print(json.dumps(value, ensure_ascii=False, indent=2, default=_plain), file=self.out)

    def table(self, headers: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Sequence[int] = ()) -> None:
        """Columns as wide as their widest cell; `right` are the columns of numbers."""
        if self.as_json:
            return
        cells = [[str(header) for header in headers], *([str(cell) for cell in row] for row in rows)]
        widths = [max(_width(row[column]) for row in cells) for column in range(len(headers))]
        for number, row in enumerate(cells):
            print(
                "  ".join(
                    _padded(cell, width, column in right)
                    for column, (cell, width) in enumerate(zip(row, widths, strict=True))
                ).rstrip(),
                file=self.out,
            )
            if number == 0:
                print("  ".join("─" * width for width in widths), file=self.out)

    def faults(self, faults: Iterable[Fault], *, of: str = "") -> None:
        """Every fault with its place below a line that says what they are `of`: errors first, then down the form."""
        faults = list(faults)
        if of and faults:
            print(f"\n{of}:", file=self.err)
        words = {Level.ERROR: _("Error"), Level.WARNING: _("Warning"), Level.NOTE: _("Note")}
        order = list(Level)
        for fault in sorted(faults, key=lambda one: (order.index(one.level), _reading_order(one.place))):
            place = f" [{fault.place}]" if fault.place else ""
            print(f"{words[fault.level]}{place}: {fault.sentence()}", file=self.err)

    def progress(self, done: int, total: int, what: str) -> None:
        """One line that is written over, on a terminal only."""
        if self.err.isatty():
            print(f"\r{what} {done}/{total}", end="\n" if done == total else "", file=self.err, flush=True)


T = TypeVar("T")


def choose(question: str, among: Sequence[T]) -> T | None:
    """The one that the person at the terminal picks by its number; None where nobody is there or picks none."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    print(question, file=sys.stderr)
    for number, one in enumerate(among, start=1):
        print(f"{number:3}. {one}", file=sys.stderr)
    print("> ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip()
    return among[int(answer) - 1] if answer.isdecimal() and 1 <= int(answer) <= len(among) else None


def _plain(value: Any) -> Any:
    """What JSON has no word for: a number as a number, everything else as its text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


def faults_json(faults: Iterable[Fault]) -> list[Mapping[str, Any]]:
    return [fault.as_json() for fault in faults]


_CELL = re.compile(r"(?P<sheet>.+)!(?P<column>[A-Z]{1,3})(?P<row>[0-9]+)")


def _reading_order(place: str) -> tuple[str, int, str]:
    """Row by row through a sheet ("Biểu 02!D14"); places that are no cells stay in the order they came."""
    cell = _CELL.fullmatch(place)
    return (cell["sheet"], int(cell["row"]), f"{cell['column']:>3}") if cell else ("", 0, "")


def _width(text: str) -> int:
    """Columns a text takes: combining marks take none, wide letters two."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int, right: bool) -> str:
    gap = " " * (width - _width(text))
    return gap + text if right else text + gap
