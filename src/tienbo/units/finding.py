"""Finding units in a list by what people type: names with or without marks, a part of a name, a code."""

from __future__ import annotations

from collections.abc import Mapping

from tienbo.core.words import clean, fold, same_name, sort_key
from tienbo.units.names import asked, split_name


def found(text: str, names: Mapping[int, str], codes: Mapping[int, str]) -> list[int]:
    """The units of `names` (row id → full name) that `text` can mean, best first: a code, or a name that agrees with
    its marks; one that agrees without; one that begins so; one with a word that begins so; one of which it is a part;
    a code that begins so. All of them for an empty text. Equals stand in the order of a Vietnamese dictionary."""
    text = clean(text)
    if not text:
        return sorted(names, key=lambda unit: sort_key(names[unit]))
    ranked = [(_rank(text, name, codes.get(unit, "")), unit) for unit, name in names.items()]
    kept = [(rank, unit) for rank, unit in ranked if rank is not None]
    return [unit for _rank_, unit in sorted(kept, key=lambda pair: (pair[0], sort_key(names[pair[1]])))]


def _rank(text: str, full: str, code: str) -> int | None:
    number = text.rpartition(":")[2].strip()
    if code and number == code:
        return 0
    name = split_name(full)
    whole = asked(text).rank(name)
    if whole is not None:
        return whole
    plain, folded = fold(text), fold(full)
    if plain in folded:
        # Marks that agree bring a name forward of those it agrees with only when they are taken off.
        apart = _marked(text) not in _marked(full)
        begins = name.search.startswith(plain) or folded.startswith(plain)
        return (2 if begins else 4 if f" {plain}" in folded else 6) + apart
    return 8 if len(number) > 1 and number.isdigit() and code.startswith(number) else None


def _marked(text: str) -> str:
    """A text with its marks, each word in one spelling (hoà, hòa)."""
    return " ".join(map(same_name, clean(text).split()))
