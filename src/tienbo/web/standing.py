"""What the home of a period shows: who has sent, what is wrong, how targets stand, what moved. Plain rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from django.utils import timezone

from tienbo.catalogue.definitions import Unit
from tienbo.catalogue.returns import Content
from tienbo.collection.models import Campaign, Return, Revision
from tienbo.collection.standings import STATES, Standing, State
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.tree import family
from tienbo.core.words import sort_key
from tienbo.ground.acting import narrow_read
from tienbo.ground.models import Job
from tienbo.papers import verdicts
from tienbo.papers.bindings import Binder
from tienbo.papers.blocks import plain
from tienbo.papers.context import period_name
from tienbo.papers.moves import compared_with, moves
from tienbo.papers.tables import gap_text, plan_text
from tienbo.papers.verdicts import Verdict
from tienbo.release.reading import told
from tienbo.units.models import UnitName
from tienbo.web.access import Seat, reader_for
from tienbo.web.binders import map_note
from tienbo.web.figures import version_of
from tienbo.web.links import link
from tienbo.web.receiving import KIND

TONES: Mapping[State, str] = {"received": "tb-good", "sent": "tb-near", "asked": "tb-near", "late": "tb-bad"}
LOOKED_AT: tuple[State, ...] = ("late", "asked", "sent", "not_begun", "received")
"""Which list is shown first: the one that needs somebody."""
SHORT = 24
"""Units of a list that are shown without folding."""


# ---------------------------------------------------------------------------------------------------- who has sent


class Sender(NamedTuple):
    """A unit on a list of returns."""

    name: str
    address: str
    sent_at: datetime | None
    """When it first sent anything."""
    note: str
    is_after: bool
    """It first sent after the due date."""


class Pile(NamedTuple):
    """The returns of one state."""

    state: State
    words: str
    tone: str
    number: int


@dataclass(frozen=True)
class Senders:
    """Who has sent: piles by state, and the list of the chosen one."""

    piles: tuple[Pile, ...]
    chosen: str
    listed: tuple[Sender, ...]
    due: int
    received: int
    waiting: int
    asked: int
    missing: int
    after: int
    """How many first sent after the due date."""
    due_on: date | None
    days_left: int
    is_open: bool
    """Whether the period was opened at all."""

    @property
    def first(self) -> tuple[Sender, ...]:
        """What is listed at once: all of a short list, the beginning of a long one."""
        return self.listed if len(self.listed) <= SHORT else self.listed[: SHORT // 2]

    @property
    def rest(self) -> tuple[Sender, ...]:
        return self.listed[len(self.first) :]

    @property
    def is_over(self) -> bool:
        return self.due_on is not None and self.days_left < 0

    @property
    def days(self) -> int:
        return abs(self.days_left)


def senders(
    rows: Sequence[Standing],
    *,
    campaigns: Sequence[Campaign],
    period: Period,
    names: Mapping[int, str],
    keys: Mapping[int, str],
    today: date,
    wanted: str = "",
) -> Senders:
    """Piles in the order of `collection.standings.STATES`; `wanted` chooses one, else the first that needs somebody.

    Names come from the period's last day, and for a unit that ended before it, from when it last had one.
    """
    due_on = max((one.due_on for one in campaigns if one.due_on), default=None)
    counts: Counter[str] = Counter(row.state for row in rows)
    chosen = wanted if counts[wanted] else next((state for state in LOOKED_AT if counts[state]), "")
    began = _began(campaigns)
    named = {**names, **_last_names([row.unit for row in rows if row.unit not in names])}
    more = {row.unit: row.due_on for row in rows if row.due_on is not None}
    after = {unit for unit, at in began.items() if (due := more.get(unit, due_on)) is not None and at.date() > due}
    listed = sorted((row for row in rows if row.state == chosen), key=lambda row: _place(row, named))
    return Senders(
        tuple(Pile(state, _(words), TONES.get(state, ""), counts[state]) for state, words in STATES.items()),
        chosen,
        tuple(
            Sender(
                named[row.unit], unit_address(keys[row.unit], period), began.get(row.unit), row.note, row.unit in after
            )
            for row in listed
        ),
        due=len(rows),
        received=counts["received"],
        waiting=counts["sent"],
        asked=counts["asked"],
        missing=counts["late"] + counts["not_begun"],
        after=len(after & {row.unit for row in rows}),
        due_on=due_on,
        days_left=(due_on - today).days if due_on else 0,
        is_open=bool(campaigns),
    )


def _began(campaigns: Sequence[Campaign]) -> dict[int, datetime]:
    """Unit → when it first sent anything, in local time: what came later corrects it and makes nobody late."""
    rows = Revision.objects.filter(of__campaign__in=campaigns, number=1).values_list("of__unit_id", "made_at")
    return {unit: timezone.localtime(at) for unit, at in rows}


def _last_names(units: Collection[int]) -> dict[int, str]:
    rows = UnitName.objects.filter(unit_id__in=units, lang="vi").order_by("valid_from") if units else ()
    return {row.unit_id: row.text for row in rows}


def _place(row: Standing, names: Mapping[int, str]) -> tuple[object, ...]:
    return (family(row.kind) == "commune", sort_key(names[row.unit]))


def unit_address(key: str, period: Period) -> str:
    address = link("unit", key=key)
    return f"{address}?period={period.code}" if address else ""


# -------------------------------------------------------------------------------------------------- what is wrong


class Warned(NamedTuple):
    name: str
    address: str
    number: int


@dataclass(frozen=True)
class Wrong:
    """What somebody should look at. Counts are of units, but for `warnings`, `refused` and `uncounted`."""

    warned: tuple[Warned, ...]
    estimating: tuple[Sender, ...]
    refused: int
    """Files that pages refused and whose unit has nothing in since."""
    uncounted: int
    """Figures that were said and that another origin answers for."""

    @property
    def warnings(self) -> int:
        return sum(one.number for one in self.warned)

    @property
    def is_empty(self) -> bool:
        return not (self.warned or self.estimating or self.refused or self.uncounted)


def wrong(
    rows: Sequence[Standing], *, seat: Seat, campaigns: Sequence[Campaign], period: Period, names: Mapping[int, str],
    keys: Mapping[int, str],
) -> Wrong:  # fmt: skip
    """Of the units on the list of returns: warnings, estimates, refused files, figures that do not count."""
    if not campaigns:
        return Wrong((), (), 0, 0)
    held = {row.unit: row for row in rows}
    named = {**names, **_last_names([unit for unit in held if unit not in names])}
    warned = sorted(
        (Warned(named[row.unit], unit_address(keys[row.unit], period), row.warnings) for row in rows if row.warnings),
        key=lambda one: (-one.number, sort_key(one.name)),
    )
    version = version_of(reader_for(seat))
    estimating = frozenset[int]().union(*(_estimating(one.pk, version) for one in campaigns))
    listed = sorted((unit for unit in estimating if unit in held), key=lambda unit: sort_key(named[unit]))
    return Wrong(
        tuple(warned),
        tuple(Sender(named[unit], unit_address(keys[unit], period), None, "", False) for unit in listed),
        _refused(seat, period, {keys[row.unit] for row in rows if row.revision is not None}),
        _uncounted(seat, period, frozenset(held), version),
    )


@lru_cache(maxsize=16)
def _estimating(campaign: int, _version: str) -> frozenset[int]:
    """Units whose return that counts holds an estimate. What does not name the word is not read."""
    rows = Return.objects.filter(campaign_id=campaign, accepted__content__contains='"estimate"')
    found = set()
    for unit, text in rows.values_list("unit_id", "accepted__content"):
        content = Content.from_json(text)
        if any(figure.qualifier == "estimate" for figure in content.figures.values()):
            found.add(unit)
    return frozenset(found)


def _refused(seat: Seat, period: Period, told: Collection[str]) -> int:
    """Files of this seat's receives that were refused, but for those of units that have something in since."""
    jobs = Job.objects.filter(kind=KIND, arguments__seat=seat.unit.key, arguments__period=period.code)
    files = [file for job in jobs.exclude(result=None) for file in (job.result or {}).get("files", ())]
    refused = {file.get("sha256") or file.get("name") for file in files if _still_out(file, told)}
    return len(refused)


