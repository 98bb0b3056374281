"""A message inside a fault's fields: like the fault's own sentence, it is put into words when it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from tienbo.core.messages import gettext


@dataclass(frozen=True, slots=True)
class Said:
    """An English msgid that speaks the reader's language."""

    message: str

    def __str__(self) -> str:
        return gettext(self.message)
