"""Invariants over a site's live data, each a small check that names every row that breaks it.

The database keeps most laws by itself; these are the ones that span tables, files and segments.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import chain

from django.core.checks import run_checks
from django.db import DatabaseError, connection
from django.db.models import F, Q

from tienbo.catalogue.returns import Content
from tienbo.collection.editions import edition_of
from tienbo.collection.manifest import Stores, fact_set, facts_agree, segments_damaged, series_of
from tienbo.collection.models import (
    Decision,
    FactSegment,
    KeptEdition,
    Return,
    Revision,
    SegmentRevision,
    Upload,
)
from tienbo.core.faults import Fault, Level, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.core.words import day_words
from tienbo.engine.facts import counted_twice, revisions_in
from tienbo.papers.context import period_name
from tienbo.protection.purging import purged_files, purged_rows
from tienbo.registers.models import Evidence
from tienbo.release.models import Release
from tienbo.units.frames import tree_on
from tienbo.units.invariants import units_check
from tienbo.units.models import Placement, ReorganisationSheet
from tienbo.units.services import unit_label

worded(
    {
        "audit.system": N_("{message}"),
        "audit.database": N_("The database says of itself: {message}"),
        "audit.edition": N_("The kept definitions {edition} do not have the fingerprint they were kept under."),
        "audit.upload_missing": N_("The bytes of the file {name} are missing or damaged."),
        "audit.sheet_missing": N_("The bytes of the sheet {name} are missing or damaged."),
        "audit.revision_hash": N_("Revision {revision}: its content does not have the hash it was given."),
        "audit.revision_unreadable": N_("Revision {revision}: its content cannot be read."),
        "audit.no_receipt": N_("Revision {revision} was sent and has no receipt."),
        "audit.decision_hash": N_("A decision names another content than revision {revision} has."),
        "audit.pointer": N_("The return {of} points to a revision its decisions do not support."),
        "audit.numbering": N_("The revisions of the return {of} are not numbered one after the other."),
        "audit.no_facts": N_("Revision {revision} has no facts yet."),
        "audit.segment": N_("The fact segment {name} is missing or damaged."),
        "audit.segment_rows": N_("The fact segment {name} does not hold what the manifest says it holds."),
        "audit.facts_differ": N_("The facts are not what the revisions say. Derive them again: tienbo facts rebuild"),
        "audit.counts_twice": N_(
            "{unit} has more than one figure of “{element}” that counts for {period} ({series} series in all), "
            "received by {offices}. Sums take them all. Keep one return and ask for a supplement of the others."
        ),
        "audit.sent_twice": N_(
            "{unit} sent more than one figure of “{element}” for {period} ({series} series in all), to {offices}. "
            "Figures asked for as they were sent take them all."
        ),
        "audit.release": N_("The release {key} does not have the hash it was given."),
        "audit.tree": N_("The map of {day} is not a tree: {reason}"),
    }
)

Check = Callable[[Stores], Iterator[Fault]]


def system(_stores: Stores) -> Iterator[Fault]:
    """What Django and the ground check: constraints in place, classes on fields, migrations."""
    for message in run_checks(include_deployment_checks=False, databases=["default"]):
        yield Fault("audit.system", message.id or "", {"message": message.msg})


def database(_stores: Stores) -> Iterator[Fault]:
    """The database's own word on its pages and references."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            told = cursor.execute("PRAGMA quick_check").fetchall()
        yield from (Fault("audit.database", "", {"message": row[0]}) for row in told if row[0] != "ok")
    try:
        connection.check_constraints()
    except DatabaseError as broken:
        yield Fault("audit.database", "", {"message": broken})


def editions(_stores: Stores) -> Iterator[Fault]:
    """Definitions are kept as they were."""
    for mark, text in KeptEdition.objects.values_list("fingerprint", "definitions").iterator():
        if hashlib.sha256(text.encode()).hexdigest() != mark:
            yield Fault("audit.edition", mark[:12], {"edition": mark[:12]})


def uploads(stores: Stores) -> Iterator[Fault]:
    """Every file received is there, byte for byte."""
    evidence = Evidence.objects.values_list("sha256", "name", "pictures").iterator()
    drawn = ((mark, name) for sha256, name, pictures in evidence for mark in (sha256, *pictures))
    purged = purged_files()
    for sha256, name in chain(Upload.objects.values_list("sha256", "name").iterator(), drawn):
        path = stores.files.path(sha256)
        if sha256 in purged:
            continue
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            yield Fault("audit.upload_missing", sha256[:12], {"name": name})


def revisions(_stores: Stores) -> Iterator[Fault]:
    """A revision has the hash it was given, is readable, has facts, and a receipt when it was sent."""
    purged = purged_rows("collection_revision")
    for row in Revision.objects.only("content", "sha256").iterator(chunk_size=500):
        if row.pk not in purged and hashlib.sha256(row.content.encode()).hexdigest() != row.sha256:
            yield Fault("audit.revision_hash", "", {"revision": row.pk})
        try:
            Content.from_json(row.content)
        except (ValueError, LookupError, TypeError, ArithmeticError):
            yield Fault("audit.revision_unreadable", "", {"revision": row.pk})
    for number in Revision.objects.filter(held=None).values_list("pk", flat=True):
        yield Fault("audit.no_facts", "", {"revision": number})
    for number in Revision.objects.filter(made=Revision.Made.SENT, receipt=None).values_list("pk", flat=True):
        yield Fault("audit.no_receipt", "", {"revision": number})


