"""Registers that a site makes of its own: their definitions laid over those of the pack, by the same loader and rules.

The code of such a register begins with "own.", so that none the pack will ever have is called so. What it is made of is
YAML, as in a file of the pack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import yaml

from tienbo.catalogue.definitions import (
    Outline,
    RegisterField,
    RegisterKind,
    Section,
    Sensitivity,
    Sentence,
    Text,
)
from tienbo.catalogue.lint import lint
from tienbo.catalogue.loading import PACKS, SHAPES, Edition, read_over
from tienbo.core.faults import Fault, Level, worded
from tienbo.core.messages import N_
from tienbo.core.words import same_name

OWN = "own."
MADE = ("registers", "documents")
"""What a site defines of its own."""
_RESTS_ON = ("documents", "breakdowns", "measures", "groups", "elements", "registers")
_ONLY_VIETNAMESE = frozenset({"lint.text_untranslated"})

worded(
    {
        "own_kind.shadows": N_("There is a register “{name}” ({first}) already. Call this one otherwise."),
        "own_kind.code_not_own": N_("The code of a register of one's own begins with “own.”: “{code}” does not."),
        "own_kind.field_gone": N_(
            "“{label}” is in use since {since}: it cannot be taken out. Retire it; old records keep what they say."
        ),
        "own_kind.field_retyped": N_(
            "“{label}” is in use since {since} as “{was}”: it cannot become another type. Retire it, then add a new "
            "field."
        ),
        "own_kind.answer_gone": N_("“{answer}” of “{label}” is in use since {since}: it cannot be taken out."),
        "own_kind.state_gone": N_("The state “{state}” is in use since {since}: it cannot be taken out."),
        "own_kind.day_changed": N_("By which day a record belongs to a period cannot change after it is in use."),
    }
)


def is_own(code: str) -> bool:
    return code.startswith(OWN)


def with_kinds(edition: Edition, texts: Mapping[str, str]) -> Edition:
    """The definitions with a site's own registers (code → YAML) in the place of those of its own they had before. One
    that does not fit (the pack is another since) is left out: `kind_faults` says why."""
    made = _without_own(edition)
    for code, text in texts.items():
        made, _faults = read_over(made, text, code)
    wrong = {str(one.fields.get("definition")) for one in _linted(made)}
    for code in [code for code in made.registers if is_own(code) and code in wrong]:
        del made.registers[code]
    own = [kind for kind in made.registers.values() if is_own(kind.code)]
    if own:
        made.outlines.update({code: _telling(outline, own) for code, outline in made.outlines.items()})
    return made


def _linted(edition: Edition) -> list[Fault]:
    """The errors that every rule finds in registers and what they rest on; forms, targets and outlines of the pack are
    not looked at again. Words of one's own may be in Vietnamese only."""
    held = {kind: getattr(edition, kind) for kind in _RESTS_ON}
    found = lint(Edition(pack=edition.pack, places=edition.places, **held))
    return [one for one in found if one.level is Level.ERROR and one.code not in _ONLY_VIETNAMESE]


def kind_faults(
    edition: Edition, code: str, text: str, before: RegisterKind | None = None, since: str = ""
) -> list[Fault]:
    """What is wrong with the text of one register of one's own, laid over an edition: its shape, its relations to all
    that is defined, and to the version in use `before`. Faults of shape say where in the definition (`at`)."""
    shipped = _without_own(edition, code)
    made, faults = read_over(shipped, text, code)
    kind = made.registers.get(code)
    twice = [one for one in faults if one.code == "pack.defined_twice"]
    if twice or not is_own(code):
        held = shipped.registers.get(code)
        if held is not None:
            first = shipped.place("registers", code)
            return [Fault("own_kind.shadows", code, {"name": held.name, "first": first, "at": ("code",)})]
        return [Fault("own_kind.code_not_own", code, {"code": code, "at": ("code",)})]
    if kind is None:
        return faults
    same = [one for one in shipped.registers.values() if same_name(one.name.vi) == same_name(kind.name.vi)]
    if same:
        fields = {"name": same[0].name, "first": shipped.place("registers", same[0].code), "at": ("name",)}
        faults.append(Fault("own_kind.shadows", code, fields))
    mine = {code, *(one.code for one in made.documents.values() if one.code.startswith(code))}
    faults += [one for one in _linted(made) if one.fields.get("definition") in mine]
    return faults + list(_changed(kind, before, since) if before is not None else ())


def _without_own(edition: Edition, code: str = "") -> Edition:
    """An edition without registers of a site's own; with a `code`, without that one."""
    held: dict[str, dict[str, Any]] = {kind: dict(getattr(edition, kind)) for kind in SHAPES}
    for kind in MADE:
        for one in [one for one in held[kind] if is_own(one)]:
            if not code or one == code or one.startswith(f"{code}."):
                del held[kind][one]
    return Edition(pack=edition.pack, places=dict(edition.places), **held)


