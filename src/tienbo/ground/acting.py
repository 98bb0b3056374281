"""On whose behalf the program writes just now, for the history the database keeps of every change.

A door (a page, a command, a job) says it once; whatever is written inside is told with it. `person` is the name an
account signs in with, or "operator:name" for the command line; `door` says by which page, command or job.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, NamedTuple

PERSON = 150
DOOR = 120
SEPARATOR = "\x1f"
"""Between the parts of a row as it is hashed: no text that a person types has it."""


class Acting(NamedTuple):
    person: str = ""
    door: str = ""

    @property
    def text(self) -> str:
        """As PostgreSQL is told."""
        return self.person + SEPARATOR + self.door


_acting: ContextVar[Acting] = ContextVar("acting", default=Acting())  # noqa: B039 - a tuple


def acting() -> Acting:
    return _acting.get()


@contextmanager
def acting_as(person: str, door: str) -> Iterator[None]:
    """Whatever is written inside is of this person, by this door."""
    token = _acting.set(Acting(_plain(person)[:PERSON], _plain(door)[:DOOR]))
    try:
        yield
    finally:
        _acting.reset(token)


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())


# ------------------------------------------------------------------------------- figures of the narrowest class


_narrow: ContextVar[set[str] | None] = ContextVar("narrow", default=None)

Opened = Literal["open", "hidden", "kept", "closed"]
"""What becomes of figures of class C3 for who acts: shown, as far as their audience goes; left out until they proved
who they are, and the page says so; kept from their role whatever they prove, and the page says that; or refused with
`NotConfirmed`, where leaving them out would make a file or a record of less than there is."""


@dataclass
class _Way:
    opened: Opened = "open"
    has_asked: bool = False


_way: ContextVar[_Way | None] = ContextVar("way", default=None)


class NotConfirmed(Exception):  # noqa: N818 - what is asked first, not a failure
    """Figures of class C3 are asked for, and it was too long ago that the person proved who they are."""


@contextmanager
def narrow_noted() -> Iterator[set[str]]:
    """What of class C3 (violence, planning) was read inside: codes of indicators, registers, pages."""
    held: set[str] = set()
    token = _narrow.set(held)
    try:
        yield held
    finally:
        _narrow.reset(token)


@contextmanager
def narrow_apart() -> Iterator[None]:
    """What is read inside is only worked with, and is not noted. Whoever shows something of it says so (`narrow_read`)
    outside."""
    token = _narrow.set(None)
    try:
        yield
    finally:
        _narrow.reset(token)


def narrow_read(*codes: str) -> None:
    """Say that figures of class C3 are being handed to whoever asked."""
    held, way = _narrow.get(), _way.get()
    if held is None:  # nobody is shown it (`narrow_apart`), or nobody asks by a page
        return
    if codes and way is not None and way.opened in ("hidden", "closed"):
        raise NotConfirmed
    held.update(codes)


@contextmanager
def narrow_shut(opened: Opened) -> Iterator[None]:
    """What becomes of figures of class C3 that are asked for inside."""
    token = _way.set(_Way(opened))
    try:
        yield
    finally:
        _way.reset(token)


def narrow_shut_now(opened: Opened) -> None:
    """The same, once it is known, for the rest of `narrow_shut`."""
    way = _way.get()
    if way is not None:
        way.opened = opened


def narrow_is_open() -> bool:
    """Whether nothing keeps figures of class C3 from who acts but their audience."""
    way = _way.get()
    return way is None or way.opened in ("open", "kept")


def narrow_hides() -> bool:
    """Whether figures of class C3 are to be left out of what is read. What is left out is remembered."""
    way = _way.get()
    return way is not None and way.opened == "hidden"


def narrow_left_out() -> None:
    """Say that figures of class C3 were asked for: who may see them once they proved who they are is told so, and who
    never may is told that."""
    way = _way.get()
    if way is not None:
        way.has_asked = True


def narrow_has_hidden() -> bool:
    """Whether anything of class C3 was left out so far that a second factor would show."""
    way = _way.get()
    return way is not None and way.has_asked and way.opened == "hidden"


def narrow_has_kept() -> bool:
    """Whether anything of class C3 was asked for so far that the reader's role is not shown at all."""
    way = _way.get()
    return way is not None and way.has_asked and way.opened == "kept"


def acting_through(door: str) -> None:
    """The door, once it is known, for the rest of `acting_as`."""
    _acting.set(_acting.get()._replace(door=_plain(door)[:DOOR]))
