"""Norms that a site adds: what local decisions ask, and what units' plans set for themselves, laid over the pack's.

Each is a norm like those of the pack, under the one it follows, with an owner. The pack's own are not touched: what the
law asks and what a locality asks beside it are two lines.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tienbo.catalogue.definitions import Confidence, Document, Kind, Norm, NormRule, Text
from tienbo.catalogue.loading import SHAPES, Edition
from tienbo.catalogue.plans import OPERATORS, SetBy
from tienbo.core.messages import LANGUAGES, speaking
from tienbo.core.messages import gettext as _

OWN = "own."


@dataclass(frozen=True, slots=True)
class Decided:
    """A local decision as the definitions need it: that a norm holds for units of `kinds` under `unit` (a key; `name`
    as it stands inside a sentence) in a span of days, with another `value` where it sets one."""

    key: str
    norm: str
    unit: str
    name: str
    kinds: tuple[Kind, ...]
    value: Decimal | None
    begin: date
    end: date | None
    number: str
    issued_on: date
    place: str = ""


def with_local(edition: Edition, decisions: Iterable[Decided], plans: Iterable[SetBy] = ()) -> Edition:
    """The definitions with what local decisions and plans in force add, each after the norm it follows, and their
    documents. What follows no norm there is (the pack is another since) is left out."""
    norms, documents = list(edition.norms.values()), dict(edition.documents)
    for made, document in itertools.chain(
        (pair for one in decisions for pair in _decided(edition, one)),
        (pair for one in plans for pair in _planned(edition, one)),
    ):
        documents[document.code] = document
        norms.insert(_place(made, norms), made)
    held = {kind: getattr(edition, kind) for kind in SHAPES}
    held |= {"norms": {one.code: one for one in norms}, "documents": documents}
    return Edition(pack=edition.pack, places=edition.places, **held)


def _decided(edition: Edition, one: Decided) -> Iterator[tuple[Norm, Document]]:
    norm = edition.norms.get(one.norm)
    value = one.value if norm is None or one.value is not None else _least(norm, one.begin)
    if norm is None or value is None:
        return
    document = _document(f"own_{one.key.rpartition('_')[2].lower()}", one.number, one.issued_on, one.number)
    place = Text(vi=one.place, en=one.place) if one.place else None
    rule = {"from": one.begin, "to": one.end, "value": value, "document": document.code, "place": place}
    changed = {
        "code": OWN + one.key.rpartition("_")[2].lower(),
        "name": _named(norm.name, one.name),
        "kinds": one.kinds,
        "rules": (NormRule.model_validate({**rule, "confidence": Confidence.CONFIRMED}),),
        "severity": "must",
        "owner_unit": one.unit,
        "parent": norm.code,
        "local": False,
    }
    yield norm.model_copy(update=changed), document


def _least(norm: Norm, day: date) -> Decimal | None:
    """What a decision asks that sets no value: that of the norm's rule on the day; of a body that there is one."""
    rule = norm.rule_on(day)
    return rule.value if rule is not None else Decimal(1) if norm.local else None


def _planned(edition: Edition, one: SetBy) -> Iterator[tuple[Norm, Document]]:
    """What a plan's targets are for norms of the same quantity: shares of at least so much, of the unit itself."""
    for own in one.content.targets:
        for norm in edition.norms.values():
            indicator = edition.indicators.get(own.indicator)
            if norm.indicator != own.indicator or norm.test.over is None or indicator is None:
                continue
            if norm.parent is not None or OPERATORS[own.direction] != norm.test.op:
                continue
            document = _document(
                "own_" + one.plan.rpartition("_")[2].lower(), one.number, one.issued_on, one.content.title
            )
            years = sorted(own.values)
            ends = [date(year, 1, 1) for year in (*years[1:], max(*years, one.content.last_year) + 1)] if years else []
            rules = tuple(
                NormRule.model_validate(
                    {"from": date(year, 1, 1), "to": end, "value": own.values[year] / indicator.unit.scale,
                     "document": document.code, "confidence": Confidence.CONFIRMED}
                )
                for year, end in zip(years, ends, strict=True)
            )  # fmt: skip
            changed = {
                "code": f"{OWN}{own.key.rpartition('_')[2].lower()}",
                "name": _named(norm.name, one.name),
                "rules": rules,
                "severity": "should",
                "owner_unit": one.unit,
                "reach": "self",
                "parent": norm.code,
            }
            yield norm.model_copy(update=changed), document


def _document(code: str, number: str, issued_on: date, title: str) -> Document:
    return Document(code=code, number=number, issued_on=issued_on.isoformat(), title=Text(vi=title, en=title))


def _place(made: Norm, norms: list[Norm]) -> int:
    beside = [at for at, one in enumerate(norms) if made.parent in (one.code, one.parent)]
    return max(beside) + 1 if beside else len(norms)


def _named(name: Text, unit: str) -> Text:
    words = {}
    for lang, said in zip(LANGUAGES, (name.vi, name.en), strict=True):
        with speaking(lang):
            words[lang] = _("{norm} – as {unit} decided").format(norm=said, unit=unit)
    return Text(**words)
