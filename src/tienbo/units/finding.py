"""Finding units in a list by what people type: names with or without marks, a part of a name, a code."""

from __future__ import annotations

from collections.abc import Mapping

from tienbo.core.words import clean, fold, same_name, sort_key
from tienbo.units.names import asked, split_name


def found(text: str, names: Mapping[int, str], codes: Mapping[int, str]) -> list[int]:
    """The units of `names` (row id → full name) that `text` can mean, best first: a code or name that agrees with its
    marks, one that agrees without, one that begins a word of the name, one that is a part of it. All, in the order of a
    Vietnamese dictionary, for an empty text."""
    text = clean(text)
    if not text:
        return sorted(names, key=lambda unit: sort_key(names[unit]))
    ranked = [(rank, unit) for unit, name in names.items() if (rank := _rank(text, name, codes.get(unit, ""))) < _NO]
    return [unit for _rank_, unit in sorted(ranked, key=lambda pair: (pair[0], sort_key(names[pair[1]])))]


_NO = 9


def _rank(text: str, name: str, code: str) -> int:
    bare = text.rpartition(":")[2].strip()
    if code and bare == code:
        return 0
    whole = asked(text).rank(split_name(name))
    if whole is not None:
        return whole
    same, kept = same_name(text), same_name(name)
    marked = same != fold(text)
    begins = _begins_a_word(fold(text), fold(name))
    if marked and same in kept:
        return 2 if begins else 4
    if begins:
        return 3
    if fold(text) in fold(name):
        return 5
    return 6 if len(bare) > 1 and bare.isdigit() and code.startswith(bare) else _NO


def _begins_a_word(text: str, name: str) -> bool:
    return f" {text}" in f" {name}"
