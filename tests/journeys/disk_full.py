"""What a site on PostgreSQL does on a disk that is full: python -m tests.journeys.disk_full SITE BALLAST [NAME…].

The server's data and the site lie on one small disk of their own. For each operation of `disk_fails` (or those named)
the disk is filled by a file BALLAST to the last byte and the operation is done until it fails; then there is room
again. Prints JSON: what was tried and whatever was not as it should be.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.journeys.disk_fails import UNFORESEEN, Answer, Operation, at_the_end, operations
from tests.postgresql import server_process, server_started

from tienbo.ground.reach import reaching_everywhere
from tienbo.project.desk import django_start
from tienbo.project.site import site_open

MOST = 60
"""Times that an operation is done on a full disk before it is taken to need no room."""
PIECE = b"\0" * 2**16


def fill(ballast: Path) -> None:
    """Leave no byte: whole pieces first, then single pages."""
    with ballast.open("ab", buffering=0) as file:
        for piece in (PIECE, PIECE[:4096], PIECE[:1]):
            try:
                while True:
                    file.write(piece)
            except OSError as full:
                assert full.errno == errno.ENOSPC  # noqa: PT017 - what a full disk says


def main(site: Path, ballast: Path, names: list[str]) -> None:
    django_start(site)
    told: dict[str, Any] = {
        "tried": Counter(),
        "failed": Counter(),
        "codes": Counter(),
        "fell": 0,
        "started": 0,
        "wrong": [],
    }
    made = operations(site)
    assert set(names) <= {one.name for one in made}, names
    number = 0
    for operation in made:
        if names and operation.name not in names:
            continue
        wrong = told["wrong"].append
        one, answer = None, Answer(True)
        for _ in range(MOST):
            number += 1
            one = operation.prepare(number)
            fill(ballast)
            answer = _done(operation, one)
            ballast.unlink()
            _answers(told, ballast.parent)
            told["tried"][operation.name] += 1
            if not answer.done:
                break
            if (there := operation.there(one)) != 1:
                wrong(f"{operation.name}: told as done, and {there} are there")
        if not answer.done:
            told["failed"][operation.name] += 1
            told["codes"].update(answer.codes)
            if not answer.codes or set(answer.codes) & set(UNFORESEEN):
                wrong(f"{operation.name}: not in words: {answer.codes} {answer.text[-300:]}")
        if halves := operation.halves(one):
            wrong(f"{operation.name}: {halves}")
        again = _done(operation, one)
        if not again.done or operation.there(one) != 1:
            wrong(f"{operation.name}: with room {again}, {operation.there(one)} there")
    _ended(told, ballast)
    told["wrong"] += at_the_end(site)
    print(json.dumps(told))


def _ended(told: dict[str, Any], ballast: Path) -> None:
    """The server ends while no byte is free, which it may do by itself; it cannot come back before there is room, and
    is started then."""
    from django.db import connection

    address = site_open(Path(os.environ["TIENBO_SITE"])).database
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE before_it_ended (said text); INSERT INTO before_it_ended VALUES ('kept')")
    connection.close()
    fill(ballast)
    os.kill(server_process(address), signal.SIGKILL)
    with suppress(RuntimeError):
        server_started(ballast.parent)
        told["wrong"].append("the server came back without room: nothing was tried")
    ballast.unlink()
    _answers(told, ballast.parent)
    with connection.cursor() as cursor:
        cursor.execute("SELECT said FROM before_it_ended")
        if cursor.fetchall() != [("kept",)]:
            told["wrong"].append("what was committed before the server ended is not there")
        cursor.execute("DROP TABLE before_it_ended")


def _done(operation: Operation, one: Any) -> Answer:
    """What it said; where the server fell while it worked, the next question is asked on a new line, as a page's is."""
    from django.db import connection

    answer = operation.do(one)
    connection.close_if_unusable_or_obsolete()
    return answer


def _answers(told: dict[str, Any], disk: Path) -> None:
    """Until the server answers again. Without room for its log it falls and tries to come back; one that found no room
    then either has ended, and is started, as its administrator would."""
    from django.db import DatabaseError, connection

    begun, is_started, fell = time.monotonic(), False, 0
    while True:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            told["fell"] += fell
            return
        except DatabaseError:
            fell = 1
            connection.close()
            assert time.monotonic() < begun + 90, "the server does not come back"
            if not is_started and time.monotonic() > begun + 15:
                is_started = True
                told["started"] += 1
                server_started(disk)
            time.sleep(0.2)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with reaching_everywhere("tests are the operator's"):
        main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
