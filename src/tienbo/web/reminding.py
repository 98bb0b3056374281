"""Who has not sent, in the words people use: a letter's text, a message for a group chat, a picture, a calendar entry.

Names stand in the order of print; the Front and Party bodies are asked, not told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tienbo.core.messages import gettext as _
from tienbo.core.messages import ngettext
from tienbo.core.periods import Period
from tienbo.core.tree import family
from tienbo.core.words import day_words
from tienbo.papers.context import period_name
from tienbo.papers.letter import ASKED_TO_COOPERATE
from tienbo.papers.pdf import pictured

PPI = 216
"""A picture of 360 points is then 1,080 pixels wide: a telephone's screen."""


@dataclass(frozen=True)
class Reminder:
    """The text, and how many lines a box to show it needs."""

    text: str

    @property
    def lines(self) -> int:
        return min(30, max(6, sum(1 + len(line) // 90 for line in self.text.split("\n")) + 1))


def reminder(
    *,
    period: Period,
    due_on: date,
    today: date,
    owing: Sequence[tuple[str, str]],
    asked: Sequence[tuple[str, str, str]],
    due: int,
) -> Reminder:
    """The paragraphs of a letter. `owing`: (kind, name) of units that sent nothing; `asked`: (kind, name, note) of
    those that were asked to supplement and have not answered; `due`: how many units report."""
    told = [(family(kind), name) for kind, name in owing]
    others = [name for kind, name in told if kind not in ASKED_TO_COOPERATE]
    partners = [name for kind, name in told if kind in ASKED_TO_COOPERATE]
    parts = []
    if owing:
        said = ngettext(
            "By {today}, {count} of {due} units has not yet sent its figures of {period} (due {day}).",
            "By {today}, {count} of {due} units have not yet sent their figures of {period} (due {day}).",
            len(owing),
        )
        words = {"today": day_words(today), "count": len(owing), "due": due, "day": day_words(due_on)}
        parts.append(said.format(period=period_name(period), **words))
    if others:
        parts.append("\n".join([_("The following units are asked to send them:"), *_numbered(others)]))
    if partners:
        parts.append("\n".join([_("The following bodies are kindly asked to cooperate:"), *_numbered(partners)]))
    if asked:
        lines = [f"{name}: {note}" for _kind, name, note in asked]
        head = _("The following units have sent figures and are asked to supplement them:")
        parts.append("\n".join([head, *_numbered(lines)]))
    return Reminder("\n\n".join(parts))


def _numbered(names: Sequence[str]) -> list[str]:
    last = len(names)
    plain = [" ".join(name.split()).rstrip(" .;,") for name in names]
    return [f"{index}. {name}{'.' if index == last else ';'}" for index, name in enumerate(plain, 1)]


@dataclass(frozen=True, slots=True)
class Missing:
    """A unit on the list: `words` say what is the matter, `due_on` the day it has until, said where it is another than
    that of the others (`more`)."""

    name: str
    words: str
    due_on: date | None
    is_late: bool = False
    more: bool = False

    @property
    def told(self) -> str:
        """What is the matter, and the day where it is the unit's own."""
        if not self.more or self.due_on is None:
            return self.words
        return self.words + " (" + _("due {day}").format(day=day_words(self.due_on)) + ")"


def group_text(*, period: Period, today: date, due_on: date, due: int, rows: Sequence[Missing]) -> Reminder:
    """A message for a group chat: short, one line a unit, nothing a chat would read as mark-up."""
    head = _("Returns of {period} (due {day}): on {today}, {count} of {due} units are awaited.")
    words = {"period": period_name(period), "day": day_words(due_on), "today": day_words(today)}
    lines = [
        head.format(**words, count=len(rows), due=due),
        *(f"{index}. {row.name} – {row.told}" for index, row in enumerate(rows, 1)),
        _("Please send, or say by telephone what is in the way. Thank you."),
    ]
    return Reminder("\n".join(lines))


def list_picture(*, period: Period, today: date, due_on: date, due: int, rows: Sequence[Missing], note: str) -> bytes:
    """The list as a PNG that reads on a telephone."""
    lead = _("Due {day}. On {today}, {count} of {due} units are awaited.")
    data = {
        "title": _("Returns of {period}").format(period=period_name(period)),
        "lead": lead.format(day=day_words(due_on), today=day_words(today), count=len(rows), due=due),
        "rows": [{"number": str(index), "name": row.name, "words": row.told} for index, row in enumerate(rows, 1)],
        "note": note,
    }
    return pictured("list.typ", json.dumps(data, ensure_ascii=False), PPI)


def due_calendar(
    *, key: str, period: Period, due_on: date, made_on: date, more: Mapping[date, Sequence[str]], sender: str
) -> bytes:
    """A calendar file (RFC 5545) with the due day, and each later day some units have; a reminder two days before."""
    days = [(due_on, ""), *((day, ", ".join(names)) for day, names in sorted(more.items()) if day != due_on)]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Tien Bo//campaign//VI", "CALSCALE:GREGORIAN"]
    for day, names in days:
        title = _("Returns of {period} are due").format(period=period_name(period))
        lines += [
            "BEGIN:VEVENT",
            f"UID:{key}-{day:%Y%m%d}@tienbo",
            f"DTSTAMP:{made_on:%Y%m%d}T000000Z",
            f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(title)}",
            f"DESCRIPTION:{_escaped(names or sender)}",
            "TRANSP:TRANSPARENT",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"DESCRIPTION:{_escaped(title)}",
            "TRIGGER:-P2D",
            "END:VALARM",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode()


def _escaped(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return plain.replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """A line in pieces of at most 75 bytes, the later ones after a blank; no letter is cut."""
    piece = ""
    for char in line:
        if len((piece + char).encode()) > 74:
            yield piece
            piece = " "
        piece += char
    yield piece
