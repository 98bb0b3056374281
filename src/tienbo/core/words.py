"""Vietnamese text and numbers: NFC, search keys, sorting, number formats for paper and screen."""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal

from tienbo.core.messages import language

# Only the marks Vietnamese writes: stripping every combining mark would also strip Lao tone marks.
_MARKS = dict.fromkeys(map(ord, "\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323"))
_D = str.maketrans({"Đ": "D", "đ": "d", "Ð": "D", "ð": "d"})  # Ð U+00D0 is typed for Đ U+0110 by old fonts

_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = "\u0300\u0309\u0303\u0301\u0323"  # huyền, hỏi, ngã, sắc, nặng: the dictionary's order after none
_VOWEL_MARKS = {"\u0302", "\u0306", "\u031b"}


def nfc(text: str) -> str:
    """Composed text: decomposed diacritics (as macOS and some keyboards send) become one letter each."""
    return unicodedata.normalize("NFC", text)


def clean(text: str) -> str:
    """NFC, no-break and repeated blanks folded to one, ends trimmed."""
    return re.sub(r"[\s\u00a0\u2007\u202f\u200b\ufeff]+", " ", nfc(text)).strip()


def fold(text: str) -> str:
    """A search key: lower case without Vietnamese marks; "Quỳnh Lưu" → "quynh luu". Lao keeps its tone marks."""
    bare = unicodedata.normalize("NFD", clean(text).translate(_D)).translate(_MARKS)
    return unicodedata.normalize("NFC", bare).casefold()


def same_name(text: str) -> str:
    """A key under which spellings of one name meet: hoà/hòa, Thuỷ/Thủy, case and blanks."""
    letters: list[str] = []
    tones: list[str] = []
    for char in unicodedata.normalize("NFD", clean(text).casefold().replace("ð", "đ")):
        (tones if char in _TONES else letters).append(char)
        if char == " ":
            letters.append("".join(tones) + " ")
            tones.clear()
    return unicodedata.normalize("NFC", "".join(letters) + "".join(tones))


def sort_key(text: str) -> tuple[object, ...]:
    """The order of a Vietnamese dictionary: letters first (a ă â … d đ …), tones decide between equals."""
    letters: list[tuple[int, str]] = []
    tones: list[int] = []
    for char in unicodedata.normalize("NFC", clean(text).casefold()):
        base, marks = "", []
        for piece in unicodedata.normalize("NFD", char):
            if piece in _TONES:
                marks.append(piece)
            else:
                base += piece
        base = unicodedata.normalize("NFC", base)
        rank = _LETTERS.find(base)
        if not base:
            pass  # a tone that no letter carries: it orders among tones only
        elif base.isdigit():
            letters.append((0, base))
        elif base.isspace():
            letters.append((-1, ""))
        else:
            letters.append((1, chr(rank)) if rank >= 0 else (2, base))
        tones.append(_TONES.index(marks[0]) + 1 if marks else 0)
    return (tuple(letters), tuple(tones))


def rounded(value: Decimal, places: int) -> Decimal:
    """Round half away from zero, as people do on paper; once, at the edge."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def number(value: Decimal | int | float, places: int | None = None) -> str:
    """A number as its reader writes it: 1.234,5 in Vietnamese, 1,234.5 in English.

    `places` fixes the decimals; None shows those the number has, without trailing zeros.
    """
    exact = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    if places is not None:
        exact = rounded(exact, places)
    text = f"{exact:,f}"
    if places is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    if text in ("-0", "-0." + "0" * (places or 0)):
        text = text[1:]
    return text.translate(str.maketrans(",.", ".,")) if language() == "vi" else text


def percent(share: Decimal, places: int = 1) -> str:
    """A share of 0..1 as a percentage for paper and screen."""
    return number(share * 100, places) + "%"
