"""Files that were sent: kept on the disk at once, taken in by a worker, told file by file.

A browser's files are written to the site's staging folder and a job is added; the answer to the browser says that they
are kept. A worker takes them in by `files_receive`, as the command line does. What was staged is deleted when its job
is done, and stays where the job was broken, so that it can be tried again without sending anything twice.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from tienbo.accounts.actors import actor_of
from tienbo.accounts.models import User
from tienbo.collection.intake import Intake, files_receive
from tienbo.collection.models import Receipt
from tienbo.core.disk import DiskReason
from tienbo.core.faults import Fault, Level, Refused, errors, worded
from tienbo.core.messages import N_, language
from tienbo.core.periods import Period
from tienbo.ground.jobs import Held, handles, job_add
from tienbo.ground.keys import is_key, new_key
from tienbo.ground.models import Job
from tienbo.units.access import accessible_units
from tienbo.web.access import Seat
from tienbo.web.office import office

KIND = "intake.receive"
MOST_FILES = 500
MOST_TOLD = 100
"""Faults of one file that are kept to be shown; a workbook handed back has them all."""
KEPT_DAYS = 30
"""How long files stay staged whose job was broken, or that never got one."""

worded(
    {
        "intake.no_file": N_("No file was chosen. Choose the workbooks that units sent, then send them."),
        "intake.too_many": N_("{count} files are too many at once; send at most {most}, then the rest."),
        "intake.not_kept": N_("The files could not be kept ({reason}). Nothing was taken in; try again."),
        "intake.no_longer_yours": N_("The account may no longer take returns in. Nothing was taken in."),
        "intake.staged_gone": N_("The files are no longer there. Send them again."),
    }
)


@dataclass(frozen=True, slots=True)
class Staged:
    """A file on the disk, waiting."""

    name: str
    size: int
    sha256: str


def intake_add(*, files: Sequence[UploadedFile[Any]], seat: Seat, user: User, period: Period, key: str) -> Job:
    """Keep what was sent and have it taken in. The same files sent again under the same `key` are the same job.

    Refused for none, for too many, and where the disk does not take them; then nothing is left behind.
    """
    if not files:
        raise Refused(Fault("intake.no_file"))
    if len(files) > MOST_FILES:
        raise Refused(Fault("intake.too_many", "", {"count": len(files), "most": MOST_FILES}))
    root = office().settings.staging
    folder = root / f"{int(time.time())}-{secrets.token_hex(8)}"
    try:
        staged = _stage(files, folder)
    except OSError as broken:
        shutil.rmtree(folder, ignore_errors=True)
        raise Refused(Fault("intake.not_kept", "", {"reason": DiskReason.of(broken)})) from broken
    arguments = {
        "folder": folder.name,
        "files": [[one.name, one.size, one.sha256] for one in staged],
        "seat": seat.unit.key,
        "user": user.pk,
        "period": period.code,
    }
    job = _add(arguments, user, key if is_key(key, "job") else "")
    if job.arguments["folder"] != folder.name:
        if _same(job.arguments, arguments):
            shutil.rmtree(folder, ignore_errors=True)
        else:  # an old page sent something new
            job = _add(arguments, user, "")
    return job


def _add(arguments: Mapping[str, Any], user: User, key: str) -> Job:
    return job_add(kind=KIND, arguments=arguments, by=str(user), lang=language(), key=key)


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one.get(name) == other[name] for name in ("files", "seat", "user", "period"))


def intake_again(*, job: Job, user: User) -> Job:
    """Take in once more what a broken job left staged. Refused where it is gone."""
    if not (office().settings.staging / job.arguments["folder"]).is_dir():
        raise Refused(Fault("intake.staged_gone"))
    # One new job however often it is asked for: its key follows from that of the broken one.
    digest = hashlib.sha256(job.key.encode()).hexdigest().upper()
    return _add({**job.arguments, "user": user.pk}, user, f"job_{digest[:26]}")


def _stage(files: Sequence[UploadedFile[Any]], folder: Path) -> list[Staged]:
    """Write files where no other is, whole and on the disk when this returns."""
    staged = []
    for index, file in enumerate(files):
        place = folder / f"{index:04d}"
        place.mkdir(parents=True)
        name = file_name(file.name or "")
        digest = hashlib.sha256()
        with (place / name).open("wb") as out:
            for chunk in file.chunks():
                digest.update(chunk)
                out.write(chunk)
            size = out.tell()
        staged.append(Staged(name, size, digest.hexdigest()))
    _sync([folder / f"{index:04d}" / one.name for index, one in enumerate(staged)])
    return staged


def _sync(paths: Sequence[Path]) -> None:
    """Wait until the files are on the disk; once for many."""
    if len(paths) > 8:
        os.sync()
        return
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())


def file_name(name: str) -> str:
    """A name as it came, without what is no name and no longer than a disk takes (255 bytes, which Vietnamese letters
    fill three times as fast)."""
    plain = re.sub(r"[\x00-\x1f/\\:]", " ", name).strip(" .") or "tệp"
    stem, dot, suffix = plain.rpartition(".")
    if not dot or len(suffix) > 8:
        stem, dot, suffix = plain, "", ""
    room = 200 - len((dot + suffix).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip() + dot + suffix


# ------------------------------------------------------------------------------------------------------- the work


@handles(KIND)
def receive(held: Held) -> dict[str, Any]:
    """Take the staged files in: what became of each, in the order they were sent."""
    said = held.arguments
    desk = office()
    staging_sweep(desk.settings.staging)
    folder = desk.settings.staging / said["folder"]
    if not folder.is_dir():
        raise Refused(Fault("intake.staged_gone"))
    user, period = User.objects.get(pk=said["user"]), Period.parse(said["period"])
    units = units_of(user, period)
    if not units:
        raise Refused(Fault("intake.no_longer_yours"))
    staged = [Staged(*row) for row in said["files"]]
    results = files_receive(
        paths=[folder / f"{index:04d}" / one.name for index, one in enumerate(staged)],
        root=desk.home,
        edition=desk.edition,
        stores=desk.stores,
        seal=desk.settings.seal,
        actor=actor_of(user),
        period=period,
        units=units,
        progress=held.progress,
    )
    first = _first_given(held.job) if held.job.attempts > 1 else set()
    return {"files": [_told(one, result, first) for one, result in zip(staged, results, strict=True)]}


def units_of(user: User, period: Period) -> frozenset[int]:
    """The units whose returns a person takes in for a period: those of its last day, and those that ended in it and
    still owe a closing return."""
    calendar, today = office().edition.calendar, timezone.localdate()
    days: set[date] = {calendar.last_day(period), calendar.span(period).start}
    found: frozenset[int] = frozenset()
    for day in days:
        found |= accessible_units(user, need="accept", on=day, acting_on=today)
    return found


def _first_given(job: Job) -> set[str]:
    """Receipts given since the job was added: a worker that died before this one gave them, nobody earlier."""
    return set(Receipt.objects.filter(given_at__gte=job.added_at).values_list("code", flat=True))


def _told(one: Staged, result: Intake, first: set[str]) -> dict[str, Any]:
    state = result.state
    if state == "again" and result.receipt in first:
        first.discard(result.receipt)  # the same bytes twice in one drop: the second came again
        state = "received"
    faults = result.faults if state == "refused" else ()
    order = list(Level)
    told = sorted(faults, key=lambda fault: order.index(fault.level))
    return {
        "name": one.name,
        "size": one.size,
        "sha256": one.sha256,
        "state": state,
        "unit": result.unit,
        "period": result.period,
        "receipt": result.receipt,
        "revision": result.revision,
        "restated": result.restated,
        "errors": len(errors(faults)),
        "warnings": sum(fault.level is Level.WARNING for fault in result.faults),
        "faults": [fault_out(fault) for fault in told[:MOST_TOLD]],
    }


def fault_out(fault: Fault) -> dict[str, str]:
    return {"code": fault.code, "level": fault.level.value, "place": fault.place, "sentence": fault.sentence()}


def staging_sweep(staging: Path) -> None:
    """Delete what waits for nothing: files of jobs that are done, and old ones that no job is about."""
    if not staging.is_dir():
        return
    jobs = Job.objects.filter(kind=KIND).values_list("arguments__folder", "state")
    states: dict[str, set[str]] = {}
    for folder, state in jobs:
        states.setdefault(folder, set()).add(state)
    for place in staging.iterdir():
        held = states.get(place.name, set())
        with suppress(OSError):
            old = time.time() - place.stat().st_mtime > KEPT_DAYS * 24 * 3600
            waits = held & {Job.State.WAITING, Job.State.RUNNING}
            if not waits and (Job.State.DONE in held or old):
                shutil.rmtree(place)


def intakes_of(seat: Seat, period: Period, most: int = 6) -> list[Job]:
    """What was sent from a seat for a period, the newest first."""
    rows = Job.objects.filter(kind=KIND, arguments__seat=seat.unit.key, arguments__period=period.code)
    return list(rows.order_by("-id")[:most])


def intake_of(seat: Seat, key: str) -> Job | None:
    """One of them by its key; None for what was sent from another seat."""
    return Job.objects.filter(kind=KIND, key=key, arguments__seat=seat.unit.key).first()


def form_key() -> str:
    """A key for what a page's form will send."""
    return new_key("job")
