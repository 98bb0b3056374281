"""Writing a packet, part by part. A part is one form; saving it makes the next version of the whole packet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from tienbo.accounts.actors import actor_of
from tienbo.core.faults import Fault, Level, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import nfc
from tienbo.engine.values import Value
from tienbo.papers.guarded import FINEST, guardable, whole_year
from tienbo.papers.packet import (
    LANG_NAMES,
    LANGS,
    OwnFigure,
    PacketContent,
    Practice,
    SharedTerm,
    Spoken,
)
from tienbo.papers.packet_rows import COLUMNS, LONGEST, MOST_ROWS, Reading, csv_rows, row_of
from tienbo.papers.tables import measured_in
from tienbo.release.packet_models import Packet
from tienbo.release.packets import (
    content_of,
    packet_save,
    packet_version,
    practice_state,
    practice_title,
    practice_unit,
    practice_words,
    practices_of,
    released_of,
)
from tienbo.web.access import Asked, page
from tienbo.web.addresses import number_given
from tienbo.web.downloads import csv_bytes, download
from tienbo.web.office import office
from tienbo.web.packets import PARTS, composed, packet_asked

LONG = 20_000
"""Letters of one free text."""


class Field(NamedTuple):
    """A text asked for in the three languages."""

    code: str
    label: str
    spoken: Spoken
    rows: int
    """Lines of its field; 1 for a single line."""
    is_quiet: bool = False
    """Said to who does not see only: its place on the page tells the others."""

    @property
    def asked(self) -> list[tuple[str, str, str]]:
        """(language, its name, what stands there)."""
        return [(lang, _(LANG_NAMES[lang]), getattr(self.spoken, lang)) for lang in LANGS]


class Cell(NamedTuple):
    """A cell of a row of the partner's figures: its answers where there are some, else a text."""

    column: str
    label: str
    text: str
    answers: Sequence[tuple[str, str, bool]]
    faults: Sequence[Fault]


Form = Callable[[Asked, Packet, PacketContent], dict[str, Any]]
Changes = dict[str, Any]
Reader = Callable[[Asked, Packet, PacketContent], Changes]


def _spoken(request: Asked, code: str, *, long: bool = False) -> Spoken:
    """What was typed under a code in each language. Lao keeps its places where a line may break."""
    told = {}
    for lang in LANGS:
        text = nfc(request.POST.get(f"{code}_{lang}", "")[:LONG]).replace("\r\n", "\n").strip()
        told[lang] = text if long else " ".join(text.split())
    return Spoken(**told)


# -------------------------------------------------------------------------------------------------- words


def _words_form(_request: Asked, _packet: Packet, content: PacketContent) -> dict[str, Any]:
    return {
        "fields": [
            Field("title", _("Title"), content.title, 1),
            Field("partner", _("Partner"), content.partner, 1),
            Field("own_name", _("Our own name"), content.own_name, 1),
            Field("opening", _("Opening words"), content.opening, 6),
        ],
        "langs": [(lang, _(words), lang in content.shared_in) for lang, words in LANG_NAMES.items()],
        "marks": content.marks,
    }


def _words_read(request: Asked, _packet: Packet, _content: PacketContent) -> Changes:
    return {
        "title": _spoken(request, "title"),
        "partner": _spoken(request, "partner"),
        "own_name": _spoken(request, "own_name"),
        "opening": _spoken(request, "opening", long=True),
        "shared_in": tuple(lang for lang in LANGS if f"shared_{lang}" in request.POST),
        "marks": "marks" in request.POST,
    }


# ---------------------------------------------------------------------------------------------- practices


def _practices_form(_request: Asked, packet: Packet, content: PacketContent) -> dict[str, Any]:
    edition = office().edition
    chosen = {one.record for one in content.practices}
    return {
        "practices": [
            (
                number,
                one,
                [Field(f"title{number}", _("Title"), one.title, 1), Field(f"text{number}", _("Text"), one.text, 7)],
            )
            for number, one in enumerate(content.practices)
        ],
        "offered": [
            (one, practice_title(edition, one), practice_unit(packet, one), practice_state(edition, one))
            for one in practices_of(packet)
            if one.key not in chosen
        ],
    }


def _practices_read(request: Asked, packet: Packet, content: PacketContent) -> Changes:
    edition = office().edition
    kept = [
        Practice(
            record=one.record,
            title=_spoken(request, f"title{number}"),
            text=_spoken(request, f"text{number}", long=True),
        )
        for number, one in enumerate(content.practices)
        if f"drop{number}" not in request.POST
    ]
    asked = set(request.POST.getlist("record"))
    for record in practices_of(packet):
        if record.key in asked:
            title = Spoken(vi=practice_title(edition, record))
            kept.append(Practice(record=record.key, title=title, text=practice_words(edition, record) or Spoken()))
    if "blank" in request.POST:
        kept.append(Practice(record="", title=Spoken(vi=_("A practice"))))
    return {"practices": tuple(kept)}


