"""Pieces of addresses: periods and keys, so that a page gets a Period and never a text."""

from __future__ import annotations

from tienbo.core.periods import Period
from tienbo.web.office import office


def number_given(text: str, otherwise: int) -> int:
    """The whole number that a form or a query names, in plain digits; `otherwise` where it is none of ours."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 15 else otherwise


class PeriodInAddress:
    """ "2026-H1", "2026". A time that no reporting calendar knows is no address (ValueError)."""

    regex = r"\d{4}(?:-H[12])?"

    def to_python(self, value: str) -> Period:
        period = Period.parse(value)
        office().edition.calendar.last_day(period)
        return period

    def to_url(self, value: Period | str) -> str:
        return str(value)


class KeyInAddress:
    """An opaque key: "unit_01JD8Q…"."""

    regex = r"[a-z]+_[0-9A-Z]{26}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class JobInAddress(KeyInAddress):
    """The key of a job: "job_01JD8Q…"."""

    regex = r"job_[0-9A-Z]{26}"


class CodeInAddress:
    """A dotted code of the pack: "training.classes"."""

    regex = r"[a-z0-9_]+(?:\.[a-z0-9_]+)*"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class SecretInAddress:
    """The secret of a link to what is shared with a partner."""

    regex = r"[A-Za-z0-9_-]{43}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
