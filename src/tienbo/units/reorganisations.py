"""Writing acts that redraw the map: an act with what became of each unit, the stages it reaches, corrections.

Everything wrong is told at once and nothing is written by halves. Nothing is taken away: a succession that was wrong
is withdrawn by a correction, which gives the right one, and what was known before can still be asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db import transaction

from tienbo.catalogue.definitions import Confidence
from tienbo.core.acts import Act, Link, check
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.shares import Share
from tienbo.ground.keys import new_key
from tienbo.units.extents import SHARES
from tienbo.units.frames import acts, lives, tree_on
from tienbo.units.models import (
    Body,
    BodySuccession,
    Extent,
    Reorganisation,
    ReorganisationStage,
    Succession,
    SuccessionShare,
    Unit,
    UnitName,
)
from tienbo.units.models.acts import CITATION
from tienbo.units.versions import units_touch

worded(
    {
        "units.act.no_day": N_("{act}: an act in force needs the day it came into force."),
        "units.act.stage_passed": N_("{act}: it has reached this stage or a later one already."),
        "units.act.told_by_extent": N_(
            "{place}: the share of {unit} that goes to {successor} follows from the words of the act; none is stated."
        ),
        "units.act.end_is_not": N_("{place}: {unit} ends without a successor on {day}, but its last day is another."),
        "units.act.withdrawn": N_("{place}: what became of {unit} was withdrawn already."),
        "units.act.unchanged_is_no_change": N_(
            "{place}: {unit} goes on unchanged, and cannot go to itself in parts too."
        ),
        "units.act.body_day": N_("{place}: the body {body} does not end on {day}, the day of the act."),
        "units.act.body_opens_late": N_("{place}: the body {body} takes over on {day}, but does not exist then."),
        "units.act.outside": N_(
            "{place}: {unit} of {old} went to {successor} of {new}, but {old} itself did not go there."
        ),
        "units.act.citation_only": N_("{act}: only its citation can be completed, not {field}."),
    }
)

_ORDER = tuple(ReorganisationStage.Stage.values)
IN_FORCE = ReorganisationStage.Stage.IN_FORCE


@dataclass(frozen=True, slots=True)
class ActText:
    """An act as it is cited. What is not known stays empty and `confidence` says so. `origin` is a list's name for it,
    by which loading again finds it."""

    kind: str
    title: str
    source: str
    number: str = ""
    issued_by: str = ""
    adopted_on: date | None = None
    url: str = ""
    confidence: str = Confidence.UNCONFIRMED
    origin: str = ""

    @property
    def label(self) -> str:
        return self.number or self.title


class Stated(NamedTuple):
    """A share that a source states, where the extent leaves it open."""

    measure: str
    share: Share
    method: str
    source: str


class Went(NamedTuple):
    """What became of a unit, by row ids: all or some of it went into a successor; None: it ended and has none.

    `place` is where the source says so ("quynh-luu.yaml:acts.0.3", "row 17").
    """

    predecessor: int
    successor: int | None
    extent: str
    words: str = ""
    stated: tuple[Stated, ...] = ()
    place: str = ""

    @property
    def link(self) -> Link | None:
        if self.successor is None:
            return None
        said = {one.measure: one.share for one in self.stated}
        return Link(self.predecessor, self.successor, MappingProxyType({**SHARES[self.extent], **said}))


class BodyWent(NamedTuple):
    """What became of a body: merged_into, replaced_by, tasks_to another, or none."""

    predecessor: Body
    successor: Body | None
    kind: str
    place: str = ""


@transaction.atomic
def reorganisation_record(
    *,
    text: ActText,
    stage: str = IN_FORCE,
    effective_on: date | None = None,
    went: Iterable[Went] = (),
    bodies: Iterable[BodyWent] = (),
) -> Reorganisation:
    """Put an act on record with what became of each unit. Refused with every fault: days, sums, cycles, lives.

    `effective_on` is the first day of the new map. Only an act in force is held against the lives of units; a plan
    may still be wrong.
    """
    rows, gone = list(went), list(bodies)
    faults: list[Fault] = []
    if stage == IN_FORCE and effective_on is None:
        faults.append(Fault("units.act.no_day", text.label, {"act": text.label}))
    elif stage == IN_FORCE and effective_on is not None:
        faults += went_check({text.label: (effective_on, rows)})
        faults += _bodies_check(effective_on, gone)
    if faults:
        raise Refused(*faults)
    act = acts_write([text], stage=stage, effective_on=effective_on)[0]
    went_write([(act, row) for row in rows])
    bodies_write(act, gone)
    units_touch()
    return act


@transaction.atomic
def reorganisation_reach(
    *, reorganisation: Reorganisation, stage: str, effective_on: date | None = None
) -> ReorganisationStage:
    """An act is adopted or comes into force: one more row. In force, it is held against the lives of its units."""
    held = {row.stage: row for row in reorganisation.stages.all()}
    label = str(reorganisation)
    if any(_ORDER.index(one) >= _ORDER.index(stage) for one in held):
        raise Refused(Fault("units.act.stage_passed", label, {"act": label}))
    days = [row.effective_on for row in held.values() if row.effective_on is not None]
    day = effective_on or (days[-1] if days else None)
    if stage == IN_FORCE:
        if day is None:
            raise Refused(Fault("units.act.no_day", label, {"act": label}))
        faults = went_check({label: (day, standing(reorganisation))})
        if faults:
            raise Refused(*faults)
    row = ReorganisationStage(reorganisation=reorganisation, stage=stage, effective_on=day)
    row.full_clean()
    row.save()
    units_touch()
    return row


@transaction.atomic
def reorganisation_cite(*, reorganisation: Reorganisation, **citation: Any) -> Reorganisation:
    """Complete the citation of an act: a number, a day of adoption, an address that was not known before."""
    for name, value in citation.items():
        if name not in CITATION:
            fields = {"act": str(reorganisation), "field": name}
            raise Refused(Fault("units.act.citation_only", str(reorganisation), fields))
        setattr(reorganisation, name, value)
    reorganisation.full_clean()
    reorganisation.save(update_fields=list(citation))
    return reorganisation


@transaction.atomic
def reorganisation_correct(
    *,
    text: ActText,
    withdraw: Collection[Succession] = (),
    give: Iterable[tuple[Reorganisation, Went]] = (),
) -> Reorganisation:
    """Mend what was recorded of acts: withdraw successions, give the right ones under the act they belong to."""
    given = list(give)
    faults = [
        Fault("units.act.withdrawn", text.label, {"unit": _name(row.predecessor_id)})
        for row in withdraw
        if row.withdrawn_by_id is not None
    ]
    faults += _corrected_check(withdraw, given)
    if faults:
        raise Refused(*faults)
    correction = acts_write([replace(text, kind=Reorganisation.Kind.CORRECTION)], stage=None)[0]
    pks = [row.pk for row in withdraw]
    for at in range(0, len(pks), _BATCH):
        Succession.objects.filter(pk__in=pks[at : at + _BATCH]).update(withdrawn_by=correction)
    went_write(given, given_by=correction)
    units_touch()
    return correction


def standing(reorganisation: Reorganisation) -> list[Went]:
    """What is on record of an act, without what was withdrawn."""
    rows = reorganisation.successions.filter(withdrawn_by=None).prefetch_related("shares").order_by("pk")
    return [
        Went(
            row.predecessor_id,
            row.successor_id,
            row.extent,
            row.words,
            tuple(
                Stated(one.measure, Share(*map(_fraction, (one.low, one.high, one.share))), one.method, one.source)  # type: ignore[arg-type]
                for one in row.shares.all()
            ),
        )
        for row in rows
    ]


# ------------------------------------------------------------------------------------------------------- checking


def went_check(told: Mapping[str, tuple[date, Sequence[Went]]], *, instead_of: Collection[str] = ()) -> list[Fault]:
    """Everything wrong with acts by their labels, alone and beside what is on record, save the acts `instead_of`
    whose keys they would stand."""
    faults: list[Fault] = []
    new: list[Act] = []
    held = lives()
    for label, (day, rows) in told.items():
        goes_on = {row.predecessor for row in rows if row.extent == Extent.UNCHANGED}
        for row in rows:
            place = row.place or label
            if row.predecessor in goes_on and row.extent != Extent.UNCHANGED:
                faults.append(Fault("units.act.unchanged_is_no_change", place, {"unit": _name(row.predecessor)}))
            for one in row.stated:
                if one.measure in SHARES[row.extent] and row.successor is not None:
                    both = {"unit": _name(row.predecessor), "successor": _name(row.successor)}
                    faults.append(Fault("units.act.told_by_extent", place, both))
            if row.successor is None and (row.predecessor not in held or held[row.predecessor].end != day):
                ended = {"unit": _name(row.predecessor), "day": day}
                faults.append(Fault("units.act.end_is_not", place, ended))
        links = [row.link for row in rows if row.extent != Extent.UNCHANGED]
        new.append(Act(label, day, tuple(link for link in links if link is not None)))
    return faults + _history_check(new, [act for act in acts() if act.key not in instead_of])


def _history_check(new: Sequence[Act], recorded: Sequence[Act]) -> list[Fault]:
    """Faults of the new acts, told by the place of the new act; what was wrong before is not told again."""
    labels = {act.key for act in new}
    return history_check([*(act for act in recorded if act.key not in labels), *new], among=labels)


def history_check(told: Sequence[Act], among: Collection[str] | None = None) -> list[Fault]:
    """Everything wrong with acts as one history, with units by their last names; `among`: of these keys alone."""

    def wanted(faults: Iterable[Fault]) -> list[Fault]:
        return [fault for fault in faults if among is None or fault.place in among]

    return wanted(check(told, lives(), named=_name)) + wanted(_outside(told, among))


def _outside(told: Sequence[Act], among: Collection[str] | None) -> Iterator[Fault]:
    """Units that went into another province than their own did: a row under the wrong province, or one left out."""
    for day in sorted({act.day for act in told if among is None or act.key in among}):
        before, after = _provinces(day - timedelta(days=1)), _provinces(day)
        links = [(act.key, link) for act in told if act.day == day for link in act.links]
        went = {(link.predecessor, link.successor) for _key, link in links}
        for key, link in links:
            old, new = before.get(link.predecessor), after.get(link.successor)
            if old is not None and new is not None and old != new and (old, new) not in went:
                both = {"unit": _name(link.predecessor), "successor": _name(link.successor)}
                yield Fault("units.act.outside", key, {**both, "old": _name(old), "new": _name(new)})


def _provinces(day: date) -> dict[int, int]:
    """Unit → the province it stood in on a day; a province stands in itself."""
    tree = tree_on(day)
    found: dict[int, int] = {}
    for province in tree.of_kind(("province",)):
        found.update(dict.fromkeys(tree.subtree(province), province))
    return found


def _corrected_check(withdraw: Iterable[Succession], given: Iterable[tuple[Reorganisation, Went]]) -> list[Fault]:
    """The acts as the correction would leave them."""
    gone: dict[str, set[tuple[int, int | None]]] = defaultdict(set)
    laws: dict[str, str] = {}
    for row in withdraw:
        laws[row.reorganisation.key] = str(row.reorganisation)
        gone[row.reorganisation.key].add((row.predecessor_id, row.successor_id))
    added: dict[str, list[Link]] = defaultdict(list)
    for law, went in given:
        laws[law.key] = str(law)
        if went.link is not None and went.extent != Extent.UNCHANGED:
            added[law.key].append(went.link)
    recorded = {act.key: act for act in acts()}
    touched = []
    for key in laws:
        if key in recorded:
            kept = [link for link in recorded[key].links if (link.predecessor, link.successor) not in gone[key]]
            touched.append(recorded[key]._replace(links=(*kept, *added[key])))
    found = _history_check(touched, tuple(recorded.values()))
    return [replace(fault, place=laws[fault.place]) for fault in found]


def _bodies_check(day: date, gone: Iterable[BodyWent]) -> list[Fault]:
    faults = []
    for row in gone:
        if row.predecessor.valid_to != day:
            fields = {"body": row.predecessor.name, "day": day}
            faults.append(Fault("units.act.body_day", row.place, fields))
        if row.successor is not None and not row.successor.span.contains(day):
            fields = {"body": row.successor.name, "day": day}
            faults.append(Fault("units.act.body_opens_late", row.place, fields))
    return faults


def _name(unit: int) -> str:
    """What a fault calls a unit: its last name, else its key."""
    named = UnitName.objects.filter(unit_id=unit, lang="vi").order_by("-valid_from").values_list("text", flat=True)
    return named.first() or Unit.objects.filter(pk=unit).values_list("key", flat=True).first() or str(unit)


# -------------------------------------------------------------------------------------------------------- writing

_BATCH = 500


def acts_write(
    texts: Sequence[ActText], *, stage: str | None, effective_on: date | None = None
) -> list[Reorganisation]:
    """Rows of acts and the stage they have reached; None for corrections, which have none."""
    made = [Reorganisation(key=new_key("act"), **asdict(text)) for text in texts]
    for act in made:
        act.full_clean(exclude=["key"])
    made = Reorganisation.objects.bulk_create(made)
    if stage is not None:
        ReorganisationStage.objects.bulk_create(
            ReorganisationStage(reorganisation=act, stage=stage, effective_on=effective_on) for act in made
        )
    return made


def went_write(rows: Iterable[tuple[Reorganisation, Went]], *, given_by: Reorganisation | None = None) -> None:
    """Rows of successions and the shares stated of them."""
    told = list(rows)
    made = Succession.objects.bulk_create(
        [
            Succession(
                reorganisation=act,
                predecessor_id=row.predecessor,
                successor_id=row.successor,
                extent=row.extent,
                words=row.words,
                given_by=given_by,
            )
            for act, row in told
        ],
        batch_size=2000,
    )
    SuccessionShare.objects.bulk_create(
        SuccessionShare(
            succession=succession,
            measure=one.measure,
            low=_decimal(one.share.low),
            high=_decimal(one.share.high),
            share=None if one.share.point is None else _decimal(one.share.point),
            method=one.method,
            source=one.source,
        )
        for succession, (_act, row) in zip(made, told, strict=True)
        for one in row.stated
    )


def bodies_write(act: Reorganisation, gone: Iterable[BodyWent]) -> None:
    """Rows of what became of bodies by an act in force; Refused where their days are others. Save for the check,
    figures of bodies go no way: only `merged_into` and `replaced_by` hand a line on."""
    rows = list(gone)
    first = act.stages.filter(stage=IN_FORCE).first()
    faults = _bodies_check(first.effective_on, rows) if first is not None and first.effective_on else []
    if faults:
        raise Refused(*faults)
    BodySuccession.objects.bulk_create(
        BodySuccession(reorganisation=act, predecessor=row.predecessor, successor=row.successor, kind=row.kind)
        for row in rows
    )


def words_complete(words: Mapping[int, str]) -> None:
    """Write the official words into successions that have none: row id → words."""
    by_words: dict[str, list[int]] = defaultdict(list)
    for pk, text in words.items():
        by_words[text].append(pk)
    for text, pks in by_words.items():
        for at in range(0, len(pks), _BATCH):
            Succession.objects.filter(pk__in=pks[at : at + _BATCH], words="").update(words=text)


def _decimal(share: Fraction) -> Decimal:
    """A share as it is stored; one that does not end in ten places is rounded."""
    return round(Decimal(share.numerator) / Decimal(share.denominator), 10)


def _fraction(number: Decimal | None) -> Fraction | None:
    return None if number is None else Fraction(number)
