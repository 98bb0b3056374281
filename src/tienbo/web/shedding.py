"""When more is asked than can be answered: what was entered goes first, and nobody waits long without being told.

A web process works on a few requests at a time; the others wait before it, where many do in the order of what they are
worth. A page
that is only read can be opened again in half a minute; figures on their way in cannot be typed again. Who would have to
wait too long is asked to come back (429) at once, in well under a millisecond: reading when a few wait; what a script
sends, which it still has, only when so many wait that it would think the line had broken; a form, which would be lost,
never. A browser opens a page again by itself (`Refresh`), and the script of the entry page sends again with all that
was typed meanwhile, at a moment of chance, so that those who were turned away do not come back all at once.
"""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import IntEnum

from django.conf import settings
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

CALM = 12
"""While no more than so many wait, they go in the order in which they came: everybody is through in a moment."""
PATIENCE = 4.0
"""Seconds after which whoever waits to read is asked to come back after all."""
BACK = (8, 30)
"""Seconds after which to come back: the least, and the most."""
ASIDE = 2
"""So many at most have given up their place and wait for what takes no processor."""
NEVER = ("/health", "/ready", "/static/")
"""What tells whether the server lives, and what costs nothing."""

Next = Callable[[HttpRequest], HttpResponse]


class Worth(IntEnum):
    """Who is let in before whom."""

    SENT = 0
    """What was entered or decided, on its way in."""
    ENTRY = 1
    """The pages it is entered on, and the one to sign in."""
    READ = 2


ROOM = {Worth.SENT: 48, Worth.ENTRY: 32, Worth.READ: 20}
"""So many may wait, whatever for, before one of this worth is asked to come back, if it may be."""


class Gate:
    """The places of a process, and who waits for one."""

    def __init__(self, places: int) -> None:
        self.places, self.working, self.aside = places, 0, 0
        self._lock = threading.Lock()
        self._waiting: dict[Worth, deque[tuple[int, threading.Event]]] = {worth: deque() for worth in Worth}
        self._come = 0

    @property
    def waiting(self) -> int:
        return sum(map(len, self._waiting.values()))

    def enters(self, worth: Worth, *, stays: bool = False) -> bool:
        """Whether one more is worked on, once a place is free; who was must be told to leave. One that `stays` is."""
        with self._lock:
            if self.working < self.places and not self.waiting:
                self.working += 1
                return True
            if self.waiting >= ROOM[worth] and not stays:
                return False
            self._come += 1
            mine = (self._come, turn := threading.Event())
            self._waiting[worth].append(mine)
        if turn.wait(None if worth is Worth.SENT else PATIENCE):
            return True
        with self._lock:
            if turn.is_set():  # the place came as patience ended
                return True
            self._waiting[worth].remove(mine)
            return False

    def steps_aside(self) -> bool:
        """Whether who works may give the place to the next and finish beside it: few do at a time."""
        with self._lock:
            if self.aside >= ASIDE:
                return False
            self.aside += 1
        self.leaves()
        return True

    def is_done(self) -> None:
        """Who stepped aside has finished."""
        with self._lock:
            self.aside -= 1

    def leaves(self) -> None:
        """The place goes to who came first; where many wait, to who is worth most, and of those to who came first."""
        with self._lock:
            lines = [line for line in self._waiting.values() if line]
            if not lines:
                self.working -= 1
                return
            line = min(lines, key=lambda one: one[0][0]) if self.waiting <= CALM else lines[0]
            _number, turn = line.popleft()
            turn.set()


class Place:
    """Where a request is worked on, until it leaves it or steps aside."""

    def __init__(self, gate: Gate) -> None:
        self._gate, self._is_aside = gate, False

    def step_aside(self) -> None:
        self._is_aside = self._is_aside or self._gate.steps_aside()

    def leave(self) -> None:
        if self._is_aside:
            self._gate.is_done()
        else:
            self._gate.leaves()


def step_aside(request: HttpRequest) -> None:
    """For a request that has little left to work on and something to wait for: the next begins meanwhile."""
    place: Place | None = getattr(request, "place", None)
    if place is not None:
        place.step_aside()


class Shedding:
    """The first that a request meets.

    The threads that hold requests are many, those that work on them as many as there are places, and a few for who
    stepped aside: each keeps its connection to the database, with what was read through it.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.gate = Gate(settings.WEB_PLACES)
        threads = settings.WEB_PLACES + ASIDE
        self._threads = ThreadPoolExecutor(threads, "place") if settings.WEB_OWN_THREADS else None

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(NEVER):
            return self.get_response(request)
        worth = _worth(request)
        by_script = request.headers.get("Accept", "").startswith("application/json")
        if not self.gate.enters(worth, stays=worth is Worth.SENT and not by_script):
            return _come_back(request)
        place = request.place = Place(self.gate)  # type: ignore[attr-defined]
        try:
            if self._threads is None:
                return self.get_response(request)
            return self._threads.submit(self._answer, request).result()
        finally:
            place.leave()

    def _answer(self, request: HttpRequest) -> HttpResponse:
        """Django closes what a request leaves open in the thread that took it, not in this one."""
        try:
            return self.get_response(request)
        finally:
            close_old_connections()


def _worth(request: HttpRequest) -> Worth:
    if request.method not in ("GET", "HEAD"):
        return Worth.SENT
    return Worth.ENTRY if request.path.startswith(("/entry/", "/sign-in/")) else Worth.READ


def _come_back(request: HttpRequest) -> HttpResponse:
    """429 with the moment to come back: to a script as JSON, to a part of a page as nothing, else as a page."""
    seconds = BACK[0] + secrets.randbelow(BACK[1] - BACK[0] + 1)
    wants_page = "text/html" in request.headers.get("Accept", "") and not request.headers.get("HX-Request")
    if wants_page:
        answer: HttpResponse = HttpResponse(render_to_string("web/busy.html", {"seconds": seconds}))
        answer.headers["Refresh"] = str(seconds)
    else:
        answer = JsonResponse({"busy": True, "seconds": seconds})
    answer.status_code = 429
    answer.headers["Retry-After"] = str(seconds)
    answer.headers["Cache-Control"] = "no-store"
    return answer
