"""A pack folder of YAML → an Edition: checked definitions, each with the file and line it came from.

Each file holds one mapping from a kind to a list of definitions, e.g. `elements: [...]`. Files may be
arranged in any folders; the folder names are for people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from tienbo.catalogue import definitions as d
from tienbo.catalogue import posts as p
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Calendar, Period, Regime
from tienbo.core.working_days import WorkingDays

PACKS = Path(__file__).parent.parent / "packs"
NOT_DEFINITIONS = {"units", "published", "demonstration", "screening", "making"}
"""Folders of a pack that hold other rooms' data: lists of units, published figures, what a demonstration
needs, which figures are looked at first and which fields are never asked, what making a definition asks."""

worded(
    {
        "pack.unreadable": N_("The file cannot be read as YAML: {reason}"),
        "pack.not_a_mapping": N_("The file must be a mapping from kinds of definition to lists."),
        "pack.unknown_kind": N_("There is no kind of definition called {kind}."),
        "pack.wrong_shape": N_("{definition}: {where}: {reason}"),
        "pack.defined_twice": N_("{kind} {definition} is defined twice; the first is at {first}."),
    }
)

SHAPES: Mapping[str, type[d.Shape]] = {
    "documents": d.Document,
    "regimes": d.RegimeShape,
    "days_off": d.DaysOff,
    "retirement_ages": d.RetirementAges,
    "age_rules": d.AgeRules,
    "release_rules": d.ReleaseRule,
    "clusters": d.Cluster,
    "pipelines": d.Pipeline,
    "breakdowns": d.Breakdown,
    "measures": d.Measure,
    "groups": d.Group,
    "elements": d.Element,
    "indicators": d.Indicator,
    "targets": d.Target,
    "forms": d.Form,
    "registers": d.RegisterKind,
    "norms": d.Norm,
    "outlines": d.Outline,
    "signing_profiles": d.SigningProfile,
    "terms": d.GlossaryTerm,
    "body_kinds": p.BodyKind,
    "post_titles": p.PostTitle,
    "post_breakdowns": d.Breakdown,
    "count_groups": p.CountGroup,
    "counting_rules": p.CountingRule,
    "reconciliations": p.Reconciliation,
    "election_kinds": p.ElectionKind,
    "election_days": p.ElectionDay,
}


@dataclass(frozen=True)
class Edition:
    """The definitions of a pack as loaded once: what "the edition" means everywhere else."""

    pack: str
    documents: dict[str, d.Document] = field(default_factory=dict)
    regimes: dict[str, d.RegimeShape] = field(default_factory=dict)
    days_off: dict[str, d.DaysOff] = field(default_factory=dict)
    retirement_ages: dict[str, d.RetirementAges] = field(default_factory=dict)
    age_rules: dict[str, d.AgeRules] = field(default_factory=dict)
    release_rules: dict[str, d.ReleaseRule] = field(default_factory=dict)
    clusters: dict[str, d.Cluster] = field(default_factory=dict)
    pipelines: dict[str, d.Pipeline] = field(default_factory=dict)
    breakdowns: dict[str, d.Breakdown] = field(default_factory=dict)
    measures: dict[str, d.Measure] = field(default_factory=dict)
    groups: dict[str, d.Group] = field(default_factory=dict)
    elements: dict[str, d.Element] = field(default_factory=dict)
    indicators: dict[str, d.Indicator] = field(default_factory=dict)
    targets: dict[str, d.Target] = field(default_factory=dict)
    forms: dict[str, d.Form] = field(default_factory=dict)
    registers: dict[str, d.RegisterKind] = field(default_factory=dict)
    norms: dict[str, d.Norm] = field(default_factory=dict)
    outlines: dict[str, d.Outline] = field(default_factory=dict)
    signing_profiles: dict[str, d.SigningProfile] = field(default_factory=dict)
    terms: dict[str, d.GlossaryTerm] = field(default_factory=dict)
    body_kinds: dict[str, p.BodyKind] = field(default_factory=dict)
    post_titles: dict[str, p.PostTitle] = field(default_factory=dict)
    post_breakdowns: dict[str, d.Breakdown] = field(default_factory=dict)
    count_groups: dict[str, p.CountGroup] = field(default_factory=dict)
    counting_rules: dict[str, p.CountingRule] = field(default_factory=dict)
    reconciliations: dict[str, p.Reconciliation] = field(default_factory=dict)
    election_kinds: dict[str, p.ElectionKind] = field(default_factory=dict)
    election_days: dict[str, p.ElectionDay] = field(default_factory=dict)
    places: dict[tuple[str, str], str] = field(default_factory=dict, compare=False)
    """(kind, code) → "elements/staff.yaml:31", for whoever has to find it."""

    def place(self, kind: str, code: str) -> str:
        return self.places.get((kind, code), f"{kind}/{code}")

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar(
            Regime(
                code=regime.code,
                first=Period.parse(regime.first),
                half_starts=regime.half_starts,
                due=regime.due,
                document=regime.document or "",
                confidence=regime.confidence.value,
            )
            for regime in self.regimes.values()
        )

    @cached_property
    def working_days(self) -> WorkingDays:
        """Weekends and days off, as far as the pack knows them."""
        off: dict[date, object] = {}
        for made in self.days_off.values():
            for away in made.days:
                for ordinal in range(away.begin.toordinal(), away.end.toordinal() + 1):
                    off[date.fromordinal(ordinal)] = away.name
        every = self.days_off.values()
        return WorkingDays(
            each_year={(one.month, one.day): one.name for made in every for one in made.each_year},
            off=off,
            worked=frozenset(day for made in every for day in made.worked),
            years={made.year: made.known for made in every if made.year is not None},
        )

    def form_for(self, kind: str, period: Period) -> d.Form | None:
        """The form a unit of this kind owes for a half-year; the most specific kind wins.

        A form that asks no figure in that half-year (all of its lines are yearly, and it is a first half) is not owed.
        """
        used = self._forms_asked.get(period)
        if used is None:
            used = [form for form in self.forms.values() if form.is_used(period) and self._asks(form, period)]
            self._forms_asked[period] = used
        for depth in range(kind.count(".") + 1, 0, -1):
            wanted = ".".join(kind.split(".")[:depth])
            for form in used:
                if wanted in form.for_kinds:
                    return form
        return None

    @cached_property
    def _forms_asked(self) -> dict[Period, list[d.Form]]:
        """Half-year → forms in use that ask something in it; asked for every unit of a tree, so remembered."""
        return {}

    def _asks(self, form: d.Form, period: Period) -> bool:
        """Whether a form asks for figures in a half-year: rows always, a line when its element is asked."""
        blocks = [block for sheet in form.sheets for block in sheet.blocks]
        lines = [line for block in blocks for line in block.lines]
        return (
            not lines
            or any(block.fields for block in blocks)
            or any(self.elements[line.element].is_asked(period, form.for_kinds) for line in lines)
        )


class _Lined(dict[str, Any]):
    """A YAML mapping that remembers the line it began on."""

    line = 0


# The parser in C reads a pack seven times faster; it is missing only where PyYAML was built without it.
class _Loader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    pass


def _mapping(loader: _Loader, node: yaml.MappingNode) -> _Lined:
    seen: set[object] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", key_node.start_mark)
        seen.add(key)
    made = _Lined({str(k): v for k, v in loader.construct_mapping(node, deep=True).items()})
    made.line = node.start_mark.line + 1
    return made


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


Found = tuple[str, _Lined, str]
"""A definition as it stands in a text: its kind, what it says, where."""


def _definitions(root: Path, faults: list[Fault]) -> Iterator[Found]:
    for path in sorted(root.rglob("*.yaml")):
        where = path.relative_to(root).as_posix()
        if where.partition("/")[0] not in NOT_DEFINITIONS:
            yield from _defined(path.read_text(encoding="utf-8"), where, faults)


def _defined(text: str, where: str, faults: list[Fault]) -> Iterator[Found]:
    try:
        content = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as broken:
        mark = getattr(broken, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        faults.append(Fault("pack.unreadable", where + line, {"reason": getattr(broken, "problem", broken)}))
        return
    if not isinstance(content, dict):
        faults.append(Fault("pack.not_a_mapping", where))
        return
    for kind, rows in content.items():
        if kind not in SHAPES:
            faults.append(Fault("pack.unknown_kind", where, {"kind": kind}))
            continue
        for row in rows or ():
            if not isinstance(row, _Lined):
                faults.append(Fault("pack.not_a_mapping", where))
                continue
            yield kind, row, f"{where}:{row.line}"


def _line_of(row: Any, location: tuple[int | str, ...]) -> int:
    """The line of the innermost mapping on the way to a fault."""
    line = getattr(row, "line", 0)
    for step in location:
        try:
            row = row[step]
        except (KeyError, IndexError, TypeError):
            break
        line = getattr(row, "line", line)
    return line


def read(root: Path) -> tuple[Edition, list[Fault]]:
    """Every definition below `root`, and every fault of shape. Relations between definitions are lint's."""
    faults: list[Fault] = []
    edition = Edition(pack=root.name)
    _put(edition, _definitions(root, faults), faults)
    return edition, faults


