"""What many threads ask at once is done in one go: whoever comes first does it for all that wait by then.

    together = Together(gate, does)
    answer = together.ask(question)

Each of those who ask gets the answer to its own question, or the exception that is its answer. Nobody has an answer
before all of the go is done: what was answered, was committed. The gate (a lock that other processes hold too) is
entered first and the questions are taken then, so that what comes while waiting at the gate goes along.

A thread that is alone does its question at once. Threads that will ask in a moment may say so:

    with together.coming():
        question = …
        answer = together.ask(question)

Then who comes first waits for the others, for `PATIENCE` at most: two who answer the same officers come at the same
time again and again, and would miss one another by a hair each time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Generic, TypeVar

from tienbo.ground.reach import joined, reach, reaching

PATIENCE = 0.02
"""Seconds that who is first waits for who is coming."""

Q = TypeVar("Q")
A = TypeVar("A")


class _Waits(Generic[Q, A]):
    def __init__(self, question: Q) -> None:
        self.question = question
        self.reach = reach()
        """Whose rows who asks may see and write."""
        self.answers: list[A | BaseException] = []
        """The one answer, once it is there."""


class Together(Generic[Q, A]):
    """`does` is given at most `most` questions, in the order they came, and answers each: same length, same order."""

    def __init__(
        self,
        gate: Callable[[], AbstractContextManager[object]],
        does: Callable[[Sequence[Q]], Sequence[A | BaseException]],
        most: int = 32,
    ) -> None:
        self._gate, self._does, self._most = gate, does, most
        self._changed = threading.Condition()
        self._waiting: list[_Waits[Q, A]] = []
        self._at_work = False
        self._coming = self._here = 0

    @contextmanager
    def coming(self) -> Iterator[None]:
        """For a thread that is about to ask, or not after all."""
        with self._changed:
            self._coming += 1
        try:
            yield
        finally:
            with self._changed:
                self._coming -= 1
                self._changed.notify_all()

    def ask(self, question: Q) -> A:
        mine = _Waits[Q, A](question)
        with self._changed:
            self._waiting.append(mine)
            self._here += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: mine.answers or not self._at_work)
            if works := not mine.answers:
                self._at_work = True
                self._changed.wait_for(lambda: self._here >= self._coming, PATIENCE)
        if works:
            self._go(mine)
        (answer,) = mine.answers
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _go(self, mine: _Waits[Q, A]) -> None:
        """One go, with `mine` first: nobody does the work of others only to wait again."""
        group = [mine]
        answers: Sequence[A | BaseException] = ()
        try:
            with self._gate():
                with self._changed:
                    group += [one for one in self._waiting if one is not mine][: self._most - 1]
                    self._waiting = [one for one in self._waiting if one not in group]
                with reaching(joined(one.reach for one in group)):
                    answers = self._does([one.question for one in group])
        except BaseException as wrong:
            answers = [wrong] * len(group)
            if not isinstance(wrong, Exception):
                raise
        finally:
            with self._changed:
                self._waiting = [one for one in self._waiting if one not in group]
                self._here -= len(group)
                for one, answer in zip(group, answers, strict=True):
                    one.answers.append(answer)
                self._at_work = False
                self._changed.notify_all()
