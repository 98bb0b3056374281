"""Vietnamese text and numbers: NFC, search keys, sorting, number formats for paper and screen."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from tienbo.core.messages import N_, language
from tienbo.core.messages import gettext as _

# Only the marks Vietnamese writes: stripping every combining mark would also strip Lao tone marks.
_MARKS = dict.fromkeys(map(ord, "\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323"))
_D = str.maketrans({"Đ": "D", "đ": "d", "Ð": "D", "ð": "d"})  # Ð U+00D0 is typed for Đ U+0110 by old fonts

_DAY = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})")
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")

_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = "\u0300\u0309\u0303\u0301\u0323"  # huyền, hỏi, ngã, sắc, nặng: the dictionary's order after none
_VOWEL_MARKS = {"\u0302", "\u0306", "\u031b"}


def nfc(text: str) -> str:
    """Composed text: decomposed diacritics (as macOS and some keyboards send) become one letter each."""
    return unicodedata.normalize("NFC", text)


def clean(text: str) -> str:
    """NFC, no-break and repeated blanks folded to one, ends trimmed."""
    if text.isascii() and text.isalnum():  # most figures
        return text
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


_ROMAN = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


def roman(count: int) -> str:
    """I, II, III … as official papers number their parts and annexes. ValueError below one."""
    if count < 1:
        raise ValueError(f"there is no Roman numeral for {count}")
    text = ""
    for worth, letters in _ROMAN:
        times, count = divmod(count, worth)
        text += letters * times
    return text


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


def day_words(on: date | None) -> str:
    """A day as papers and pages write it: 05/02/2026, 05/6/2026, 20/11/2026; nothing for None. Days below 10 and months
    1 and 2 take a zero before them (Decree 30/2020/NĐ-CP, annex I), so that nobody writes another digit there."""
    return "" if on is None else f"{on.day:02d}/{month_words(on)}/{on.year}"


def day_of(text: str) -> date | None:
    """A day as it is written in Viet Nam, day first, the year in full (5/6/2026, 05.6.2026, 05-06-2026), or as programs
    send it (2026-06-05). None for what is no day."""
    written, standard = _DAY.fullmatch(text.strip()), _ISO_DAY.fullmatch(text.strip())
    parts = written.groups()[::-1] if written else standard.groups() if standard else ()
    try:
        return date(*map(int, parts)) if parts else None
    except ValueError:
        return None


WEEKDAYS = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip


def weekday_words(on: date) -> str:
    """The day of the week: "thứ Năm"."""
    return _(WEEKDAYS[on.weekday()])


def small(text: str) -> str:
    """A text that goes on in a sentence: it begins with a small letter, unless an abbreviation does."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def month_words(on: date) -> str:
    """The month of a day, by the same rule: 02, 6, 11."""
    return f"{on.month:02d}" if on.month < 3 else str(on.month)


def moment_words(at: datetime | None) -> str:
    """The time of day and the day as the clock of the place shows them: 14:05 20/7/2026; nothing for None."""
    return "" if at is None else f"{at:%H:%M} {day_words(at)}"
