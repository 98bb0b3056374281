"""Counts that are kept, as the rows of a question of the pipeline: title group by title group, stage by stage, by sex
and age where that is told and may be read.

Persons stand at one stage: those planned for who were trained are taken out of those planned for. What a reader may not
see is left out and said; nothing is filled in for it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from tienbo.catalogue.definitions import Pipeline
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Level, worded
from tienbo.core.messages import N_
from tienbo.posts.counts import Coord, CountTable, last_told

PLANNED, TRAINED = "planned", "trained"
WOMEN, MEN = "f", "m"

worded(
    {
        "stocks.left_out": N_(
            "{group}: of {unit} the women and the men are not both told, or withheld from you; it is left out."
        ),
        "stocks.no_ages": N_(
            "{group}: of {unit} ages are not told whole, or withheld from you; everybody counts alike."
        ),
        "stocks.sources_differ": N_("{group}: sources differ for {unit}; “{source}”, told first, is taken."),
        "stocks.more_trained": N_("{group}: more are told to be trained than to be planned for; nobody is taken out."),
        "stocks.days_differ": N_(
            "The counts are of different days, from {first} to {last}; the last is taken for all."
        ),
    }
)


class Row(NamedTuple):
    """A row of the question, in codes: `age` "" for everybody."""

    titles: str
    stage: str
    sex: str
    age: str
    persons: int


@dataclass(frozen=True)
class Stocks:
    rows: tuple[Row, ...]
    day: date | None
    notes: tuple[Fault, ...]


Read = Callable[[CountTable], Mapping[Coord, int | None]]
BySexAge = Counter[tuple[str, str]]


def stocks(
    tables: Iterable[CountTable], *, own: int, read: Read, named: Callable[[int], str], edition: Edition, way: Pipeline
) -> Stocks:
    """The rows that the last counts of units give. Where the unit that asks (`own`) told a group itself, that is taken
    and not those below it besides. `read`: what of a table is the reader's to see."""
    notes: list[Fault] = []
    held: dict[str, dict[int, CountTable]] = defaultdict(dict)
    for (unit, group), told in last_told(tables).items():
        held[group][unit] = told[0]
        if len(told) > 1:
            fields = {"group": edition.count_groups[group].name, "unit": named(unit), "source": told[0].source}
            notes.append(Fault("stocks.sources_differ", "", fields, Level.NOTE))
    found: dict[tuple[str, str], BySexAge] = {}
    days: set[date] = set()
    for code, by_unit in held.items():
        shape = edition.count_groups[code]
        if shape.stage is None or shape.titles is None:
            continue
        taken = {own: by_unit[own]} if own in by_unit else by_unit
        total: BySexAge = Counter()
        for unit, table in taken.items():
            fields = {"group": shape.name, "unit": named(unit)}
            made = _by_sex_and_age(read(table), list(way.ages))
            if made is None:
                notes.append(Fault("stocks.left_out", "", fields, Level.NOTE))
                continue
            if not any(age for _sex, age in made):
                notes.append(Fault("stocks.no_ages", "", fields, Level.NOTE))
            total += made
            days.add(table.day)
        if total:
            found[shape.titles, shape.stage] = total
    for titles in dict.fromkeys(titles for titles, _stage in found):
        notes += _one_stage_each(found, titles, way)
    order = [(group.code, stage.code) for group in way.groups for stage in reversed(way.stages)]
    rows = [
        Row(*at, sex, age, persons)
        for at in order
        for (sex, age), persons in sorted(found.get(at, Counter()).items(), key=lambda one: (one[0][0], one[0][1]))
        if persons
    ]
    if len(days) > 1:
        notes.append(Fault("stocks.days_differ", "", {"first": min(days), "last": max(days)}, Level.NOTE))
    return Stocks(tuple(rows), max(days, default=None), tuple(notes))


def _by_sex_and_age(cells: Mapping[Coord, int | None], ages: list[str]) -> BySexAge | None:
    """Women and men by age, as far as that is told whole; None where the women or the men are not known."""

    def both(age: str) -> tuple[int, int] | None:
        everybody, women, men = (cells.get(Coord(sex, age)) for sex in ("", WOMEN, MEN))
        if women is None and everybody is not None and men is not None:
            women = everybody - men
        if men is None and everybody is not None and women is not None:
            men = everybody - women
        return None if women is None or men is None else (women, men)

    whole = both("")
    told = {age: both(age) for age in ages if any(Coord(sex, age) in cells for sex in ("", WOMEN, MEN))}
    by_age = {age: pair for age, pair in told.items() if pair is not None}
    if told and len(by_age) == len(told):
        added = tuple(sum(pair[at] for pair in by_age.values()) for at in (0, 1))
        whole = whole or (added[0], added[1])
        rest = (whole[0] - added[0], whole[1] - added[1])
        if min(rest) >= 0:
            made: BySexAge = Counter()
            for age, pair in {**by_age, "": rest}.items():
                made.update({(WOMEN, age): pair[0], (MEN, age): pair[1]})
            return made
    return None if whole is None else Counter({(WOMEN, ""): whole[0], (MEN, ""): whole[1]})


def _one_stage_each(found: dict[tuple[str, str], BySexAge], titles: str, way: Pipeline) -> Iterable[Fault]:
    """Take those who were trained out of those planned for; by sex alone where ages do not agree."""
    planned, trained = found.get((titles, PLANNED)), found.get((titles, TRAINED))
    if planned is None or trained is None:
        return
    for one, other in ((planned, trained), (_by_sex(planned), _by_sex(trained))):
        if all(one[at] >= count for at, count in other.items()):
            found[titles, PLANNED] = Counter({at: count - other[at] for at, count in one.items()})
            return
    name = next(str(group.name) for group in way.groups if group.code == titles)
    yield Fault("stocks.more_trained", "", {"group": name}, Level.NOTE)


def _by_sex(held: BySexAge) -> BySexAge:
    made: BySexAge = Counter()
    for (sex, _age), count in held.items():
        made[sex, ""] += count
    return made
