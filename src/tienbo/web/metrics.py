"""Figures for whoever watches the server, in the plain text of monitoring programs. They say nothing of anybody.

Read on the machine itself only: who comes through the proxy, or from another machine, is told that there is no such
page.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address

from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from tienbo.accounts.signing import locked_count
from tienbo.ground.models import BackupAct, History, Job, JournalCheck, JournalEvent
from tienbo.ground.reach import reaching_everywhere
from tienbo.protection.breaches import breach_list
from tienbo.protection.requests import request_list
from tienbo.units.models import Unit
from tienbo.web.access import public
from tienbo.web.office import office

Figure = tuple[str, str, str, float]
"""Name, labels, what it says, value."""


@public
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """How the site does, a figure a line."""
    if not _is_here(request):
        raise Http404
    lines, told = [], set()
    with reaching_everywhere("figures of the machine are of every unit, and name none"):
        figures = list(_figures(timezone.now()))
    for name, labels, words, value in figures:
        if name not in told:
            lines += [f"# HELP tienbo_{name} {words}", f"# TYPE tienbo_{name} gauge"]
            told.add(name)
        lines.append(f"tienbo_{name}{labels} {value:.10g}")
    answer = HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _is_here(request: HttpRequest) -> bool:
    """Whether it was asked on this machine and past no proxy: a proxy of ours always adds whom it asks for."""
    if "HTTP_X_FORWARDED_FOR" in request.META:
        return False
    try:
        return ip_address(str(request.META.get("REMOTE_ADDR", ""))).is_loopback
    except ValueError:
        return False


def _figures(now: datetime) -> Iterator[Figure]:
    yield "up", "", "The pages answer.", 1
    held = office().settings
    for folder in (held.files, held.out):
        disk = shutil.disk_usage(folder)
        yield "disk_free_bytes", f'{{folder="{folder.name}"}}', "Bytes left on the disk of a folder.", disk.free
    jobs = dict(Job.objects.order_by().values_list("state").annotate(Count("id")))
    for state in Job.State.values:
        yield "jobs", f'{{state="{state}"}}', "Jobs by state.", jobs.get(state, 0)
    oldest = Job.objects.filter(state=Job.State.WAITING).aggregate(first=Min("added_at"))["first"]
    yield "jobs_oldest_waiting_seconds", "", "Since when the oldest job waits.", _since(oldest, now)
    unsealed = History.objects.filter(event__isnull=True).count()
    yield "journal_unsealed_rows", "", "Rows of history that no event bears out yet.", unsealed
    last = JournalEvent.objects.order_by("-seq").values_list("seq", flat=True).first()
    yield "journal_events", "", "Events of the journal.", last or 0
    check = JournalCheck.objects.order_by("-id").first()
    verified = _age(check.at if check else None, now)
    yield "journal_verified_age_seconds", "", "Since when it was verified last; -1 never.", verified
    yield "journal_holds", "", "Whether it held then; -1 never verified.", -1 if check is None else not check.found
    for act in (BackupAct.Act.MADE, BackupAct.Act.VERIFIED):
        done = BackupAct.objects.filter(act=act).order_by("-id").first()
        age = _age(done.at if done else None, now)
        yield "backup_age_seconds", f'{{act="{act.value}"}}', "Since the last one; -1 never.", age
        sound = -1 if done is None else not done.found
        yield "backup_sound", f'{{act="{act.value}"}}', "Whether nothing was found against it; -1 never.", sound
    yield "sign_in_locked_names", "", "Names locked after failed attempts.", locked_count(now)
    units = list(Unit.objects.values_list("pk", flat=True))
    open_ones = [one for one in breach_list(units=units, now=now) if one.closed is None]
    yield "incidents_open", "", "Incidents not closed.", len(open_ones)
    waiting = [clock for one in open_ones for clock in one.waiting]
    yield "incident_notices_late", "", "Notices not given and late.", sum(clock.is_late for clock in waiting)
    soon = sum(not clock.is_late and clock.due - now < timedelta(hours=12) for clock in waiting)
    yield "incident_notices_soon", "", "Notices due within twelve hours.", soon
    requests = request_list(units=units, working=office().edition.working_days, today=timezone.localdate(now))
    under_way = [one for one in requests if one.end is None]
    yield "subject_requests_open", "", "Requests about personal data under way.", len(under_way)
    yield "subject_requests_late", "", "Those that are late.", sum(one.is_late for one in under_way)


def _since(at: datetime | None, now: datetime) -> float:
    return (now - at).total_seconds() if at else 0


def _age(at: datetime | None, now: datetime) -> float:
    return (now - at).total_seconds() if at else -1
