"""Numbers that are typed for a question and kept nowhere: read in either way of writing, every fault at its field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import HttpRequest

from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import clean

_DECIMAL = re.compile(r"\d{1,6}(?:[.,]\d{1,6})?")

worded(
    {
        "typed.missing": N_("{label} is not given."),
        "typed.not_a_count": N_("{label}: {text} is not a whole number."),
        "typed.not_a_number": N_("{label}: {text} is not a number; write it as 0,5."),
        "typed.not_a_percent": N_("{label}: {text} is no percentage; write 95 for 95 per cent."),
        "typed.too_large": N_("{label}: at most {most} is reckoned with here."),
    }
)


def posted(request: HttpRequest) -> dict[str, str]:
    """The fields of a form; of those sent several times the last."""
    return {name: str(text) for name, text in request.POST.items()}


@dataclass
class Typed:
    """Reads fields by name; `labels` are what the form calls them (message ids). A fault's `field` is the name."""

    given: Mapping[str, str]
    labels: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)

    def text(self, name: str) -> str:
        return clean(self.given.get(name, ""))

    def fault(self, code: str, name: str, **fields: object) -> None:
        self.faults.append(Fault(code, "", {"field": name, "label": _(self.labels[name]), **fields}))

    def count(self, name: str, *, most: int, missing: int | None = None) -> int | None:
        """A whole number; `missing` where nothing is typed (None: it must be given)."""
        text = self.text(name)
        if not text:
            if missing is None:
                self.fault("typed.missing", name)
            return missing
        if not re.fullmatch(r"\d{1,9}", text):
            self.fault("typed.not_a_count", name, text=text)
            return None
        if int(text) > most:
            self.fault("typed.too_large", name, most=most)
            return None
        return int(text)

    def decimal(self, name: str) -> float | None:
        text = self.text(name)
        if not text:
            self.fault("typed.missing", name)
            return None
        if not _DECIMAL.fullmatch(text):
            self.fault("typed.not_a_number", name, text=text)
            return None
        return float(text.replace(",", "."))

    def share(self, name: str, *, missing: float | None = None) -> float | None:
        """A percentage as a share of 0..1; "0,95" is refused, for nobody knows whether it means 95."""
        text = self.text(name)
        if not text:
            if missing is None:
                self.fault("typed.missing", name)
            return missing
        return self.share_of(name, text)

    def share_of(self, name: str, text: str) -> float | None:
        bare = text.removesuffix("%").strip()
        value = float(bare.replace(",", ".")) if _DECIMAL.fullmatch(bare) else -1.0
        if not (value == 0 or 1 <= value <= 100):
            self.fault("typed.not_a_percent", name, text=text)
            return None
        return value / 100
