"""A server under mixed writing that is killed again and again: python -m tests.journeys.struck SITE CYCLES PORT.

Three officers save and send through the real pages, each waiting for its answer and asking again by the same key until
there is one. Meanwhile the web process, the worker, all of the server, or PostgreSQL is killed; only when all of it was
is the server started again. Prints JSON: what was told as kept and is not there, what is there by halves.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.postgresql import server_struck

from tienbo.ground.reach import reaching_everywhere
from tienbo.project.desk import django_start

CELL = "members:total"
PERIOD = "2026-H1"
PATIENCE = 90
"""Seconds for a server to answer again."""


@dataclass(eq=False)
class Officer(threading.Thread):
    """Saves and sends one unit's return until stopped; `told` is what was acknowledged."""

    port: int
    unit: str
    session: str
    number: int
    stopping: threading.Event
    told: list[dict[str, Any]] = field(default_factory=list)
    asked_again: int = 0

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        count = 0
        while not self.stopping.is_set():
            count += 1
            key, text = f"{self.number}-{count}", str(10_000 + count)
            seen = self._asked("GET", "state/")
            if seen is None:
                return
            if count % 3:
                pair = [seen["cells"].get(f"figure/{CELL}", ""), text]
                body = {"device": "thử", "since": -1, "saves": [{"key": key, "changes": {f"figure/{CELL}": pair}}]}
                if self._asked("POST", "save/", body) is not None:
                    self.told.append({"save": key, "text": text})
            else:
                cells = {**seen["cells"], f"figure/{CELL}": text}
                sent = self._asked("POST", "whole/", {"key": key, "cells": cells, "version": seen["version"]})
                if sent is not None:
                    self.told.append({"sent": key, "receipt": sent["receipt"], "text": text})

    def _asked(self, method: str, what: str, body: Any = None) -> Any:
        """The answer, however often it has to be asked for; None when stopped before there was one."""
        tries = 0
        while not (self.stopping.is_set() and tries):
            with suppress(OSError, http.client.HTTPException, ValueError):
                status, said = self._once(method, what, body)
                if status == 200:
                    return said
                assert status in (409, 429, 500, 502, 503), (status, said)
                if status == 409:
                    raise AssertionError(said)
            tries += 1
            self.asked_again += 1
            time.sleep(0.1)
        return None

    def _once(self, method: str, what: str, body: Any) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            token = "a" * 32
            headers = {"Accept": "application/json", "Cookie": f"sessionid={self.session}; csrftoken={token}"}
            headers |= {"X-CSRFToken": token, "Content-Type": "application/json", "Host": "localhost"}
            address = f"/entry/{self.unit}/{PERIOD}/{what}"
            connection.request(method, address, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if answer.status == 200 else content[:300]
        finally:
            connection.close()


class Served:
    """`tienbo serve`, started again when all of it was killed."""

    def __init__(self, site: Path, port: int) -> None:
        self.site, self.port = site, port
        self.log = (site.parent / "serve.log").open("ab")
        self.start()

    def start(self) -> None:
        words = ["serve", "--site", str(self.site), "--port", str(self.port), "--workers", "1"]
        command = [sys.executable, "-m", "tienbo.project.cli", *words]
        for _ in range(50):  # the port is free a moment after who held it was killed
            self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
            if self.answers(tries=PATIENCE * 5):
                return
        raise RuntimeError("it does not serve")

    def answers(self, tries: int) -> bool:
        for _ in range(tries):
            if self.process.poll() is not None:
                return False
            with suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                with closing(connection):
                    connection.request("GET", "/ready", headers={"Host": "localhost"})
                    if connection.getresponse().status == 200:
                        return True
            time.sleep(0.2)
        return False

    def parts(self) -> dict[str, list[int]]:
        """Its processes by what they do: "web" (the last answers requests) and "work"."""
        found: dict[str, list[int]] = {"web": [], "work": []}
        parents = {self.process.pid}
        for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda one: int(one.name)):
            with suppress(OSError, IndexError):
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                words = (folder / "cmdline").read_text().split("\0")
                if parent in parents:
                    parents.add(int(folder.name))
                    for name, mark in (("web", "granian"), ("work", "work")):
                        if mark in words:
                            found[name].append(int(folder.name))
        return found

    def strike(self, what: str) -> None:
        parts = self.parts()
        if what == "all":
            for pid in (self.process.pid, *parts["web"], *parts["work"]):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()
            self.start()
            return
        for pid in parts[what][-1:]:
            os.kill(pid, signal.SIGKILL)


