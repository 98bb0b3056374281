"""Files of strangers beyond tables (Word files, PDFs, annexes of others, workbooks that go back with remarks), each
worked on in a process apart (`core.apart`).

    foreign("tienbo.papers.proofread:word_read", data)

What the work refuses is refused here in the same words, in the language that is spoken; whatever else a parser fails
with is written to the log and is an Overrun, for the caller to put into words.
"""

from __future__ import annotations

import atexit
import importlib
import logging
import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from tienbo.core import apart
from tienbo.core.faults import Refused
from tienbo.core.messages import LANGUAGES, gettext, language, speaking
from tienbo.papers.workbook.safety import Unsafe

READERS = 2
"""Files that a process has worked on at a time."""
_ROOMS = (
    "tienbo.papers.proofread",
    "tienbo.papers.published",
    "tienbo.papers.workbook.annex",
    "tienbo.papers.workbook.annex_filling",
    "tienbo.papers.workbook.returning",
)
"""What the work is done with: loaded before the bounds hold, as no file can be opened later."""
_log = logging.getLogger("tienbo.papers")


def foreign(does: str, *args: Any) -> Any:
    """What "module:name" makes of what a stranger brought. Raises what it refuses with (Unsafe, Refused), Overrun."""
    if apart.inside:
        return _named(does)(*args)
    try:
        told, said = _workers().ask(language(), does, args)
    except apart.Raised as failed:
        _log.error("%s could not work on a file: %s", does, failed)
        raise apart.Overrun("raised") from failed
    if told == "unsafe":
        raise Unsafe(said[0], **said[1])
    if told == "refused":
        raise Refused(*said)
    return said


@lru_cache(maxsize=1)
def _workers() -> apart.Apart:
    here = __name__
    trusted = (*_ROOMS, "tienbo.core.faults")
    made = apart.Apart(f"{here}:work", start=f"{here}:start", size=READERS, trusted=trusted)
    atexit.register(made.close)
    return made


def _named(does: str) -> Any:
    module, _colon, name = does.partition(":")
    return getattr(sys.modules.get(module) or importlib.import_module(module), name)


# --------------------------------------------------------------------------------------------------- in the process


def start() -> None:
    """Load what any of the work needs, by doing a little of each."""
    for room in _ROOMS:
        made = importlib.import_module(room)
        for lang in LANGUAGES:
            with speaking(lang):
                gettext("Note")
                if hasattr(made, "begin"):
                    made.begin()


def work(lang: str, does: str, args: Sequence[Any]) -> tuple[str, Any]:
    """The answer after "said"; what it was refused with after "unsafe" or "refused"."""
    with speaking(lang):
        try:
            return "said", _named(does)(*args)
        except Unsafe as unsafe:
            plain = {name: said if isinstance(said, int) else str(said) for name, said in unsafe.fields.items()}
            return "unsafe", (unsafe.code, plain)
        except Refused as refused:
            return "refused", refused.faults