def decisions(_stores: Stores) -> Iterator[Fault]:
    """A decision names the content that was decided on."""
    for row in Decision.objects.exclude(revision_sha256=F("revision__sha256")):
        yield Fault("audit.decision_hash", "", {"revision": row.revision_id})


def sheets(stores: Stores) -> Iterator[Fault]:
    """The sheets by which acts were recorded are there, byte for byte."""
    for row in ReorganisationSheet.objects.order_by("id").iterator():
        try:
            stores.files.get(row.sha256)
        except Refused:
            yield Fault("audit.sheet_missing", "", {"name": row.name})


def pointers(_stores: Stores) -> Iterator[Fault]:
    """What a return points to is the last revision, and the last one whose last decision accepted it."""
    acts: dict[int, str] = {}
    for revision, act in Decision.objects.order_by("id").values_list("revision_id", "act").iterator():
        acts[revision] = act
    said: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for of, number, pk in Revision.objects.order_by("of_id", "number").values_list("of_id", "number", "pk").iterator():
        said[of].append((number, pk))
    for of, latest, accepted in Return.objects.order_by("id").values_list("id", "latest_id", "accepted_id").iterator():
        numbers, made = [number for number, _ in said[of]], [pk for _, pk in said[of]]
        standing = [pk for pk in made if acts.get(pk) == Decision.Act.ACCEPT]
        if (latest, accepted) != (made[-1] if made else None, standing[-1] if standing else None):
            yield Fault("audit.pointer", "", {"of": of})
        if numbers != list(range(1, len(numbers) + 1)):
            yield Fault("audit.numbering", "", {"of": of})


def segments(stores: Stores) -> Iterator[Fault]:
    """Every live segment is there byte for byte, with the revisions the manifest puts in it and no others; and all of
    them together are what the revisions say."""
    damaged = set(segments_damaged(stores.facts))
    yield from (Fault("audit.segment", "", {"name": name}) for name in sorted(damaged))
    listed: dict[str, set[int]] = defaultdict(set)
    for name, revision in SegmentRevision.objects.values_list("segment__name", "revision_id").iterator():
        listed[name].add(revision)
    wrong = False
    for name, rows in FactSegment.objects.filter(retired_at=None).values_list("name", "rows"):
        if name in damaged:
            continue
        held = revisions_in(stores.facts.path(name))
        if not held.keys() <= listed[name] or sum(held.values()) != rows:
            wrong = True
            yield Fault("audit.segment_rows", "", {"name": name})
    if not damaged and not wrong and not facts_agree(store=stores.facts):
        yield Fault("audit.facts_differ")
    if not damaged:
        yield from _one_figure(stores)


def _one_figure(stores: Stores) -> Iterator[Fault]:
    """A unit has one figure of a series and half-year: sums rest on it. Returns in two campaigns would give two.

    Of what was only sent it is a warning: the one that is asked to be supplemented stays its unit's last word there.
    """
    counted = counted_twice(fact_set(stores.facts, "accepted"))
    sent = [one for one in counted_twice(fact_set(stores.facts, "submitted")) if one not in counted]
    for code, level, found in (
        ("audit.counts_twice", Level.ERROR, counted),
        ("audit.sent_twice", Level.WARNING, sent),
    ):
        series = series_of(one.measure for one in found)
        said = Revision.objects.select_related("of__campaign__edition", "of__campaign__root", "of__unit")
        rows = said.in_bulk({pk for one in found for pk in one.revisions})
        for one in found:
            told = [rows[pk].of for pk in one.revisions]
            edition = edition_of(told[0].campaign.edition.fingerprint)
            period = Period.from_index(one.period)
            day = edition.calendar.last_day(period)
            unit = unit_label(told[0].unit, day)
            fields = {
                "unit": unit,
                "period": period_name(period),
                "element": edition.elements[series[one.measure].partition("[")[0]].name,
                "series": one.series,
                "offices": ", ".join(dict.fromkeys(unit_label(of.campaign.root, day) for of in told)),
            }
            yield Fault(code, f"{unit}, {period}", fields, level)


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
            yield Fault("audit.tree", f"{day}", {"day": day_words(day), "reason": wrong})


def units(_stores: Stores) -> Iterator[Fault]:
    """What must be true of the units on every day."""
    yield from units_check()


CHECKS: tuple[Check, ...] = (
    system,
    database,
    editions,
    uploads,
    sheets,
    revisions,
    decisions,
    pointers,
    segments,
    releases,
    trees,
    units,
)


def audit(*, stores: Stores) -> Iterator[Fault]:
    """Everything every check finds."""
    for check in CHECKS:
        yield from check(stores)