def main(site: Path, cycles: int, port: int) -> None:
    from tienbo.project.site import site_open

    address = site_open(site).database
    officers, before = _officers(site, port)
    served = Served(site, port)
    kinds = ["all", "web", "work", *(["kill", "immediate"] if address else [])]
    chance, slowest, struck = random.Random(3), 0.0, dict.fromkeys(kinds, 0)  # noqa: S311
    for one in officers:
        one.start()
    for cycle in range(cycles):
        done = [len(one.told) for one in officers]
        _until(lambda done=done: all(len(one.told) > was for one, was in zip(officers, done, strict=True)), officers)
        time.sleep(chance.uniform(0.0, 0.5))
        what = kinds[cycle % len(kinds)]
        began = time.monotonic()
        if what in ("kill", "immediate"):
            server_struck(address, immediate=what == "immediate")
        else:
            served.strike(what)
        struck[what] += 1
        done = [len(one.told) for one in officers]
        _until(lambda done=done: any(len(one.told) > was for one, was in zip(officers, done, strict=True)), officers)
        slowest = max(slowest, time.monotonic() - began)
    for one in officers:
        one.stopping.set()
    for one in officers:
        one.join()
    again = sum(one.asked_again for one in officers)
    served.process.send_signal(signal.SIGTERM)
    told = {"code": served.process.wait(60), "struck": struck, "slowest": round(slowest, 1), "again": again}
    found = _looked_at(site, officers)
    found["halves"] -= before
    print(json.dumps({**found, **told}))


def _until(true: Any, officers: list[Officer]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise RuntimeError(f"nothing goes on: {[len(one.told) for one in officers]}")
        if not all(one.is_alive() for one in officers):
            raise RuntimeError("an officer was told something that is no answer")
        time.sleep(0.02)


def _officers(site: Path, port: int) -> tuple[list[Officer], int]:
    """An officer who fills in and approves for each commune, signed in; and how much stood without a receipt before.
    Made by a process of its own, so that this one holds no connection."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.journeys.struck", "seats", str(site)], capture_output=True, text=True, check=True
    )
    stopping, held = threading.Event(), json.loads(done.stdout.splitlines()[-1])
    made = [Officer(port, unit, session, at, stopping) for at, (unit, session) in enumerate(held["seats"])]
    return made, held["halves"]


def seats(site: Path) -> None:
    django_start(site)
    from django.conf import settings
    from django.test import Client

    from tienbo.accounts.models import User
    from tienbo.units.models import Grant, Role, UnitName

    settings.ALLOWED_HOSTS = ["*"]
    made = []
    for number, name in enumerate(("Xã Đồng Tâm", "Xã Hòa Lạc", "Phường Bến Thóc")):
        unit = UnitName.objects.get(text=name).unit
        user = User.objects.create_user(f"can-bo-{number}", f"Cán bộ {number}", "mat-khau-cua-thu-nghiem")
        for role in (Role.PREPARER, Role.HEAD):  # as some communes have it: given before the two were kept apart
            Grant.objects.create(user=user, unit=unit, role=role, valid_from="2025-07-01")
        client = Client()
        client.force_login(user)
        made.append((unit.key, client.cookies["sessionid"].value))
    from tests.journeys.saver import look

    print(json.dumps({"seats": made, "halves": look([], CELL)["halves"]}))


def _looked_at(site: Path, officers: list[Officer]) -> dict[str, Any]:
    django_start(site)
    from tests.journeys.saver import look

    from tienbo.collection.draft_models import DraftSave
    from tienbo.ground.heads import heads_kept
    from tienbo.ground.verify import journal_verify
    from tienbo.processes.audit import audit
    from tienbo.project.desk import Desk
    from tienbo.project.keeping import journal_keep

    desk = Desk.open(site)
    told = [row for one in officers for row in one.told]
    for row in told:
        if "save" in row:
            saved = DraftSave.objects.filter(key=row["save"]).first()
            row["number"] = saved.number if saved else -1
    found: dict[str, Any] = look(told, CELL)
    journal_keep(desk.site)
    verified = journal_verify(heads=heads_kept(desk.site.heads_folder))
    found["journal"] = [fault.sentence() for fault in verified.told]
    found["events"] = verified.events
    found["audit"] = [fault.sentence() for fault in audit(stores=desk.stores) if fault.level.value == "error"]
    return found


if __name__ == "__main__":
    with reaching_everywhere("tests are the operator's"):
        if sys.argv[1] == "seats":
            seats(Path(sys.argv[2]))
        else:
            main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
