"""Records counted anew by the definitions that hold now: what a register began to count after they were written.

A record keeps what it says, its version and its history; only what it counts for follows from the definition. Counting
what counts right already changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from tienbo.catalogue.loading import Edition
from tienbo.registers.models import Record, RecordMeasure
from tienbo.registers.services import counts_of

AT_ONCE = 500
"""Records of one transaction."""


@dataclass(slots=True)
class Recounted:
    """Records looked at, and those of them that count otherwise now."""

    looked: int = 0
    changed: int = 0


def records_recount(
    *, edition: Edition, registers: Sequence[str] = (), progress: Callable[[int, int], None] | None = None
) -> Recounted:
    """Count the records of some registers (all, where none is named) by the definitions of an edition."""
    made, last = Recounted(), 0
    codes = [code for code in registers or edition.registers if code in edition.registers]
    rows = Record.objects.filter(kind__in=codes).order_by("pk")
    total = rows.count()
    while True:
        with transaction.atomic():
            held = list(rows.select_for_update(of=("self",)).filter(pk__gt=last)[:AT_ONCE])
            made.changed += _recount(edition, held)
        if not held:
            return made
        made.looked, last = made.looked + len(held), held[-1].pk
        if progress is not None:
            progress(made.looked, total)


Counted = set[tuple[str, str, str, Decimal | None]]


def _recount(edition: Edition, records: Sequence[Record]) -> int:
    """Write what some records count for, where that is otherwise than it stands. Returns of how many."""
    stands: dict[int, Counted] = {record.pk: set() for record in records}
    for row in RecordMeasure.objects.filter(record__in=[record.pk for record in records]):
        stands[row.record_id].add((row.series, row.period_code, row.until_code, row.value))
    other, made = [], list[RecordMeasure]()
    for record in records:
        wanted = counts_of(edition.registers[record.kind], record, edition.calendar)
        if {(one.series, one.period_code, one.until_code, one.value) for one in wanted} != stands[record.pk]:
            other.append(record.pk)
            made += wanted
    RecordMeasure.objects.filter(record__in=other).delete()
    RecordMeasure.objects.bulk_create(made)
    return len(other)
