"""Questions of many threads in one go: each gets its own answer, whoever did the work."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest

from tienbo.ground.together import Together


def test_who_is_alone_is_answered_at_once_and_what_went_wrong_is_raised() -> None:
    def does(asked: Sequence[int]) -> list[int | BaseException]:
        return [ValueError(one) if one < 0 else one * 2 for one in asked]

    together = Together[int, int](nullcontext, does)
    assert together.ask(4) == 8
    with pytest.raises(ValueError, match="-1"):
        together.ask(-1)
    assert together.ask(5) == 10


def test_those_who_wait_go_together_and_one_that_fails_takes_none_along() -> None:
    groups: list[int] = []
    begun, go = threading.Event(), threading.Event()

    def does(asked: Sequence[int]) -> list[int | BaseException]:
        groups.append(len(asked))
        begun.set()
        go.wait(10)
        return [KeyError(one) if one == 3 else one * 2 for one in asked]

    together = Together[int, int](nullcontext, does)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(together.ask, 100)
        begun.wait(10)
        rest = [pool.submit(together.ask, number) for number in range(6)]
        while len(together._waiting) < 6:
            begun.wait(0.01)
        go.set()
        assert first.result(10) == 200
        assert [one.result(10) for at, one in enumerate(rest) if at != 3] == [0, 2, 4, 8, 10]
        assert isinstance(rest[3].exception(10), KeyError)
    assert groups == [1, 6]


def test_where_the_gate_or_all_of_it_fails_everybody_hears_and_the_next_one_is_answered() -> None:
    broken = [True]

    def does(asked: Sequence[int]) -> list[int | BaseException]:
        if broken.pop() if broken else False:
            raise OSError("the disk is full")
        return list(asked)

    together = Together[int, int](nullcontext, does)
    with pytest.raises(OSError, match="full"):
        together.ask(1)
    assert together.ask(2) == 2


def test_who_is_coming_is_waited_for_and_who_never_comes_is_not() -> None:
    groups: list[int] = []

    def does(asked: Sequence[int]) -> list[int | BaseException]:
        groups.append(len(asked))
        return list(asked)

    together, both = Together[int, int](nullcontext, does), threading.Barrier(2)

    def comes(number: int) -> int:
        with together.coming():
            both.wait(10)
            return together.ask(number)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(comes, (1, 2))) == [1, 2]
    with together.coming():
        assert together.ask(3) == 3
    with together.coming(), together.coming():  # one of them has another answer already
        assert together.ask(4) == 4
    assert groups == [2, 1, 1]
