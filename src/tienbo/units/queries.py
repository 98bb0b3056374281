"""Finding units: by key, by code on a day, by name as people write it. Ambiguous is a fault, never a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.spans import Span
from tienbo.core.words import day_of, day_words, fold
from tienbo.ground.keys import is_key
from tienbo.units.models import ADMINISTRATIVE, NATION, Placement, Unit, UnitCode, UnitName, alive
from tienbo.units.names import Asked, Name, asked
from tienbo.units.versions import units_version

worded(
    {
        "units.not_found": N_("No unit is called “{text}”."),
        "units.not_found_on": N_("No unit is called “{text}” on {day}."),
        "units.not_found_then": N_("No unit is called “{text}” on {day}; on other days: {candidates}."),
        "units.code_alone": N_(
            "“{text}” is a code, which names no unit by itself: write whose code it is and a day, as in {example}. "
            "It was held by {candidates}."
        ),
        "units.code_of_nobody": N_("No unit held {text}. The code was held by {candidates}."),
        "units.ambiguous": N_("“{text}” can be {count} units; say which: {candidates}."),
        "units.code_needs_a_day": N_("“{text}”: a code finds a unit only on a day; write {text}@2025-07-01."),
        "units.unreadable_day": N_("“{text}”: {day} is not a day; write it as 2025-07-01."),
    }
)

_SHOWN = 8
_CODE = re.compile(r"[0-9][0-9A-Za-z.-]*")


@dataclass(frozen=True, slots=True)
class Match:
    """A unit found by name: the name and the days it had it, its ancestors' names from the parent up."""

    unit: Unit
    name: str
    span: Span
    under: tuple[str, ...]
    codes: tuple[str, ...]
    rank: int
    """0: the spelling agrees; 1: agrees without marks; 2: the text is a part of the name."""

    def __str__(self) -> str:
        days = _("from {first}").format(first=day_words(self.span.start))
        last = self.span.last_day
        if last is not None:
            days = _("{first} to {last}").format(first=days, last=day_words(last))
        where = ", ".join((self.name, *self.under))
        return f"{where} ({', '.join((*self.codes, days))})"


@dataclass(frozen=True, slots=True)
class Candidates:
    """The units that a text can mean, for the person to choose from."""

    matches: tuple[Match, ...]

    def __str__(self) -> str:
        shown = "; ".join(map(str, self.matches[:_SHOWN]))
        return shown + "; …" if len(self.matches) > _SHOWN else shown


def unit_on(*, scheme: str, code: str, on: date) -> Unit | None:
    """The unit that holds a code on a day; None where nobody does. A code alone never finds a unit."""
    held = UnitCode.objects.on(on).filter(alive(on, "unit__"), scheme=scheme, code=code).select_related("unit").first()
    return held.unit if held else None


def unit_name(unit: Unit, on: date, lang: str = "vi") -> str:
    """The full official name on a day. Refused on a day the unit does not exist or has no name."""
    name = UnitName.objects.on(on).filter(unit=unit, lang=lang).values_list("text", flat=True).first()
    if name is None:
        raise Refused(Fault("units.not_alive", "", {"unit": unit.key, "day": on}))
    return name


def unit_ancestors(unit: Unit, on: date) -> list[tuple[Unit, str]]:
    """(unit, its name) from the parent up to the root, as placed on a day."""
    chain: list[tuple[Unit, str]] = []
    node = unit
    while True:
        placed = Placement.objects.on(on).filter(unit=node, line=ADMINISTRATIVE).select_related("parent").first()
        if placed is None:
            return chain
        node = placed.parent
        chain.append((node, unit_name(node, on)))


def unit_keyed(key: str) -> Unit | None:
    """The unit of a key; None for a key that no unit has."""
    held = _rows(connection.alias, units_version()).get(key)
    return Unit.objects.filter(key=key).first() if held is None else Unit.from_db(connection.alias, _COLUMNS, held)


def unit_numbered(number: int) -> Unit:
    """The unit of a row id that a row points at."""
    held = _numbered(connection.alias, units_version()).get(number)
    return Unit.objects.get(pk=number) if held is None else Unit.from_db(connection.alias, _COLUMNS, held)


_COLUMNS = tuple(field.attname for field in Unit._meta.concrete_fields)


@lru_cache(maxsize=2)
def _rows(_alias: str, _version: str) -> Mapping[str, tuple[Any, ...]]:
    """Key → the row of every unit there is, of which somebody who is given one may change its own."""
    return {row[_COLUMNS.index("key")]: row for row in Unit.objects.values_list(*_COLUMNS)}


@lru_cache(maxsize=2)
def _numbered(alias: str, version: str) -> Mapping[int, tuple[Any, ...]]:
    return {row[_COLUMNS.index("id")]: row for row in _rows(alias, version).values()}


def unit_find(text: str, on: date | None = None) -> Unit:
    """The one unit that `text` names: a key, "gso:17212@2025-07-01", or a name ("Quỳnh Lưu, Nghệ An").

    `on` is the day of the map it is looked for on; None looks on every day. Refused when there is none, and when
    there are several, with the candidates.
    """
    text = text.strip()
    if is_key(text, "unit"):
        unit = unit_keyed(text)
    elif ":" in text:
        unit = _by_code(text, on)
    else:
        matches = [match for match in unit_search(text, on) if match.rank < 2]
        best = [match for match in matches if match.rank == matches[0].rank]
        if len({match.unit.pk for match in best}) > 1:
            raise _ambiguous(text, best)
        unit = best[0].unit if best else None
    if unit is None:
        raise _not_found(text, on)
    return unit