def read_over(edition: Edition, text: str, where: str) -> tuple[Edition, list[Fault]]:
    """The definitions of an edition with those of one more text (YAML, as in a file of a pack), and every fault of its
    shape. `where` is what its places call it."""
    faults: list[Fault] = []
    held = {kind: dict(getattr(edition, kind)) for kind in SHAPES}
    made = Edition(pack=edition.pack, places=dict(edition.places), **held)
    _put(made, _defined(text, where, faults), faults)
    return made, faults


def _put(edition: Edition, found: Iterator[Found], faults: list[Fault]) -> None:
    """Put definitions among those of an edition, each with its place; what has not its shape is a fault."""
    for kind, row, place in found:
        try:
            made = SHAPES[kind].model_validate(row)
        except ValidationError as broken:
            for error in broken.errors():
                file = place.rsplit(":", 1)[0]
                faults.append(
                    Fault(
                        "pack.wrong_shape",
                        f"{file}:{_line_of(row, error['loc'])}",
                        {
                            "definition": row.get("code", "?"),
                            "where": ".".join(map(str, error["loc"])) or kind,
                            "reason": error["msg"],
                            "at": error["loc"],
                            "error": error["type"],
                            "said": error.get("ctx", {}).get("error", ""),
                        },
                    )
                )
            continue
        code: str = made.code  # type: ignore[attr-defined]
        there: dict[str, Any] = getattr(edition, kind)
        if code in there:
            fields = {"kind": kind, "definition": code, "first": edition.place(kind, code)}
            faults.append(Fault("pack.defined_twice", place, fields))
            continue
        there[code] = made
        edition.places[kind, code] = place


@lru_cache(maxsize=4)
def load(pack: str | Path = "vn") -> Edition:
    """The edition of a pack by name or folder, or Refused with every fault, lint's included."""
    from tienbo.catalogue.lint import lint

    root = PACKS / pack if isinstance(pack, str) else pack
    edition, faults = read(root)
    faults += lint(edition)
    wrong = [fault for fault in faults if fault.level.value == "error"]
    if wrong:
        raise Refused(*wrong)
    return edition
