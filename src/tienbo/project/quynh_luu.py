"""A site with one district's half-year of 2014 as it was published: the whole road of a number on real figures.

The figures come from a file of the pack with their source; the site writes them into the district's workbook,
receives that workbook like any other, and reports from it.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from tienbo.catalogue.loading import PACKS
from tienbo.core.faults import Refused
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.project.desk import Desk, django_start, tables_make
from tienbo.project.saying import Say
from tienbo.project.site import site_create

PUBLISHED = PACKS / "vn" / "published" / "quynh-luu-2014.yaml"


def published(path: Path = PUBLISHED) -> dict[str, Any]:
    """The published figures, as the file has them."""
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def quynh_luu(path: Path, say: Say) -> list[Path]:
    """Make the site in `path` and everything on it; returns what was written for people to look at."""
    made = published()
    period = Period.parse(made["period"])
    site = site_create(path=path, name="Ban Vì sự tiến bộ của phụ nữ huyện Quỳnh Lưu (2014)", sign_in="simple")
    django_start(path)
    tables_make()

    from tienbo.processes.workbooks import workbooks_blank
    from tienbo.units.lists import act_list, unit_list
    from tienbo.units.loading import units_load
    from tienbo.units.queries import unit_on

    listed = PACKS / "vn" / "units" / "quynh-luu-2014.yaml"
    units_load(unit_list(listed), act_list(listed))
    desk = Desk(site)
    day = desk.edition.calendar.last_day(period)
    unit = unit_on(scheme=made["unit"]["scheme"], code=made["unit"]["code"], on=day)
    if unit is None:
        raise LookupError(f"{made['unit']} is not a unit on {day}")
    replace(site, home_unit=unit.key, place="Quỳnh Lưu", signing="ban").save()
    desk = Desk.open(path)

    content = _content(desk, unit.key, unit.kind, period, made)
    write = partial(workbooks_blank, home=desk.home, edition=desk.edition, period=period, seal=desk.seal)
    blank = write(folder=path / "out" / "blank")
    filled = write(folder=path / "received", contents={unit.key: content})
    _receive(desk, list(filled.values()))
    papers = [path / "out" / f"bao-cao-quynh-luu-2014-H1{suffix}" for suffix in (".docx", ".pdf")]
    _report(desk, period, papers)
    written = [*papers, *blank.values(), *filled.values()]
    say.line(_("Quỳnh Lưu, first half of 2014 (published figures): {path}").format(path=path))
    for one in written:
        say.line(f"  {one}")
    return written


def _content(desk: Desk, unit: str, kind: str, period: Period, made: dict[str, Any]) -> Any:
    from tienbo.catalogue.fingerprint import fingerprint
    from tienbo.catalogue.returns import Content, Figure

    form = desk.edition.form_for(kind, period)
    if form is None:
        raise LookupError(f"no form for a {kind} in {period}")
    return Content(
        form=form.code,
        edition=fingerprint(desk.edition),
        unit=unit,
        period=period,
        figures={
            address: Figure(Decimal(one["value"]), one.get("qualifier", "exact"))
            for address, one in made["figures"].items()
        },
        texts={key: text.strip() for key, text in made["texts"].items()},
    )


def _receive(desk: Desk, paths: list[Path]) -> None:
    from tienbo.collection.intake import files_receive

    results = files_receive(
        paths=paths,
        root=desk.home,
        edition=desk.edition,
        stores=desk.stores,
        seal=desk.seal,
        actor=desk.actor,
        accept=True,
    )
    refused = [fault for one in results if one.state == "refused" for fault in one.faults]
    if refused:
        raise Refused(*refused)


def _report(desk: Desk, period: Period, papers: list[Path]) -> None:
    from tienbo.release.services import documents_write, release_make

    release = release_make(
        reader=desk.reader(),
        unit=desk.home,
        period=period,
        kind="six-month",
        office=desk.office(desk.home, period),
        actor=desk.actor,
    )
    documents_write(release=release, paths=papers)