def _changed(kind: RegisterKind, before: RegisterKind, since: str) -> Iterator[Fault]:
    """What records say may not lose its meaning: fields, answers and states in use stay."""
    for at, was in _every(before):
        now = kind.named(at)
        about = {"label": was.label, "since": since, "definition": kind.code, "at": at}
        if now is None:
            yield Fault("own_kind.field_gone", kind.code, about)
        elif (now.kind, now.measure) != (was.kind, was.measure):
            yield Fault("own_kind.field_retyped", kind.code, {**about, "was": was.kind})
        else:
            for answer in was.choices.keys() - now.choices.keys():
                yield Fault("own_kind.answer_gone", kind.code, {**about, "answer": was.choices[answer]})
    states = {one.code for one in kind.states}
    for state in before.states:
        if state.code not in states:
            fields = {"state": state.name, "since": since, "definition": kind.code}
            yield Fault("own_kind.state_gone", kind.code, fields)
    if kind.occurred != before.occurred:
        yield Fault("own_kind.day_changed", kind.code, {"definition": kind.code})


def _every(kind: RegisterKind) -> Iterator[tuple[str, RegisterField]]:
    for field in kind.fields:
        yield field.code, field
        yield from ((f"{field.code}/{column.code}", column) for column in field.columns)


# -------------------------------------------------------------------------------------------------- in the report


def _telling(outline: Outline, kinds: Iterable[RegisterKind]) -> Outline:
    """An outline that tells the tallies of a site's own registers, each in the section of its line of work."""
    told: dict[str, list[Sentence]] = {}
    for kind in kinds:
        if kind.tallies and kind.sensitivity in (Sensitivity.C0, Sensitivity.C1):
            told.setdefault(kind.section, []).append(_sentence(kind))

    def section(one: Section) -> Section:
        here = [sentence for work in one.work for sentence in told.get(work, ())]
        inside = tuple(map(section, one.sections))
        return one.model_copy(update={"sentences": (*one.sentences, *here), "sections": inside})

    if not told or any(map(_is_of_own, outline.every_sentence())):
        return outline
    return outline.model_copy(update={"sections": tuple(map(section, outline.sections))})


def _sentence(kind: RegisterKind) -> Sentence:
    """What a register counts, in one sentence: its first tally, and the others as far as they say something."""
    first, *others = kind.tallies
    names = {one.code: f"registers.{kind.code}.{one.code}" for one in kind.tallies}

    def said(lang: str, opening: str) -> str:
        more = "".join(f"[[; {_inside(getattr(one.name, lang))}: {{{names[one.code]}}}]]" for one in others)
        return f"{opening}: {_inside(getattr(first.name, lang))}: {{{names[first.code]}}}{more}."

    units = f"{{{names[first.code]}|units}}"
    return Sentence(
        text=Text(
            vi=said("vi", f"Theo {_inside(kind.name.vi)} của {units} đơn vị"),
            en=said("en", f"By the registers “{kind.name.en}” of {units} units"),
        ),
        needs=(f"{names[first.code]}>0",),
    )


def _inside(words: str) -> str:
    """A name inside a sentence: its first letter is small, where it is no abbreviation."""
    return words[:1].lower() + words[1:] if words[1:2].islower() or words[1:2] == " " else words


def _is_of_own(said: Sentence) -> bool:
    return any(need.startswith(f"registers.{OWN}") for need in said.needs)


# -------------------------------------------------------------------------------------------- what making one asks


@lru_cache(maxsize=1)
def _making() -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load((PACKS / "vn" / "making" / "kind.yaml").read_text(encoding="utf-8"))
    return said


def kind_form(edition: Edition) -> RegisterKind:
    """What making a register asks, as the definition of a register: choices of the pack filled in."""
    offers = {
        "@measures": {code: one.name.model_dump() for code, one in edition.measures.items()},
        "@groups": {code: one.name.model_dump() for code, one in edition.groups.items() if code.startswith("work.")},
    }

    def filled(field: dict[str, Any]) -> dict[str, Any]:
        made = {**field, "columns": [filled(one) for one in field.get("columns", ())]}
        return made | ({"choices": offers[field["choices"]]} if isinstance(field.get("choices"), str) else {})

    form = _making()["form"]
    return RegisterKind.model_validate({**form, "fields": [filled(one) for one in form["fields"]]})


def kind_keepers() -> Mapping[str, Text]:
    """Kinds of units that can keep a register, in words."""
    return {code: Text(**words) for code, words in _making()["kinds"].items()}


def kind_begin() -> Mapping[str, list[dict[str, str]]]:
    """The rows that a new register begins with."""
    said: Mapping[str, list[dict[str, str]]] = _making()["begin"]
    return said
