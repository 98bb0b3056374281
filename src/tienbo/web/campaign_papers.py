"""Letters of the campaign: asking for returns, and reminding who is late, as Word and PDF."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from django.http import Http404, HttpResponse

from tienbo.catalogue.loading import Edition
from tienbo.collection.campaigns import days_proposed
from tienbo.collection.services import edition_of_campaign
from tienbo.core.faults import Refused
from tienbo.core.periods import Period
from tienbo.core.words import day_words
from tienbo.papers.blocks import Document
from tienbo.papers.docx import docx_bytes
from tienbo.papers.letter import Asking, Sender, request_letter
from tienbo.papers.pdf import pdf_bytes
from tienbo.release.frozen import profile_of
from tienbo.release.services import outline_for
from tienbo.units.frames import unit_names
from tienbo.units.models import Unit
from tienbo.web.access import Asked, page
from tienbo.web.campaign import Lead, lead_of, regime_of
from tienbo.web.downloads import download
from tienbo.web.office import office

WRITERS: dict[str, Callable[[Document], bytes]] = {"docx": docx_bytes, "pdf": pdf_bytes}
Suffix = Literal["docx", "pdf"]


def sender_of(unit: Unit, period: Period) -> Sender:
    """How a letter of a unit's office is headed."""
    held = office()
    names = unit_names(held.edition.calendar.last_day(period))
    paper = held.paper_of(unit, period)
    name = names.get(unit.pk, "")
    return Sender(
        profile=profile_of(held.edition, paper.profile, unit.kind),
        unit=name,
        province=name if unit.kind == "province" else "",
        place=paper.place,
        notice=paper.notice,
    )


def written(document: Document, name: str, suffix: Suffix) -> HttpResponse:
    """A letter as a file."""
    return download(f"{name}.{suffix}", WRITERS[suffix](document))


@page("consolidate")
def request(asked: Asked, period: Period, suffix: Suffix) -> HttpResponse:
    """Công văn yêu cầu báo cáo, with the outline and the forms; of a campaign that is open, or is about to be."""
    lead = lead_of(asked, period.last_half)
    if not lead.asked:
        raise Http404
    document = request_letter(_edition(lead), sender_of(lead.roots[0], lead.period), _asking(lead))
    return written(document, f"cong-van-yeu-cau-bao-cao-{lead.period}", suffix)


def _edition(lead: Lead) -> Edition:
    return lead.held.edition if lead.first is None else edition_of_campaign(lead.first)


def _asking(lead: Lead) -> Asking:
    edition, letter = _edition(lead), lead.letter
    proposed = days_proposed(lead.held.edition, lead.period)
    due = lead.first.due_on if lead.first is not None else None
    kinds = sorted({lead.tree.kinds[unit] for unit in lead.asked})
    outlines = {}
    for kind in kinds:
        try:
            outline = outline_for(edition, "own", kind, kind)
        except Refused:
            continue  # no outline is written for this kind: it reports figures only
        outlines[outline.code] = outline
    cited = f"{letter.number} ({day_words(letter.issued_on)})" if letter and letter.number and letter.issued_on else ""
    return Asking(
        period=lead.period,
        figures_from=letter.figures_from if letter else proposed.figures_from,
        figures_to=letter.figures_to if letter else proposed.figures_to,
        due_on=due or lead.held.edition.working_days.moved(proposed.due_said),
        kinds=kinds,
        forms=[edition.forms[code] for code in dict.fromkeys(lead.asked.values())],
        outlines=list(outlines.values()),
        regime=regime_of(lead),
        cited=cited if letter and letter.issued_by != lead.held.settings.name else "",
    )
