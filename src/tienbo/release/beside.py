"""What a return stands beside: what the unit said in an earlier half-year, or those it was formed of, where that is the
same ground exactly; and the figures to look at first.

A commune formed of others said nothing itself. What they said is added up for it where each of them went into it whole
and all of them said it; where one was divided, nothing is made up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from tienbo.catalogue.definitions import OverUnits
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content, Figure, layout
from tienbo.catalogue.screening import Figures, Outlier, Said, screen, screening_rules
from tienbo.collection.editions import edition_of
from tienbo.collection.models import Return, Revision
from tienbo.collection.queries import returns_of
from tienbo.collection.standing import standing
from tienbo.core.periods import Period
from tienbo.engine.recasting import POPULATION
from tienbo.release.reading import onto_on
from tienbo.units.frames import acts, tree_on
from tienbo.units.models import Unit

Why = Literal["", "nothing", "divided", "silent", "other_form"]


class Beside(NamedTuple):
    """What a unit said in an earlier half-year, by the revision that counted, else the last. `of`: the units it is the
    sum of, where it is not the unit's own. `why` there is nothing: nothing was sent, a unit it was formed of was
    divided, one of those sent nothing, or they filled in another form."""

    revisions: tuple[Revision, ...] = ()
    of: tuple[int, ...] = ()
    why: Why = "nothing"


def beside(
    *, root_id: int, edition: Edition, period: Period, then: Period, forms: Mapping[int, str]
) -> dict[int, Beside]:
    """Unit → what it stands beside of the half-year `then`. `forms`: the units of `period`, with the form of each."""
    came_of = _came_of(edition, period, then, forms)
    sources = {one for row in came_of.values() if row for one in row} | set(forms)
    said: dict[int, Revision] = {}
    rows = returns_of(root_id=root_id, period=then, units=sources).exclude(latest=None)
    rows = rows.select_related("latest__of", "accepted__of").defer("latest__content", "accepted__content")
    for row in rows:
        counting = row.accepted or row.latest
        if counting is not None:
            said.setdefault(row.unit_id, counting)
    return {unit: _one(unit, form, came_of.get(unit, (unit,)), said) for unit, form in forms.items()}


def _one(unit: int, form: str, came_of: tuple[int, ...] | None, said: Mapping[int, Revision]) -> Beside:
    if came_of is None:
        return Beside(why="divided")
    found = [said[one] for one in came_of if one in said]
    if came_of == (unit,):
        return Beside((found[0],), why="") if found else Beside()
    if len(found) < len(came_of) or not found:
        return Beside(of=came_of, why="silent")
    if any(one.of.form != form for one in found):
        return Beside(of=came_of, why="other_form")
    return Beside(tuple(found), came_of, why="")


def _came_of(edition: Edition, period: Period, then: Period, units: Iterable[int]) -> dict[int, tuple[int, ...] | None]:
    """Unit → whose ground of then it is exactly; None where part of somebody's. Units left out are themselves."""
    day, before = edition.calendar.last_day(period), edition.calendar.last_day(then)
    if not any(before < act.day <= day for act in acts()):
        return {}
    way = (era := onto_on(day, edition, {then: before}).eras[then]).ways[POPULATION]
    tree = tree_on(day)
    found: dict[int, tuple[int, ...] | None] = {}
    for unit in units:
        if unit not in tree:
            continue
        sources = tuple(era.owing(way, frozenset({tree.kinds[unit]}), direct=True).get(unit, ()))
        if sources:
            found[unit] = sources if all(one in way.whole for one in sources) else None
    return found


