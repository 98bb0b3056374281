"""The words of a paper that are not computed: texts chosen at the merge desk, paragraphs written by hand.

Nothing is edited: every act adds a row, and of each text and each place the last row counts. A release keeps the words
it was made with in its context, so a paper written earlier stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast, get_args

from django.db import IntegrityError, transaction

from tienbo.accounts.actors import Actor
from tienbo.catalogue.definitions import Outline, TextHeading
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.core.words import nfc
from tienbo.ground.keys import is_key, new_key
from tienbo.papers.bindings import worded_alone
from tienbo.papers.context import ByHand, ChosenText, Context
from tienbo.release.models import ReportDraft, ReportEntry, ReportParagraph
from tienbo.units.frames import unit_keys
from tienbo.units.models import Unit

LONGEST = 4000
"""Letters of one text or paragraph: more than a page of paper."""
LONGEST_ADDRESSEE = 200
HEADINGS: tuple[TextHeading, ...] = get_args(TextHeading)

worded(
    {
        "draft.empty": N_("The text is empty. To leave a text out of the report, take it away from the list."),
        "draft.too_long": N_("The text has {length} letters; at most {limit} fit."),
        "draft.unknown_heading": N_("There is no heading {heading} that returns write under."),
        "draft.unknown_section": N_("The outline of this report has no section “{section}” any more."),
        "draft.gone": N_("This text is no longer in the list of the report."),
        "draft.changed": N_(
            "{who} changed this while you were editing. Their words are shown; yours were not saved and stand below."
        ),
    }
)


@dataclass(frozen=True)
class Wording:
    """What an entry is to say. `units` are keys; `sources` as ReportEntry keeps them."""

    text: str
    addressee: str = ""
    units: tuple[str, ...] = ()
    sources: tuple[Mapping[str, Any], ...] = ()


def draft_of(unit: Unit, period: Period, outline: Outline) -> ReportDraft | None:
    """The draft of a paper, where somebody began one."""
    return ReportDraft.objects.filter(unit=unit, period_code=period.code, outline=outline.code).first()


def draft_open(*, unit: Unit, period: Period, outline: Outline, actor: Actor) -> ReportDraft:
    """The draft of a paper, begun now where there was none."""
    found = draft_of(unit, period, outline)
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return ReportDraft.objects.create(
                key=new_key("draft"), unit=unit, period_code=period.code, outline=outline.code, opened_by=actor.name
            )
    except IntegrityError:  # somebody else began it in the same moment
        return ReportDraft.objects.get(unit=unit, period_code=period.code, outline=outline.code)


# ------------------------------------------------------------------------------------------------------ entries


def entries_of(draft: ReportDraft | None) -> list[ReportEntry]:
    """The texts that are in the report now, as they read last, by heading and position."""
    if draft is None:
        return []
    last: dict[str, ReportEntry] = {row.entry: row for row in draft.entries.order_by("pk")}
    kept = [row for row in last.values() if not row.dropped]
    return sorted(kept, key=lambda row: (HEADINGS.index(row.heading), row.position, row.entry))


def entry_add(*, draft: ReportDraft, heading: str, wording: Wording, actor: Actor) -> ReportEntry:
    """Put a text at the end of a heading's list."""
    if heading not in HEADINGS:
        raise Refused(Fault("draft.unknown_heading", "", {"heading": heading}))
    with transaction.atomic():
        _hold(draft)
        places = [row.position for row in entries_of(draft) if row.heading == heading]
        return _say(draft, new_key("entry"), heading, _checked(wording), max(places, default=0) + 1, actor)


def entry_edit(*, draft: ReportDraft, entry: str, seen: int, wording: Wording, actor: Actor) -> ReportEntry:
    """Word an entry anew. `seen` is the row that was edited: a newer one is not written over in silence. It can be
    cited from units it was taken from, no others."""
    with transaction.atomic():
        _hold(draft)
        held = _held(draft, entry)
        if held.pk != seen:
            raise Refused(Fault("draft.changed", "", {"who": held.said_by}))
        wrote = {*held.units, *(source["unit"] for source in held.sources)}
        units = tuple(unit for unit in wording.units if unit in wrote)
        made = replace(_checked(wording), units=units, sources=tuple(held.sources))
        return _say(draft, entry, held.heading, made, held.position, actor)


def entry_drop(*, draft: ReportDraft, entry: str, actor: Actor) -> None:
    """Take a text out of the report. What it said stays in the history."""
    with transaction.atomic():
        _hold(draft)
        held = _held(draft, entry)
        _say(draft, entry, held.heading, _wording(held), held.position, actor, dropped=True)


def entry_move(*, draft: ReportDraft, entry: str, by: int, actor: Actor) -> None:
    """Move a text up (-1) or down (+1) in its heading's list; at either end it stays."""
    with transaction.atomic():
        _hold(draft)
        held = _held(draft, entry)
        listed = [row for row in entries_of(draft) if row.heading == held.heading]
        at = next(index for index, row in enumerate(listed) if row.entry == entry)
        to = at + by
        if 0 <= to < len(listed):
            listed[at], listed[to] = listed[to], listed[at]
            for position, row in enumerate(listed, 1):
                if row.position != position:
                    _say(draft, row.entry, row.heading, _wording(row), position, actor)


