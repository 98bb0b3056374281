"""Lao on paper. Lao is written without blanks between words, with marks above and below: a Word file says for each
piece of it which script and language it is, so that lines break where words end, and carries the font with it, because
few machines outside Laos have one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from unicodedata import category
from uuid import NAMESPACE_URL, uuid5

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from lxml import etree  # type: ignore[import-untyped]

from tienbo.papers import fonts

_LETTERS = "\u0e80-\u0eff"
_JOINING = "\u200b\u200c\u200d"
"""A place where a line may break, and two that say how letters join: nothing is seen of them."""
_PIECE = re.compile(f"[{_LETTERS}](?:[{_LETTERS}{_JOINING}\\s\\-./(),]*[{_LETTERS}])?")
_OBFUSCATED = "application/vnd.openxmlformats-officedocument.obfuscatedFont"
_FONT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/font"
_HIDDEN = 32
"""Bytes of an embedded font that are mixed with its key (ECMA-376, part 4, 2.8.1)."""


def holds(text: str) -> bool:
    return _PIECE.search(text) is not None


def printable(text: str) -> str:
    """What paper takes of a text: all that can be seen, blanks of any width and those at which no line breaks, and what
    tells Lao where to break. XML carries no control characters, and a person did not mean to type them: they become
    plain blanks, as line breaks do."""
    return text if text.isprintable() else "".join(char if _is_printed(char) else " " for char in text)


def _is_printed(char: str) -> bool:
    return char.isprintable() or char in _JOINING or category(char) == "Zs"


def pieces(text: str) -> Iterator[tuple[bool, str]]:
    """(whether it is Lao, the text) one after the other."""
    at = 0
    for found in _PIECE.finditer(text):
        if found.start() > at:
            yield False, text[at : found.start()]
        yield True, found.group()
        at = found.end()
    if at < len(text):
        yield False, text[at:]


def properties(bold: bool) -> str:
    """What a run of Lao in a Word file says of itself. Lao has no slanted cut, and none is made up."""
    look = "<w:b/><w:bCs/>" if bold else ""
    name = fonts.LAO
    return (
        f'<w:rPr><w:rFonts w:ascii="{name}" w:hAnsi="{name}" w:cs="{name}"/>{look}<w:cs/>'
        f'<w:lang w:val="lo-LA" w:bidi="lo-LA"/></w:rPr>'
    )


def embed(word: Any) -> None:
    """Put the font into a Word file, regular and bold, as Word itself embeds one."""
    package, document = word.part.package, word.part
    table = document.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
    cuts = ""
    for number, (name, cut) in enumerate(zip(fonts.LAO_FILES, ("Regular", "Bold"), strict=True), 1):
        key, content = _obfuscated(fonts.folder() / name)
        font = Part(PackURI(f"/word/fonts/font{number}.odttf"), _OBFUSCATED, content, package)
        cuts += f'<w:embed{cut} r:id="{table.relate_to(font, _FONT)}" w:fontKey="{key}"/>'
    held = parse_xml(table.blob)
    held.append(
        parse_xml(
            f'<w:font {nsdecls("w", "r")} w:name="{fonts.LAO}"><w:charset w:val="00"/><w:family w:val="swiss"/>'
            f'<w:pitch w:val="variable"/>{cuts}</w:font>'
        )
    )
    table._blob = _written(held)
    settings = word.settings.element
    zoom = settings.find(qn("w:zoom"))
    settings.insert(
        0 if zoom is None else settings.index(zoom) + 1, parse_xml(f"<w:embedTrueTypeFonts {nsdecls('w')}/>")
    )


def _written(element: Any) -> bytes:
    written: bytes = etree.tostring(element, xml_declaration=True, encoding="UTF-8", standalone=True)
    return written


@lru_cache(maxsize=4)
def _obfuscated(path: Path) -> tuple[str, bytes]:
    """The key of a font and its bytes as they stand in a Word file; the same font has the same key."""
    guid = uuid5(NAMESPACE_URL, path.name)
    key, content = guid.bytes[::-1], path.read_bytes()
    mixed = bytes(byte ^ key[index % 16] for index, byte in enumerate(content[:_HIDDEN]))
    return "{" + str(guid).upper() + "}", mixed + content[_HIDDEN:]