def content_of(held: Beside) -> Content | None:
    """What was said as one content; of several units the sum of what can be added up, without their words."""
    made = [standing(one) for one in held.revisions]
    contents = [one for one in made if one is not None]
    if len(contents) < 2:
        return contents[0] if contents else None
    first = contents[0]
    shape = layout(edition_of(first.edition), first.form, first.period)
    figures: dict[str, Figure] = {}
    for address, slot in shape.slots.items():
        parts = [one.figures.get(address) for one in contents]
        if slot.element.over_units is OverUnits.SUM and slot.line.answer != "yes_no" and None not in parts:
            firm = all(part is not None and part.qualifier == "exact" for part in parts)
            value = sum((part.value for part in parts if part is not None), Decimal(0))
            figures[address] = Figure(value, "exact" if firm else "estimate")
    return replace(first, figures=figures, statements={}, rows={}, texts={}, restated={})


# ------------------------------------------------------------------------------------------------ figures to look at


def outliers(*, roots: Collection[Unit], edition: Edition, period: Period) -> dict[int, tuple[Outlier, ...]]:
    """Unit → figures of its last word that are to be looked at, the farthest first."""
    rules = screening_rules(edition.pack)
    found: dict[int, tuple[Outlier, ...]] = {}
    if not rules:
        return found
    for root in roots:
        rows = Return.objects.filter(campaign__root=root, campaign__period_code=period.code).exclude(latest=None)
        latest = {
            row.unit_id: row.latest
            for row in rows.select_related("latest__of").defer("latest__content")
            if row.latest is not None
        }
        forms = {unit: one.of.form for unit, one in latest.items()}
        before = beside(root_id=root.pk, edition=edition, period=period, then=period.previous(), forms=forms)
        year = beside(root_id=root.pk, edition=edition, period=period, then=period.same_last_year(), forms=forms)
        for form in sorted(set(forms.values())):
            key = tuple(
                (unit, _marks((latest[unit],)), _marks(before[unit].revisions), _marks(year[unit].revisions))
                for unit in forms
                if forms[unit] == form
            )
            found |= _screened(edition, form, period, key)
    return found


def figures_of(revisions: Iterable[Revision]) -> Figures:
    """The counts of a revision, or of several added up: address → figure. Asks the database once for each."""
    return _figures(_marks(revisions))


Mark = tuple[int, str, int]


def _marks(revisions: Iterable[Revision]) -> tuple[Mark, ...]:
    """Revisions by what makes them up: row id, hash, and the one whose figures "unchanged" stands for."""
    return tuple((one.pk, one.sha256, one.carried_id or one.carried_year_id or 0) for one in revisions)


_Key = tuple[tuple[int, tuple[Mark, ...], tuple[Mark, ...], tuple[Mark, ...]], ...]
_made: dict[tuple[str, str, Period], tuple[_Key, dict[int, tuple[Outlier, ...]]]] = {}
"""(pack, form, period) → what was made last, and of which revisions."""


def _screened(edition: Edition, form: str, period: Period, key: _Key) -> dict[int, tuple[Outlier, ...]]:
    held = _made.get((edition.pack, form, period))
    if held is not None and held[0] == key:
        return held[1]
    shape = layout(edition, form, period) if form in edition.forms else None
    measures = {one: slot.element.measure for one, slot in shape.slots.items()} if shape is not None else {}
    said = {unit: Said(_figures(now), _figures(before), _figures(year)) for unit, now, before, year in key}
    made = screen(screening_rules(edition.pack), said, measures)
    _made[edition.pack, form, period] = key, made
    return made


@lru_cache(maxsize=4096)
def _figures(marks: tuple[Mark, ...]) -> Figures:
    """The counts of revisions, which never change; those that are a sum, added up."""
    held = Revision.objects.select_related("carried", "carried_year", "of").in_bulk(
        [one for one, _sha, _carried in marks]
    )
    content = content_of(Beside(tuple(held[one] for one, _sha, _carried in marks), why=""))
    if content is None:
        return {}
    shape = layout(edition_of(content.edition), content.form, content.period)
    return {
        address: figure.value
        for address, figure in content.figures.items()
        if address in shape.slots and shape.slots[address].line.answer != "yes_no"
    }
