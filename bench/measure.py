"""How things are measured: work in processes of its own, two ways in turn (A B A B …), medians of ratios.

Single times mean little on a machine that does other things; a ratio of neighbouring runs means much. This module
imports nothing heavy: a child's peak memory starts at its parent's.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("BENCH_BUILD", ROOT / "build" / "bench"))
"""What is made once and used again: sites, workbooks. `make clean` removes it."""
MIB = 2**20


class Ran(NamedTuple):
    """A piece of work done in a process of its own: seconds it took there, peak memory of the process in bytes
    (of the largest, where it started others), and what it answered."""

    seconds: float
    peak: int
    answer: Any


def child(task: str, **arguments: Any) -> Ran:
    """Run `bench.module:function` with keyword arguments in a new process.

    The function returns (seconds, answer), both as JSON can hold them. RuntimeError with its last words when it fails.
    """
    words = [sys.executable, "-m", "bench.child", task, json.dumps(arguments, default=str)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=_environment()) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{task} ended with {process.returncode}:\n{said[-2000:]}")
    seconds, answer = json.loads(said.splitlines()[-1])
    return Ran(seconds, usage.ru_maxrss * 1024, answer)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIENBO_", "DJANGO_"))}
    return {**kept, "PYTHONWARNINGS": "ignore"}


class timed:  # noqa: N801 - reads as a word
    """`with timed() as took: …` → `took.seconds`."""

    def __enter__(self) -> timed:
        self._start = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._start


def in_turn(times: int, *ways: Callable[[], Any]) -> list[list[Any]]:
    """Each way `times` times, in turn: what each gave, by way."""
    given: list[list[Any]] = [[] for _ in ways]
    for _ in range(times):
        for made, way in zip(given, ways, strict=True):
            made.append(way())
    return given


def median_ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """The median of the ratios of neighbouring runs."""
    return statistics.median(a / b for a, b in zip(over, under, strict=True))


@dataclass(frozen=True)
class Row:
    """One line of the table. `measured` is in `unit`; `sense` says on which side of gate and goal it must lie."""

    work: str
    against: str
    measured: float
    unit: Literal["×", "s", "ms", "kB", "× faster", "of the memory"]
    sense: Literal["at_most", "at_least"] = "at_most"
    gate: float | None = None
    goal: float | None = None
    detail: str = ""

    def holds(self, limit: float | None) -> bool | None:
        if limit is None:
            return None
        return self.measured <= limit if self.sense == "at_most" else self.measured >= limit

    def shown(self, value: float | None, *, limit: bool = False) -> str:
        if value is None:
            return "–"
        number = f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
        if self.unit == "of the memory":
            number = f"1/{1 / value:.1f}" if value else "0"
        mark = {"at_most": "≤ ", "at_least": "≥ "}[self.sense] if limit else ""
        return f"{mark}{number} {self.unit}"


class UnequalAnswersError(AssertionError):
    """Both ways must give the same answer, or the comparison says nothing."""


def same(name: str, *answers: Any) -> Any:
    """The answer, when all ways gave the same one."""
    if any(answer != answers[0] for answer in answers[1:]):
        raise UnequalAnswersError(
            f"{name}: the two ways differ:\n" + "\n".join(str(answer)[:500] for answer in answers)
        )
    return answers[0]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
