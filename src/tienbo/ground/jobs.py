"""Work done in the background: a row with progress, a checkpoint and a lease; whoever holds the lease does the work.

A job is added in the transaction of the act that wants it. A worker takes the oldest one that is free, renews its lease
while it works, and writes the result. A worker that dies lets its lease run out: the job is taken again and goes on
from its checkpoint, at most `ATTEMPTS` times.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from tienbo.core.faults import Refused, worded
from tienbo.core.messages import N_, speaking
from tienbo.ground.keys import new_key
from tienbo.ground.models import Job

LEASE = timedelta(seconds=60)
ATTEMPTS = 3

worded({"job.broken": N_("The work could not be finished ({reason}). It was stopped; nothing of it counts.")})

Progress = Callable[[int, int], None]


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
        Job.objects.filter(pk=self.job.pk, worker=self.worker).update(**change)


Handler = Callable[[Held], Any]
_handlers: dict[str, Handler] = {}


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
    if kind not in _handlers:
        raise ValueError(f"nobody handles jobs of the kind {kind}")
    made = {"kind": kind, "arguments": dict(arguments), "added_by": by, "lang": lang}
    return Job.objects.get_or_create(key=key or new_key("job"), defaults=made)[0]


def job_take(*, worker: str) -> Held | None:
    """The oldest free job, leased to this worker; None when there is nothing to do."""
    now = timezone.now()
    free = Q(state=Job.State.WAITING) | Q(state=Job.State.RUNNING, lease_until__lt=now)
    with transaction.atomic():
        job = Job.objects.select_for_update(skip_locked=_skips()).filter(free).order_by("id").first()
        if job is None:
            return None
        if job.attempts >= ATTEMPTS:
            job.state, job.ended_at = Job.State.FAILED, now
            job.faults = [{"code": "job.broken", "place": "", "fields": {"reason": "lease"}}]
            job.save(update_fields=["state", "ended_at", "faults"])
            return None
        job.state, job.worker, job.lease_until = Job.State.RUNNING, worker, now + LEASE
        job.attempts = F("attempts") + 1
        job.started_at = job.started_at or now
        job.save(update_fields=["state", "worker", "lease_until", "attempts", "started_at"])
    job.refresh_from_db()
    return Held(job, worker)


def _skips() -> bool:
    from django.db import connection

    return bool(connection.features.has_select_for_update_skip_locked)


def job_do(held: Held) -> None:
    """Do one job and write what became of it. A refusal is an answer; anything else is a fault of ours."""
    job = held.job
    change: dict[str, Any]
    try:
        with speaking(job.lang):
            change = {"state": Job.State.DONE, "result": _handlers[job.kind](held)}
    except Refused as refused:
        change = {"state": Job.State.FAILED, "faults": [fault.as_json() for fault in refused.faults]}
    except Exception as broken:
        reason = type(broken).__name__
        change = {
            "state": Job.State.FAILED,
            "faults": [{"code": "job.broken", "place": "", "fields": {"reason": reason}}],
            "trace": traceback.format_exc()[-4000:],
        }
    Job.objects.filter(pk=job.pk, worker=held.worker).update(ended_at=timezone.now(), lease_until=None, **change)


def jobs_work(*, worker: str, until: Callable[[], bool], wait: Callable[[], None]) -> int:
    """Do jobs until `until` says stop, calling `wait` when there are none. Returns how many were done."""
    done = 0
    while not until():
        held = job_take(worker=worker)
        if held is None:
            wait()
            continue
        job_do(held)
        done += 1
    return done
