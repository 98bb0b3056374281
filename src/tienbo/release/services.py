"""Freezing values for a paper, and writing the paper."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

from django.db import transaction
from pydantic import TypeAdapter

from tienbo import __version__
from tienbo.accounts.actors import Actor
from tienbo.catalogue.definitions import Outline
from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import Edition
from tienbo.collection.editions import edition_of
from tienbo.collection.services import edition_keep
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_, speaking
from tienbo.core.periods import Period
from tienbo.engine.values import FrozenValues
from tienbo.ground.keys import new_key
from tienbo.ground.once import reading_once
from tienbo.ground.reach import reaching_everywhere
from tienbo.papers.blocks import Document as Paper
from tienbo.papers.context import Context
from tienbo.papers.docx import write_docx
from tienbo.papers.pdf import write_pdf
from tienbo.papers.report import compose
from tienbo.papers.slides import Deck, deck, write_pptx
from tienbo.registers.plans import edition_with_plans
from tienbo.release.drafting import draft_of, with_draft
from tienbo.release.frozen import Office, context_of, map_fingerprint, places_of, values_of
from tienbo.release.models import Document, Release
from tienbo.release.one_map import names_of_acts
from tienbo.release.reading import Reader
from tienbo.release.tallied import registers_told
from tienbo.units.frames import tree_on, unit_names
from tienbo.units.models import Unit

worded(
    {
        "report.no_outline": N_("There is no outline of the kind {kind} for {unit}."),
        "report.unknown_suffix": N_("A report is written as .docx, .pdf or .pptx (slides), not {suffix}."),
        "report.wrong_period": N_("A report of the kind {kind} is made for {expected}, not {period}."),
        "release.not_found": N_("There is no release {key}."),
    }
)

_CONTEXT = TypeAdapter(Context)
FORMATS = (".docx", ".pdf", ".pptx")


def outline_for(edition: Edition, kind: str, unit_kind: str, unit: str) -> Outline:
    """The outline of a kind of report for a kind of unit; the most specific wins. Refused when there is none.

    `kind` may be the code of an outline, where there are several of a kind ("thematic_rule30").
    """
    found = [outline for outline in edition.outlines.values() if kind in (outline.kind, outline.code)]
    for depth in range(unit_kind.count(".") + 1, 0, -1):
        wanted = ".".join(unit_kind.split(".")[:depth])
        for outline in found:
            if wanted in outline.for_kinds:
                return outline
    for outline in found:
        if not outline.for_kinds:
            return outline
    raise Refused(Fault("report.no_outline", "", {"kind": kind, "unit": unit}))


def release_make(
    *,
    reader: Reader,
    unit: Unit,
    period: Period,
    kind: str,
    office: Office,
    actor: Actor,
    lang: Literal["vi", "en"] = "vi",
    map_day: date | None = None,
) -> Release:
    """Freeze what a report of `unit` needs, on the units of the period's last day or of another `map_day`. Unchanged
    facts and words give the release that exists already."""
    edition = edition_for(reader, unit, period, map_day)
    outline, values, context = frozen_for(
        reader=reader, unit=unit, period=period, kind=kind, office=office, lang=lang, map_day=map_day
    )
    context_json = _CONTEXT.dump_json(context, exclude=_unused(context)).decode()
    mark = hashlib.sha256((values.as_json() + context_json + fingerprint(edition)).encode()).hexdigest()
    with transaction.atomic():
        same = Release.objects.filter(
            unit=unit, period_code=period.code, outline=outline.code, fingerprint=mark
        ).first()
        if same is not None:
            return same
        return Release.objects.create(
            key=new_key("release"),
            unit=unit,
            period_code=period.code,
            outline=outline.code,
            basis=reader.basis,
            edition=edition_keep(edition),
            values_json=values.as_json(),
            context_json=context_json,
            fingerprint=mark,
            facts_version=reader.facts_version,
            map_fingerprint=map_fingerprint(map_day or edition.calendar.last_day(period), unit.pk),
            code_version=__version__,
            made_by=actor.name,
        )


def edition_for(reader: Reader, unit: Unit, period: Period, map_day: date | None = None) -> Edition:
    """The definitions a paper of a unit is made with: the reader's, and the targets that plans in force set for it."""
    return edition_with_plans(reader.edition, unit.pk, map_day or reader.edition.calendar.last_day(period))


def _unused(context: Context) -> set[str]:
    """Words of the merge desk, of other maps, of schematics, of registers, plans and tasks where there are none: such a
    paper says the same as before there were any."""
    late = ("chosen", "by_hand", "map_day", "acts", "places", "registers", "plans", "tasks")
    return {name for name in late if not getattr(context, name)}


