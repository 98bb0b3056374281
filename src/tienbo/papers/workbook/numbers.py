"""Numbers as people type them into cells. What can be read in two ways is never guessed."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from math import isfinite
from typing import Literal

from tienbo.catalogue.returns import Qualifier
from tienbo.core.words import clean, fold

Number = Literal["count", "decimal", "percent", "yes_no"]
"""What a place takes: whole numbers, numbers with decimals, percentages, Có / Không."""


class NotANumber(ValueError):  # noqa: N818 - what the text is
    """The text is no number at all, or none that belongs in this place."""


class TwoReadings(ValueError):  # noqa: N818 - what the text has
    """The text is a number in more than one way of writing."""

    def __init__(self, text: str, readings: tuple[str, str]) -> None:
        super().__init__(text)
        self.readings = readings


_ESTIMATE = re.compile(r"^uoc(?: (?:tinh|dat|thuc hien))?(?=[ \d])\s*")
_AT_LEAST = re.compile(r"^(?:tren|hon)(?=[ \d])\s*")
_SPACED = re.compile(r"^\d{1,3}(?: \d{3})+(?=$|,)")
_VIETNAMESE = re.compile(r"^\d{1,3}(?:\.\d{3})+,\d+$")
_ENGLISH = re.compile(r"^\d{1,3}(?:,\d{3})+\.\d+$")
_GROUPS = re.compile(r"^\d{1,3}(?:(?:\.\d{3}){2,}|(?:,\d{3}){2,})$")
_ONE_MARK = re.compile(r"^(\d+)([.,])(\d+)$")
_MINUS = str.maketrans("−‒–", "---")

YES = frozenset({"co", "yes"})
NO = frozenset({"khong", "no"})


def number_spelled(text: str, number: Number) -> tuple[Decimal, Qualifier | None]:
    """The number a text says, and the qualifier it says it with ("trên 3.000" is at least 3000).

    Vietnamese writing is expected: a dot groups thousands, a comma begins decimals. Another writing is taken
    where it cannot be anything else ("1,234,567"). Raises NotANumber or TwoReadings.
    """
    if text.isascii() and text.isdigit() and number != "yes_no":
        return Decimal(text), None
    plain = clean(_narrow(text)).translate(_MINUS)
    qualifier: Qualifier | None = None
    if plain[:1].isalpha():
        plain = fold(plain)
        estimate, at_least = _ESTIMATE.match(plain), _AT_LEAST.match(plain)
        if estimate:
            plain, qualifier = plain[estimate.end() :], "estimate"
        elif at_least:
            plain, qualifier = plain[at_least.end() :], "at_least"
        elif number == "yes_no":
            return _yes_no(plain, text), None
    if number == "percent" and plain.endswith("%"):
        plain = plain[:-1].rstrip()
    sign = -1 if plain.startswith("-") else 1
    value = _unsigned(plain.removeprefix("-").lstrip(), number)
    if number == "yes_no" and value not in (0, 1):
        raise NotANumber(text)
    return sign * value, qualifier


def _narrow(text: str) -> str:
    """Full-width characters as plain ones and every kind of space as a space. Other look-alikes stay as they are,
    and are refused: "12³" is twelve with a footnote. So are two numbers on two lines, which are not one."""
    made = text if text.isascii() else "".join(map(_narrowed, text))
    if "\n" in made.strip() or "\t" in made.strip():
        raise NotANumber(text)
    return made


def _narrowed(character: str) -> str:
    kind, _, plain = unicodedata.decomposition(character).partition(" ")
    return chr(int(plain, 16)) if kind in ("<wide>", "<narrow>") or plain == "0020" else character


def _yes_no(folded: str, text: str) -> Decimal:
    if folded in YES:
        return Decimal(1)
    if folded in NO:
        return Decimal(0)
    raise NotANumber(text)


def _unsigned(text: str, number: Number) -> Decimal:
    if not text.isascii():
        raise NotANumber(text)
    spaced = _SPACED.match(text)
    if spaced:
        text = spaced.group().replace(" ", "") + text[spaced.end() :]
    if text.isdigit():
        return Decimal(text)
    if _VIETNAMESE.match(text):
        return Decimal(text.replace(".", "").replace(",", "."))
    if _ENGLISH.match(text):
        return Decimal(text.replace(",", ""))
    if _GROUPS.match(text):
        return Decimal(text.replace(".", "").replace(",", ""))
    found = _ONE_MARK.match(text)
    if not found:
        raise NotANumber(text)
    return _one_mark(found[1], found[2], found[3], number)


def _one_mark(head: str, mark: str, tail: str, number: Number) -> Decimal:
    """One dot or comma: the only writing in which thousands and decimals can be taken for each other."""
    may_group = len(head) <= 3 and head[0] != "0" and len(tail) == 3
    whole = number in ("count", "yes_no")
    as_group, as_decimal = head + tail, f"{head}.{tail}"
    if mark == "." and whole and may_group:
        return Decimal(as_group)
    if may_group or (mark == "." and whole):
        # "1.23" in a count: a digit may be missing, or the dot may be a decimal comma typed abroad.
        raise TwoReadings(f"{head}{mark}{tail}", (as_group, as_decimal.replace(".", ",")))
    return Decimal(as_decimal)


def number_stored(value: float | Decimal) -> Decimal:
    """The number a cell holds, at the fifteen digits a spreadsheet shows: 0.1 + 0.2 is 0.3."""
    if not isfinite(value):
        return Decimal(value)  # a damaged file; no place takes it
    return Decimal(int(value)) if value == int(value) else Decimal(f"{value:.15g}")
