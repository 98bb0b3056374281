"""When more is asked than can be answered, reading waits and sending goes first."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from tienbo.web import shedding
from tienbo.web.shedding import BACK, ROOM, Gate, Place, Shedding, Worth


def until(met: object) -> None:
    """Wait for something to become true; a failure where it does not."""
    for _ in range(500):
        if met():  # type: ignore[operator]
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


@pytest.fixture
def waiters() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(64) as threads:
        yield threads


def test_as_many_as_there_are_places_are_let_in_at_once() -> None:
    gate = Gate(3)
    assert [gate.enters(Worth.READ) for _ in range(3)] == [True] * 3
    assert (gate.working, gate.waiting) == (3, 0)


@pytest.mark.parametrize("calm", [12, 0])
def test_where_many_wait_what_is_sent_goes_before_what_is_read_whoever_came_first(
    waiters: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, calm: int
) -> None:
    monkeypatch.setattr(shedding, "CALM", calm)
    gate, order = Gate(1), []
    gate.enters(Worth.SENT)
    came = [(Worth.READ, 1), (Worth.ENTRY, 1), (Worth.SENT, 1), (Worth.READ, 2), (Worth.SENT, 2)]

    def comes(worth: Worth, number: int) -> None:
        assert gate.enters(worth)
        order.append((worth, number))
        gate.leaves()

    for count, (worth, number) in enumerate(came, 1):
        waiters.submit(comes, worth, number)
        until(lambda: gate.waiting == count)  # noqa: B023 - asked at once
    gate.leaves()
    until(lambda: len(order) == 5)
    wanted = [(Worth.SENT, 1), (Worth.SENT, 2), (Worth.ENTRY, 1), (Worth.READ, 1), (Worth.READ, 2)]
    assert order == (came if calm else wanted)
    assert (gate.working, gate.waiting) == (0, 0)


def test_who_steps_aside_gives_the_place_to_the_next_and_few_do(waiters: ThreadPoolExecutor) -> None:
    gate = Gate(1)
    first, second, third, fourth = (Place(gate) for _ in range(4))
    for at, one in enumerate((first, second), 1):
        assert gate.enters(Worth.SENT)
        next_one = waiters.submit(gate.enters, Worth.SENT)
        until(lambda: gate.waiting == 1)
        one.step_aside()
        one.step_aside()  # twice is once
        assert next_one.result(timeout=10)
        assert (gate.working, gate.aside) == (1, at)
        gate.leaves()
    assert gate.enters(Worth.SENT)
    third.step_aside()
    assert (gate.working, gate.aside) == (1, 2), "a third keeps its place"
    third.leave()
    first.leave()
    assert (gate.working, gate.aside) == (0, 1)
    assert gate.enters(Worth.READ)
    fourth.step_aside()
    second.leave()
    fourth.leave()
    assert (gate.working, gate.aside, gate.waiting) == (0, 0, 0)


def test_where_a_few_wait_reading_is_turned_away_and_sending_is_not(waiters: ThreadPoolExecutor) -> None:
    gate = Gate(1)
    gate.enters(Worth.SENT)
    waiting = [waiters.submit(gate.enters, Worth.SENT) for _ in range(ROOM[Worth.READ])]
    until(lambda: gate.waiting == ROOM[Worth.READ])
    assert not gate.enters(Worth.READ)
    waiting += [waiters.submit(gate.enters, Worth.ENTRY) for _ in range(ROOM[Worth.ENTRY] - ROOM[Worth.READ])]
    until(lambda: gate.waiting == ROOM[Worth.ENTRY])
    assert not gate.enters(Worth.ENTRY)
    waiting += [waiters.submit(gate.enters, Worth.SENT) for _ in range(ROOM[Worth.SENT] - ROOM[Worth.ENTRY])]
    until(lambda: gate.waiting == ROOM[Worth.SENT])
    assert not gate.enters(Worth.SENT)
    for _ in range(len(waiting) + 1):
        gate.leaves()
    assert all(one.result(timeout=10) for one in waiting)
    assert (gate.working, gate.waiting) == (0, 0)


def test_who_waits_too_long_to_read_is_asked_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shedding, "PATIENCE", 0.02)
    gate = Gate(1)
    gate.enters(Worth.SENT)
    assert not gate.enters(Worth.READ)
    assert (gate.working, gate.waiting) == (1, 0)
    gate.leaves()
    assert gate.enters(Worth.READ)


def test_a_process_holds_as_many_as_may_work_and_wait() -> None:
    assert settings.WEB_PLACES + max(ROOM.values()) < settings.WEB_THREADS


# ----------------------------------------------------------------------------------------------- in front of pages


def asked(**headers: str) -> HttpRequest:
    return RequestFactory().get("/2026-H1/", headers={"Accept": "text/html", **headers})


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Shedding:
    """A process whose places are all taken, where nobody who reads may wait."""
    monkeypatch.setattr(shedding, "PATIENCE", 0.0)
    made = Shedding(lambda _request: HttpResponse("here"))
    made.gate = Gate(0)
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


def test_what_watches_over_the_server_is_answered(full: Shedding) -> None:
    for path in ("/health", "/ready", "/static/x.js"):
        assert full(RequestFactory().get(path)).content == b"here"


@pytest.mark.parametrize(
    ("path", "method", "worth"),
    [
        ("/entry/unit_x/2026-H1/save/", "post", Worth.SENT),
        ("/2026-H1/intake/accept/", "post", Worth.SENT),
        ("/entry/unit_x/2026-H1/1/", "get", Worth.ENTRY),
        ("/sign-in/", "get", Worth.ENTRY),
        ("/2026-H1/", "get", Worth.READ),
    ],
)
def test_what_a_request_is_worth(path: str, method: str, worth: Worth) -> None:
    assert shedding._worth(getattr(RequestFactory(), method)(path)) is worth


def test_a_form_waits_and_what_a_script_still_has_comes_back(
    waiters: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ROOM, Worth.SENT, 0)
    made = Shedding(lambda _request: HttpResponse("here"))
    made.gate = Gate(1)
    made.gate.enters(Worth.SENT)
    save = RequestFactory().post("/entry/unit_x/2026-H1/save/", headers={"Accept": "application/json"})
    assert made(save).status_code == 429
    form = waiters.submit(made, RequestFactory().post("/unit/x/send/", headers={"Accept": "text/html,*/*"}))
    until(lambda: made.gate.waiting == 1)
    made.gate.leaves()
    assert form.result(timeout=10).content == b"here"


def test_whoever_was_let_in_leaves_also_when_the_page_breaks() -> None:
    def breaks(_request: HttpRequest) -> HttpResponse:
        raise RuntimeError

    made = Shedding(breaks)
    for _ in range(9):
        with pytest.raises(RuntimeError):
            made(asked())
    assert made.gate.working == 0


def test_no_more_are_at_work_than_there_are_places(waiters: ThreadPoolExecutor) -> None:
    lock, seen, now = threading.Lock(), [], [0]

    def works(_request: HttpRequest) -> HttpResponse:
        with lock:
            now[0] += 1
            seen.append(now[0])
        time.sleep(0.005)
        with lock:
            now[0] -= 1
        return HttpResponse()

    made = Shedding(works)
    made.gate = Gate(2)
    answers = list(waiters.map(lambda _n: made(RequestFactory().post("/x/")).status_code, range(30)))
    assert (set(answers), max(seen)) == ({200}, 2)
    assert (made.gate.working, made.gate.waiting) == (0, 0)


def test_in_a_web_process_as_many_threads_work_as_there_are_places(
    waiters: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "WEB_OWN_THREADS", True)
    by: set[str] = set()

    def answers(_request: HttpRequest) -> HttpResponse:
        by.add(threading.current_thread().name)
        time.sleep(0.01)
        if len(by) > settings.WEB_PLACES:
            raise AssertionError(by)
        return HttpResponse("x")

    door = Shedding(answers)
    said = list(waiters.map(door, [RequestFactory().get("/2026-H1/") for _ in range(16)]))
    assert [one.content for one in said] == [b"x"] * 16
    assert 0 < len(by) <= settings.WEB_PLACES
    assert not by & {thread.name for thread in waiters._threads}


def test_what_went_wrong_in_a_place_is_told_to_who_waits_and_the_place_is_free_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "WEB_OWN_THREADS", True)

    def breaks(_request: HttpRequest) -> HttpResponse:
        raise ZeroDivisionError

    door = Shedding(breaks)
    with pytest.raises(ZeroDivisionError):
        door(RequestFactory().get("/2026-H1/"))
    assert (door.gate.working, door.gate.waiting) == (0, 0)
