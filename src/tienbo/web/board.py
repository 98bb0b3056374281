"""The board of a period: every unit's return, where it stands, what is to be looked at, what is still an estimate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from django.utils.http import urlencode

from tienbo.catalogue.screening import Outlier
from tienbo.collection.queries import estimates_in, estimates_owed
from tienbo.collection.standings import STATES, Standing
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.tree import family
from tienbo.core.words import day_words, fold, moment_words, sort_key
from tienbo.units.former import former_provinces
from tienbo.units.frames import unit_keys
from tienbo.units.models import Unit
from tienbo.web.downloads import csv_bytes, inert
from tienbo.web.families import FAMILIES
from tienbo.web.standing import TONES

ASPECTS: Mapping[str, str] = {"extended": N_("given more time"), "estimates": N_("estimates to be made official")}
"""What else one looks for, beside where a return stands."""


class Row(NamedTuple):
    """A line of the list of returns."""

    key: str
    name: str
    standing: Standing
    words: str
    tag: str
    seen: str
    """What accepting it would name (`named`)."""
    chosen: bool
    estimates: int
    """Figures of its last word that are estimates."""
    owed: int
    """Estimates of the half-year before that are estimates still."""
    was: str
    """The provinces its ground belonged to."""
    outliers: Sequence[Outlier]
    comments: int
    """Open threads of comments on its return."""

    def has(self, aspect: str) -> bool:
        """Whether it is one of those an aspect asks for."""
        return bool(self.standing.due_on) if aspect == "extended" else bool(self.estimates or self.owed)


class Board(NamedTuple):
    """The rows that were asked for, and what can be asked: words and counts over all of them."""

    rows: list[Row]
    states: list[tuple[str, str, int, str]]
    aspects: list[tuple[str, str, int]]
    families: list[tuple[str, str, int]]
    provinces: list[tuple[str, int]]
    state: str
    family: str
    was: str
    q: str
    query: str


def board_of(every: Sequence[Row], given: Mapping[str, str]) -> Board:
    """The board, filtered by what a page was asked (`state`, `kind`, `was`, `q`)."""
    standings = [row.standing for row in every]
    state, kind, was = given.get("state", ""), given.get("kind", ""), given.get("was", "")
    text = given.get("q", "").strip()[:80]
    told = {"state": state, "kind": kind, "was": was, "q": text}
    counts = Counter(one.state for one in standings)
    families = Counter(family(one.kind) for one in standings)
    provinces = Counter(one for row in every for one in row.was.split(", ") if one)
    return Board(
        rows=[row for row in every if _wanted(row, state, kind, was, fold(text))],
        states=[(code, _(words), counts[code], TONES.get(code, "")) for code, words in STATES.items()],
        aspects=[(code, _(words), sum(row.has(code) for row in every)) for code, words in ASPECTS.items()],
        families=[(code, _(words), families[code]) for code, words in FAMILIES.items() if families[code]],
        provinces=sorted(provinces.items(), key=lambda pair: sort_key(pair[0])) if len(provinces) > 1 else [],
        state=state if state in (*STATES, *ASPECTS) else "",
        family=kind if kind in FAMILIES else "",
        was=was if was in provinces else "",
        q=text,
        query=urlencode({name: held for name, held in told.items() if held}),
    )


def named(key: str, one: Standing) -> str:
    """What a decision names: the unit's key, the number and hash of what was on the page, the last decision on it."""
    return f"{key}:{one.number}:{one.sha256}:{one.decision}" if one.revision else ""


def board_rows(
    standings: Sequence[Standing],
    names: Mapping[int, str],
    home: int,
    roots: Sequence[Unit],
    period: Period,
    chosen: Collection[str],
    *,
    outliers: Mapping[int, Sequence[Outlier]],
    comments: Mapping[int, int],
) -> list[Row]:
    """A line for each standing, `outliers` and open `comments` by unit. The number of questions to the database does
    not grow with the units."""
    keys, units = unit_keys(), [one.unit for one in standings]
    estimates = estimates_in([one.revision for one in standings if one.revision is not None])
    owed: dict[int, int] = {}
    for root in roots:
        owed |= estimates_owed(root_id=root.pk, period=period, units=units)
    former = former_provinces(units, home)
    rows = []
    for one in standings:
        seen = named(keys[one.unit], one)
        rows.append(
            Row(
                keys[one.unit],
                names.get(one.unit, ""),
                one,
                _(STATES[one.state]),
                TONES.get(one.state, ""),
                seen,
                seen in chosen,
                estimates.get(one.revision or 0, 0),
                owed.get(one.unit, 0),
                ", ".join(former.get(one.unit, ())),
                outliers.get(one.unit, ()),
                comments.get(one.unit, 0),
            )
        )
    return rows


def _wanted(row: Row, state: str, kind: str, was: str, text: str) -> bool:
    one = row.standing
    return (
        (state not in STATES or one.state == state)
        and (state not in ASPECTS or row.has(state))
        and (kind not in FAMILIES or family(one.kind) == kind)
        and (not was or was in row.was.split(", "))
        and (not text or text in fold(row.name) or text in one.receipt.lower())
    )


def board_csv(rows: Sequence[Row], due_on: date | None) -> bytes:
    """The rows as a file for a spreadsheet."""
    heads = [
        _("Unit"),
        _("Former province"),
        _("State"),
        _("Due"),
        _("Sent"),
        _("Number of the return"),
        _("To look at"),
        _("Estimates"),
        _("Estimates of the period before"),
        _("Receipt"),
        _("What is asked"),
    ]
    return csv_bytes([heads, *(_told(row, due_on) for row in rows)])


def _told(row: Row, due_on: date | None) -> list[str]:
    one, due = row.standing, row.standing.due_on or due_on
    return [
        inert(row.name),
        row.was,
        row.words,
        day_words(due) if due else "",
        moment_words(one.sent_at),
        str(one.number or ""),
        str(one.warnings) if one.revision else "",
        str(row.estimates or ""),
        str(row.owed or ""),
        one.receipt,
        inert(one.note),
    ]