def _still_out(file: Mapping[str, object], told: Collection[str]) -> bool:
    return file.get("state") == "refused" and file.get("unit") not in told


_uncounted_kept: dict[tuple[object, ...], int] = {}


def _uncounted(seat: Seat, period: Period, units: frozenset[int], version: str) -> int:
    """How many figures of a half-year were said and do not count, of those the seat may see."""
    key = (seat.reads_as(seat.unit.pk), period, units, version)
    if key not in _uncounted_kept:
        if len(_uncounted_kept) >= KEPT:
            _uncounted_kept.clear()
        _uncounted_kept[key] = len(reader_for(seat).not_counting(period, units))
    return _uncounted_kept[key]


KEPT = 64
"""Counts kept in a process."""


# ------------------------------------------------------------------------------------------- how each target stands


class TargetRow(NamedTuple):
    """A target as a line: what was reached, what is asked, how far it is."""

    name: str
    value: str
    plan: str
    gap: str
    """ "thấp hơn 3,2 điểm phần trăm"."""
    address: str
    is_confirmed: bool


class GroupRow(NamedTuple):
    name: str
    address: str
    counts: tuple[int, ...]
    """By the columns of `TALLIED`."""


TALLIED: Mapping[str, tuple[Verdict, ...]] = {
    N_("met"): (Verdict.MET,),
    N_("not met yet"): (Verdict.UNMET,),
    N_("not judged (“about”)"): (Verdict.ABOUT, Verdict.UNJUDGED),
    N_("not yet due for collection"): (Verdict.NOT_DUE,),
    N_("no data yet"): (Verdict.MISSING,),
}
"""Columns of the tally by group."""


