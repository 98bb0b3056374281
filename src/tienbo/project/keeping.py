"""What a site does for its own safety while it is served: the journal sealed each second; each day its head put
elsewhere, a backup made, old ones taken away by rule, and the new one tried where the site has the key for that; the
archive of a PostgreSQL kept."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tienbo.ground.reach import reaching_everywhere
from tienbo.ground.troubles import machine_trouble, trouble
from tienbo.project.site import Site, pause_said

PACE = 1.0
"""Seconds between two looks at what waits to be sealed."""
SELDOM = 60.0
"""Seconds between two looks at what is done by the day."""

DAILY = 24 * 3600.0
FIRST = 600.0
"""Seconds after its start that a worker looks at what is past its term for the first time, then once a day."""

RETRY = timedelta(minutes=15)
"""After a backup that failed."""

_log = logging.getLogger("django.tienbo.keeping")


class Keeper(threading.Thread):
    """A thread of the worker beside its jobs, which may take minutes each. What fails is said and tried again, and
    keeps nothing else from being done."""

    def __init__(self, site: Site, stopping: threading.Event) -> None:
        super().__init__(name="keeper", daemon=True)
        self.site, self.stopping = site, stopping
        self.every = pause_said(site.backup_every)
        self.seldom = min(SELDOM, max(PACE, self.every.total_seconds() / 4))
        self._looked = self._failed = 0.0
        self._backing: subprocess.Popen[str] | None = None
        self._does = ""
        self._archiving: subprocess.Popen[str] | None = None
        self._retaining: subprocess.Popen[str] | None = None
        self._retained = time.monotonic() - DAILY + FIRST

    def run(self) -> None:
        from django.db import connection

        while True:
            last = self.stopping.is_set()
            self._tried("the journal could not be kept", lambda: journal_keep(self.site))
            if time.monotonic() - self._looked > self.seldom or not self._looked:
                self._looked = time.monotonic()
                self._tried("the head of the journal could not be put away", lambda: head_put(self.site))
                self._tried("the site could not be backed up", self._back_up)
                self._tried("the archive could not be begun", self._archive)
                self._tried("what is past its term could not be looked at", self._retain)
            if last:
                break
            self.stopping.wait(PACE)
        if self._archiving is not None and self._archiving.poll() is None:
            self._archiving.terminate()
        connection.close()

    def _tried(self, words: str, act: Callable[[], object]) -> None:
        from django.db import connection

        try:
            with reaching_everywhere("the journal and backups are of every table"):
                act()
        except Exception as broken:
            if machine_trouble(broken) is None:
                _log.exception(words)
            else:
                _log.error("%s: %s", words, trouble(broken).sentence())
            connection.close()

    def _back_up(self) -> None:
        """So long after the last backup the next is made, in a process of its own; then that one is tried. One that
        failed is made again after a while; why it failed stands in the log and on the page of the journal."""
        if self._backing is not None:
            code = self._backing.poll()
            if code is None:
                return
            said, does = self._backing.communicate()[0], self._does
            self._backing = None
            if code:
                self._failed = time.monotonic()
                _log.error("tienbo %s: %s", does, _against(said))
            path = _said(said).get("path", "")
            if does == "backup" and path and self.site.backup_test_key:
                self._backing = self._start("verify-backup", str(path), "--key", self.site.backup_test_key)
            return
        pause = min(self.every, RETRY).total_seconds()
        if self._failed and time.monotonic() - self._failed < pause:
            return
        if backup_due(self.site):
            self._backing = self._start("backup")

    def _retain(self) -> None:
        """Once a day, what is past its term: told, and taken away where a document of the site's lets the worker."""
        if self._retaining is not None:
            if self._retaining.poll() is None:
                return
            said, code, self._retaining = self._retaining.communicate()[0], self._retaining.returncode, None
            due = _said(said).get("due")
            if code:
                _log.error("tienbo retention: %s", _against(said))
            elif due:
                _log.warning("%s sorts of data are past their term: tienbo retention due", len(due))
        if time.monotonic() - self._retained < DAILY or self.stopping.is_set():
            return
        self._retained = time.monotonic()
        words = ("take", "--as-set") if self.site.retention else ("due",)
        command = [sys.executable, "-m", "tienbo.project.cli", "retention", *words]
        command += ["--site", str(self.site.path), "--json"]
        self._retaining = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program

    def _archive(self) -> None:
        """The archive of a site on PostgreSQL is kept by a process of its own, started again where it ended."""
        if not (self.site.archive and self.site.database) or self.stopping.is_set():
            return
        if self._archiving is not None and self._archiving.poll() is None:
            return
        command = [sys.executable, "-m", "tienbo.project.cli", "archive", "--site", str(self.site.path)]
        self._archiving = subprocess.Popen(command, stdout=subprocess.DEVNULL, text=True)  # noqa: S603

    def _start(self, *words: str) -> subprocess.Popen[str]:
        self._does = words[0]
        command = [sys.executable, "-m", "tienbo.project.cli", *words, "--site", str(self.site.path), "--json"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program


def _said(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _against(text: str) -> str:
    return " ".join(str(one.get("sentence", "")) for one in _said(text).get("faults", [])) or "?"


def backup_due(site: Site) -> bool:
    """Whether the site backs itself up and the last one is older than it says."""
    from django.utils import timezone

    from tienbo.ground.models import BackupAct

    if not (site.backups and site.backup_key):
        return False
    since = timezone.now() - pause_said(site.backup_every)
    return not BackupAct.objects.filter(act=BackupAct.Act.MADE, size__gt=0, at__gt=since).exists()


def journal_keep(site: Site) -> int:
    """Take in what was noted and seal what has no event yet; returns how many events were made."""
    from tienbo.ground.journal import journal_seal, journal_waits
    from tienbo.ground.spool import spool_take

    spool_take(site.noted)
    return journal_seal() if journal_waits() else 0


def head_put(site: Site, *, again: bool = False) -> bool:
    """Put the head of the journal where the site says: once a day, or `again` now."""
    from tienbo.ground.heads import head_keep
    from tienbo.ground.journal import journal_head

    return head_keep(folder=site.heads_folder, head=journal_head(), again=again)
