"""Who has not sent, as a text for a letter: names in the order of print, the Front and Party bodies asked, not told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tienbo.core.messages import gettext as _
from tienbo.core.messages import ngettext
from tienbo.core.periods import Period
from tienbo.core.tree import family
from tienbo.core.words import day_words
from tienbo.papers.context import period_name

ASKED_TO_COOPERATE = ("front", "party")
"""Families that no committee gives tasks to: to them one writes “đề nghị phối hợp”."""


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
