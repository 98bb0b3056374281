"""The version of the units: what a cache of trees or names is keyed by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tienbo.ground.keys import new_key
from tienbo.units.models import UnitsVersion

_held: ContextVar[list[str] | None] = ContextVar("held", default=None)


def units_version() -> str:
    """The token of the units as they stand; "" before the first."""
    held = _held.get()
    if held is None:
        return _read()
    if not held:
        held.append(_read())
    return held[0]


def _read() -> str:
    return UnitsVersion.objects.values_list("token", flat=True).first() or ""


@contextmanager
def one_version() -> Iterator[None]:
    """For a reader: one map from beginning to end, asked for once. Not for who writes and may be refused: a version
    that was taken back would be held."""
    token = _held.set([])
    try:
        yield
    finally:
        _held.reset(token)


def units_touch() -> None:
    """Give the units a new version. Every service that writes a unit calls it in its transaction."""
    UnitsVersion.objects.update_or_create(id=1, defaults={"token": new_key("units")})
    held = _held.get()
    if held:
        held.clear()
