"""Whose rows may be seen and written just now, for a database that looks at every row (`ground.whose`).

A door says it: a page, for the person who asks; a command and a job, for everything, as the operator's and as what was
admitted before. Where nothing was said there is nothing to be seen. What must be read across units whoever asks (which
revisions count, the link of a packet) says so where it is read: `with reaching_everywhere(why)`.

PostgreSQL is told in variables of the session, before the first statement that is executed for somebody else than the
last one. On SQLite nothing is looked at but by the rooms above.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

ROWS, PERSON = "rows", "person"
"""Variables of the session: how rows are looked at, and whose account (row id) is at work."""
ALL, WITHIN, NONE = "all", "within", ""
"""What ROWS says: everything; what the other variables say; nothing."""
SORTS = ("returns", "posts", "grants", "protection")
"""Sorts of rows that are reached by different needs (`units.reach`)."""
ACTS = ("read", "write")
SETS = tuple(f"{sort}_{act}" for sort in SORTS for act in ACTS)
"""Variables that say row ids of units."""


class Reach:
    """What may be seen and written: row ids of units by sort of rows and act."""

    __slots__ = ("settings", "units")

    def __init__(
        self, rows: str, units: Mapping[str, Collection[int]] | None = None, person: int | None = None
    ) -> None:
        self.units = MappingProxyType({one: frozenset(held) for one, held in (units or {}).items()})
        made = {ROWS: rows}
        if person is not None:
            made[PERSON] = str(person)
        if rows == WITHIN:
            made.setdefault(PERSON, "")
            made |= {one: spelled(self.units.get(one, ())) for one in SETS}
        self.settings: Mapping[str, str] = MappingProxyType(made)
        """Variable → text. One that is not named is not looked at."""

    @property
    def is_everywhere(self) -> bool:
        return self.settings[ROWS] == ALL


EVERYWHERE, NOWHERE = Reach(ALL), Reach(NONE)


def spelled(units: Collection[int]) -> str:
    """Row ids as a variable holds them: the byte that the first is in, and a bit for each from there on, in hex. A
    row is looked up in no time, however many there are; a unit's officer has two letters."""
    if not units:
        return ""
    start = min(units) // 8
    bits = bytearray(max(units) // 8 - start + 1)
    for unit in units:
        bits[unit // 8 - start] |= 1 << unit % 8
    return f"{start}:{bits.hex()}"


def person_reach(person: int) -> Reach:
    """Nothing but what is somebody's own: before it is known what they may."""
    return Reach(NONE, person=person)


def joined(reaches: Iterable[Reach]) -> Reach:
    """What several may, for what is done for all of them in one transaction."""
    held = list(reaches)
    if all(one is held[0] for one in held):
        return held[0]
    if any(one.is_everywhere for one in held):
        return EVERYWHERE
    return Reach(WITHIN, {name: frozenset().union(*(one.units.get(name, ()) for one in held)) for name in SETS})


class Asked:
    """A reach that is worked out when it is first looked at, by asking the database for what is the person's own."""

    __slots__ = ("_ask", "_first", "_held", "_is_asking")

    def __init__(self, first: Reach, ask: Callable[[], Reach]) -> None:
        self._first, self._ask = first, ask
        self._held: Reach | None = None
        self._is_asking = False

    def now(self) -> Reach:
        if self._held is None:
            if self._is_asking:
                return self._first
            self._is_asking = True
            try:
                self._held = self._ask()
            finally:
                self._is_asking = False
        return self._held

    def known(self) -> Reach:
        """What is known by now, without asking."""
        return self._held or NOWHERE


_reach: ContextVar[Reach | Asked] = ContextVar("reach", default=NOWHERE)


def reach() -> Reach:
    held = _reach.get()
    return held.now() if isinstance(held, Asked) else held


@contextmanager
def reaching(within: Reach | Asked) -> Iterator[None]:
    """Whatever is read and written inside is looked at so."""
    token = _reach.set(within)
    try:
        yield
    finally:
        _reach.reset(token)


@contextmanager
def reaching_own(person: int) -> Iterator[None]:
    """What is somebody's own, before or while it is asked what they may: their grants."""
    held = _reach.get()
    if isinstance(held, Asked):
        held = held.known()
    if held.is_everywhere or held.settings.get(PERSON) == str(person):
        yield
        return
    with reaching(person_reach(person)):
        yield


@contextmanager
def reaching_everywhere(why: str) -> Iterator[None]:
    """All rows, whoever asks. `why` is for who reads the code: it is never shown."""
    if not why:
        raise ValueError("say why everything is reached")
    token = _reach.set(EVERYWHERE)
    try:
        yield
    finally:
        _reach.reset(token)
