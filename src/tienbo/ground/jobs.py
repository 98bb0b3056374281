"""Work done in the background: a row with progress, a checkpoint and a lease; whoever holds the lease does the work.

A job is added in the transaction of the act that wants it. A worker takes the oldest one that is free, renews its lease
while it works, and writes the result. A worker that dies lets its lease run out: the job is taken again and goes on
from its checkpoint, at most `ATTEMPTS` times.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from tienbo.core.faults import Refused, worded
from tienbo.core.messages import N_, speaking
from tienbo.ground.acting import acting_as
from tienbo.ground.keys import new_key
from tienbo.ground.models import Job
from tienbo.ground.reach import reaching_everywhere
from tienbo.ground.troubles import machine_trouble, trouble

LEASE = timedelta(seconds=60)
ATTEMPTS = 3
PAUSE = 5.0
"""Seconds to wait while nothing can be written down."""

_log = logging.getLogger("django.tienbo.jobs")

worded({"job.broken": N_("The work could not be finished ({reason}). It was stopped; nothing of it counts.")})

Progress = Callable[[int, int], None]


class LeaseLostError(Exception):
    """The job is in other hands, or was ended: whoever holds it no more must stop."""


@dataclass(frozen=True)
class Held:
    """A job in a worker's hands."""

    job: Job
    worker: str

    @property
    def arguments(self) -> Mapping[str, Any]:
        held: Mapping[str, Any] = self.job.arguments
        return held

    def progress(self, done: int, total: int, checkpoint: Any = None) -> None:
        """Say how far it is, keep the lease, and remember where to go on from."""
        change: dict[str, Any] = {"done": done, "total": total, "lease_until": timezone.now() + LEASE}
        if checkpoint is not None:
            change["checkpoint"] = checkpoint
        if not self._mine().update(**change):
            raise LeaseLostError(self.job.key)

    def end(self, **change: Any) -> bool:
        """Write what became of it, if it is still ours."""
        return bool(self._mine().update(ended_at=timezone.now(), lease_until=None, **change))

    def _mine(self) -> QuerySet[Job]:
        # Attempts tell apart a worker and the one that was started again under its name.
        job = self.job
        return Job.objects.filter(pk=job.pk, worker=self.worker, attempts=job.attempts, state=Job.State.RUNNING)


Handler = Callable[[Held], Any]
_handlers: dict[str, Handler] = {}
_elsewhere: set[str] = set()
"""Modules that declare handlers, imported when the first job is added or done: a command that does neither waits for
none of them."""


def handled_in(module: str) -> None:
    """Say where handlers are declared (an app's `ready`)."""
    _elsewhere.add(module)


def _handler(kind: str) -> Handler | None:
    while kind not in _handlers and _elsewhere:
        import_module(_elsewhere.pop())
    return _handlers.get(kind)


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Declare the function that does jobs of a kind. Its result is kept as JSON."""

    def declare(handler: Handler) -> Handler:
        if _handlers.get(kind, handler) is not handler:
            raise ValueError(f"two handlers for jobs of the kind {kind}")
        _handlers[kind] = handler
        return handler

    return declare


def job_add(*, kind: str, arguments: Mapping[str, Any], by: str, lang: str = "vi", key: str = "") -> Job:
    """A job to be done; ValueError for a kind nobody handles.

    A caller that may be asked twice for the same act gives the job's `key`: the second is told of the first, whatever
    its arguments, which the caller compares.
    """
    if _handler(kind) is None:
        raise ValueError(f"nobody handles jobs of the kind {kind}")
    made = {"kind": kind, "arguments": dict(arguments), "added_by": by, "lang": lang}
    return Job.objects.get_or_create(key=key or new_key("job"), defaults=made)[0]


def job_take(*, worker: str) -> Held | None:
    """The oldest free job, leased to this worker; None when there is nothing to do."""
    while True:
        now = timezone.now()
        free = Q(state=Job.State.WAITING) | Q(state=Job.State.RUNNING, lease_until__lt=now)
        with transaction.atomic():
            job = Job.objects.select_for_update(skip_locked=_skips()).filter(free).order_by("id").first()
            if job is None:
                return None
            if job.attempts >= ATTEMPTS:
                _give_up(job)
                continue
            job.state, job.worker, job.lease_until = Job.State.RUNNING, worker, now + LEASE
            job.attempts = F("attempts") + 1
            job.started_at = job.started_at or now
            job.save(update_fields=["state", "worker", "lease_until", "attempts", "started_at"])
        job.refresh_from_db()
        return Held(job, worker)


def _give_up(job: Job) -> None:
    """Whoever took it died of it every time."""
    job.state, job.ended_at, job.lease_until = Job.State.FAILED, timezone.now(), None
    job.faults = [_broken("lease")]
    job.save(update_fields=["state", "ended_at", "lease_until", "faults"])


def _broken(reason: str) -> dict[str, Any]:
    return {"code": "job.broken", "place": "", "fields": {"reason": reason}}


def _skips() -> bool:
    return bool(connection.features.has_select_for_update_skip_locked)


def job_do(held: Held) -> None:
    """Do one job and write what became of it. A refusal is an answer; anything else is a fault of ours."""
    job = held.job
    change: dict[str, Any]
    try:
        handler = _handler(job.kind)
        if handler is None:
            raise LookupError(job.kind)
        # What it may touch was decided when it was added, by the page or the command that did.
        admitted = reaching_everywhere("a job does what was admitted when it was added")
        with speaking(job.lang), acting_as(job.added_by, f"job:{job.kind}"), admitted:
            change = {"state": Job.State.DONE, "result": handler(held)}
    except LeaseLostError:
        return  # whoever took the job over says what becomes of it
    except Refused as refused:
        change = {"state": Job.State.FAILED, "faults": [fault.as_json() for fault in refused.faults]}
    except Exception as broken:
        of_the_machine = machine_trouble(broken)
        change = {
            "state": Job.State.FAILED,
            "faults": [of_the_machine.as_json() if of_the_machine else _broken(type(broken).__name__)],
            "trace": traceback.format_exc()[-4000:],
        }
    held.end(**change)


def jobs_work(
    *, worker: str, until: Callable[[], bool], wait: Callable[[], None], pause: Callable[[float], object] = time.sleep
) -> int:
    """Do jobs until `until` says stop, calling `wait` when there are none. Returns how many were done.

    While the disk is full or the database is away nothing can be written down: the worker waits and looks again. What
    it had in hand is taken again when its lease has run out.
    """
    done = 0
    while not until():
        try:
            held = job_take(worker=worker)
            if held is not None:
                job_do(held)
                done += 1
                continue
            wait()
        except Exception as broken:
            if machine_trouble(broken) is None:
                raise
            _log.error("no work can be done: %s", trouble(broken).sentence())
            connection.close()
            pause(PAUSE)
    return done
