"""Files beyond tables that mean harm are refused in words or read as what they are, each within bounds, with nothing
opened, left behind or asked of anybody (T30); and who works on them has given everything up."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from tests.conftest import PROOF
from tests.papers import hostile
from tests.papers.workbook.hostile import inner, mutated, named
from tests.papers.workbook.test_hostile import bounds

from tienbo.core.faults import Refused
from tienbo.papers.foreign import _workers
from tienbo.papers.pictures import pictures
from tienbo.papers.proofread import docx_sentences
from tienbo.papers.published import published_rows, published_text
from tienbo.papers.workbook.annex import annex_open
from tienbo.papers.workbook.returning import Remark, workbook_hand_back
from tienbo.papers.workbook.safety import Unsafe

READS: dict[str, tuple[Callable[[bytes], object], Callable[[], Iterable[tuple[str, bytes]]]]] = {
    "annexes": (annex_open, lambda: _books(annex=True)),
    "workbooks that go back": (
        lambda data: workbook_hand_back(data, [Remark("A!A1", "Sai")], heading="x"),
        lambda: _books(annex=False),
    ),
    "Word files": (docx_sentences, hostile.words),
    "Word files published": (lambda data: published_rows(data, "docx"), hostile.words),
    "pages published": (lambda data: published_rows(data, "page"), hostile.pages),
    "PDFs published": (published_text, hostile.pdfs),
}


def _books(*, annex: bool) -> Iterator[tuple[str, bytes]]:
    if annex or PROOF:
        yield from named()
    yield from (*mutated(100 if PROOF else 1), *inner(100 if PROOF else 1))


@pytest.fixture
def nobody_is_asked() -> Iterator[None]:
    """Nothing connects to the address that the files name, and nothing is left where they would put it."""
    asked, listening = [], socket.create_server(("127.0.0.1", 9 if os.geteuid() == 0 else 0))
    threading.Thread(target=lambda: asked.append(listening.accept()), daemon=True).start()
    yield
    assert asked == []
    assert not Path("/tmp/should-not-be").exists()
    listening.close()


def test_every_file_is_refused_in_words_or_read_within_bounds(nobody_is_asked: None) -> None:
    pool, tried, read, base = _workers(), 0, 0, 0
    for what, (ask, files) in READS.items():
        for name, data in files():
            tried += 1
            process = pool._idle.get()
            pool._idle.put(process)
            before = bounds(process)[0] if process is not None else 0.0
            began, told = time.monotonic(), ["read"]
            try:
                ask(data)
                read += 1
            except Refused as refused:
                told = [one.sentence() for one in refused.faults]
            except Unsafe as unsafe:
                told = [unsafe.fault(name).sentence()]
            assert all(told), (what, name)
            process = pool._idle.get()
            pool._idle.put(process)
            assert time.monotonic() - began < 60
            if process is not None:  # one that went over its bounds is ended
                taken, most = bounds(process)
                base = base or most
                assert taken - before <= 5 or taken < before, (what, name)
                assert most - base <= 300 * 2**20, (what, name)
    print(f"T30: {tried} files beyond tables, {read} read as what they are")
    assert tried >= (500 if PROOF else 70)
    assert read


@pytest.mark.proof
def test_pictures_that_mean_harm_are_drawn_or_not_within_bounds(nobody_is_asked: None) -> None:
    for name, ending, data in hostile.pictures():
        began = time.monotonic()
        pictures(data, ending)
        assert time.monotonic() - began < 30, name


def test_who_gave_everything_up_removes_signals_and_asks_nothing(tmp_path: Path) -> None:
    kept, beside = tmp_path / "kept", tmp_path / "beside"
    kept.mkdir()
    (kept / "a").write_text("a")
    beside.write_text("b")
    script = f"""
import os, signal, socket, sys
from tienbo.core.confined import confine
version = confine({{folder}})
done = []
def tried(what, act):
    try:
        act()
    except OSError:
        return
    done.append(what)
tried("kept", lambda: open({str(kept / "a")!r}).read())
tried("remove", lambda: os.remove({str(beside)!r}))
tried("read", lambda: open({str(beside)!r}).read())
tried("signal", lambda: os.kill(os.getppid(), 0))
tried("connect", lambda: socket.create_connection(("127.0.0.1", int(sys.argv[1])), 2))
print(version, *done)
"""
    listening = socket.create_server(("127.0.0.1", 0))
    for folder, may in ((repr(None), []), (f"__import__('pathlib').Path({str(kept)!r})", ["kept"])):
        words = [sys.executable, "-c", script.replace("{folder}", folder), str(listening.getsockname()[1])]
        said = subprocess.run(words, capture_output=True, text=True, check=True)
        version, *done = said.stdout.split()
        if int(version) < 6:
            pytest.skip(f"this kernel knows Landlock {version}")
        assert done == may
    assert beside.exists()
    listening.close()
