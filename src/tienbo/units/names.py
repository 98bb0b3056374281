"""Names of units: the type word and the bare name, and the keys they are found by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from tienbo.core.words import clean, fold, same_name

TYPE_WORDS = ("Thành phố", "Thị trấn", "Thị xã", "Đặc khu", "Phường", "Huyện", "Quận", "Tỉnh", "Xã")
"""The types of administrative unit by law (Luật Tổ chức chính quyền địa phương 2015 and 2025)."""

_LEADS = tuple(same_name(word + " x")[:-1] for word in TYPE_WORDS)
_SHORT = {"tp": "thanh pho", "tx": "thi xa", "tt": "thi tran"}


class Name(NamedTuple):
    """ "Xã Quỳnh Lưu" → text, word "Xã", bare "Quỳnh Lưu", search "quynh luu"."""

    text: str
    word: str
    bare: str
    search: str


def split_name(text: str) -> Name:
    """A full official name in its parts. The type word counts only when written with its marks: "Xà Phiên" has none."""
    text = clean(text)
    same = same_name(text)
    for word, lead in zip(TYPE_WORDS, _LEADS, strict=True):
        if same.startswith(lead):
            bare = text[len(word) + 1 :]
            return Name(text, text[: len(word)], bare, fold(bare))
    return Name(text, "", text, fold(text))


def labels_of(names: Mapping[str, str]) -> dict[str, str]:
    """Key → the name without its type; with the type's letters ("P. 7", "TT. Kỳ Bách") where that alone is a number,
    or the name of two units."""
    split = {key: split_name(name) for key, name in names.items()}
    often = Counter(name.bare for name in split.values())
    made = {}
    for key, name in split.items():
        letters = "".join(word[0].upper() for word in name.word.split())
        plain = not letters or (often[name.bare] == 1 and not name.bare.isdigit())
        made[key] = name.bare if plain else f"{letters}. {name.bare}"
    return made


class Asked(NamedTuple):
    """What a person typed for one name, in every way it can be read: (folded type word or "", folded bare name)."""

    same: str
    readings: tuple[tuple[str, str], ...]

    def rank(self, name: Name) -> int | None:
        """0: the marks agree; 1: only without marks; None: another name."""
        if self.same in (same_name(name.text), same_name(name.bare)):
            return 0
        for word, bare in self.readings:
            if bare == name.search and word in ("", fold(name.word)):
                return 1
        return None


def asked(text: str) -> Asked:
    """ "xa quynh luu" may be the xã Quỳnh Lưu or a place called Xa Quynh Luu: both readings are kept."""
    folded = fold(text)
    readings = [("", folded)]
    head, _blank, rest = folded.partition(" ")
    if rest and head.rstrip(".") in _SHORT:
        readings.append((_SHORT[head.rstrip(".")], rest))
    for word in map(fold, TYPE_WORDS):
        if folded.startswith(word + " "):
            readings.append((word, folded[len(word) + 1 :]))
    return Asked(same_name(text), tuple(readings))
