"""Values for pages, kept as long as nothing they rest on has changed: facts, map, definitions, who asks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock

from django.core.cache import caches

from tienbo.catalogue.fingerprint import fingerprint
from tienbo.collection.manifest import fact_set, facts_deciding
from tienbo.core.periods import Period
from tienbo.engine.evaluate import Audience, Basis, Question
from tienbo.engine.values import FrozenValues, Value
from tienbo.ground.acting import narrow_left_out, narrow_read
from tienbo.release.one_map import values_on_one_map, values_on_own_maps
from tienbo.release.reading import Reader, told
from tienbo.units.versions import units_version
from tienbo.web.access import Seat, reader_for

KEPT = 300_000
"""Values kept in a process: of each of a province's communes its own, and a few whole provinces."""


SHARED = 5_000
"""Up to so many values of an answer are shared among processes: a unit's, not a whole province's, which take as long to
write down as to ask for."""


@dataclass(frozen=True)
class _Key:
    """What an answer rests on. `version` changes with every decision, `units` with every change of the map."""

    version: str
    units: str
    edition: str
    audience: Audience
    scope: int | None
    question: Question
    own: Period | None


_kept: dict[_Key, FrozenValues] = {}
_narrow: dict[_Key, tuple[str, ...]] = {}
"""What of class C3 each of them tells: said again to whoever is handed it."""
_guard = Lock()


def figures(
    seat: Seat,
    periods: Sequence[Period],
    *,
    indicators: Iterable[str] | None = None,
    units: Iterable[int] | None = None,
    by: str | None = None,
    basis: Basis = "accepted",
    map_day: date | None = None,
    own: Period | None = None,
    root: int | None = None,
) -> FrozenValues:
    """Values for a seat: of every computed indicator, unless some are named, and of every unit it may read, unless
    some are named (row ids). With a `map_day`, all on the units of that day, or with the `own` period of a paper, as
    such a paper compares them; `root` as in `reader_for`."""
    reader = reader_for(seat, basis, root)
    named = tuple(indicators) if indicators is not None else computed(reader)
    question = Question(named, tuple(periods), tuple(units) if units is not None else None, by, map_day)
    version = version_of(reader)
    key = _Key(version, units_version(), fingerprint(reader.edition), reader.audience, reader.scope, question, own)
    found = _kept.get(key)
    if found is None:
        found = _shared(key, reader, question, own)
        with _guard:
            held = sum(len(one.values) for one in _kept.values())
            while _kept and held + len(found.values) > KEPT:
                held -= len(_kept.pop(oldest := next(iter(_kept))).values)
                _narrow.pop(oldest, None)
            _kept[key], _narrow[key] = found, told(reader.edition, named, found)
    narrow_read(*_narrow.get(key, ()))
    if any(reader.is_narrow(one) for one in named):
        narrow_left_out()
    return found


def _shared(key: _Key, reader: Reader, question: Question, own: Period | None) -> FrozenValues:
    """What another process of this site asked for and kept, else asked for now."""
    shared, name = caches["figures"], hashlib.sha256(repr(key).encode()).hexdigest()
    found: FrozenValues | None = shared.get(name)
    if found is None:
        found = FrozenValues.of(_asked(reader, question, own))
        if len(found.values) <= SHARED:
            shared.set(name, found)
    return found


def forget() -> None:
    """What processes of before kept: a newer version may work it out otherwise. Called when a site begins to be
    served."""
    caches["figures"].clear()


def _asked(reader: Reader, question: Question, own: Period | None) -> Iterable[Value]:
    if question.map_day is None:
        return values_on_own_maps(reader, question)
    return reader.values(question) if own is None else values_on_one_map(reader, question, own, question.map_day)


def computed(reader: Reader) -> tuple[str, ...]:
    """Indicators that follow from facts, in the order of the pack."""
    return tuple(code for code, made in reader.edition.indicators.items() if made.terms)


def version_of(reader: Reader) -> str:
    """A mark of the facts a reader sees: what a page's ETag and a chart's cache are made of."""
    return fact_set(reader.stores.facts, "submitted").version if reader.basis == "submitted" else facts_deciding()
