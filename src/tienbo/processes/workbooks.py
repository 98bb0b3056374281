"""Handing out the blank workbooks of a period: who is due, on which form, with last period's figures beside."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content
from tienbo.collection.queries import collectors, contents_latest
from tienbo.collection.services import campaign_open, edition_of_campaign
from tienbo.core.periods import Period
from tienbo.core.words import fold
from tienbo.papers.workbook import UnitHeader, workbook_write
from tienbo.release.frozen import due_of
from tienbo.units.frames import lives, roots_on, tree_on, unit_codes, unit_keys, unit_names
from tienbo.units.models import GSO, Unit


class Due(NamedTuple):
    """A unit that hands in a return: how its workbook names it, on which form, and who collects it."""

    header: UnitHeader
    form: str
    number: int
    root: int


def headers(*, edition: Edition, home: Unit, period: Period, closing: bool = False) -> dict[str, Due]:
    """Key → what each unit hands in to `home`, or handed in to those that went wholly into it since: the units of the
    period's last day; with `closing` also those that ended within it, as they stood on their own last day."""
    span, last = edition.calendar.span(period), edition.calendar.last_day(period)
    roots = [one.pk for one in collectors(home=home, period=period, last=last)]
    ends = {life.last_day for life in lives().values() if closing and life.last_day is not None}
    keys, found = unit_keys(), dict[str, Due]()
    for day in (last, *sorted((one for one in ends if span.start <= one < last), reverse=True)):
        tree, names, codes = tree_on(day), unit_names(day), unit_codes(day, GSO)
        for root in dict.fromkeys((*roots, *roots_on(home.pk, day))):
            for number in due_of(edition, tree, root, period) if root in tree else ():
                form, parent = edition.form_for(tree.kinds[number], period), tree.parents.get(number)
                above = names.get(parent, "") if parent is not None else ""
                if form is not None and (day == last or lives()[number].last_day == day):
                    header = UnitHeader(keys[number], names[number], above, codes.get(number, ""))
                    found.setdefault(keys[number], Due(header, form.code, number, root))
    return found


def workbooks_blank(
    *,
    home: Unit,
    edition: Edition,
    period: Period,
    folder: Path,
    seal: bytes,
    units: Sequence[Unit] | None = None,
    contents: Mapping[str, Content] | None = None,
    illustrative: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Path]:
    """Write one workbook for each unit that is due on the period's last day, or for `units` if some are named, also one
    that ended within the period: key → file.

    Opens the period's campaign at whoever collects it. `contents` fills some of them in (demonstrations, corrected
    workbooks).
    """
    due = headers(edition=edition, home=home, period=period, closing=units is not None)
    if units is not None:
        wanted = {unit.key for unit in units}
        due = {key: one for key, one in due.items() if key in wanted}
    collecting = Unit.objects.in_bulk({one.root for one in due.values()})
    campaigns = {pk: campaign_open(root=root, period=period, edition=edition) for pk, root in collecting.items()}
    editions = {pk: edition_of_campaign(one) for pk, one in campaigns.items()}
    before: dict[int, Content] = {}
    for pk, collector in collecting.items():
        numbers = [one.number for one in due.values() if one.root == pk]
        before |= contents_latest(root=collector, period=period.previous(), units=numbers)
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, Path] = {}
    for done, (key, (header, form, number, root)) in enumerate(due.items(), start=1):
        path = folder / file_name(header, period)
        part = path.with_suffix(".part")
        workbook_write(
            part,
            edition=editions[root],
            form=form,
            period=period,
            unit=header,
            seal=seal,
            before=before.get(number),
            content=contents.get(key) if contents else None,
            illustrative=illustrative,
        )
        os.replace(part, path)
        written[key] = path
        if progress:
            progress(done, len(due))
    return written


def file_name(header: UnitHeader, period: Period) -> str:
    """A name people recognise in a folder: "2026-H1 xa-quynh-luu 17179.xlsx"; the key's end tells namesakes apart."""
    words = re.sub(r"[^a-z0-9]+", "-", fold(header.name)).strip("-")
    return f"{period.code}_{words}_{header.code or header.key[-6:].lower()}.xlsx"
