"""An answer case: what is defined, who stood where, what was told, what is asked, and the answers somebody worked out.

    title: what would go silently wrong
    worked: the arithmetic of the answers, by hand
    pack: vn                        # or elements: and indicators: of the case's own (see tests/engine/small.py)
    units: {2025-H2: {tinh: province, xa_a: commune in tinh}}     # the tree of each half-year's last day
    facts: {2025-H2: {xa_a: {staff: 12, "staff[sex=f]": 5}}}      # na does not apply; ">= 3000", "~ 7"
    asks:
      - {indicator: share, periods: [2025-H2], expect: {tinh 2025-H2: 125/3, xa_a 2025-H2: not_reported}, check_sql: …}

A case over acts also says what became of units, who ended without a successor, how many people lived where, and whose
units a map day has:

    acts:                           # a share is a number, "0.5..0.9", "0.5..0.9 ~ 0.7" or "?"; one for every measure
      nq_1: {day: 2025-07-01, becomes: {a: {x: 0.7, y: 0.3}, b: {y: {population: 1, area: "?"}}}}
    ends: {huyen: nq_1}
    people: {a: 10000}
    maps: {2025-07-01: 2025-H2}     # the units of that day are those of the half-year

An ask may name the day of another map (map: 2025-07-01), its units, a breakdown (by), a scope, an audience with its
seat ("statutory tinh"), a basis and the revisions that do not count at it (excluded); or the refusal it gets (refused).

An expected cell is a value ("125/3" is exact), a status, or a mapping of value, status, numerator, denominator,
qualifier, reported, due, estimated, low, high, estimated_share, population_share, acts. `check_sql` is written from the
question, not from the compiler: it reads plain tables (TABLES) and gives (unit, period, value), or (unit, period,
members, value) when the ask has `by`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml
from tests.engine.small import Said, edition, onto, tree

from tienbo.catalogue.loading import PACKS, Edition, read
from tienbo.core.acts import Act, Link, Quantity
from tienbo.core.periods import Period
from tienbo.core.shares import UNKNOWN, Share
from tienbo.core.spans import Span
from tienbo.core.tree import Tree
from tienbo.engine.evaluate import Audience, Question
from tienbo.engine.recasting import History, Onto

TABLES = """
    facts (unit, half, year, series, value, qualifier, counts, revision); value is NULL where it does not apply
    units (half, unit, parent, kind)
    under (half, top, unit): every unit with itself and all that stands under it
    links (act, day, old, new, measure, low, high): bounds of the share of `old` that goes to `new`
"""
SCHEMA = """
    CREATE TABLE facts (unit TEXT, half TEXT, year INT, series TEXT, value {number}, qualifier TEXT, counts BOOLEAN,
        revision INT);
    CREATE TABLE units (half TEXT, unit TEXT, parent TEXT, kind TEXT);
    CREATE TABLE links (act TEXT, day TEXT, old TEXT, new TEXT, measure TEXT, low {number}, high {number});
    CREATE VIEW under AS WITH RECURSIVE walk(half, top, unit) AS (
        SELECT half, unit, unit FROM units
        UNION ALL SELECT w.half, w.top, u.unit FROM walk w JOIN units u ON u.half = w.half AND u.parent = w.unit
    ) SELECT * FROM walk;
