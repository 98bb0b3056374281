"""Rules about words: both languages, composed letters, the right Đ."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from tienbo.catalogue.definitions import Text
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.rules.walk import Rule, definitions, found, parts
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_

worded(
    {
        "lint.text_missing": N_("{definition}: {where} is empty in {language}."),
        "lint.text_untranslated": N_("{definition}: {where} is the same in both languages: “{text}”."),
        "lint.text_decomposed": N_("{definition}: {where} is not composed text (NFC): “{text}”."),
        "lint.text_with_eth": N_("{definition}: {where} has the Icelandic letter Ð (U+00D0) for Đ: “{text}”."),
        "lint.text_ragged": N_("{definition}: {where} has blanks at an end, or two together: “{text}”."),
    }
)


def texts_are_in_both_languages(edition: Edition) -> Iterator[Fault]:
    """Every text says something in Vietnamese and in English."""
    for kind, code, made in definitions(edition):
        for where, part in parts(made):
            if isinstance(part, Text):
                for language in ("vi", "en"):
                    if not getattr(part, language).strip():
                        fields = {"where": where or "name", "language": language}
                        yield found(edition, kind, code, "lint.text_missing", **fields)


def texts_are_translated(edition: Edition) -> Iterator[Fault]:
    """English is not the Vietnamese again; what has no word in it (a number, "UBND", "%") may be the same."""
    for kind, code, made in definitions(edition):
        for where, part in parts(made):
            if isinstance(part, Text) and part.vi == part.en and re.search(r"[a-zà-ỹđ]{2}", part.vi):
                yield found(edition, kind, code, "lint.text_untranslated", where=where, text=part.vi)


@lru_cache(maxsize=32768)
def _spelling(text: str) -> tuple[bool, bool, bool]:
    """Whether a text is decomposed, has an eth, is ragged at its blanks."""
    decomposed = not unicodedata.is_normalized("NFC", text)
    return decomposed, "Ð" in text or "ð" in text, text != text.strip() or "  " in text


def texts_are_spelled_in_one_way(edition: Edition) -> Iterator[Fault]:
    """Composed letters, the Vietnamese Đ, single blanks: what is compared, searched and printed later starts clean."""
    codes = ("lint.text_decomposed", "lint.text_with_eth", "lint.text_ragged")
    for kind, code, made in definitions(edition):
        for where, part in parts(made):
            if isinstance(part, str):
                for wrong, fault in zip(_spelling(part), codes, strict=True):
                    if wrong:
                        yield found(edition, kind, code, fault, where=where, text=part)


RULES: tuple[Rule, ...] = (texts_are_in_both_languages, texts_are_translated, texts_are_spelled_in_one_way)
