"""Filling an annex in: what each mapped cell gets, of now or of a release, on each period's own map or that of one day;
and the filled file that is kept."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from django.db import transaction

from tienbo import __version__
from tienbo.accounts.actors import Actor
from tienbo.catalogue.definitions import Indicator
from tienbo.catalogue.definitions import Unit as Measured
from tienbo.catalogue.loading import Edition
from tienbo.collection.editions import edition_of
from tienbo.collection.services import edition_keep
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.messages import speaking
from tienbo.core.periods import Period
from tienbo.core.words import day_words, number, rounded
from tienbo.engine.evaluate import Audience, Question
from tienbo.engine.values import FrozenValues, Status, Value
from tienbo.ground.files import FileStore, sha256
from tienbo.ground.keys import new_key
from tienbo.papers import judgement
from tienbo.papers.bindings import REASONS
from tienbo.papers.maps import bounds_words, note
from tienbo.papers.workbook.annex import Annex, Format
from tienbo.papers.workbook.annex_filling import Fill, annex_fill
from tienbo.papers.workbook.safety import Unsafe
from tienbo.release.frozen import is_comparable, map_fingerprint
from tienbo.release.models import Release, Round, RoundFilled
from tienbo.release.one_map import values_on_own_maps
from tienbo.release.quantities import What, is_percentage, with_series
from tienbo.release.reading import Reader, act_names
from tienbo.release.rounds import Mapped, annex_of, file_of, mappings_of, misfits
from tienbo.units.frames import roots_on, tree_on, unit_ids, unit_keys, unit_names
from tienbo.units.models import Unit


@dataclass(frozen=True)
class Source:
    """Where figures come from: an edition that answers for every mapped quantity, and the values. `map_day`: all stand
    on the units of that day; None: each on those of its own period."""

    edition: Edition
    values: FrozenValues
    release: Release | None = None
    map_day: date | None = None

    def day(self, period: Period) -> date:
        """The day on whose units a period is read."""
        return self.map_day or self.edition.calendar.last_day(period)

    @property
    def note(self) -> list[str]:
        """What is to be known of the figures together: the day of the map, the share estimated, the acts passed."""
        values = list(self.values.values.values())
        return note(values, act_names(key for value in values for key in value.acts))


def source_now(
    *, reader: Reader, unit: Unit, period: Period, whats: Iterable[What], map_day: date | None = None
) -> Source:
    """What counts at the reader's basis now, of everything that is asked for."""
    wanted = list(whats)
    edition = with_series(reader.edition, wanted)
    keys = unit_ids()
    asked: dict[Period, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for what in wanted:
        indicator = what.indicator(edition)
        number = keys.get(what.unit) if what.unit else unit.pk
        if indicator is not None and number is not None:
            asked[what.period(period)][indicator.code].add(number)
    found: list[Value] = []
    for at, by_indicator in asked.items():
        try:
            day = map_day or edition.calendar.last_day(at)
        except ValueError:
            continue  # a time before the first reporting regime: there is nothing
        units = {one for numbers in by_indicator.values() for one in numbers}
        for root, inside in _by_root(unit.pk, units, day).items():
            seat = replace(reader, edition=edition, scope=root, audience=_at(reader.audience, root))
            question = Question(tuple(by_indicator), (at,), inside, None, map_day)
            found += seat.values(question) if map_day else values_on_own_maps(seat, question)
    return Source(edition, FrozenValues.of(found), map_day=map_day)


def _at(audience: Audience, root: int) -> Audience:
    """The same reader, seated at a unit that went wholly into theirs; who is shown no figures of class C3 stays so."""
    return audience if audience.unit is None else replace(audience, unit=root)


def _by_root(unit: int, units: Iterable[int], day: date) -> dict[int, tuple[int, ...]]:
    """Units by what they stand at or under on a day: the unit itself, or one that went wholly into it since."""
    tree, roots = tree_on(day), roots_on(unit, day)
    found: dict[int, list[int]] = defaultdict(list)
    for one in sorted(units):
        line = (one, *tree.ancestors(one)) if one in tree else ()
        root = next((root for root in roots if root in line), None)
        if root is not None:
            found[root].append(one)
    return {root: tuple(held) for root, held in found.items()}


def source_of(release: Release, whats: Iterable[What]) -> Source:
    """What a release froze, and nothing else."""
    edition = with_series(edition_of(release.edition.fingerprint), whats)
    return Source(edition, FrozenValues.from_json(release.values_json), release, map_of(release))


def map_of(release: Release) -> date | None:
    """The day of the map that a release was made on; None for that of its period's last day."""
    held = json.loads(release.context_json).get("map_day")
    return date.fromisoformat(held) if held else None


ABSENT = "absent"
"""The status of what a release does not hold."""


class Filling(NamedTuple):
    """A mapped cell and what becomes of it. `written` is the number as it stands in the cell: of a cell in percentage
    format a share of 0 to 1. `why` says why there is none; `remark` what is to be known of the figure."""

    mapped: Mapped
    name: str
    unit: str
    period: str
    is_percent_cell: bool
    value: Decimal | None = None
    written: Decimal | None = None
    places: int | None = None
    status: str = ""
    why: str = ""
    remark: str = ""
    faults: tuple[Fault, ...] = ()

    @property
    def said(self) -> str:
        """The comment of the cell. The file leaves the office: which release was looked into is not told there."""
        if self.written is not None:
            return self.remark
        return str(_(REASONS[Status.NOT_REPORTED])) if self.status == ABSENT else self.why

    @property
    def state(self) -> str:
        return "unfit" if self.faults else "figure" if self.written is not None else "nothing"


def fillings(*, annex: Annex, mapped: Iterable[Mapped], source: Source, unit: Unit, period: Period) -> list[Filling]:
    """What each mapped cell would be filled with, in the language being spoken."""
    filler = _Filler(annex, source, unit, period)
    return [filler.filling(one) for one in mapped]


@dataclass
class _Filler:
    annex: Annex
    source: Source
    unit: Unit
    period: Period

    def filling(self, mapped: Mapped) -> Filling:
        what, edition = mapped.what, self.source.edition
        indicator = what.indicator(edition)
        at = what.period(self.period)
        key = what.unit or self.unit.key
        faults = misfits(self.annex, mapped, edition)
        sheet = self.annex.sheet(mapped.sheet)
        cell = sheet.at(mapped.cell) if sheet else None
        name = str(indicator.name) if indicator else what.quantity.partition(":")[2]
        is_percent = cell is not None and cell.format.is_percent
        made = Filling(mapped, name, self.names.get(key, ""), at.code, is_percent)
        if faults or indicator is None or cell is None:
            return made._replace(faults=tuple(faults))
        found = self.source.values.values.get((indicator.code, key, at.code, ""))
        if found is None:
            absent = ABSENT if self.source.release else Status.NOT_REPORTED.value
            return made._replace(status=absent, why=self._absent(key))
        value = worth(found, what)
        if value is None:
            why = reason(found, indicator, at)
            if found.map_day:
                why = "\n".join([why, *note([found], act_names(found.acts))])
            return made._replace(status=found.status.value, why=why)
        places = _places(edition, indicator, what, cell.format)
        return made._replace(
            value=value if places is None else rounded(value, places),
            written=_written(value, cell.format, places),
            places=places,
            status=found.status.value,
            remark=self._remark(found, what, key, at),
        )

    @cached_property
    def names(self) -> dict[str, str]:
        """Key → name of every unit on the day of the map, else on the period's last."""
        names = unit_names(self.source.day(self.period))
        return {key: names[number] for number, key in unit_keys().items() if number in names}

    @cached_property
    def _compared(self) -> dict[tuple[str, Period], bool]:
        return {}

    def _is_comparable(self, key: str, at: Period) -> bool:
        if (key, at) not in self._compared:
            edition = self.source.edition
            self._compared[key, at] = is_comparable(edition, unit_ids()[key], at, self.period)
        return self._compared[key, at]

    def _absent(self, key: str) -> str:
        if self.source.release is not None:
            return _("not among the figures of this release")
        if self.source.map_day and key not in self.names:
            return _("there is no such unit on {day}").format(day=day_words(self.source.map_day))
        return str(_(REASONS[Status.NOT_REPORTED]))

    def _remark(self, value: Value, what: What, key: str, at: Period) -> str:
        """What the reader of a figure must know: estimates, a lower bound, units that have not told, another map."""
        said = []
        if what.part in ("reported", "due"):
            return "".join(note([value], {})[:1])
        if value.qualifier == "estimate":
            said.append(_("Estimated figures included."))
        if value.qualifier == "at_least":
            said.append(_("At least this many."))
        if not value.is_complete:
            told = _("{reported} of {due} units have reported.")
            said.append(told.format(reported=value.units_reported, due=value.units_due))
        said += note([value], act_names(value.acts))
        if not value.map_day and at.last_half != self.period.last_half and not self._is_comparable(key, at):
            day = self.source.edition.calendar.last_day(at)
            said.append(_("By the administrative boundaries of {day}.").format(day=day_words(day)))
        return "\n".join(map(str, said))


def worth(value: Value, what: What) -> Decimal | None:
    """The part of a value that is asked for. The parts of a share whose base is a reported zero are known."""
    if what.part in ("reported", "due"):
        told = value.units_reported if what.part == "reported" else value.units_due
        return Decimal(told) if value.units_due else None  # nobody owes it, or this reader may not know
    if what.part == "value":
        return value.value if value.status is Status.VALUE else None
    if value.status not in (Status.VALUE, Status.NONE_OCCURRED):
        return None
    return value.numerator if what.part == "numerator" else value.denominator


def reason(value: Value, indicator: Indicator, period: Period) -> str:
    """Why a cell stays empty, as papers word it."""
    why = judgement.status(value, indicator, period)
    if why is Status.INTERVAL and value.low is not None and value.high is not None:
        places = None if indicator.unit is Measured.COUNT else indicator.decimals
        return bounds_words(number(value.low, places), number(value.high, places))
    if why is Status.NONE_OCCURRED and indicator.zero_base is not None:
        return str(indicator.zero_base)
    return str(_(REASONS[why]))


def _places(edition: Edition, indicator: Indicator, what: What, form: Format) -> int | None:
    """Decimals of the figure as it is read: those of the cell where it fixes them, else the indicator's; None for all
    that a count has."""
    if form.places is not None:
        return form.places
    if what.part != "value" or indicator.unit is Measured.COUNT:
        return 1 if what.part == "value" and is_percentage(edition, indicator) else None
    return indicator.decimals


def _written(value: Decimal, form: Format, places: int | None) -> Decimal:
    if form.is_percent:
        return rounded(value / 100, (places if places is not None else 1) + 2)
    return value if places is None else rounded(value, places)


# ---------------------------------------------------------------------------------------------------- filling in


def round_fill(
    *,
    round: Round,
    period: Period,
    reader: Reader,
    store: FileStore,
    actor: Actor,
    release: Release | None = None,
    map_day: date | None = None,
) -> RoundFilled:
    """Fill the annex in for a period and keep the file, with a `map_day` all on the units of that day. The same figures
    in the same file are the same filled annex.

    Words in it are Vietnamese. Refused where nothing is mapped or nothing fits; cells that do not fit are left alone
    and noted.
    """
    file = file_of(round)
    mapped = list(mappings_of(round).values())
    if file is None or not mapped:
        raise Refused(Fault("round.nothing_mapped"))
    day = map_day or reader.edition.calendar.last_day(period)
    roots = roots_on(round.unit_id, day) if map_day else [one for one in (round.unit_id,) if one in tree_on(day)]
    if not roots:
        raise Refused(Fault("values.unit_not_in_tree", "", {"unit": round.unit.key, "period": period}))
    annex = annex_of(file, store)
    whats = [one.what for one in mapped]
    with speaking("vi"):
        if release is not None:
            source = source_of(release, whats)
        else:
            source = source_now(reader=reader, unit=round.unit, period=period, whats=whats, map_day=map_day)
        made = fillings(annex=annex, mapped=mapped, source=source, unit=round.unit, period=period)
        told = "\n".join(source.note)
        noted = json.dumps([cell_out(one) for one in made], ensure_ascii=False, separators=(",", ":"))
        fills = {(one.mapped.sheet, one.mapped.cell): Fill(one.written, one.said) for one in made if not one.faults}
    if not fills:
        raise Refused(Fault("round.nothing_fits"))
    try:
        content = annex_fill(store.get(file.upload.sha256), fills)
    except Unsafe as unsafe:
        raise Refused(unsafe.fault(file.name)) from unsafe
    store.put(content)
    kept = edition_of(release.edition.fingerprint) if release else reader.edition
    row = {
        "round": round,
        "file": file,
        "release": release,
        "period_code": period.code,
        "sha256": sha256(content),
        "cells_json": noted,
        "basis": release.basis if release else reader.basis,
        "edition": release.edition if release else edition_keep(kept),
        "facts_version": release.facts_version if release else reader.facts_version,
        "map_fingerprint": _map_mark(source.day(period), roots),
        "map_day": source.map_day,
        "map_note": told,
    }
    with transaction.atomic():
        last = round.filled.filter(period_code=period.code).order_by("pk").last()
        if last is not None and all(getattr(last, name) == held for name, held in row.items()):
            return last
        return RoundFilled.objects.create(key=new_key("filled"), code_version=__version__, filled_by=actor.name, **row)


def _map_mark(day: date, roots: Sequence[int]) -> str:
    """Of the units at and under the one that fills in, or those it was formed of."""
    marks = [map_fingerprint(day, root) for root in roots]
    return marks[0] if len(marks) == 1 else sha256("".join(marks).encode())


def cell_out(one: Filling) -> dict[str, Any]:
    """A filled cell as it is noted."""
    return {
        "sheet": one.mapped.sheet,
        "cell": one.mapped.cell,
        "what": one.mapped.what.as_json(),
        "name": one.name,
        "unit": one.unit,
        "period": one.period,
        "state": one.state,
        "status": one.status,
        "value": None if one.value is None else f"{one.value:f}",
        "written": None if one.written is None else f"{one.written:f}",
        "places": one.places,
        "percent_cell": one.is_percent_cell,
        "why": one.why,
        "remark": one.remark,
        "faults": [fault.as_json() for fault in one.faults],
    }


def filled_of(round: Round, most: int = 50) -> list[RoundFilled]:
    """What was filled in, the newest first."""
    return list(round.filled.select_related("file", "release").order_by("-pk")[:most])


def releases_for(round: Round, period: Period, map_day: date | None = None) -> Sequence[Release]:
    """Releases of the round's unit and period on the same map, the newest first: their figures can be filled in
    instead."""
    found = Release.objects.filter(unit=round.unit, period_code=period.code, basis="accepted")
    rows = found.select_related("edition").order_by("-pk")
    return [one for one in rows[:40] if map_of(one) == map_day][:10]
