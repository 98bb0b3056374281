"""Reads of returns for doors and papers."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import date

from django.db.models import Case, F, QuerySet, When

from tienbo.catalogue.returns import Content
from tienbo.collection.models import Campaign, Return, Revision
from tienbo.core.periods import Period
from tienbo.ground.once import once
from tienbo.units.frames import roots_on
from tienbo.units.heirs import heir
from tienbo.units.models import Unit


@once
def collectors(*, home: Unit, period: Period, last: date) -> list[Unit]:
    """Whose returns an office takes in for a period: those to its own unit where that stood on the period's `last` day,
    and to those that went wholly into it since, as they stood on that day or opened the period before they ended."""
    own = roots_on(home.pk, last)
    opened = Campaign.objects.filter(period_code=period.code).order_by("root_id").values_list("root_id", flat=True)
    found = dict.fromkeys((*own, *(one for one in opened if heir(one) == home.pk)))
    units = Unit.objects.in_bulk(found)
    return [units[one] for one in found]


def collects(*, home: Unit, root_id: int, last: date) -> bool:
    """Whether an office takes in what was opened by a unit (row id), for a period with this `last` day."""
    return root_id in roots_on(home.pk, last) or heir(root_id) == home.pk


def revisions_waiting(*, roots: Collection[Unit], period: Period, unit: Unit | None = None) -> list[Revision]:
    """Last words of units that nobody has accepted yet, oldest first; those asked to supplement are left out."""
    rows = Return.objects.filter(campaign__root__in=roots, campaign__period_code=period.code).exclude(latest=None)
    if unit is not None:
        rows = rows.filter(unit=unit)
    latest = [
        row.latest for row in rows.select_related("latest").order_by("latest_id") if row.latest_id != row.accepted_id
    ]
    asked = set(
        Revision.objects.filter(pk__in=[one.pk for one in latest if one], decisions__act="ask_supplement").values_list(
            "pk", flat=True
        )
    )
    return [one for one in latest if one is not None and one.pk not in asked]


def restatements_with(revisions: Sequence[Revision]) -> list[Revision]:
    """What came in the same files: official figures for the period before, the last word there and not accepted yet."""
    rows = Revision.objects.filter(
        made=Revision.Made.RESTATED,
        upload__in=[one.upload_id for one in revisions if one.upload_id is not None],
        pk=F("of__latest_id"),
    )
    return list(rows.exclude(pk=F("of__accepted_id")).exclude(decisions__act="ask_supplement").order_by("pk"))


def revision_latest(*, roots: Collection[Unit], period: Period, unit: Unit) -> Revision | None:
    """A unit's last word in a period."""
    row = Return.objects.filter(campaign__root__in=roots, campaign__period_code=period.code, unit=unit).first()
    return row.latest if row else None


def returns_of(*, root_id: int, period: Period, units: Iterable[int]) -> QuerySet[Return]:
    """Returns of units in a period, those this root collected first.

    A unit that goes on under its key after a reorganisation sent its earlier returns to whoever stood above it then.
    """
    elsewhere = Case(When(campaign__root_id=root_id, then=0), default=1)
    rows = Return.objects.filter(campaign__period_code=period.code, unit_id__in=units)
    return rows.annotate(elsewhere=elsewhere).order_by("elsewhere", "id")


def contents_latest(*, root: Unit, period: Period, units: Iterable[int]) -> dict[int, Content]:
    """Unit number → what each of these units said last in a period, accepted or not."""
    rows = returns_of(root_id=root.pk, period=period, units=units).exclude(latest=None).select_related("latest")
    found: dict[int, Content] = {}
    for row in rows:
        if row.latest is not None and row.unit_id not in found:
            found[row.unit_id] = Content.from_json(row.latest.content)
    return found


def estimates_in(revisions: Collection[int]) -> dict[int, int]:
    """Revision → how many of its figures are estimates, of those that have some: what is to be made official later.

    Only contents that hold the word are read: most hold none.
    """
    rows = Revision.objects.filter(pk__in=revisions, content__contains='"estimate"').values_list("pk", "content")
    found = {}
    for revision, content in rows:
        said = json.loads(content)
        figures = [
            *said["figures"].values(),
            *(one for rows in said["rows"].values() for row in rows for one in row[2].values()),
        ]
        if count := sum(figure[1] == "estimate" for figure in figures):
            found[revision] = count
    return found


def estimates_owed(*, root_id: int, period: Period, units: Collection[int]) -> dict[int, int]:
    """Unit → how many estimates of the half-year before its last word there still gives: official figures come with
    this half-year's return."""
    last: dict[int, int] = {}
    rows = returns_of(root_id=root_id, period=period.previous(), units=units).exclude(latest=None)
    for unit, latest in rows.values_list("unit_id", "latest_id"):
        last.setdefault(unit, latest)
    counts = estimates_in(last.values())
    return {unit: counts[revision] for unit, revision in last.items() if revision in counts}
