"""The fonts of paper: Tinos, which has the widths of Times New Roman and every Vietnamese letter, and Noto Sans Lao for
what is shared with Lao partners (both OFL-1.1)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import typst

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_

FONTS = Path(__file__).parent.parent / "packs" / "vn" / "fonts"
FAMILY = "Tinos"
LAO = "Noto Sans Lao"
LAO_FILES = ("NotoSansLao-Regular.ttf", "NotoSansLao-Bold.ttf")
FILES = ("Tinos-Regular.ttf", "Tinos-Italic.ttf", "Tinos-Bold.ttf", "Tinos-BoldItalic.ttf", *LAO_FILES)

worded(
    {
        "papers.no_fonts": N_(
            "The fonts of the reports are not in place ({missing}). Run `make setup` in the project's folder."
        )
    }
)


@lru_cache
def folder(path: Path = FONTS) -> Path:
    """The folder that holds every cut, or Refused."""
    missing = [name for name in FILES if not (path / name).is_file()]
    if missing:
        raise Refused(Fault("papers.no_fonts", path.name, {"missing": ", ".join(missing)}))
    return path


@lru_cache(maxsize=2)
def faces(path: Path) -> typst.Fonts:
    """The cuts as typst reads them, and no others of the machine: read once a process."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(path)])