def _hold(draft: ReportDraft) -> None:
    """One writer of a draft at a time, so that positions and last words are read as they will stand."""
    ReportDraft.objects.select_for_update().get(pk=draft.pk)


def _held(draft: ReportDraft, entry: str) -> ReportEntry:
    held = draft.entries.filter(entry=entry).order_by("pk").last() if is_key(entry, "entry") else None
    if held is None or held.dropped:
        raise Refused(Fault("draft.gone"))
    return held


def _wording(row: ReportEntry) -> Wording:
    return Wording(row.text, row.addressee, tuple(row.units), tuple(row.sources))


def _checked(wording: Wording) -> Wording:
    text, addressee = worded_alone(wording.text), worded_alone(wording.addressee)
    faults = []
    if not any(map(str.isalnum, text)):
        faults.append(Fault("draft.empty"))
    faults += [
        Fault("draft.too_long", "", {"length": len(held), "limit": limit})
        for held, limit in ((text, LONGEST), (addressee, LONGEST_ADDRESSEE))
        if len(held) > limit
    ]
    if faults:
        raise Refused(*faults)
    return replace(wording, text=text, addressee=addressee)


def _say(
    draft: ReportDraft,
    entry: str,
    heading: str,
    wording: Wording,
    position: int,
    actor: Actor,
    *,
    dropped: bool = False,
) -> ReportEntry:
    return ReportEntry.objects.create(
        draft=draft,
        entry=entry,
        heading=heading,
        text=wording.text,
        addressee=wording.addressee,
        units=list(wording.units),
        sources=[dict(source) for source in wording.sources],
        position=position,
        dropped=dropped,
        said_by=actor.name,
    )


# --------------------------------------------------------------------------------------------------- paragraphs


def paragraphs_of(draft: ReportDraft | None) -> list[ReportParagraph]:
    """What is written by hand now, the last word of each place."""
    if draft is None:
        return []
    last = {(row.section, row.place): row for row in draft.paragraphs.order_by("pk")}
    return [row for row in last.values() if row.text]


def paragraph_write(
    *, draft: ReportDraft, outline: Outline, section: str, place: str, text: str, seen: int, actor: Actor
) -> None:
    """Write, change or (with an empty text) take away the paragraph of a place. `seen` is the row that was edited, 0
    where there was none; what stands at a place that the outline no longer has can only be taken away."""
    held = "\n".join(line.rstrip() for line in nfc(text).splitlines()).strip()
    known = {at for at, _section in outline.places()}
    if place not in ReportParagraph.Place.values or (held and section not in known):
        raise Refused(Fault("draft.unknown_section", "", {"section": section}))
    if len(held) > LONGEST:
        raise Refused(Fault("draft.too_long", "", {"length": len(held), "limit": LONGEST}))
    with transaction.atomic():
        _hold(draft)
        last = draft.paragraphs.filter(section=section, place=place).order_by("pk").last()
        if held == (last.text if last else ""):
            return
        if (last.pk if last else 0) != seen:
            raise Refused(Fault("draft.changed", "", {"who": last.said_by if last else ""}))
        ReportParagraph.objects.create(draft=draft, section=section, place=place, text=held, said_by=actor.name)


# -------------------------------------------------------------------------------------------------- to the paper


def with_draft(context: Context, draft: ReportDraft | None, names: Mapping[int, str]) -> Context:
    """The context with the draft's words; `names` are those of units on the period's last day, by row id.

    A unit that has no name on that day is not cited: it is not there to have written anything.
    """
    if draft is None:
        return context
    named = {key: names[number] for number, key in unit_keys().items() if number in names}
    return replace(context, chosen=tuple(_chosen(entries_of(draft), named)), by_hand=_by_hand(paragraphs_of(draft)))


def _chosen(rows: Iterable[ReportEntry], named: Mapping[str, str]) -> Iterable[ChosenText]:
    for row in rows:
        units = tuple(named[key] for key in row.units if key in named)
        yield ChosenText(cast("TextHeading", row.heading), row.text, units, row.addressee)


def _by_hand(rows: Sequence[ReportParagraph]) -> tuple[ByHand, ...]:
    order = sorted(rows, key=lambda row: (row.section, row.place))
    return tuple(ByHand(row.section, "before" if row.place == "before" else "after", row.text) for row in order)


def draft_mark(draft: ReportDraft | None) -> str:
    """Which words a draft holds: another word, another mark."""
    if draft is None:
        return ""
    last = (rows.order_by("-pk").values_list("pk", flat=True).first() for rows in (draft.entries, draft.paragraphs))
    return ":".join(map(str, (draft.pk, *last)))
