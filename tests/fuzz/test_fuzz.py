"""T31: every reader of files that people bring is given sound ones changed at random, and answers or refuses."""

from __future__ import annotations

import logging
import os
import random
import signal
import time
import traceback
from collections import Counter
from types import FrameType

import pytest
from tests.conftest import PROOF
from tests.fuzz.parsers import parsers

from tienbo.core import apart
from tienbo.core.faults import Refused
from tienbo.papers.workbook.safety import Unsafe

COUNT = int(os.environ.get("TIENBO_FUZZ", "100000" if PROOF else "120"))
"""Changed files over all readers."""
SEED = int(os.environ.get("TIENBO_FUZZ_SEED", "31"))
APART = {"a Word file", "a Word file published", "a page published", "a PDF published", "an annex filled", "an annex",
         "a workbook handed back"}  # fmt: skip
"""Readers that work in a process apart: what a library fails with there is told in words (`papers.foreign`)."""
SECONDS = 5


class Hangs(BaseException):
    pass


def _too_long(_number: int, _frame: FrameType | None) -> None:
    raise Hangs


def test_no_reader_fails_with_what_it_does_not_say_and_none_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "inside", True)  # what it would be handed to is done here, where it can be seen
    before = signal.signal(signal.SIGVTALRM, _too_long)
    held, found, tried, longest = dict(parsers()), dict[str, str](), Counter[str](), ("", 0.0)
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    chance = random.Random(SEED)  # noqa: S311 - the same files each time
    try:
        for number in range(COUNT):
            name = list(held)[number % len(held)]
            one = held[name]
            data = one.change(chance.choice(one.seeds), chance)
            began = time.process_time()
            signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
            try:
                one.read(data)
                tried[f"{name}: read"] += 1
            except (Refused, Unsafe):
                tried[f"{name}: refused"] += 1
            except Hangs:
                found.setdefault(f"{name}: hangs", repr(data[:2000]))
            except Exception as failed:
                at = "".join(traceback.format_tb(failed.__traceback__)[-1:]).strip().replace("\n", " ")
                if name in APART:
                    tried[f"{name}: {type(failed).__name__}"] += 1
                else:
                    found.setdefault(f"{name}: {type(failed).__name__}: {failed} {at}"[:400], repr(data[:300]))
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            spent = time.process_time() - began
            longest = max(longest, (name, spent), key=lambda pair: pair[1])
            if PROOF and (number + 1) % 5_000 == 0:
                print(f"T31: {number + 1} files, {len(found)} faults, longest {longest}", flush=True)
    finally:
        signal.signal(signal.SIGVTALRM, before)
    print(f"T31: {COUNT} files, longest {longest}", dict(tried))
    assert not found, "\n".join(f"{what}\n   {data}" for what, data in found.items())
    assert longest[1] <= SECONDS
    assert sum(count for what, count in tried.items() if what.endswith(": read")) >= COUNT / 10
