"""Invariants over a site's live data, each a small check that names every row that breaks it.

The database keeps most laws by itself; these are the ones that span tables, files and segments.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from django.core.checks import run_checks
from django.db.models import F, Q

from tienbo.catalogue.returns import Content
from tienbo.collection.manifest import Stores
from tienbo.collection.models import Decision, FactSegment, Return, Revision, Upload
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.release.models import Release
from tienbo.units.frames import tree_on
from tienbo.units.models import Placement

worded(
    {
        "audit.system": N_("{message}"),
        "audit.upload_missing": N_("The bytes of the file {name} are missing or damaged."),
        "audit.revision_hash": N_("Revision {revision}: its content does not have the hash it was given."),
        "audit.decision_hash": N_("A decision names another content than revision {revision} has."),
        "audit.pointer": N_("The return {of} points to a revision its decisions do not support."),
        "audit.no_facts": N_("Revision {revision} has no facts yet."),
        "audit.segment": N_("The fact segment {name} is missing or damaged."),
        "audit.release": N_("The release {key} does not have the hash it was given."),
        "audit.tree": N_("The map of {day} is not a tree: {reason}"),
    }
)

Check = Callable[[Stores], Iterator[Fault]]


def system(_stores: Stores) -> Iterator[Fault]:
    """What Django and the ground check: constraints in place, classes on fields, migrations."""
    for message in run_checks(include_deployment_checks=False, databases=["default"]):
        yield Fault("audit.system", message.id or "", {"message": message.msg})


def uploads(stores: Stores) -> Iterator[Fault]:
    """Every file received is there, byte for byte."""
    for sha256, name in Upload.objects.values_list("sha256", "name").iterator():
        path = stores.files.path(sha256)
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            yield Fault("audit.upload_missing", sha256[:12], {"name": name})


def revisions(_stores: Stores) -> Iterator[Fault]:
    """A revision has the hash it was given, is readable, and has facts."""
    for row in Revision.objects.only("content", "sha256").iterator():
        if hashlib.sha256(row.content.encode()).hexdigest() != row.sha256:
            yield Fault("audit.revision_hash", "", {"revision": row.pk})
        else:
            Content.from_json(row.content)
    for number in Revision.objects.filter(held=None).values_list("pk", flat=True):
        yield Fault("audit.no_facts", "", {"revision": number})


def decisions(_stores: Stores) -> Iterator[Fault]:
    """A decision names the content that was decided on."""
    for row in Decision.objects.exclude(revision_sha256=F("revision__sha256")):
        yield Fault("audit.decision_hash", "", {"revision": row.revision_id})


def pointers(_stores: Stores) -> Iterator[Fault]:
    """What a return points to is the last revision, and one whose last decision accepted it."""
    for row in Return.objects.prefetch_related("revisions__decisions"):
        by_number = sorted(row.revisions.all(), key=lambda one: one.number)
        standing = [one.pk for one in by_number if _last_act(one) == Decision.Act.ACCEPT]
        latest = by_number[-1].pk if by_number else None
        if row.latest_id != latest or row.accepted_id != (standing[-1] if standing else None):
            yield Fault("audit.pointer", "", {"of": row.pk})


def _last_act(revision: Revision) -> str:
    acts = sorted(revision.decisions.all(), key=lambda one: one.pk)
    return acts[-1].act if acts else ""


def segments(stores: Stores) -> Iterator[Fault]:
    """Every live segment is there, byte for byte."""
    for name, sha256 in FactSegment.objects.filter(retired_at=None).values_list("name", "sha256"):
        path = stores.facts.path(name)
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            yield Fault("audit.segment", "", {"name": name})


def releases(_stores: Stores) -> Iterator[Fault]:
    """A release still is what it was."""
    for row in Release.objects.select_related("edition").iterator():
        text = row.values_json + row.context_json + row.edition.fingerprint
        if hashlib.sha256(text.encode()).hexdigest() != row.fingerprint:
            yield Fault("audit.release", row.key, {"key": row.key})


def trees(_stores: Stores) -> Iterator[Fault]:
    """On every day the map changes it is a tree whose parents are alive."""
    ends = Placement.objects.filter(~Q(valid_to=None)).values_list("valid_to", flat=True)
    days = {*Placement.objects.values_list("valid_from", flat=True), *(day for day in ends if day is not None)}
    for day in sorted(days):
        try:
            tree_on(day)
        except ValueError as wrong:
            yield Fault("audit.tree", f"{day}", {"day": f"{day:%d/%m/%Y}", "reason": wrong})


CHECKS: tuple[Check, ...] = (system, uploads, revisions, decisions, pointers, segments, releases, trees)


def audit(*, stores: Stores) -> Iterator[Fault]:
    """Everything every check finds."""
    for check in CHECKS:
        yield from check(stores)
