"""Handing out the blank workbooks of a period: who is due, on which form, with last period's figures beside."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content
from tienbo.collection.queries import contents_latest
from tienbo.collection.services import campaign_open, edition_of_campaign
from tienbo.core.periods import Period
from tienbo.core.words import fold
from tienbo.papers.workbook import UnitHeader, workbook_write
from tienbo.release.frozen import due_of
from tienbo.units.frames import tree_on, unit_codes, unit_keys, unit_names
from tienbo.units.models import GSO, Unit


def headers(*, edition: Edition, home: Unit, period: Period) -> dict[str, tuple[UnitHeader, str, int]]:
    """Key → (how the workbook names the unit, its form, its number) of every unit that is due."""
    day = edition.calendar.last_day(period)
    tree, names, codes, keys = tree_on(day), unit_names(day), unit_codes(day, GSO), unit_keys()
    found = {}
    for number in due_of(edition, tree, home.pk, period):
        form = edition.form_for(tree.kinds[number], period)
        parent = tree.parents.get(number)
        if form is not None:
            parent_name = names.get(parent, "") if parent is not None else ""
            header = UnitHeader(keys[number], names[number], parent_name, codes.get(number, ""))
            found[keys[number]] = (header, form.code, number)
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
    """Write one workbook for each unit that is due (of `units`, if named): key → file.

    Opens the period's campaign. `contents` fills some of them in (demonstrations, corrected workbooks).
    """
    campaign = campaign_open(root=home, period=period, edition=edition)
    edition = edition_of_campaign(campaign)
    due = headers(edition=edition, home=home, period=period)
    if units is not None:
        wanted = {unit.key for unit in units}
        due = {key: one for key, one in due.items() if key in wanted}
    numbers = [number for _header, _form, number in due.values()]
    before = contents_latest(root=home, period=period.previous(), units=numbers)
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, Path] = {}
    for done, (key, (header, form, number)) in enumerate(due.items(), start=1):
        path = folder / file_name(header, period)
        part = path.with_suffix(".part")
        workbook_write(
            part,
            edition=edition,
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