def frozen_for(
    *,
    reader: Reader,
    unit: Unit,
    period: Period,
    kind: str,
    office: Office,
    lang: Literal["vi", "en"] = "vi",
    map_day: date | None = None,
) -> tuple[Outline, FrozenValues, Context]:
    """What a report of `unit` would hold if it were made now, the draft's words in its context. Refused where such a
    report cannot be made."""
    edition = edition_for(reader, unit, period, map_day)
    reader = replace(reader, edition=edition)
    names = unit_names(map_day or edition.calendar.last_day(period))
    if unit.pk not in names:
        raise Refused(Fault("values.unit_not_in_tree", "", {"unit": unit.key, "period": period}))
    outline = outline_for(edition, kind, unit.kind, names[unit.pk])
    if (outline.kind == "year") != period.is_year:
        expected = {"year": str(period.year), "action-month": f"{period.year}-H2"}
        fields = {
            "kind": kind,
            "expected": expected.get(outline.kind, f"{period.year}-H1"),
            "period": period,
        }
        raise Refused(Fault("report.wrong_period", "", fields))
    with speaking(lang), reading_once():
        values = values_of(reader, unit, period, outline, map_day)
        context = context_of(reader, unit, period, office, lang, map_day)
        places = places_of(context.children) if outline.has_schematic else {}
        context = replace(context, acts=names_of_acts(values.values.values()), places=places)
        if map_day is None or map_day == edition.calendar.last_day(period):
            # On another map there is no share of a record: what registers say is told of their own units only.
            below = tuple(tree_on(edition.calendar.last_day(period)).subtree(unit.pk))
            told = registers_told(edition=edition, unit=unit, period=period, outline=outline, units=below)
            context = replace(context, registers=told)
        called = {**unit_names(edition.calendar.last_day(period)), **names}
        return outline, values, with_draft(context, draft_of(unit, period, outline), called)


def document_write(*, release: Release, path: Path, template: Path | None = None) -> Document:
    """Write the paper of a release as .docx or .pdf, or its slides as .pptx. The same release gives the same paper,
    also years later."""
    return documents_write(release=release, paths=(path,), template=template)[0]


def documents_write(*, release: Release, paths: Sequence[Path], template: Path | None = None) -> list[Document]:
    """The same into several files at once: a PDF is set on another processor while the Word file is put together."""
    for path in paths:
        if path.suffix.lower() not in FORMATS:
            raise Refused(Fault("report.unknown_suffix", path.name, {"suffix": path.suffix or path.name}))
    paper = paper_of(release)
    with speaking(paper.lang), ThreadPoolExecutor(1) as beside:
        aside = [path for path in paths if path.suffix.lower() == ".pdf"] if len(paths) > 1 else []
        setting = [beside.submit(copy_context().run, write_pdf, paper, path) for path in aside]
        for path in paths:
            if path in aside:
                continue
            if path.suffix.lower() == ".docx":
                write_docx(paper, path, template=template)
            elif path.suffix.lower() == ".pptx":
                write_pptx(deck_of(release), path)
            else:
                write_pdf(paper, path)
        for one in setting:
            one.result()
    return [_document(release, path) for path in paths]


def _document(release: Release, path: Path) -> Document:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    suffix = path.suffix.lower()[1:]
    with reaching_everywhere("that a paper was made is kept, whoever reads it"):
        document, _ = Document.objects.get_or_create(release=release, format=suffix, sha256=sha256)
    return document


def paper_of(release: Release) -> Paper:
    """The paper of a release before it becomes a file."""
    return _composed(release.edition.fingerprint, release.outline, release.values_json, release.context_json)


def deck_of(release: Release) -> Deck:
    """The slides of a release before they become a file."""
    edition = edition_of(release.edition.fingerprint)
    return deck(
        edition=edition,
        outline=edition.outlines[release.outline],
        values=FrozenValues.from_json(release.values_json),
        context=_CONTEXT.validate_json(release.context_json),
        document=paper_of(release),
    )


@lru_cache(maxsize=2)
def _composed(edition: str, outline: str, values_json: str, context_json: str) -> Paper:
    """The paper of a release before it becomes a file: its Word file and its PDF are one paper."""
    made, context = edition_of(edition), _CONTEXT.validate_json(context_json)
    values = FrozenValues.from_json(values_json)
    with speaking(context.lang):
        return compose(edition=made, outline=made.outlines[outline], values=values, context=context)


def release_find(key: str) -> Release:
    """The release with this key. Refused when there is none."""
    found = Release.objects.filter(key=key).select_related("edition").first()
    if found is None:
        raise Refused(Fault("release.not_found", "", {"key": key}))
    return found
