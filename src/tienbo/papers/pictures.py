"""A scanned paper as pictures, for the screen. What somebody brought is never shown itself: a process apart, with
limits of its own and one folder, draws it anew, and what it draws has neither what a page may run nor what a camera
noted.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tienbo.core.confined import confine

PAGES = 3
"""So many pages are drawn: enough to see what a paper is. The whole of it is the file."""
WIDTH = 800
"""Points across, one to a dot: the text of a page of A4 can be read."""
PATIENCE = 20
"""Seconds. A page of a scan takes a third of one."""
MEMORY = 2**30
"""Bytes a process may ask for. A photograph of 50 million dots takes 400 MB to open."""


def pictures(content: bytes, ending: str, pages: int = PAGES) -> list[bytes]:
    """PNG pictures of the first pages of a PDF, or of the picture that a JPEG or PNG is. As many as could be drawn:
    none of what is damaged, locked or too large to open here."""
    with TemporaryDirectory() as folder:
        (Path(folder) / f"brought.{ending}").write_bytes(content)
        words = [sys.executable, "-m", "tienbo.papers.pictures", folder, ending, str(pages if ending == "pdf" else 1)]
        with suppress(subprocess.TimeoutExpired):  # whatever it says or ends with, what it drew is what there is
            subprocess.run(words, timeout=PATIENCE, check=False, capture_output=True)  # noqa: S603 - our own module
        drawn = [Path(folder) / f"{number}.png" for number in range(1, pages + 1)]
        return [path.read_bytes() for path in drawn if path.exists()]


def _draw(folder: Path, ending: str, pages: int) -> None:
    """In the process apart: one picture after the other, each given its name when it is whole."""
    import resource

    import typst

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    confine(folder)
    for number in range(1, pages + 1):
        page = f", page: {number}" if ending == "pdf" else ""
        sheet = f"#set page(width: {WIDTH}pt, height: auto, margin: 0pt)"
        source = f'{sheet}\n#image("brought.{ending}"{page}, width: 100%)'
        compiler = typst.Compiler(input=source.encode(), root=str(folder), ignore_system_fonts=True)
        made = compiler.compile(format="png", ppi=72)
        assert isinstance(made, bytes)  # noqa: S101 - one page is one picture
        unfinished = folder / "unfinished"
        unfinished.write_bytes(made)
        unfinished.rename(folder / f"{number}.png")


if __name__ == "__main__":
    _draw(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
