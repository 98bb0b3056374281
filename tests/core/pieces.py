"""Pieces of work that a process apart is given in tests."""

from __future__ import annotations

import os
import signal
import socket
from datetime import date
from pathlib import Path


def plain(number: int) -> tuple[date, list[int]]:
    return date(2026, 1, 1), [number] * 3


def slow(_number: int) -> None:
    while True:
        pass


def asleep(_number: int) -> None:
    import time

    time.sleep(60)


def greedy(_number: int) -> int:
    return len(bytearray(400 * 2**20))


def crashes(_number: int) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leaves(_number: int) -> None:
    os.write(1, b"x" * 300_000)  # more than a pipe holds, and nobody waits for it
    os.write(2, "hỏng ở đây\n".encode())
    os._exit(3)


def wrong(_number: int) -> None:
    raise KeyError("thiếu")


class Odd:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch /tmp/should-not-be",)


def odd(_number: int) -> Odd:
    return Odd()


def breaks_out(number: int) -> str:
    """What it managed to do, by a name."""
    tries = (
        lambda: open("/etc/hostname"),  # noqa: SIM115
        lambda: Path("/tmp/should-not-be").write_text("x"),
        socket.socket,
        os.pipe,
        lambda: os.truncate("/proc/self/fd/0", 10),
    )
    try:
        tries[number]()
    except OSError:
        return ""
    return str(number)


def odd_ones_fail(number: int) -> int:
    if number % 2:
        raise KeyError("số lẻ")
    return number
