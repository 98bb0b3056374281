"""What single cells say: text, days, whether a number fits its place."""

from __future__ import annotations

import string
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tienbo.core.words import day_words, nfc
from tienbo.papers.workbook.design import META_MARKER
from tienbo.papers.workbook.numbers import Number, number_stored

_LARGEST = Decimal(10) ** 14
"""Facts are DECIMAL(18,4)."""


def line_of(place: str) -> str:
    """ "Biểu 02!D14" → "Biểu 02!14" """
    sheet, _, cell = place.rpartition("!")
    return f"{sheet}!{cell.lstrip(string.ascii_uppercase)}"


def wrong(exact: Decimal, number: Number) -> str:
    """The fault of a number for its place, "" where it has none."""
    if exact.is_nan():
        return "workbook.not_yes_or_no" if number == "yes_no" else "workbook.not_a_number"
    if abs(exact) >= _LARGEST:
        return "workbook.number_out_of_range"
    if number == "yes_no":
        return "" if exact in (0, 1) else "workbook.not_yes_or_no"
    # Counts with decimals are the check's to name; shares and hours are kept to four.
    fine = number == "count" or exact == exact.quantize(Decimal("0.0001"))
    return "" if fine else "workbook.too_many_decimals"


def pairs(grid: Sequence[Sequence[Any]]) -> dict[str, str]:
    """The words of the hidden sheet, wherever its two columns stand."""
    made: dict[str, str] = {}
    for row in grid[:40]:
        for index, value in enumerate(row):
            if isinstance(value, str) and value.startswith(META_MARKER):
                made[value.removeprefix(META_MARKER)] = text_of(row[index + 1]) if index + 1 < len(row) else ""
                break
    return made


def text_of(value: Any) -> str:
    """What a cell shows, as text: composed letters, one kind of line end, a decimal comma."""
    if isinstance(value, str):
        return nfc(value).replace("\r\n", "\n").replace("\r", "\n").strip() if value else ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return f"{number_stored(float(value)):f}".replace(".", ",")
    if isinstance(value, date):
        return day_words(value)
    return str(value)