# ------------------------------------------------------------------------------------------------ figures


def _figures_form(_request: Asked, packet: Packet, content: PacketContent) -> dict[str, Any]:
    released, edition = released_of(packet.release), office().edition
    chosen = {one.indicator: one.note for one in content.figures}
    rows = []
    for value in released.shareable():
        indicator = released.edition.indicators[value.indicator]
        group = edition.groups.get(indicator.group or "")
        label = _("Remark: {indicator}").format(indicator=indicator.name)
        said = chosen.get(value.indicator, Spoken())
        note = Field(value.indicator, label, said, 2, is_quiet=True)
        unit = measured_in(released.edition, indicator)
        rows.append((value, indicator, unit, str(group.name) if group else "", value.indicator in chosen, note))
    return {"figures": rows, "withheld": sum(not released.is_open(one) for one in _known(packet))}


def _known(packet: Packet) -> list[Value]:
    """The unit's own values of the release that are known, open to guests or not."""
    released = released_of(packet.release)
    found = (released.value(code) for code in released.edition.indicators)
    return [one for one in found if one.value is not None]


def _figures_read(request: Asked, _packet: Packet, _content: PacketContent) -> Changes:
    return {"figures": _figures_asked(request)}


def _figures_asked(request: Asked) -> tuple[OwnFigure, ...]:
    asked = request.POST.getlist("indicator")
    return tuple(
        OwnFigure(indicator=code, note=_spoken(request, code, long=True))
        for code in dict.fromkeys(one[:120] for one in asked)
    )


def _guarded_form(_request: Asked, packet: Packet, content: PacketContent) -> dict[str, Any]:
    released = released_of(packet.release)
    chosen = {one.indicator: one.note for one in content.guarded}
    rows = []
    for value in guardable(released, packet.unit.kind):
        indicator = released.edition.indicators[value.indicator]
        label = _("Remark: {indicator}").format(indicator=indicator.name)
        note = Field(value.indicator, label, chosen.get(value.indicator, Spoken()), 2, is_quiet=True)
        rows.append((value, indicator, measured_in(released.edition, indicator), value.indicator in chosen, note))
    year = whole_year(Period.parse(released.period))
    return {"figures": rows, "year": year.year, "is_far_out": packet.unit.kind.partition(".")[0] in FINEST}


def _guarded_read(request: Asked, _packet: Packet, _content: PacketContent) -> Changes:
    return {"guarded": _figures_asked(request)}


# ------------------------------------------------------------------------------------------------ partner


def _reading(packet: Packet, content: PacketContent) -> Reading:
    shared = [one.indicator for one in (*content.figures, *content.guarded)]
    return Reading(released_of(packet.release).edition, shared)


def _partner_form(request: Asked, packet: Packet, content: PacketContent) -> dict[str, Any]:
    reading = _reading(packet, content)
    rows = _rows_typed(request) if request.method == "POST" else [row_of(one) for one in content.partner_figures]
    faults = list(reading.read(rows).faults) if request.method == "POST" else []
    return {"rows": [_cells(reading, number, row, faults) for number, row in enumerate([*rows, {}], 1)][:MOST_ROWS]}


def _cells(reading: Reading, number: int, row: Mapping[str, str], faults: Sequence[Fault]) -> list[Cell]:
    answers = reading.answers()
    return [
        Cell(
            column,
            _(label),
            text := row.get(column, ""),
            [(code, _(words) if words else "", code == text) for code, words in answers.get(column, {}).items()],
            [one for one in faults if (one.fields.get("row"), one.fields.get("column")) == (number, column)],
        )
        for column, label in COLUMNS.items()
    ]


def _rows_typed(request: Asked) -> list[dict[str, str]]:
    """Rows of the form that say something; those of a file follow them."""
    rows = [
        {column: request.POST.get(f"r{number}_{column}", "")[: LONGEST + 1] for column in COLUMNS}
        for number in range(1, MOST_ROWS + 1)
        if f"r{number}_name" in request.POST and f"drop{number}" not in request.POST
    ]
    return [row for row in rows if any(row[code] for code in ("name", "value", "source", "numerator"))]