"""
NUMBERS = ("value", "numerator", "denominator", "low", "high", "estimated_share", "population_share")
FOLDER = Path(__file__).parent
QUALIFIERS = {">=": "at_least", "~": "estimate"}


@dataclass
class Ask:
    raw: Mapping[str, Any]
    case: Case

    @property
    def question(self) -> Question:
        named = self.raw.get("units")
        units = None if named is None else tuple(self.case.number(name) for name in named)
        periods = tuple(Period.parse(str(label)) for label in self.raw["periods"])
        codes = self.raw["indicator"]
        named_codes = (codes,) if isinstance(codes, str) else tuple(codes)
        return Question(named_codes, periods, units, self.raw.get("by"), self.raw.get("map"))

    @property
    def onto(self) -> Onto | None:
        """The way to the map that is asked for."""
        day = self.raw.get("map")
        if day is None:
            return None
        trees = self.case.trees
        elements = self.case.edition.elements.values()
        measures = {one.travels_by.value for one in elements} - {"none"}
        return onto(day, trees[self.case.raw["maps"][day]], trees, self.case.history, measures=sorted(measures))

    @property
    def audience(self) -> Audience:
        kind, _, seat = str(self.raw.get("audience", "statutory")).partition(" ")
        return Audience(kind, self.case.number(seat) if seat else None)  # type: ignore[arg-type]

    @property
    def excluded(self) -> frozenset[int]:
        return frozenset(self.raw.get("excluded", ()))

    @property
    def scope(self) -> int | None:
        name = self.raw.get("scope")
        return None if name is None else self.case.number(name)

    @property
    def expected(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        """(unit, period, members) → what is said of the cell."""
        made = {}
        for place, says in (self.raw.get("expect") or {}).items():
            unit, period, *members = str(place).split()
            made[unit, period, members[0] if members else ""] = _expected(says)
        return made


def _expected(says: Any) -> dict[str, Any]:
    if isinstance(says, Mapping):
        status = says.get("status", "value" if "value" in says else None)
        found = {**says, "status": status} if status else dict(says)
    elif isinstance(says, str) and says[0].isalpha():
        found = {"status": says}
    else:
        found = {"status": "value", "value": says}
    if "acts" in found:
        found["acts"] = tuple(found["acts"])
    for part in NUMBERS:
        if found.get(part) is not None:
            found[part] = Fraction(str(found[part]))
    return found


@dataclass
class Case:
    path: Path
    raw: Mapping[str, Any]

    @cached_property
    def edition(self) -> Edition:
        if "pack" in self.raw:
            return _pack(self.raw["pack"])
        return edition(self.raw["elements"], self.raw["indicators"])

    @cached_property
    def _numbers(self) -> dict[str, int]:
        names = [name for places in self.raw["units"].values() for name in places]
        names += [name for told in self.raw["facts"].values() for name in told]
        return {name: number for number, name in enumerate(dict.fromkeys(names), 1)}

    def number(self, name: str) -> int:
        return self._numbers.setdefault(name, len(self._numbers) + 1)

    def name(self, key: str) -> str:
        return next(name for name, number in self._numbers.items() if f"u{number}" == key)

    @cached_property
    def trees(self) -> dict[str, Tree]:
        return {
            half: tree({self.number(u): (p and self.number(p), kind) for u, p, kind in self.places(half)})
            for half in self.raw["units"]
        }

    def places(self, half: str) -> Iterator[tuple[str, str | None, str]]:
        for unit, said in self.raw["units"][half].items():
            kind, _, parent = said.partition(" in ")
            yield unit, parent or None, kind

    @cached_property
    def facts(self) -> list[Said]:
        return [
            _fact(self.number(unit), half, series, said)
            for half, told in self.raw["facts"].items()
            for unit, figures in told.items()
            for series, all_said in (figures or {}).items()
            for said in (all_said if isinstance(all_said, list) else [all_said])
        ]

    @cached_property
    def acts(self) -> list[Act]:
        return [
            Act(
                key,
                said["day"],
                tuple(
                    Link(self.number(old), self.number(new), _shares(share))
                    for old, heirs in said.get("becomes", {}).items()
                    for new, share in heirs.items()
                ),
            )
            for key, said in self.raw.get("acts", {}).items()
        ]

    @cached_property
    def history(self) -> History:
        """Units live from the act that made them to the one that ended them, the others always."""
        ends = {self.number(unit): key for unit, key in self.raw.get("ends", {}).items()}
        days = {act.key: act.day for act in self.acts}
        starts: dict[int, date] = {}
        stops = {unit: days[key] for unit, key in ends.items()}
        for act in self.acts:
            olds = {link.predecessor for link in act.links}
            news = {link.successor for link in act.links}
            starts.update(dict.fromkeys(news - olds - self._older(act), act.day))
            stops.update(dict.fromkeys(olds - news, act.day))
        lives = {
            number: Span(starts.get(number, date(1945, 9, 2)), stops.get(number)) for number in self._numbers.values()
        }
        keys = {number: f"u{number}" for number in lives}
        people = {
            self.number(unit): (Quantity(lives[self.number(unit)].start, count),)
            for unit, count in self.raw.get("people", {}).items()
        }
        return History(self.acts, lives, lambda measure: people if measure == "population" else {}, ends, keys)

    def _older(self, act: Act) -> set[int]:
        """Units that stand in some half-year before an act: it took others into them."""
        before = [half for half in self.raw["units"] if date(int(half[:4]), 6 if half[-1] == "1" else 12, 30) < act.day]
        return {self.number(unit) for half in before for unit in self.raw["units"][half]}

    @property
    def asks(self) -> list[Ask]:
        return [Ask(raw, self) for raw in self.raw["asks"]]

    def link_rows(self) -> list[tuple[Any, ...]]:
        """Rows of `links` for check_sql, by name."""
        names = {number: name for name, number in self._numbers.items()}
        return [
            (act.key, f"{act.day}", names[one.predecessor], names[one.successor], measure, *map(_decimal, share[:2]))
            for act in self.acts
            for one in act.links
            for measure, share in one.shares.items()
        ]

    def table_rows(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """Rows of `facts` and `units` for check_sql, by name."""
        names = {number: name for name, number in self._numbers.items()}
        facts = [
            (names[f.unit], f.period, int(f.period[:4]), f.series, f.value, f.qualifier, f.counts, f.revision)
            for f in self.facts
        ]
        return facts, [(half, *place) for half in self.raw["units"] for place in self.places(half)]


def _decimal(share: Fraction) -> Decimal:
    return Decimal(share.numerator) / Decimal(share.denominator)


def _shares(said: Any) -> dict[str, Share]:
    if isinstance(said, Mapping):
        return {measure: _share(str(one)) for measure, one in said.items()}
    return dict.fromkeys(("population", "area", "members"), _share(str(said)))


def _share(said: str) -> Share:
    if said == "?":
        return UNKNOWN
    bounds, _, best = said.partition("~")
    low, _, high = bounds.strip().partition("..")
    if not high:
        return Share.of(Fraction(low))
    return Share(Fraction(low), Fraction(high), Fraction(best.strip()) if best else None)


def _fact(unit: int, half: str, series: str, said: Any) -> Said:
    more: dict[str, Any] = {}
    if isinstance(said, Mapping):
        more = {key: value for key, value in said.items() if key != "value"}
        said = said["value"]
    if said == "na":
        return Said(unit, half, series, None, **more)
    text = str(said)
    mark = next((mark for mark in QUALIFIERS if text.startswith(mark)), "")
    return Said(unit, half, series, Decimal(text.removeprefix(mark).strip()), QUALIFIERS.get(mark, "exact"), **more)


@lru_cache
def _pack(name: str) -> Edition:
    made, faults = read(PACKS / name)
    assert not faults, faults
    return made


def cases() -> list[Case]:
    return [Case(path, yaml.safe_load(path.read_text(encoding="utf-8"))) for path in sorted(FOLDER.glob("*.yaml"))]
