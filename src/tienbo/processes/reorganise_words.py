"""The words for what a reorganisation does, for the command line and the pages alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from tienbo.collection.standings import STATES
from tienbo.core.acts import MEASURES
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.shares import UNKNOWN, Share
from tienbo.core.words import number
from tienbo.units.models import BodySuccession, Extent, ReorganisationStage

CHANGES: Mapping[str, str] = {"name": N_("new name"), "code": N_("new code"), "parent": N_("new superior")}
"""What changed of a unit that goes on → its words."""


def change_words(what: str) -> str:
    return _(CHANGES[what])


def extent_words(extent: str, shares: Iterable[tuple[str, Share]] = ()) -> str:
    """ "a part (population 30%)"."""
    stated = [f"{_(MEASURES.get(measure, measure))} {share_words(share)}" for measure, share in shares]
    return _(str(Extent(extent).label)) + (f" ({', '.join(stated)})" if stated else "")


def share_words(share: Share) -> str:
    """ "100%", "50–90%"; "not known" where nothing is."""
    if share == UNKNOWN:
        return _("not known")
    ends = [_percent(end) for end in (share.low, share.high)]
    return f"{ends[0]}%" if share.exact else f"{ends[0]}–{ends[1]}%"


def _percent(end: Fraction) -> str:
    exact = Decimal(end.numerator) / Decimal(end.denominator) * 100
    return number(exact.quantize(Decimal("0.01")).normalize() + 0)


def body_words(kind: str) -> str:
    return _(str(BodySuccession.Kind(kind).label))


def stage_words(stage: str) -> str:
    return _(str(ReorganisationStage.Stage(stage).label))


def state_words(state: str) -> str:
    return _(STATES[state])  # type: ignore[index]


class Gone(Protocol):
    """What went where, as a proposal tells it."""

    @property
    def extent(self) -> str: ...
    @property
    def shares(self) -> tuple[tuple[str, str], ...]: ...


def going_words(row: Gone) -> str:
    stated = ", ".join(f"{_(MEASURES.get(measure, measure))} {share}" for measure, share in row.shares)
    return _(str(Extent(row.extent).label)) + (f" ({stated})" if stated else "")