def _partner_read(request: Asked, packet: Packet, content: PacketContent) -> Changes:
    rows, sent = _rows_typed(request), request.FILES.get("file")
    if sent is not None:
        rows += csv_rows(sent.read())
    reading = _reading(packet, content).read(rows[:MOST_ROWS])
    if reading.faults:
        raise Refused(*reading.faults)
    return {"partner_figures": tuple(reading.figures)}


@page("consolidate")
def partner_blank(request: Asked, period: Period, packet: str) -> HttpResponse:  # noqa: ARG001
    """An empty file for the partner's figures, with our indicators in its second line to be filled in beside."""
    held = packet_asked(request, packet)
    content = content_of(packet_version(held))
    answers = _reading(held, content).answers()["beside"]
    lines = [[_(label) for label in COLUMNS.values()]]
    for figure in (*content.figures, *content.guarded):
        named = {"name": answers[figure.indicator], "beside": answers[figure.indicator]}
        lines.append([named.get(column, "") for column in COLUMNS])
    return download("partner_figures.csv", csv_bytes(lines))


# --------------------------------------------------------------------------------------------- terms, Lao


def _terms_form(_request: Asked, _packet: Packet, content: PacketContent) -> dict[str, Any]:
    chosen = {one.code for one in content.terms}
    return {"terms": [(term, term.code in chosen) for term in office().edition.terms.values()]}


def _terms_read(request: Asked, _packet: Packet, content: PacketContent) -> Changes:
    asked, held = set(request.POST.getlist("term")), {one.code: one for one in content.terms}
    terms = tuple(
        held.get(term.code)
        or SharedTerm(
            code=term.code,
            words=Spoken(vi=term.name.vi, en=term.name.en, lo=term.lo or ""),
            confirmed=term.is_confirmed,
        )
        for term in office().edition.terms.values()
        if term.code in asked
    )
    return {"terms": terms}


def _lao_form(_request: Asked, packet: Packet, content: PacketContent) -> dict[str, Any]:
    """What the Lao packet says that has no Lao form, what it says in a form nobody confirmed, what was given."""
    made = composed(packet_version(packet), "lo", marks=True, made_on=timezone.localdate())
    asked = [*made.missing, *made.unconfirmed, *content.lao]
    return {
        "lao_words": [
            (number, english, content.lao.get(english, ""), made.unconfirmed.get(english, ""))
            for number, english in enumerate(dict.fromkeys(asked))
        ]
    }


def _lao_read(request: Asked, _packet: Packet, content: PacketContent) -> Changes:
    given = dict(content.lao)
    for number in range(400):
        english = request.POST.get(f"english{number}", "")[:600]
        if not english:
            break
        text = " ".join(nfc(request.POST.get(f"lao{number}", "")[:600]).split())
        given = {**given, english: text} if text else {key: held for key, held in given.items() if key != english}
    return {"lao": given}


FORMS: Mapping[str, tuple[Form, Reader]] = {
    "words": (_words_form, _words_read),
    "practices": (_practices_form, _practices_read),
    "figures": (_figures_form, _figures_read),
    "guarded": (_guarded_form, _guarded_read),
    "partner": (_partner_form, _partner_read),
    "terms": (_terms_form, _terms_read),
    "lao": (_lao_form, _lao_read),
}


@page("consolidate", methods=("GET", "POST"))
def part(request: Asked, period: Period, packet: str, part: str) -> HttpResponseBase:
    """One part of a packet: its form, and what was typed in it."""
    held = packet_asked(request, packet)
    if part not in FORMS:
        raise Http404
    form, read = FORMS[part]
    version = packet_version(held)
    content, faults = content_of(version), tuple[Fault, ...]()
    if request.method == "POST":
        changes: Changes = {}
        try:
            changes = read(request, held, content)
            kept = packet_save(
                packet=held,
                seen=number_given(request.POST.get("seen", ""), version.number),
                changes=changes,
                actor=actor_of(request.user),
                looked_at="looked_at" in request.POST,
            )
        except Refused as refused:
            # The form keeps what was typed; said again, it is said of what stands now.
            faults, content = refused.faults, content.model_copy(update=changes)
        else:
            messages.success(request, _("Saved as version {number}.").format(number=kept.number))
            if "again" in request.POST or part == "practices":
                return redirect("packet_part", period=period, packet=held.key, part=part)
            return redirect("packet", period=period, packet=held.key)
    context = {
        "packet": held,
        "part": part,
        "part_name": _(PARTS[part]),
        "part_template": f"web/parts/packet_{part}.html",
        "seen": version.number,
        "faults": faults,
        "only_warnings": bool(faults) and all(one.level is Level.WARNING for one in faults),
        **form(request, held, content),
    }
    status = HTTPStatus.OK if not faults else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "web/packet_part.html", context, status=status)
