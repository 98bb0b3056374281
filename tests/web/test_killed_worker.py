"""A worker that is killed in the middle of taking files in: what was in stays in once, another worker does the rest."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.web.browser import ROOT, environment, make_site

BEGIN = """
import json, os, signal, sys
from pathlib import Path
from tienbo.project.desk import django_start
django_start(Path(sys.argv[1]))
from tienbo.ground import jobs
from tienbo.ground.models import Job
from tienbo.units.models import Unit
"""
ADD = """
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.web.furnished import book
from tienbo.accounts.models import User
from tienbo.core.periods import Period
from tienbo.units.models import Role
from tienbo.web.access import Seat
from tienbo.web.receiving import intake_add
one, two, three = (Unit.objects.get(key=key) for key in sys.argv[2:5])
sent = [(one, 31), (two, 32), (one, 33), (three, 34), (two, 35)]  # a unit again begins a new group
files = [SimpleUploadedFile(f"{at}.xlsx", book(unit, start=start)) for at, (unit, start) in enumerate(sent)]
user = User.objects.get(username="office")
seat = Seat(user.grants.get().unit, frozenset({Role.OFFICE}))
intake_add(files=files, seat=seat, user=user, period=Period.parse("2026-H1"), key="")
"""
DIE = """
import tienbo.collection.intake as reading
reading.TOLD = float("inf")  # only what is stored is told
said = jobs.Held.progress
def progress(held, *given, **more):
    said(held, *given, **more)
    os.kill(os.getpid(), signal.SIGKILL)
jobs.Held.progress = progress
jobs.job_do(jobs.job_take(worker="chết"))
"""
LIVE = """
from django.utils import timezone
Job.objects.filter(state="running").update(lease_until=timezone.now())
jobs.job_do(jobs.job_take(worker="sống"))
"""
TELL = """
from tienbo.collection.models import Receipt, Revision
from tienbo.web.office import office
job = Job.objects.get()
rows = Revision.objects.filter(of__campaign__period_code="2026-H1", upload__isnull=False)
print(json.dumps({
    "state": job.state, "attempts": job.attempts, "done": job.done, "total": job.total,
    "files": [one["state"] for one in (job.result or {}).get("files", ())],
    "revisions": sorted(rows.values_list("upload__name", flat=True)),
    "receipts": Receipt.objects.filter(revision__in=rows).count(),
    "staged": (office().settings.staging / job.arguments["folder"]).is_dir(),
}))
"""


def _run(site: Path, script: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BEGIN + script, str(site), *words]
    return subprocess.run(command, env=environment(), cwd=ROOT, capture_output=True, text=True, check=False)


def _told(site: Path) -> dict[str, Any]:
    done = _run(site, TELL)
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    return made


@pytest.mark.proof
def test_a_worker_killed_in_the_middle_leaves_every_file_to_be_taken_in_once(tmp_path: Path) -> None:
    site = tmp_path / "site"
    units = make_site(site)
    assert (added := _run(site, ADD, *(units[f"commune{n}"] for n in range(3)))).returncode == 0, added.stderr
    assert _run(site, DIE).returncode == -signal.SIGKILL
    half = _told(site)
    assert (half["state"], half["attempts"], half["staged"]) == ("running", 1, True)
    assert (half["done"], half["total"]) == (2, 5), "how far it came is shown while nobody works"
    assert half["revisions"] == ["0.xlsx", "1.xlsx"]
    assert (lived := _run(site, LIVE)).returncode == 0, lived.stderr
    whole = _told(site)
    assert (whole["state"], whole["attempts"]) == ("done", 2)
    assert whole["files"] == ["received"] * 5, "whoever sent them is told what became of each, not of the accident"
    assert whole["revisions"] == [f"{number}.xlsx" for number in range(5)]
    assert whole["receipts"] == 5