@dataclass(frozen=True)
class TargetsSeen:
    """How the targets of a unit stand: in all, by group, and those furthest from what is asked."""

    all: int
    valued: int
    met: int
    unmet: int
    about: int
    not_due: int
    missing: int
    groups: tuple[GroupRow, ...]
    telling: tuple[TargetRow, ...]
    note: tuple[str, ...]
    """What is to be known of the map that the values stand on."""

    @property
    def judged(self) -> int:
        """Targets of which it can be said whether they are met."""
        return self.met + self.unmet

    @property
    def unlisted(self) -> int:
        """Targets that are not met beside those that are listed."""
        return self.unmet - len(self.telling)

    @property
    def others(self) -> int:
        """Not applicable, none occurred, not comparable, restricted, not asked."""
        return self.all - self.valued - self.not_due - self.missing


def targets_seen(binder: Binder, period: Period, *, most: int) -> TargetsSeen:
    """The tally is that of the papers (`judgement.tally`), split by group."""
    rows = verdicts.standings(binder.edition, period, binder.targets)
    counts = Counter(row.verdict for row in rows)
    listed = link("targets", period=period)
    groups = tuple(
        GroupRow(
            str(binder.edition.groups[group].name),
            f"{listed}?group={group}",
            tuple(sum(held[one] for one in those) for those in TALLIED.values()),
        )
        for group, held in verdicts.by_group(rows).items()
    )
    return TargetsSeen(
        len(rows),
        sum(counts[one] for one in verdicts.VALUED),
        counts[Verdict.MET],
        counts[Verdict.UNMET],
        counts[Verdict.ABOUT] + counts[Verdict.UNJUDGED],
        counts[Verdict.NOT_DUE],
        counts[Verdict.MISSING],
        groups,
        tuple(_target_row(binder, row, period) for row in verdicts.telling(rows, most)),
        tuple(map_note(binder, [row.value for row in rows])),
    )


def _target_row(binder: Binder, row: verdicts.Standing, period: Period) -> TargetRow:
    limit = row.asked.value if row.asked else None
    measured = "\N{NO-BREAK SPACE}%" if row.indicator.unit is Unit.PERCENT else ""
    narrow_read(*told(binder.edition, (row.indicator.code,), (row.value,)))
    gap = plain(gap_text(binder, row.target, row.indicator, row.value, row.asked)) if row.asked else ""
    return TargetRow(
        str(row.target.name),
        plain(binder.cell(row.value, limit)) + measured,
        plain(plan_text(row.target, row.indicator, row.asked, period.year)),
        gap,
        indicator_address(binder, row.indicator.code, period),
        row.is_confirmed,
    )


def indicator_address(binder: Binder, code: str, period: Period) -> str:
    address = link("indicator", period=period, code=code)
    return f"{address}?unit={binder.context.unit.key}" if address else ""


# ---------------------------------------------------------------------------------------------------- what moved


class MoveRow(NamedTuple):
    name: str
    before: str
    now: str
    change: str
    """In points, with its sign."""
    tone: str
    way: str
    """ "better", "worse", or nothing where the target has no way."""
    address: str


@dataclass(frozen=True)
class Moved:
    """What moved since the period this one can be held against. `since` is empty where there is none; `is_same`
    says that it is the same period of last year."""

    since: str
    is_same: bool
    is_apart: bool
    """There was a return then, on another map of units: "chưa so sánh được"."""
    same_name: str
    rows: tuple[MoveRow, ...]
    note: tuple[str, ...]
    """What is to be known of the map that the two stand on."""


def moved(binder: Binder, period: Period, *, most: int) -> Moved:
    context = binder.context
    same = context.same_last_year
    before = compared_with(context)
    found = moves(binder, before)[:most] if before else []
    for one in found:
        narrow_read(*told(binder.edition, (one.indicator.code,), (one.before, one.value)))
    rows = tuple(
        MoveRow(
            str(one.target.name),
            plain(binder.cell(one.before)),
            plain(binder.cell(one.value)),
            ("+" if one.change > 0 else "−") + binder.figure(abs(one.change), one.indicator),
            {True: "tb-good", False: "tb-bad", None: ""}[one.is_better],
            {True: "better", False: "worse", None: ""}[one.is_better],
            indicator_address(binder, one.indicator.code, period),
        )
        for one in found
    )
    return Moved(
        period_name(Period.parse(before)) if before else "",
        before == same,
        same is not None and not context.can_compare(same),
        period_name(Period.parse(same)) if same else "",
        rows,
        tuple(map_note(binder, [value for one in found for value in (one.before, one.value)])) if found else (),
    )
