"""Files that mean harm are refused in words or read as what they are; in bounds of time and memory, with nothing opened
and nothing asked of anybody (T30)."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from tests.conftest import PROOF
from tests.papers.workbook.hostile import inner, mutated, named, plain

from tienbo.core.apart import Overrun
from tienbo.papers.workbook.opening import _readers, sheets_opened
from tienbo.papers.workbook.safety import Unsafe

MUTATED, INNER = (300, 200) if PROOF else (12, 12)
READ = {
    *("right-to-left name", "OLE object", "something after it", "numbers that are none", "a style beyond the list"),
    "ods of a million rows",  # which are empty: so does a program that fills a sheet with a border
}
"""What nothing harmful is left of once it is read: parts that are not read, words that are shown as words."""


CODES = {
    "zip bomb: one part": "workbook.zip_bomb",
    "many entries": "workbook.zip_bomb",
    "billion laughs": "workbook.unreadable",
    "XXE: file": "workbook.unreadable",
    "macros": "workbook.macros",
    "external link": "workbook.external_links",
    "encrypted": "workbook.protected",
    "entries that overlap": "workbook.zip_bomb",
    "a PDF": "workbook.not_a_workbook",
    "nothing": "workbook.empty",
}


def bounds(process: object) -> tuple[float, int]:
    """Seconds of a processor and the most memory (bytes) a process has taken."""
    pid = process.process.pid  # type: ignore[attr-defined]
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text()
    most = int(status.split("VmHWM:")[1].split()[0]) * 1024
    return (int(words[11]) + int(words[12])) / 100, most


def test_every_hostile_file_is_refused_in_words_or_read_as_what_it_is() -> None:
    assert sheets_opened(plain())[0].grid[3][:2] == ["Xã 3", 3.0]
    pool = _readers()
    process = pool._idle.get()
    pool._idle.put(process)
    base = bounds(process)[1]
    asked, listening = [], socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=lambda: asked.append(listening.accept()), daemon=True)
    thread.start()
    tried = 0
    for name, data in (*named(), *mutated(MUTATED), *inner(INNER)):
        tried += 1
        process = pool._idle.get()
        pool._idle.put(process)
        before = bounds(process)[0] if process is not None else 0.0
        read = True
        try:
            sheets_opened(data)
        except Unsafe as unsafe:
            read = False
            fault = unsafe.fault(name)
            assert fault.sentence()
            assert fault.code == CODES.get(name, fault.code), name
        process = pool._idle.get()
        pool._idle.put(process)
        if process is not None:  # a process that went over its bounds is ended
            taken, most = bounds(process)
            assert taken - before <= 5 or taken < before, name
            assert most - base <= 300 * 2**20, name
        assert not (read and name in CODES), name
        if not name.startswith(
            ("mutated", "inner", "path", "one cell", "a huge", "sheet named", "merged", "no sheets")
        ):
            assert not read or name in READ or name.startswith(("zip bomb: nested", "deep", "a row", "shared")), name
    assert tried >= (400 if PROOF else 60)
    assert sheets_opened(plain())  # and the next one is read
    assert asked == []
    assert not Path("/tmp/should-not-be").exists()
    listening.close()


def test_a_file_that_overruns_is_told_in_words_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(_data: bytes) -> None:
        raise Overrun("memory")

    with monkeypatch.context() as held:
        held.setattr(_readers(), "ask", greedy)
        with pytest.raises(Unsafe) as found:
            sheets_opened(plain())
    assert found.value.code == "workbook.too_heavy"
    assert found.value.fault("x.xlsx").sentence()
    assert sheets_opened(plain())