def unit_search(text: str, on: date | None = None) -> list[Match]:
    """Units by name, best first: spelling agrees, then without marks; names that merely contain it if none do.

    Names after commas are of ancestors at any height: "Quỳnh Lưu, Nghệ An". A type word narrows: "xã Quỳnh Lưu".
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        return []
    own, *above = map(asked, parts)
    rows = _names(on).filter(search__in={bare for _word, bare in own.readings})
    found = list(_matches(rows, own, above, on))
    if not found:
        rows = _names(on).filter(search__contains=fold(text.split(",", maxsplit=1)[0]))[:200]
        found = list(_matches(rows, own, above, on, loose=True))
    return sorted(found, key=lambda match: (match.rank, fold(match.name), match.span.start, match.unit.pk))


def code_search(text: str, on: date | None = None) -> list[Match]:
    """Who holds or held a code ("17098", "gso:17098"), each with the days of it, the earliest first: a code is not an
    identity, so there may be several."""
    scheme, _colon, code = text.strip().rpartition(":")
    if not _CODE.fullmatch(code.strip()):
        return []
    rows = UnitCode.objects.filter(code__in={code.strip(), code.strip().zfill(5)}).select_related("unit")
    if scheme:
        rows = rows.filter(scheme=scheme.strip())
    rows = rows.filter(alive(on), alive(on, "unit__")) if on else rows
    found = []
    for row in rows.order_by("valid_from", "pk"):
        day = on or row.span.last_day or row.valid_from
        above = tuple(name for above_it, name in unit_ancestors(row.unit, day) if above_it.kind != NATION)
        found.append(Match(row.unit, unit_name(row.unit, day), row.span, above, (str(row),), 0))
    return found


def _names(on: date | None) -> QuerySet[UnitName]:
    rows = UnitName.objects.select_related("unit").filter(lang="vi")
    return rows.filter(alive(on), alive(on, "unit__")) if on else rows


def _matches(
    rows: Iterable[UnitName], own: Asked, above: list[Asked], on: date | None, *, loose: bool = False
) -> Iterator[Match]:
    for row in rows:
        rank = 2 if loose else own.rank(Name(row.text, row.word, row.bare, row.search))
        if rank is None:
            continue
        day = on or (row.span.last_day or row.valid_from)
        ancestors = _ancestor_names(row.unit_id, on, row.span)
        ranks = [_best(part, ancestors) for part in above]
        if None in ranks:
            continue
        yield Match(
            unit=row.unit,
            name=row.text,
            span=row.span,
            under=tuple(name for above_it, name in unit_ancestors(row.unit, day) if above_it.kind != NATION),
            codes=tuple(map(str, UnitCode.objects.on(day).filter(unit=row.unit))),
            rank=max([rank, *(found for found in ranks if found is not None)]),
        )


def _ancestor_names(unit_id: int, on: date | None, span: Span) -> list[Name]:
    """Names of whatever stood above a unit, on a day or on any day of `span`."""
    names: list[Name] = []
    frontier, seen = {unit_id}, {unit_id}
    while frontier:
        placed = Placement.objects.filter(unit_id__in=frontier, line=ADMINISTRATIVE)
        if on is not None:
            parents = set(placed.filter(alive(on)).values_list("parent_id", flat=True))
        else:
            parents = {row.parent_id for row in placed if row.span.overlaps(span)}
        frontier = parents - seen
        seen |= frontier
        rows = UnitName.objects.filter(unit_id__in=frontier, lang="vi")
        for row in rows.filter(alive(on)) if on else rows:
            if row.span.overlaps(span):
                names.append(Name(row.text, row.word, row.bare, row.search))
    return names


def _best(part: Asked, names: Iterable[Name]) -> int | None:
    ranks = [rank for rank in map(part.rank, names) if rank is not None]
    return min(ranks, default=None)


def _by_code(text: str, on: date | None) -> Unit | None:
    spec, at, day = text.partition("@")
    if at:
        on = day_of(day.strip())
        if on is None:
            raise Refused(Fault("units.unreadable_day", "", {"text": text, "day": day}))
    if on is None:
        raise Refused(Fault("units.code_needs_a_day", "", {"text": text}))
    scheme, _colon, code = spec.partition(":")
    return unit_on(scheme=scheme.strip(), code=code.strip(), on=on)


def _not_found(text: str, on: date | None) -> Refused:
    """Why nothing was found: with who held the code, or was called so, on other days."""
    spec = text.partition("@")[0]
    held = () if is_key(text, "unit") else tuple(code_search(spec))
    fields: dict[str, object] = {"text": text, "candidates": Candidates(held)}
    if held and ":" in spec:
        return Refused(Fault("units.code_of_nobody", "", fields))
    if held:
        last = held[-1]
        whole = f"{last.codes[0]}@{last.span.last_day or last.span.start}"
        return Refused(Fault("units.code_alone", "", {**fields, "example": whole}))
    if on is None:
        return Refused(Fault("units.not_found", "", fields))
    fields["day"] = on
    elsewhen = () if is_key(text, "unit") else tuple(one for one in unit_search(text) if one.rank < 2)
    if elsewhen:
        return Refused(Fault("units.not_found_then", "", {**fields, "candidates": Candidates(elsewhen)}))
    return Refused(Fault("units.not_found_on", "", fields))


def _ambiguous(text: str, matches: list[Match]) -> Refused:
    count = len({match.unit.pk for match in matches})
    fields = {"text": text, "count": count, "candidates": Candidates(tuple(matches))}
    return Refused(Fault("units.ambiguous", "", fields))
