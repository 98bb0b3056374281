"""What a site does for its own safety while it is served: the journal sealed each second; each day its head put
elsewhere, a backup made, and the backup tried where the site has the key for that."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from datetime import timedelta

from tienbo.ground.reach import reaching_everywhere
from tienbo.project.site import Site

PACE = 1.0
"""Seconds between two looks at what waits to be sealed."""
SELDOM = 60.0
"""Seconds between two looks at what is done by the day."""

EVERY = timedelta(hours=24)

_log = logging.getLogger("django.tienbo.keeping")


class Keeper(threading.Thread):
    """A thread of the worker beside its jobs, which may take minutes each. What fails is said and tried again."""

    def __init__(self, site: Site, stopping: threading.Event) -> None:
        super().__init__(name="keeper", daemon=True)
        self.site, self.stopping = site, stopping
        self._looked = 0.0
        self._backing: subprocess.Popen[str] | None = None

    def run(self) -> None:
        from django.db import connection

        while True:
            last = self.stopping.is_set()
            try:
                with reaching_everywhere("the journal is of every table"):
                    self._once()
            except Exception:
                _log.exception("the journal could not be kept")
                connection.close()
            if last:
                break
            self.stopping.wait(PACE)
        connection.close()

    def _once(self) -> None:
        journal_keep(self.site)
        if time.monotonic() - self._looked > SELDOM or not self._looked:
            self._looked = time.monotonic()
            head_put(self.site)
            self._back_up()

    def _back_up(self) -> None:
        """A day after the last backup the next is made, in a process of its own; then that one is tried."""
        if self._backing is not None:
            if self._backing.poll() is None:
                return
            said, self._backing = self._backing.communicate()[0], None
            path = _path_said(said)
            if path and self.site.backup_test_key:
                self._backing = self._start("verify-backup", path, "--key", self.site.backup_test_key)
            return
        if backup_due(self.site):
            self._backing = self._start("backup")

    def _start(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tienbo.project.cli", *words, "--site", str(self.site.path), "--json"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program


def _path_said(said: str) -> str:
    try:
        return str(json.loads(said).get("path", ""))
    except ValueError:
        return ""


def backup_due(site: Site) -> bool:
    """Whether the site backs itself up and did not within a day."""
    from django.utils import timezone

    from tienbo.ground.models import BackupAct

    if not (site.backups and site.backup_key):
        return False
    since = timezone.now() - EVERY
    return not BackupAct.objects.filter(act=BackupAct.Act.MADE, at__gt=since).exists()


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
