"""An Office package whose bytes depend on nothing but its parts."""

from __future__ import annotations

import io
import zipfile
from typing import IO, Protocol

_NO_DAY = (1980, 1, 1, 0, 0, 0)
"""The earliest a zip can say: the same document made twice is the same file."""


class Saves(Protocol):
    """A document of python-docx or python-pptx."""

    def save(self, file: IO[bytes], /) -> None: ...


def packed(document: Saves) -> bytes:
    """The document as a file. Pictures are pressed already and are not pressed again."""
    loose, made = io.BytesIO(), io.BytesIO()
    document.save(loose)
    with zipfile.ZipFile(loose) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        names = sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name))
        for name in names:
            entry = zipfile.ZipInfo(name, _NO_DAY)
            entry.compress_type = (
                zipfile.ZIP_STORED if name.endswith((".png", ".jpeg", ".jpg")) else zipfile.ZIP_DEFLATED
            )
            target.writestr(entry, source.read(name), compresslevel=6)
    return made.getvalue()
