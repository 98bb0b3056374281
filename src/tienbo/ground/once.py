"""What one reader would ask the database for again and again is asked once, from beginning to end of what it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_held: ContextVar[dict[object, object] | None] = ContextVar("held", default=None)


@contextmanager
def reading_once() -> Iterator[None]:
    """For a reader: what is marked `once` has one answer until the end. Not for who writes it and may be refused: an
    answer that was taken back would be held."""
    token = _held.set({})
    try:
        yield
    finally:
        _held.reset(token)


def once(question: Callable[P, R]) -> Callable[P, R]:
    """A question whose arguments can be told apart, and whose answer nobody changes who was given it."""

    @wraps(question)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        held = _held.get()
        if held is None:
            return question(*args, **kwargs)
        key = (question, args, *sorted(kwargs.items()))
        if key not in held:
            held[key] = question(*args, **kwargs)
        return held[key]  # type: ignore[return-value]

    return asked


def ask_again() -> None:
    """For who changed something after all: what was answered so far is forgotten."""
    held = _held.get()
    if held is not None:
        held.clear()
