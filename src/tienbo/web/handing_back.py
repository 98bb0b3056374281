"""A file that was sent, handed back to be corrected: what was wrong stands in its cells and on its first sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from tienbo.catalogue.fingerprint import from_canonical, installed
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content
from tienbo.collection.comments import threads_of
from tienbo.collection.editions import kept_editions
from tienbo.collection.models import Revision
from tienbo.collection.queries import contents_latest
from tienbo.core.faults import Fault, Level, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.papers.context import period_name
from tienbo.papers.workbook import Reading, workbook_read, workbook_write
from tienbo.papers.workbook.returning import Remark, workbook_hand_back
from tienbo.papers.workbook.safety import Unsafe
from tienbo.processes.workbooks import headers
from tienbo.units.frames import unit_ids, unit_names
from tienbo.web.office import office

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CORRECTED_ELSEWHERE = frozenset(
    {
        "intake.not_yours",
        "intake.unknown_unit",
        "intake.unit_not_due",
        "intake.too_large",
        "intake.not_a_file",
        "intake.changed_meanwhile",
        "workbook.empty",
        "workbook.not_a_workbook",
        "workbook.protected",
        "workbook.macros",
        "workbook.external_links",
        "workbook.zip_bomb",
        "workbook.too_large",
        "workbook.too_many_rows",
        "workbook.unreadable",
        "workbook.not_ours",
        "workbook.older_layout",
        "workbook.seal_broken",
        "workbook.unknown_edition",
    }
)
"""Faults of a whole file: nothing in its cells would help."""


def can_go_back(file: Mapping[str, Any]) -> bool:
    """Whether handing this file of a job back would help whoever sent it."""
    if not file["sha256"] or not (file["faults"] or file["warnings"]):
        return False
    return not any(fault["code"] in _CORRECTED_ELSEWHERE for fault in file["faults"])


def handed_back_file(file: Mapping[str, Any], period: Period) -> tuple[str, bytes]:
    """(name, bytes) of a file of a job with its faults in it; Refused where this cannot be done."""
    if not can_go_back(file):
        raise Refused(Fault("workbook.cannot_hand_back", file["name"]))
    told = [Remark(one["place"], one["sentence"], Level(one["level"])) for one in file["faults"]]
    return _handed_back(file["sha256"], file["name"], period, told)


def handed_back_return(revision: Revision, period: Period) -> tuple[str, bytes]:
    """The same for the file of a revision that was taken in: its warnings, and the comments on it that are open."""
    assert revision.upload is not None  # noqa: S101 - the caller asked
    told = [Remark(one["place"], one["sentence"], Level(one["level"])) for one in revision.warnings]
    told += _comments(revision)
    return _handed_back(revision.upload.sha256, revision.upload.name, period, told)


def _comments(revision: Revision) -> list[Remark]:
    """Open threads, each at the cell where its figure stands in this revision."""
    figures = Content.from_json(revision.content).figures
    return [
        Remark(
            figures[one.place].cell if one.place in figures else one.cell or one.label or _("The whole return"),
            "\n".join(f"{word.by}: {word.text}" for word in one.words if word.text),
            Level.NOTE,
        )
        for one in threads_of(revision.of)
        if one.is_open
    ]


def _handed_back(sha256: str, name: str, period: Period, told: Sequence[Remark]) -> tuple[str, bytes]:
    data = office().stores.files.get(sha256)
    reading = _read(data, name, period)
    remarks = _remarks(reading, told)
    heading = _heading(reading.content, name)
    try:
        made = workbook_hand_back(data, remarks, heading=heading)
    except Unsafe as unsafe:
        fresh = _fresh(reading, period)
        if fresh is None:
            raise Refused(unsafe.fault(name)) from unsafe
        stays = _read(fresh, name, period).content
        if not _same_cells(reading.content, stays):
            remarks = [replace(one, place=one.place.replace("!", ", ")) for one in remarks]
        made = workbook_hand_back(fresh, remarks, heading=heading)
    stem = name.rpartition(".")[0] or name
    return _("{name} (to correct)").format(name=stem) + ".xlsx", made


def _read(data: bytes, name: str, period: Period) -> Reading:
    held = office()
    return workbook_read(data, name=name, editions=_edition, seal=held.settings.seal, period=period)


def _edition(mark: str) -> Edition | None:
    found = installed(mark)
    if found is not None:
        return found
    kept = kept_editions().get(mark)
    return from_canonical(kept) if kept is not None else None


def _remarks(reading: Reading, told: Sequence[Remark]) -> list[Remark]:
    """Every fault of the file as it reads now, in the language being spoken, and what only the site could tell when
    it came. Errors first, then down the form."""
    read = [Remark(fault.place, fault.sentence(), fault.level) for fault in reading.faults]
    places = {(one.place, one.level) for one in read}
    more = [one for one in told if (one.place, one.level) not in places]
    order = list(Level)
    return sorted([*read, *more], key=lambda one: order.index(one.level))


def _heading(content: Content | None, name: str) -> str:
    if content is None:
        return name
    day = office().edition.calendar.last_day(content.period)
    unit = unit_names(day).get(unit_ids().get(content.unit, 0), "")
    return f"{unit} – {period_name(content.period)}" if unit else name


def _fresh(reading: Reading, period: Period) -> bytes | None:
    """A new form of the unit with what could be read: for files that nothing can be written into (xls, ods)."""
    content, held = reading.content, office()
    edition = _edition(content.edition) if content is not None else None
    if content is None or edition is None or content.period != period:
        return None
    found = headers(edition=edition, home=held.home, period=period, closing=True).get(content.unit)
    if found is None or found.form != content.form:
        return None
    header, form, number, _root = found
    before = contents_latest(root=held.home, period=period.previous(), units=[number]).get(number)
    out = BytesIO()
    workbook_write(
        out,
        edition=edition,
        form=form,
        period=period,
        unit=header,
        seal=held.settings.seal,
        before=before,
        content=content,
        illustrative=held.settings.illustrative,
    )
    return out.getvalue()


def _same_cells(one: Content | None, other: Content | None) -> bool:
    """Whether what is in both stands in the same cells, so that a place in the one is that place in the other."""
    if one is None or other is None:
        return False
    return all(
        figure.cell == other.figures[address].cell
        for address, figure in one.figures.items()
        if address in other.figures
    )


def workbook_download(name: str, data: bytes) -> HttpResponse:
    """A workbook as a file to keep, that no cache on the way does."""
    answer = HttpResponse(data, content_type=XLSX)
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    return answer
