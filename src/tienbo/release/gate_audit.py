"""What was actually published, read back and attacked: the Word files, the PDFs and the pages of a packet.

The files are written as its partner gets them and parsed again; nothing is taken from the plan but what the figures are
called. What they say is then given to the attacker with everything else that ever left.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import product

from django.utils import timezone

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_, speaking
from tienbo.core.separated import separated
from tienbo.disclosure.attacker import attacked
from tienbo.disclosure.protect import Plan
from tienbo.disclosure.tables import MARKER
from tienbo.disclosure.views import targets_of, view_of
from tienbo.papers.guarded import Guarded
from tienbo.papers.html import Addresses, body_html
from tienbo.papers.packet import Lang, Tongue, unit_words
from tienbo.papers.packet_files import packet_docx, packet_pdf
from tienbo.papers.packet_paper import Composed, packet_compose
from tienbo.papers.published import published_rows, published_text
from tienbo.papers.released import Released
from tienbo.release.gate import gate_passed, ledger, plan_of, table_of
from tienbo.release.packet_models import Departure, Packet, PacketVersion
from tienbo.release.packets import content_of, released_of

NOT_READ = "audit.not_read"
NOWHERE = Addresses(figure=lambda _key: "", chart=lambda _number: "")

worded(
    {
        "audit.nothing_left": N_("Nothing that passes the gate has left with {key}."),
        "audit.no_kind": N_("{name}: files of a packet end with {known}."),
        "audit.not_read": N_("{place}: the figure of {indicator} was not found again."),
        "audit.hidden_is_said": N_("{place}: {indicator} is hidden by the plan, and the file says {said}."),
        "audit.says_another": N_("{place}: {indicator} is {printed} by the plan, and the file says {said}."),
        "audit.found_out": N_("{cell} can be worked out from what has left: between {low} and {high}."),
        "audit.found_by_unit": N_("{unit}, who knows its own counts, can work out {cell}: between {low} and {high}."),
    }
)


@dataclass(frozen=True)
class Audit:
    """`read`: what was read ("docx vi"). `looked`: how many counts somebody might want were attacked."""

    faults: list[Fault]
    read: set[str] = field(default_factory=set)
    looked: int = 0
    pairs: int = 0
    """Counts that two units together would find and neither alone: reported, no fault (decision 0034)."""
    pairs_tried: int = 0


def audit(packet: Packet, files: Mapping[str, bytes] | None = None) -> Audit:
    """Read back what left with the last approval of a packet, or the `files` that are said to be it, and attack it.
    Refused where nothing guarded has left."""
    left = departure_of(packet)
    made, plan = _made(left.step.version)
    faults, read = [], set[str]()
    for name, data in (released_files(packet) if files is None else files).items():
        suffix, lang, *called = name.split(maxsplit=2)
        read.add(name)
        said = _said(suffix, data, _labels(left.step.version, made, lang))
        place = " ".join((*called, suffix, lang))
        faults += [one for one in _compared(made, plan, said, place) if suffix not in PARTIAL or one.code != NOT_READ]
    before = ledger(left)
    view, targets = view_of(made.table, plan.hidden, plan.zeros, before), targets_of(made.table, plan.rule, before)
    breaches, pairs, tried = attacked(view, targets)
    for one in breaches:
        fields = {"cell": one.key, "low": one.interval.low, "high": one.interval.high, "unit": one.who}
        faults.append(Fault("audit.found_by_unit" if one.who else "audit.found_out", one.key, fields))
    return Audit(faults, read, len(targets), pairs, tried)


def files_given(packet: Packet, held: Mapping[str, bytes]) -> dict[str, bytes]:
    """Files that somebody has, by name, as `audit` takes them ("docx vi"). Their language is the one in which
    most figures of the packet are found in them; Refused for a kind that a packet has not."""
    left = departure_of(packet)
    made, plan = _made(left.step.version)
    found: dict[str, bytes] = {}
    for name, data in held.items():
        suffix = SUFFIXES.get(name.rpartition(".")[2].lower())
        if suffix is None:
            raise Refused(Fault("audit.no_kind", name, {"name": name, "known": ", ".join(SUFFIXES)}))
        fits = {}
        for lang in content_of(left.step.version).shared_in:
            said = _said(suffix, data, _labels(left.step.version, made, lang))
            # Where a language has no name of its own for a figure, its number tells which it is: 39,5 or 39.5.
            fits[lang] = (-sum(map(bool, said.values())), len(list(_compared(made, plan, said, f"{suffix} {lang}"))))
        found[f"{suffix} {min(fits, key=lambda lang: fits[lang])} {name}"] = data
    return found


SUFFIXES = {"docx": "docx", "pdf": "pdf", "html": "page", "htm": "page", "csv": "csv", "json": "json"}
"""Ending of a file's name → how it is read. Tables (csv) and answers to programs (json) need not hold every figure."""
PARTIAL = ("csv", "json")


