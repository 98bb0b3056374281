"""Rules about report outlines and signatures: what is printed names what exists, and can be signed and sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tienbo.catalogue.definitions import ChartSpec, Indicator, Outline, RegisterKind, Sensitivity, TableSpec
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.rules.walk import Rule, blocks, elements_of, found
from tienbo.catalogue.sentences import KNOWN, PARTS, REGISTER_PARTS, WORDS, Place, need, parse, places, tally_named
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.core.tree import is_kind

worded(
    {
        "lint.unknown_value": N_("The outline {definition} names the value {value}, which is no indicator."),
        "lint.unknown_part": N_("The outline {definition} asks for “{part}” of {value}; there is no such part."),
        "lint.unknown_split": N_("The outline {definition} asks for {value}; its figures are not broken down so."),
        "lint.unknown_need": N_("The outline {definition} has a sentence that needs “{need}”: nothing one can check."),
        "lint.broken_place": N_("The outline {definition} has a brace without its partner in “{text}”."),
        "lint.places_differ": N_("The outline {definition} names {values} in only one of its two languages: “{text}”."),
        "lint.unknown_printed": N_("The {what} “{title}” of the outline {definition} names {code}: not defined."),
        "lint.nothing_printed": N_("The {what} “{title}” of the outline {definition} has no indicators."),
        "lint.secret_by_unit": N_(
            "The outline {definition} shows {value} unit by unit; its figures are restricted ({sensitivity})."
        ),
        "lint.secret_register": N_(
            "The outline {definition} tells {value} from a register; what it says is restricted ({sensitivity})."
        ),
        "lint.words_only": N_("The outline {definition} has the value {value} in “{text}”: only words may be there."),
        "lint.uncited_document": N_("The outline {definition} names the document {number} and does not cite it."),
        "lint.heading_never_written": N_("The outline {definition} cites “{heading}”, which no form asks for."),
        "lint.no_recipients": N_("The outline {definition} has no recipients."),
        "lint.nobody_signs": N_("No signing profile fits the outline {definition} for {kind}."),
        "lint.empty_signature": N_("The signing profile {definition} has no lines over its signature."),
    }
)


def _places(text: str) -> list[Place]:
    """The places of a text that can be read; `places_are_closed` tells of the others."""
    try:
        return list(places(parse(text)))
    except ValueError:
        return []


def sentences_name_values(edition: Edition) -> Iterator[Fault]:
    """A place in a sentence is an indicator and a part it has, or one of the few words every sentence knows."""
    for outline in edition.outlines.values():
        named = [one for text in outline.every_text() for words in (text.vi, text.en) for one in _places(words)]
        for sentence in outline.every_sentence():
            for asked in sentence.needs:
                try:
                    made = need(asked)
                except ValueError:
                    yield found(edition, "outlines", outline.code, "lint.unknown_need", need=asked)
                    continue
                named += [] if made.condition else [made.place]
        for one in dict.fromkeys(place._replace(noun="") for place in named):
            yield from _place_faults(edition, outline, one)


def _place_faults(edition: Edition, outline: Outline, place: Place) -> Iterator[Fault]:
    register, tally = tally_named(place.name)
    if register or tally:
        kind = edition.registers.get(register)
        if kind is None or tally not in {*(one.code for one in kind.tallies), *kind.led_counts}:
            yield found(edition, "outlines", outline.code, "lint.unknown_value", value=place.name)
        elif place.part and place.part not in REGISTER_PARTS:
            yield found(edition, "outlines", outline.code, "lint.unknown_part", value=place, part=place.part)
        elif kind.sensitivity >= Sensitivity.C2:
            fields = {"value": place.name, "sensitivity": kind.sensitivity.value}
            yield found(edition, "outlines", outline.code, "lint.secret_register", **fields)
        return
    indicator = edition.indicators.get(place.name)
    if indicator is None:
        if place.name not in KNOWN:
            yield found(edition, "outlines", outline.code, "lint.unknown_value", value=place.name)
        return
    if place.part and place.part not in PARTS:
        yield found(edition, "outlines", outline.code, "lint.unknown_part", value=place, part=place.part)
    if place.members and not all(_splits(edition, indicator, pair) for pair in place.members.split(",")):
        yield found(edition, "outlines", outline.code, "lint.unknown_split", value=place)


def _splits(edition: Edition, indicator: Indicator, pair: str) -> bool:
    dimension, _, member = pair.partition("=")
    held = edition.breakdowns.get(dimension)
    elements = [edition.elements.get(term.series.element) for term in indicator.terms]
    broken_down = any(element is not None and dimension in element.breakdowns for element in elements)
    return held is not None and member in held.members and broken_down


def places_are_closed(edition: Edition) -> Iterator[Fault]:
    """A brace has its partner, so that no reader meets half a place on paper."""
    for outline in edition.outlines.values():
        for text in (language for both in outline.every_text() for language in (both.vi, both.en)):
            try:
                parse(text)
            except ValueError:
                yield found(edition, "outlines", outline.code, "lint.broken_place", text=text)


def languages_say_the_same_values(edition: Edition) -> Iterator[Fault]:
    """Both languages of a sentence have the same places."""
    for outline in edition.outlines.values():
        for text in outline.every_text():
            vi, en = ({str(place) + place.part for place in _places(one)} for one in (text.vi, text.en))
            if vi ^ en:
                fields = {"values": ", ".join(sorted(vi ^ en)), "text": text}
                yield found(edition, "outlines", outline.code, "lint.places_differ", **fields)


def tables_and_charts_name_what_exists(edition: Edition) -> Iterator[Fault]:
    """A table or a chart is of indicators and groups that are defined, and of some where it needs them."""
    for outline in edition.outlines.values():
        for section in outline.every_section():
            printed: list[tuple[str, TableSpec | ChartSpec]] = [("table", one) for one in section.tables]
            printed += [("chart", one) for one in section.charts]
            for what, one in printed:
                groups = one.groups if isinstance(one, TableSpec) else ()
                unknown = [code for code in one.indicators if code not in edition.indicators]
                unknown += [code for code in groups if not _is_group(edition, code)]
                named: dict[str, object] = {"what": what, "title": one.title or section.title}
                for code in unknown:
                    yield found(edition, "outlines", outline.code, "lint.unknown_printed", code=code, **named)
                needs_some = ("indicators", "units", "norm30", "trend", "bars", "schematic")
                headed = isinstance(one, ChartSpec) or one.kind != "texts" or one.heading is not None
                if not headed or (one.kind in needs_some and not one.indicators and not groups):
                    yield found(edition, "outlines", outline.code, "lint.nothing_printed", **named)


def tables_of_records_can_be_made(edition: Edition) -> Iterator[Fault]:
    """A table of records names a register, and fields and states it has; what is restricted is not printed."""
    for outline in edition.outlines.values():
        every = [table for section in outline.every_section() for table in section.tables]
        for spec in (one for one in every if one.kind in ("reach", "visits", "crossed")):
            yield from _led_faults(edition, outline, spec)
        specs = [table for table in every if table.kind == "records"]
        for spec in specs:
            kind = edition.registers.get(spec.of_register or "")
            named: dict[str, object] = {"what": "table", "title": spec.title or spec.of_register or ""}
            if kind is None:
                unknown = [spec.of_register or "register"]
            else:
                states = {state.code for state in kind.states}
                fields = [*spec.columns, *(test.field for test in spec.where)]
                unknown = [code for code in fields if code not in kind.by_code]
                unknown += [code for code in spec.states if code not in states]
                unknown += [spec.counted] if spec.counted and not _tallies(kind, spec.counted) else []
            for code in unknown:
                yield found(edition, "outlines", outline.code, "lint.unknown_printed", code=code, **named)
            if kind is None or unknown:
                continue
            if not spec.columns:
                yield found(edition, "outlines", outline.code, "lint.nothing_printed", **named)
            for field in (kind.by_code[code] for code in spec.columns):
                if kind.level(field) >= Sensitivity.C2:
                    told = {"value": f"{kind.code}.{field.code}", "sensitivity": kind.level(field).value}
                    yield found(edition, "outlines", outline.code, "lint.secret_register", **told)


def _tallies(kind: RegisterKind, code: str) -> bool:
    return any(one.code == code for one in kind.tallies)


def _led_faults(edition: Edition, outline: Outline, spec: TableSpec) -> Iterator[Fault]:
    """Of a table of what a register leads to: that the register leads there, and that it may be told."""
    kind, title = edition.registers.get(spec.of_register or ""), spec.title or spec.of_register or ""
    led = {"reach": "reaching", "visits": "inspecting", "crossed": "crossed"}[spec.kind]
    if kind is None or getattr(kind, led) is None:
        named = {"what": "table", "title": title, "code": spec.of_register or spec.kind}
        yield found(edition, "outlines", outline.code, "lint.unknown_printed", **named)
    elif kind.sensitivity >= Sensitivity.C2:
        told = {"value": kind.code, "sensitivity": kind.sensitivity.value}
        yield found(edition, "outlines", outline.code, "lint.secret_register", **told)


def _is_group(edition: Edition, code: str) -> bool:
    return any(group == code or group.startswith(code + ".") for group in edition.groups)


def restricted_figures_are_not_shown_by_unit(edition: Edition) -> Iterator[Fault]:
    """Figures of persons few enough to be known (C2, C3) stay with their unit: a report that goes to every commune
    does not list them commune by commune."""
    for outline in edition.outlines.values():
        for code in sorted(outline.by_unit()):
            indicator = edition.indicators.get(code)
            held = elements_of(edition, indicator.terms) if indicator else []
            worst = max((element.sensitivity for element in held), default=Sensitivity.C0)
            if worst >= Sensitivity.C2:
                fields = {"value": code, "sensitivity": worst.value}
                yield found(edition, "outlines", outline.code, "lint.secret_by_unit", **fields)


def titles_are_words(edition: Edition) -> Iterator[Fault]:
    """A subject, a heading and a recipient have words of the context in them, no figures."""
    for outline in edition.outlines.values():
        titles = [outline.subject, *outline.recipients, *(section.title for section in outline.every_section())]
        for text in titles:
            for one in _places(text.vi):
                if one.name not in WORDS:
                    fields = {"value": one, "text": text}
                    yield found(edition, "outlines", outline.code, "lint.words_only", **fields)


_NUMBER = re.compile(r"\b\d+(?:/\d{4})?[/-][A-ZĐ][A-ZĐ0-9&/-]*[A-ZĐ0-9]\b")
"""The number of a document as a text writes it: 09/2019/NĐ-CP, 28/NQ-CP, 11-NQ/TW, 73/2006/QH11."""


def named_documents_are_cited(edition: Edition) -> Iterator[Fault]:
    """A document named in a sentence is one the outline cites: its number stands in one place only."""
    for outline in edition.outlines.values():
        cited = " ".join(edition.documents[code].number for code in outline.cites if code in edition.documents)
        named = {
            number for text in outline.every_text() for words in (text.vi, text.en) for number in _NUMBER.findall(words)
        }
        for number in sorted(named):
            if number not in cited:
                yield found(edition, "outlines", outline.code, "lint.uncited_document", number=number)


def headings_are_written_somewhere(edition: Edition) -> Iterator[Fault]:
    """A report cites only headings under which some form lets a unit write."""
    forms = edition.forms.values()
    written = {text.heading for form in forms for block in blocks(form) for text in block.texts}
    for outline in edition.outlines.values():
        tables = [table.heading for section in outline.every_section() for table in section.tables if table.heading]
        texts = [heading for section in outline.every_section() for heading in section.texts]
        cited = dict.fromkeys([*texts, *tables])
        for heading in cited:
            if heading not in written:
                yield found(edition, "outlines", outline.code, "lint.heading_never_written", heading=heading)


def reports_are_sent_to_somebody(edition: Edition) -> Iterator[Fault]:
    """Official paper ends with "Nơi nhận" (NĐ 30/2020/NĐ-CP)."""
    for outline in edition.outlines.values():
        if not outline.recipients:
            yield found(edition, "outlines", outline.code, "lint.no_recipients")


def reports_can_be_signed(edition: Edition) -> Iterator[Fault]:
    """For each kind of unit that makes a report there is a profile to sign it with, and it says who signs."""
    profiles = edition.signing_profiles.values()
    for profile in profiles:
        if not profile.signature:
            yield found(edition, "signing_profiles", profile.code, "lint.empty_signature")
    for outline in edition.outlines.values():
        for kind in outline.for_kinds or ("",):
            if not any(not one.for_kinds or is_kind(kind, one.for_kinds) for one in profiles):
                fields = {"kind": kind or "any unit"}
                yield found(edition, "outlines", outline.code, "lint.nobody_signs", **fields)


RULES: tuple[Rule, ...] = (
    sentences_name_values,
    places_are_closed,
    languages_say_the_same_values,
    tables_and_charts_name_what_exists,
    tables_of_records_can_be_made,
    restricted_figures_are_not_shown_by_unit,
    titles_are_words,
    named_documents_are_cited,
    headings_are_written_somewhere,
    reports_are_sent_to_somebody,
    reports_can_be_signed,
)
