"""When more is asked than can be answered, reading waits and sending does not."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from tienbo.web.shedding import BACK, Load, Shedding


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_process_busy_for_a_moment_turns_nobody_away() -> None:
    clock = Clock()
    load = Load(4, clock)
    assert all(load.enters(can_wait=True) for _ in range(3))
    clock.now += 0.5
    assert load.enters(can_wait=True)


def test_after_two_busy_seconds_reading_waits_and_sending_does_not() -> None:
    clock = Clock()
    load = Load(4, clock)
    for _ in range(3):
        load.enters(can_wait=False)
    clock.now += 3
    assert not load.enters(can_wait=True)
    assert load.enters(can_wait=False)


def test_it_is_over_as_soon_as_threads_are_free() -> None:
    clock = Clock()
    load = Load(4, clock)
    for _ in range(3):
        load.enters(can_wait=False)
    clock.now += 10
    assert not load.enters(can_wait=True)
    load.leaves()
    assert load.enters(can_wait=True)


def asked(**headers: str) -> HttpRequest:
    return RequestFactory().get("/2026-H1/", headers={"Accept": "text/html", **headers})


@pytest.fixture
def full() -> Shedding:
    """A process whose threads have all been at work for long."""
    made = Shedding(lambda _request: HttpResponse("here"))
    clock = Clock()
    made.load = Load(4, clock)
    for _ in range(3):
        made.load.enters(can_wait=False)
    clock.now += 60
    return made


def test_who_is_turned_away_reads_why_and_the_page_opens_again_by_itself(full: Shedding) -> None:
    answer = full(asked())
    assert answer.status_code == 429
    seconds = int(answer.headers["Retry-After"])
    assert BACK[0] <= seconds <= BACK[1]
    assert answer.headers["Refresh"] == str(seconds)
    assert f"tự mở lại sau {seconds} giây" in answer.content.decode()
    part = full(asked(**{"HX-Request": "true"}))
    assert (part.status_code, part.headers["Content-Type"]) == (429, "application/json")
    assert "Refresh" not in part.headers


def test_those_turned_away_do_not_come_back_at_once(full: Shedding) -> None:
    assert len({full(asked()).headers["Retry-After"] for _ in range(200)}) > 10


def test_what_is_sent_and_what_watches_over_the_server_is_answered(full: Shedding) -> None:
    assert full(RequestFactory().post("/unit/x/send/")).content == b"here"
    for path in ("/health", "/ready", "/static/x.js"):
        assert full(RequestFactory().get(path)).content == b"here"


def test_whoever_was_let_in_leaves_also_when_the_page_breaks() -> None:
    def breaks(_request: HttpRequest) -> HttpResponse:
        raise RuntimeError

    made = Shedding(breaks)
    for _ in range(9):
        with pytest.raises(RuntimeError):
            made(asked())
    assert made.load._running == 0


def test_counts_hold_with_many_threads() -> None:
    gate = threading.Barrier(8)

    def waits(_request: HttpRequest) -> HttpResponse:
        gate.wait(timeout=10)
        return HttpResponse()

    made = Shedding(waits)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _n: made(RequestFactory().post("/x/")), range(8)))
    assert made.load._running == 0