def departure_of(packet: Packet) -> Departure:
    """The last that left with a packet."""
    rows = Departure.objects.filter(step__packet=packet).select_related("step__version__packet__release")
    found = rows.order_by("-pk").first()
    if found is None:
        raise Refused(Fault("audit.nothing_left", packet.key, {"key": packet.key}))
    return found


def _made(version: PacketVersion) -> tuple[Guarded, Plan]:
    made = gate_passed(version, released_of(version.packet.release), content_of(version))
    if made is None or made.plan is None:
        raise Refused(Fault("audit.nothing_left", version.packet.key, {"key": version.packet.key}))
    return made, made.plan


# ---------------------------------------------------------------------------------------------- writing, reading


def released_files(packet: Packet) -> dict[str, bytes]:
    """ "docx vi" → its bytes: everything that a partner may take, in every language it is shared in."""
    version = departure_of(packet).step.version
    found = {}
    for lang in content_of(version).shared_in:
        document = _composed(version, lang).document
        with speaking(document.speech):
            found[f"docx {lang}"] = packet_docx(document)
            found[f"pdf {lang}"] = packet_pdf(document)
            found[f"page {lang}"] = body_html(document, NOWHERE).encode()
    return found


def _composed(version: PacketVersion, lang: Lang) -> Composed:
    content, released = content_of(version), released_of(version.packet.release)
    step = version.steps.order_by("pk").first()
    day = timezone.localtime(step.done_at).date() if step else timezone.localdate()
    return packet_compose(
        content,
        released=released,
        terms=released.edition.terms,
        lang=lang,
        made_on=day,
        marks=False,
        guarded=gate_passed(version, released, content),
    )


def _labels(version: PacketVersion, made: Guarded, lang: str) -> dict[str, tuple[str, str]]:
    """Indicator → how its row begins in a language: its name and its unit."""
    content, released = content_of(version), released_of(version.packet.release)
    tongue = Tongue(lang, released.edition.terms, content.lao)  # type: ignore[arg-type]
    return {code: _label(released, code, tongue) for code in made.values}


def _label(released: Released, code: str, tongue: Tongue) -> tuple[str, str]:
    indicator = released.edition.indicators[code]
    return tongue.text(indicator.name), unit_words(released.edition, indicator, tongue)


def _said(suffix: str, data: bytes, labels: Mapping[str, tuple[str, str]]) -> dict[str, list[str]]:
    """Indicator → what every row of it says."""
    if suffix == "pdf":
        text = _close(published_text(data))
        return {code: _after(text, _close("".join(label))) for code, label in labels.items()}
    rows = _rows(suffix, data)
    found: dict[str, list[str]] = {code: [] for code in labels}
    for code, row in product(labels, rows):
        if [_close(cell) for cell in row[:2]] == [_close(one) for one in labels[code]] and len(row) > 2:
            found[code].append(row[2].strip())
    return found


def _rows(suffix: str, data: bytes) -> list[list[str]]:
    if suffix == "csv":
        text = data.decode("utf-8-sig", errors="replace")
        return separated(text, max(";\t,", key=text.partition("\n")[0].count))
    if suffix == "json":
        return list(_said_in(json.loads(data)))
    return published_rows(data, suffix)


def _said_in(held: object) -> Iterator[list[str]]:
    """Rows of an answer to a program: the values of each object and list, in their order."""
    parts = list(held.values()) if isinstance(held, Mapping) else held if isinstance(held, list) else []
    yield [str(one) for one in parts if not isinstance(one, Mapping | list)]
    for one in parts:
        yield from _said_in(one)


def _close(text: str) -> str:
    return re.sub(r"[\s\u00ad\u200b-]+", "", text)


def _after(text: str, label: str) -> list[str]:
    figure = r"(·|\d[\d.,]*\d|\d)"
    return [match[1] for match in re.finditer(re.escape(label) + figure, text)]


# ------------------------------------------------------------------------------------------------------ comparing


def _compared(made: Guarded, plan: Plan, said: Mapping[str, list[str]], place: str) -> Iterator[Fault]:
    """What the file says of each figure against what the plan lets out."""
    english = place.endswith(" en")
    shares = {one.key: one.printed for one in made.table.shares}
    for code, key in made.keys.items():
        told = said[code]
        if not told:
            yield Fault("audit.not_read", place, {"indicator": code})
        printed = shares[key] if key in shares else Decimal(made.table.cells[key].value)
        for one in told:
            if plan.shown(key, "") == MARKER:
                if one != MARKER:
                    yield Fault("audit.hidden_is_said", place, {"indicator": code, "said": one})
            elif _number(one, english) != printed:
                yield Fault("audit.says_another", place, {"indicator": code, "said": one, "printed": printed})


def _number(text: str, english: bool) -> Decimal | None:
    plain = text.replace(",", "") if english else text.replace(".", "").replace(",", ".")
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None


__all__ = ["Audit", "audit", "departure_of", "plan_of", "released_files", "table_of"]
