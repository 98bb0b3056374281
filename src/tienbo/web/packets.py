"""Exchange with a partner: the packets of a unit, one packet with where it stands, its papers and previews, and the
acts on it: approving, opening the link, closing it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from tienbo.accounts.actors import actor_of
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.spans import Span
from tienbo.core.words import day_of
from tienbo.disclosure.policy import REASONS
from tienbo.disclosure.protect import Plan
from tienbo.engine.values import Value
from tienbo.papers.context import period_name
from tienbo.papers.guarded import Guarded
from tienbo.papers.html import Addresses, body_html
from tienbo.papers.packet import LANG_NAMES, LANGS, Lang, PacketContent
from tienbo.papers.packet_files import packet_docx, packet_pdf
from tienbo.papers.packet_paper import Composed, packet_compose
from tienbo.papers.tables import measured_in
from tienbo.release.gate import gate_closed, gate_look, gate_passed, largest_below
from tienbo.release.models import Release
from tienbo.release.packet_models import Packet, PacketStep, PacketVersion
from tienbo.release.packets import (
    LONGEST,
    Standing,
    content_of,
    packet_approve,
    packet_close,
    packet_link,
    packet_open,
    packet_version,
    released_of,
    visits,
)
from tienbo.web.access import Asked, page, reader_for
from tienbo.web.downloads import download
from tienbo.web.office import office

PARTS: Mapping[str, str] = {
    "words": N_("Title, partner, opening words"),
    "practices": N_("Practices"),
    "figures": N_("Released figures"),
    "guarded": N_("Figures of violence and of planning"),
    "partner": N_("The partner’s figures beside ours"),
    "terms": N_("Terms"),
    "lao": N_("Lao words of this packet"),
}
NOWHERE = Addresses(figure=lambda _key: "", chart=lambda _number: "")

worded({"packet.no_day": N_("Write the last day of sharing as a date: 20/7/2026.")})


class Told(NamedTuple):
    """A packet in one language, for its drafter."""

    lang: Lang
    name: str
    shared: bool
    made: Composed


def packet_asked(request: Asked, key: str) -> Packet:
    """A packet of the seat's own unit; 404 for anybody else's, exactly as for none."""
    found = Packet.objects.filter(key=key, unit=request.seat.unit).select_related("release__edition", "unit").first()
    if found is None:
        raise Http404
    return found


def composed(
    version: PacketVersion, lang: Lang, *, marks: bool, made_on: date, guarded: Guarded | None = None
) -> Composed:
    """A version as a paper in a language. Its guarded figures are those that left with its approval; on the drafter's
    screen, as they would leave now (`guarded`)."""
    held = office()
    content, released = content_of(version), released_of(version.packet.release)
    return packet_compose(
        content,
        released=released,
        guarded=guarded or gate_passed(version, released, content),
        terms=held.edition.terms,
        lang=lang,
        made_on=made_on,
        marks=marks,
        illustrative=held.settings.illustrative,
    )


# ------------------------------------------------------------------------------------------------------- pages


@page("view")
def packets(request: Asked, period: Period) -> HttpResponse:  # noqa: ARG001
    """Packets of the unit, the newest first, and the releases one can be begun from."""
    return _packets(request)


def _packets(request: Asked, **more: Any) -> HttpResponse:
    rows = Packet.objects.filter(unit=request.seat.unit).select_related("release").order_by("-pk")
    releases = Release.objects.filter(unit=request.seat.unit).defer("values_json", "context_json").order_by("-pk")
    context = {
        "rows": [(one, content_of(packet_version(one)), Standing.of(one)) for one in rows],
        "releases": [
            (one, period_name(Period.parse(one.period_code)), office().edition.outlines.get(one.outline))
            for one in releases[:20]
        ],
        "may_write": request.seat.allows("consolidate"),
        **more,
    }
    return render(request, "web/packets.html", context, status=422 if more.get("faults") else 200)


@page("consolidate", methods=("POST",))
def new(request: Asked, period: Period) -> HttpResponseBase:
    release = Release.objects.filter(key=request.POST.get("release", "")[:60], unit=request.seat.unit).first()
    if release is None:
        raise Http404
    try:
        made = packet_open(release=release, partner=request.POST.get("partner", "")[:300], actor=actor_of(request.user))
    except Refused as refused:
        return _packets(request, faults=refused.faults)
    return redirect("packet_part", period=period, packet=made.key, part="words")


@page("view")
def packet(request: Asked, period: Period, packet: str) -> HttpResponse:  # noqa: ARG001
    """Where a packet stands, what it lacks, what can be done with it."""
    return desk(request, packet_asked(request, packet))


def desk(request: Asked, held: Packet, status: int = 200, **more: Any) -> HttpResponse:
    version, standing = packet_version(held), Standing.of(held)
    content = content_of(version)
    today = timezone.localdate()
    look = None if standing.approval and standing.approval.version_id == version.pk else gate_now(request, held)
    context = {
        "packet": held,
        "version": version,
        "content": content,
        "standing": standing,
        "approved_is_last": standing.approval is not None and standing.approval.version_id == version.pk,
        "visits": visits(held),
        "told": [
            Told(
                lang, _(LANG_NAMES[lang]), lang in content.shared_in, composed(version, lang, marks=True, made_on=today)
            )
            for lang in LANGS
        ],
        "parts": [
            (code, _(words), count) for (code, words), count in zip(PARTS.items(), _counts(content), strict=True)
        ],
        "gate": look and gate_rows(look),
        "reported_name": period_name(Period.parse(held.release.period_code)),
        "steps": [(one, _(str(PacketStep.Act(one.act).label))) for one in reversed(standing.steps)],
        "versions": list(held.versions.order_by("-number")[:10]),
        "may_write": request.seat.allows("consolidate"),
        "may_approve": request.seat.allows("approve"),
        "longest": LONGEST,
        **more,
    }
    return render(request, "web/packet.html", context, status=status)


def gate_now(request: Asked, held: Packet) -> Guarded | None:
    """The guarded figures of the last version as they would leave now."""
    content, released = content_of(packet_version(held)), released_of(held.release)
    return gate_look(content, released, office().edition, _largest(request, held))


def _largest(request: Asked, held: Packet) -> dict[str, int]:
    content, released = content_of(packet_version(held)), released_of(held.release)
    closed = gate_closed(content, released)
    return largest_below(reader_for(request.seat), closed, held.unit_id) if closed else {}


class GateRow(NamedTuple):
    """A guarded figure for who approves: what it is, and what of it leaves, and why."""

    name: str
    value: Value
    decimals: int
    unit: str
    shown: bool
    why: str


class Gate(NamedTuple):
    """What the gate says of a packet. `others`: counts that are not printed and are kept in doubt with them."""

    rows: list[GateRow]
    plan: Plan
    span: Span


def gate_rows(look: Guarded) -> Gate | None:
    plan, edition = look.plan, office().edition
    if plan is None:
        return None
    rows = []
    for code, value in look.values.items():
        indicator = edition.indicators[code]
        why = plan.hidden.get(look.keys[code], "")
        said = _(REASONS[why]).format(k=plan.rule.k, base=plan.rule.least_base) if why else ""
        unit, shown = measured_in(edition, indicator), look.is_shown(code)
        rows.append(GateRow(str(indicator.name), value, indicator.decimals, unit, shown, said))
    return Gate(rows, plan, look.span)


def _counts(content: PacketContent) -> list[int | None]:
    """How much stands in each part; None where that says nothing."""
    held = (content.practices, content.figures, content.guarded, content.partner_figures, content.terms, content.lao)
    return [None, *map(len, held)]


def lang_asked(lang: str) -> Lang:
    if lang not in LANGS:
        raise Http404
    return lang


@page("view")
def preview(request: Asked, period: Period, packet: str, lang: str) -> HttpResponse:  # noqa: ARG001
    """The last version as its reader would see it, with marks for the drafter."""
    held, said = packet_asked(request, packet), lang_asked(lang)
    guarded = gate_now(request, held)
    made = composed(packet_version(held), said, marks=True, made_on=timezone.localdate(), guarded=guarded)
    context = {
        "packet": held,
        "document": made.document,
        "paper": body_html(made.document, NOWHERE),
        "made": made,
        "langs": [(one, _(words), one == said) for one, words in LANG_NAMES.items()],
    }
    return render(request, "web/packet_preview.html", context)


@page("view")
def paper(request: Asked, period: Period, packet: str, lang: str, suffix: str) -> HttpResponse:  # noqa: ARG001
    """The last version as a file, as it would be shared."""
    held, said = packet_asked(request, packet), lang_asked(lang)
    made = composed(packet_version(held), said, marks=False, made_on=timezone.localdate())
    return packet_file(made, held, said, suffix)


def packet_file(made: Composed, held: Packet, lang: Lang, suffix: str) -> HttpResponse:
    write = {"docx": packet_docx, "pdf": packet_pdf}[suffix]
    return download(f"exchange_{held.release.period_code}_{lang}.{suffix}", write(made.document))


# -------------------------------------------------------------------------------------------------------- acts


@page("approve", methods=("POST",))
def approve(request: Asked, period: Period, packet: str) -> HttpResponseBase:
    """The head or the chair approves what the page showed, until a day."""
    held = packet_asked(request, packet)
    typed = {"last_day": request.POST.get("last_day", "")[:20], "post": request.POST.get("post", "")[:120]}
    try:
        last_day = day_of(typed["last_day"])
        if last_day is None:
            raise Refused(Fault("packet.no_day"))
        packet_approve(
            packet=held,
            seen=request.POST.get("seen", ""),
            last_day=last_day,
            post=typed["post"],
            actor=actor_of(request.user),
            rules=office().edition,
            largest=_largest(request, held),
            seen_plan=request.POST.get("seen_plan", ""),
        )
    except Refused as refused:
        return desk(request, held, 422, faults=refused.faults, typed=typed)
    return redirect("packet", period=period, packet=held.key)


@page("consolidate", methods=("POST",))
def link(request: Asked, period: Period, packet: str) -> HttpResponseBase:  # noqa: ARG001
    """Open the link; its address is shown on the page that answers, and never again."""
    held = packet_asked(request, packet)
    try:
        secret = packet_link(packet=held, actor=actor_of(request.user))
    except Refused as refused:
        return desk(request, held, 422, faults=refused.faults)
    answer = desk(request, held, address=_address(request, secret))
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _address(request: HttpRequest, secret: str) -> str:
    return request.build_absolute_uri(reverse("shared", kwargs={"link": secret}))


@page("consolidate", methods=("POST",))
def close(request: Asked, period: Period, packet: str) -> HttpResponseBase:
    """The office closes the link; it may open another as long as the approval holds."""
    held = packet_asked(request, packet)
    packet_close(packet=held, actor=actor_of(request.user))
    return redirect("packet", period=period, packet=held.key)


@page("approve", methods=("POST",))
def revoke(request: Asked, period: Period, packet: str) -> HttpResponseBase:
    """The head or the chair withdraws the approval; the link ends with it."""
    held = packet_asked(request, packet)
    packet_close(packet=held, actor=actor_of(request.user), note=request.POST.get("note", ""), revoke=True)
    return redirect("packet", period=period, packet=held.key)
