"""What no register asks for: what belongs to one person. The list is data of the pack (`screening/personal.yaml`)."""

from __future__ import annotations

import re
from functools import lru_cache

import yaml
from pydantic import Field, TypeAdapter

from tienbo.catalogue.definitions import Code, Shape, Text
from tienbo.catalogue.loading import PACKS
from tienbo.core.words import clean, fold


class Personal(Shape):
    """Words that ask for something of one person, and what that is."""

    code: Code
    words: tuple[str, ...] = Field(min_length=1)
    name: Text


@lru_cache(maxsize=4)
def personal_words(pack: str) -> tuple[Personal, ...]:
    """The list of an installed pack; one that has none is held to that of Viet Nam."""
    path = PACKS / pack / "screening" / "personal.yaml"
    if not path.is_file():
        path = PACKS / "vn" / "screening" / "personal.yaml"
    return tuple(TypeAdapter(list[Personal]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8"))))


@lru_cache(maxsize=8)
def _sought(pack: str, bare: bool) -> tuple[re.Pattern[str], dict[str, tuple[str, Personal]]]:
    """All words of a list as one pattern, without their marks where they are sought in a text that has none."""
    known: dict[str, tuple[str, Personal]] = {}
    for one in personal_words(pack):
        for word in one.words:
            known.setdefault(fold(word) if bare else clean(word).casefold(), (word, one))
    longest = sorted(known, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)"), known


def personal_in(pack: str, *texts: str) -> tuple[str, Personal] | None:
    """The first word of the list that stands in one of the texts, and what it asks for. A text that was written without
    marks is read without them; in one with marks a word is that word only."""
    for text in texts:
        said = clean(text).casefold()
        pattern, known = _sought(pack, said == fold(said))
        if found := pattern.search(said):
            return known[found[0]]
    return None
