"""Fault: what is wrong, where, collected and not thrown; the words come last and from the one catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from tienbo.core.messages import N_, gettext
from tienbo.core.words import day_words, number


class Level(Enum):
    """An error keeps the thing out; a warning may be explained; a note only informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding: a dotted stable `code`, a `place` ("Biểu 02!D14", "elements/staff.yaml:31"), data in `fields`."""

    code: str
    place: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    level: Level = Level.ERROR

    def sentence(self) -> str:
        """What to tell the person, in the language being spoken. KeyError for a code nobody has worded."""
        template = gettext(SENTENCES[self.code])
        return template.format_map({"place": self.place, **{name: _told(held) for name, held in self.fields.items()}})

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "level": self.level.value,
            "place": self.place,
            "fields": {key: str(value) for key, value in self.fields.items()},
            "sentence": self.sentence(),
        }


def _told(held: object) -> object:
    """A figure or a day as its reader writes it (1.234,5 in Vietnamese; 01/7/2025); anything else as it is."""
    if isinstance(held, Decimal):
        return number(held)
    if isinstance(held, date):
        return day_words(held)
    return held


SENTENCES: dict[str, str] = {}
"""Fault code → English sentence, which is also the message id. Each room adds its own with `worded`."""


def worded(sentences: Mapping[str, str]) -> None:
    """Add a room's sentences. A code has one sentence: a second wording is a programming error."""
    for code, sentence in sentences.items():
        if SENTENCES.get(code, sentence) != sentence:
            raise ValueError(f"fault {code} is worded twice")
        SENTENCES[code] = sentence


def errors(faults: Iterable[Fault]) -> list[Fault]:
    return [fault for fault in faults if fault.level is Level.ERROR]


class Refused(Exception):  # noqa: N818 - it says what happened: the act was refused
    """An act that cannot be done, with every fault that stands against it."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{fault.code} {fault.place}".strip() for fault in faults))


worded({"core.unreadable_period": N_("{text} is not a period; write 2026-H1, 2026-H2 or 2026.")})
