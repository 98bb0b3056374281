"""Tables that were read are written: every line or none, each figure with its source, the same table twice once.

A figure that a source tells otherwise than it did before is a fault, unless it is said to be a correction: then the
old one is withdrawn and the new one told. What another source told is left alone; both are shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused, errors, worded
from tienbo.core.messages import N_
from tienbo.core.words import fold
from tienbo.ground.keys import new_key
from tienbo.posts.election_models import Constituency, Election, ElectionResult, ListStage
from tienbo.posts.election_queries import constituency_words
from tienbo.posts.election_services import election_call
from tienbo.posts.figures import Listed, Resulted, list_faults, result_faults, share_faults
from tienbo.posts.models import PublishedShare
from tienbo.posts.reading import ElectionRow, ShareRow
from tienbo.posts.telling import Told
from tienbo.posts.told import CORRECTED
from tienbo.units.frames import tree_on, unit_called
from tienbo.units.models import GSO, NATION, Unit, UnitCode, UnitName, alive
from tienbo.units.names import split_name

worded(
    {
        "posts.no_place": N_("No unit is called “{text}” on {day}."),
        "posts.two_places": N_("“{text}” can be {count} units on {day}; write the code."),
        "posts.line_twice": N_("This is told by the same source in line {first} already."),
        "posts.told_otherwise": N_(
            "{source} told {before} before and tells {now} now. If it is a correction, say so; nothing was changed."
        ),
        "posts.line_without_source": N_("The line does not say where its figures were read."),
        "posts.line_says_nothing": N_("The line has neither candidates nor elected."),
    }
)

T = TypeVar("T", bound=Told)


@dataclass(slots=True)
class Loaded:
    """What a table did."""

    elections: int = 0
    told: int = 0
    corrected: int = 0
    untouched: int = 0


class Places:
    """The units that a table can mean: by code or name, on its day; of a unit whose beginning is not known, on the
    first day it is known of. A code alone finds nothing."""

    def __init__(self, whose: Unit, days: Iterable[date]) -> None:
        """`whose` elections they are: of the nation's the places are provinces, of a unit's itself and those below
        it."""
        if whose.kind == NATION:
            self._units = {unit.pk: unit for unit in Unit.objects.filter(kind="province")}
            return
        trees = [tree_on(day) for day in {*days, whose.valid_from}]
        below = {whose.pk, *(unit for tree in trees if whose.pk in tree for unit in tree.subtree(whose.pk))}
        self._units = {unit.pk: unit for unit in Unit.objects.filter(pk__in=below)}

    def find(self, code: str, name: str, day: date) -> Unit:
        """The one unit; Refused where there is none, or more than one."""
        for at in (day, None):
            found = {self._units[pk] for pk in self._keyed(at, day).get((code or fold(split_name(name).search)), ())}
            if len(found) > 1:
                raise Refused(Fault("posts.two_places", "", {"text": name or code, "count": len(found), "day": day}))
            if found:
                return found.pop()
        raise Refused(Fault("posts.no_place", "", {"text": " ".join(filter(None, (code, name))), "day": day}))

    def _keyed(self, at: date | None, day: date) -> Mapping[str, set[int]]:
        """Code or search name → units: of the day, or of those whose beginning is not known, on their first day."""
        held = self._held.get(at or day, {}) if at else self._first
        if at and not held:
            held = self._held[at] = self._read(lambda table: table.objects.filter(alive(at)))
        return held

    @cached_property
    def _held(self) -> dict[date, Mapping[str, set[int]]]:
        return {}

    @cached_property
    def _first(self) -> Mapping[str, set[int]]:
        unknown = [unit for unit in self._units.values() if not unit.begin_is_known]
        days = {unit.valid_from for unit in unknown}
        return self._read(lambda table: table.objects.filter(unit__in=unknown, valid_from__in=days))

    def _read(self, rows: Callable[[Any], Any]) -> Mapping[str, set[int]]:
        found: dict[str, set[int]] = defaultdict(set)
        for unit, code in rows(UnitCode).filter(scheme=GSO).values_list("unit_id", "code"):
            if unit in self._units:
                found[code].add(unit)
        for unit, search in rows(UnitName).filter(lang="vi").values_list("unit_id", "search"):
            if unit in self._units:
                found[search].add(unit)
        return found


@transaction.atomic
def elections_load(
    rows: Sequence[ElectionRow], *, unit: Unit, actor: Actor, edition: Edition, correct: bool = False
) -> tuple[Loaded, list[Fault]]:
    """Write the lines of a table. `unit` is whose elections they are (the nation, a province); a line without a place
    is of the whole of it. Returns what was done and what is to be looked at; Refused with every error of every
    line."""
    faults: list[Fault] = []
    places, done = Places(unit, {row.day for row in rows}), Loaded()
    elections: dict[tuple[str, date], Election] = {}
    parts: dict[tuple[int, int, str], Constituency] = {}
    lists = _Telling(ListStage, "list", actor, correct, faults, done)
    results = _Telling(ElectionResult, "result", actor, correct, faults, done)
    constituencies = _Telling(Constituency, "constituency", actor, correct, faults, done, matters=("seats",))
    for row in rows:
        if not row.source:
            faults.append(Fault("posts.line_without_source", row.at))
            continue
        if row.candidates is None and row.elected is None:
            faults.append(Fault("posts.line_says_nothing", row.at))
            continue
        faults += _contradictions(row, unit)
        try:
            place = places.find(row.code, row.place, row.day) if row.code or row.place else unit
            election = elections.get((row.kind, row.day)) or _election(row, unit, actor, edition, done)
        except Refused as refused:
            faults += [Fault(one.code, row.at, one.fields, one.level) for one in refused.faults]
            continue
        elections[row.kind, row.day] = election
        at = (election.pk, place.pk, row.number)
        seats = row.seats if row.round <= 1 else None  # a further round says those that it had to fill
        if at not in parts or (seats is not None and parts[at].seats != seats):
            constituencies.expect(election.pk)
            parts[at] = constituencies.one(
                (election.pk, place.pk, row.number),
                {"election": election, "unit": place, "number": row.number, "seats": seats},
                row,
            )
        _figures(row, parts[at], lists, results)
    if errors(faults):
        raise Refused(*faults)
    constituencies.save()
    for telling in (lists, results):
        telling.save()
    return done, faults


def _election(row: ElectionRow, unit: Unit, actor: Actor, edition: Edition, done: Loaded) -> Election:
    there = Election.objects.filter(kind=row.kind, unit=unit, day=row.day).exists()
    made = election_call(
        kind=row.kind, unit=unit, term=row.term, day=row.day, source=row.source, actor=actor, edition=edition
    )
    done.elections += not there
    return made


def _contradictions(row: ElectionRow, unit: Unit) -> list[Fault]:
    """What the figures of a line contradict, whatever its place is."""
    name, faults = constituency_words(row.place or row.code or unit_called(unit.pk, row.day), row.number), list[Fault]()
    if row.candidates is not None:
        percent = row.percent if row.elected is None else None
        listed = Listed(row.stage, row.candidates, row.women, row.nominated, percent, row.source)
        faults += _at(row.at, list_faults(name, listed, row.seats))
    if row.elected is not None:
        confirmed = {"confirmed": row.confirmed, "women_confirmed": row.women_confirmed, "percent": row.percent}
        resulted = Resulted(row.elected, row.women_elected, row.round, source=row.source, **confirmed)  # type: ignore[arg-type]
        faults += _at(row.at, result_faults(name, resulted, row.seats))
    return faults


def _figures(row: ElectionRow, part: Constituency, lists: _Telling, results: _Telling) -> None:
    if row.candidates is not None:
        lists.one(
            (part.key, row.stage, row.nominated, row.source),
            {
                "constituency": part,
                "stage": row.stage,
                "nominated": row.nominated,
                "candidates": row.candidates,
                "women": row.women,
                "percent": row.percent if row.elected is None else None,
                "remark": row.remark[:300],
            },
            row,
        )
    if row.elected is not None:
        told = {
            "round": row.round,
            "elected": row.elected,
            "women": row.women_elected,
            "confirmed": row.confirmed,
            "women_confirmed": row.women_confirmed,
            "percent": row.percent,
        }
        seats = row.seats if row.round else None
        results.one(
            (part.key, row.round, row.source),
            {"constituency": part, "seats": seats, "remark": row.remark[:300], **told},
            row,
        )


@transaction.atomic
def shares_load(
    rows: Sequence[ShareRow], *, unit: Unit, actor: Actor, edition: Edition, correct: bool = False
) -> tuple[Loaded, list[Fault]]:
    """Write the lines of a table of published shares of a unit. A share that its parts do not make is flagged and
    kept."""
    faults: list[Fault] = []
    done = Loaded()
    shares = _Telling(PublishedShare, "share", actor, correct, faults, done)
    shares.expect(unit.pk)
    for row in rows:
        for kind, code in (("counting_rules", row.rule), ("count_groups", row.group)):
            shape = getattr(edition, kind)[code]
            if not shape.holds(row.day):
                faults.append(Fault("posts.not_on_that_day", row.at, {"name": shape.name, "day": row.day}))
        if not row.source:
            faults.append(Fault("posts.line_without_source", row.at))
        if row.counted is not None and row.total is not None:
            if row.counted > row.total:
                fields = {"place": row.place or row.group, "women": row.counted, "persons": row.total}
                faults.append(Fault("posts.women_above_persons", row.at, fields))
            faults += _at(row.at, share_faults(row.place or row.time, row.percent, row.counted, row.total, row.source))
        told = {name: getattr(row, name) for name in ("rule", "group", "time", "place", "day", "counted", "total")}
        more = {"percent": row.percent, "remark": row.remark[:300]}
        shares.one((unit.pk, row.place, row.rule, row.group, row.time, row.source), {"unit": unit, **told, **more}, row)
    if errors(faults):
        raise Refused(*faults)
    shares.save()
    return done, faults


class _Telling:
    """Rows of one table being told: each is new, there already, or a correction."""

    KEYS: Mapping[str, tuple[str, ...]] = {
        "constituency": ("election_id", "unit_id", "number"),
        "list": ("constituency__key", "stage", "nominated", "source"),
        "result": ("constituency__key", "round", "source"),
        "share": ("unit_id", "place", "rule", "group", "time", "source"),
    }
    WITHIN: Mapping[str, str] = {
        "constituency": "election_id",
        "list": "constituency__election_id",
        "result": "constituency__election_id",
        "share": "unit_id",
    }

    def __init__(
        self,
        table: type[Any],
        kind: str,
        actor: Actor,
        correct: bool,
        faults: list[Fault],
        done: Loaded,
        matters: Sequence[str] = (),
    ) -> None:
        self.table, self.kind, self.actor, self.correct = table, kind, actor, correct
        self.faults, self.done, self.matters = faults, done, matters
        self.there: dict[tuple[Hashable, ...], Any] = {}
        self.seen: dict[tuple[Hashable, ...], str] = {}
        self.new: list[Any] = []
        self.old: list[Any] = []
        self.completed: list[Any] = []
        self.asked: set[int] = set()

    def expect(self, within: int) -> None:
        """Read what stands of an election, or of a unit, once."""
        if within not in self.asked:
            self.asked.add(within)
            held = self.table.objects.filter(**{self.WITHIN[self.kind]: within}, standing=1)
            if self.kind in ("list", "result"):
                held = held.select_related("constituency")
            for row in held:
                self.there[tuple(_reach(row, path) for path in self.KEYS[self.kind])] = row

    def one(self, key: tuple[Hashable, ...], told: Mapping[str, Any], row: ElectionRow | ShareRow) -> Any:
        """The row that stands for `key` after this line."""
        if self.kind in ("list", "result"):
            self.expect(told["constituency"].election_id)
        if self.kind != "constituency" and key in self.seen:
            self.faults.append(Fault("posts.line_twice", row.at, {"first": self.seen[key].rpartition(":")[2]}))
            return None
        self.seen[key] = row.at
        before = self.there.get(key)
        compared = self.matters or tuple(told)
        if before is not None:
            differ = [name for name in compared if getattr(before, name) != told[name] and told[name] is not None]
            if differ == ["seats"] and before.seats is None:  # what was not known of a constituency is completed
                before.seats = told["seats"]
                self.completed.append(before)
                return before
            if not differ:
                self.done.untouched += self.kind != "constituency"
                return before
            if not self.correct or self.kind == "constituency":
                fields = {"source": before.source, "before": _said(before, differ), "now": _said(told, differ)}
                self.faults.append(Fault("posts.told_otherwise", row.at, fields))
                return before
            self.old.append(before)
            self.done.corrected += 1
        made = self.table(
            key=new_key(self.kind),
            source=row.source,
            published_on=row.published_on,
            told_by=self.actor.name,
            replaces=before,
            **told,
        )
        self.there[key] = made
        self.new.append(made)
        self.done.told += before is None and self.kind != "constituency"
        return made

    def save(self) -> None:
        if self.old:
            self.table.objects.filter(pk__in=[row.pk for row in self.old]).update(
                standing=None, withdrawn_by=self.actor.name, withdrawn_at=timezone.now(), withdrawn_why=CORRECTED
            )
        self.table.objects.bulk_create(self.new)
        if self.completed:
            self.table.objects.bulk_update(self.completed, ["seats"])


def _at(line: str, faults: Iterable[Fault]) -> list[Fault]:
    """Faults of figures put to the line of their table; of whom they speak is still said."""
    return [Fault(one.code, line, {"place": one.place, **one.fields}, one.level) for one in faults]


def _reach(row: Any, path: str) -> Any:
    for step in path.split("__"):
        row = getattr(row, step)
    return row


def _said(told: Any, names: Iterable[str]) -> str:
    read = told.get if isinstance(told, Mapping) else lambda name: getattr(told, name)
    return ", ".join(str(read(name)) for name in names)
