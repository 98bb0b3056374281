"""When more is asked than can be answered, what can wait is asked to come back, so that what was entered gets through.

A page that is only read can be opened again in half a minute; figures on their way in cannot be typed again. Each web
process answers a few requests at a time and the rest wait before it, unseen. So what it sees is how busy it was of
late: when all its threads but one were at work for about a second, reading is turned away, in well under a
millisecond, and the last thread is left to what is sent. A browser opens the page again by itself (`Refresh`), at a
moment of chance, so that those who were turned away do not come back all at once.
"""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

MEMORY = 1.0
"""Seconds over which it is remembered how busy the process was."""
FULL = 0.9
"""The part of that time in which all threads but one were at work, from which on reading waits."""
BACK = (8, 30)
"""Seconds after which to come back: the least, and the most."""
NEVER = ("/health", "/ready", "/static/")
"""What tells whether the server lives, and what costs nothing."""

Next = Callable[[HttpRequest], HttpResponse]


class Load:
    """How busy a process is: requests at work now, and the part of the last second in which it was nearly full."""

    def __init__(self, threads: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._nearly = max(1, threads - 1)
        self._clock, self._lock = clock, threading.Lock()
        self._running, self._busy, self._at = 0, 0.0, clock()

    def enters(self, *, can_wait: bool) -> bool:
        """Whether one more request is taken on; who was must be told to leave."""
        with self._lock:
            self._pass()
            if can_wait and self._running >= self._nearly and self._busy >= FULL:
                return False
            self._running += 1
            return True

    def leaves(self) -> None:
        with self._lock:
            self._pass()
            self._running -= 1

    def _pass(self) -> None:
        """Time goes by: the share of it that was busy fades in and out."""
        now = self._clock()
        fresh = 1 - math.exp((self._at - now) / MEMORY)
        self._busy += fresh * ((self._running >= self._nearly) - self._busy)
        self._at = now


class Shedding:
    """The first that a request meets."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.load = Load(settings.WEB_THREADS)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(NEVER):
            return self.get_response(request)
        if not self.load.enters(can_wait=request.method in ("GET", "HEAD")):
            return _come_back(request)
        try:
            return self.get_response(request)
        finally:
            self.load.leaves()


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
