"""On whose behalf the program writes just now, for the history the database keeps of every change.

A door (a page, a command, a job) says it once; whatever is written inside is told with it. `person` is the name an
account signs in with, or "operator:name" for the command line; `door` says by which page, command or job.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

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
    held = _narrow.get()
    if held is not None:
        held.update(codes)


def acting_through(door: str) -> None:
    """The door, once it is known, for the rest of `acting_as`."""
    _acting.set(_acting.get()._replace(door=_plain(door)[:DOOR]))
