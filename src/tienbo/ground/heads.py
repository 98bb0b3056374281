"""Heads of the journal kept elsewhere: who cuts the chain's tail, rolls the database back or hashes all of it anew
cannot change what another disk, or a receipt in an officer's drawer, says it was."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.ground.journal import Head

NAME = "tienbo-journal-heads.jsonl"
EVERY = timedelta(hours=24)
SHORTEST = 8
"""Hex digits of a hash that a typed head must have."""

worded(
    {
        "journal.bad_head": N_(
            "“{text}” is no head of a journal; write it as it stands on the receipt: 1234-0a1b2c3d."
        ),
        "journal.bad_heads": N_("{path}: line {line} is no head of a journal."),
    }
)


def head_keep(*, folder: Path, head: Head, again: bool = False) -> bool:
    """Add the head to the file in a folder, when the last one there is a day old and the journal went on since; with
    `again` at once. On return it is on the disk."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / NAME
    last = _last(file)
    if last is not None and not again:
        at, known = last
        if known.seq == head.seq or datetime.now(UTC) - at < EVERY:
            return False
    if head.seq == 0:
        return False
    line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), "seq": head.seq, "hash": head.hash})
    whole = _whole(file.read_bytes()) if file.exists() else b""
    with file.open("ab") as out:
        out.truncate(len(whole))  # half a line is left of one that found no room, or of a machine that lost its power
        try:
            out.write(line.encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())
        except OSError:
            with suppress(OSError):
                os.truncate(file, len(whole))
            raise
    return True


def _whole(content: bytes) -> bytes:
    """The lines that were written to their end."""
    return content[: content.rfind(b"\n") + 1]


def heads_kept(folder: Path) -> list[Head]:
    """The heads in a folder, in the order they were kept; none where there is no file. Refused for a line that is none:
    the file was tampered with, or is another."""
    return [head for _at, head in _read(folder / NAME)]


def head_typed(text: str) -> Head:
    """A head as a receipt says it; Refused when it is none. Its hash may be the beginning of one."""
    seq, _dash, digest = text.strip().partition("-")
    if not seq.isdecimal() or len(digest) < SHORTEST or set(digest) - set("0123456789abcdef"):
        raise Refused(Fault("journal.bad_head", "", {"text": text}))
    return Head(int(seq), digest)


def _read(file: Path) -> Iterator[tuple[datetime, Head]]:
    if not file.exists():
        return
    for number, line in enumerate(_whole(file.read_bytes()).decode().splitlines(), 1):
        try:
            said = json.loads(line)
            yield datetime.fromisoformat(said["at"]), Head(int(said["seq"]), str(said["hash"]))
        except (ValueError, KeyError, TypeError) as broken:
            raise Refused(Fault("journal.bad_heads", str(file), {"path": file, "line": number})) from broken


def _last(file: Path) -> tuple[datetime, Head] | None:
    found = None
    for found in _read(file):  # noqa: B007 - the last one
        pass
    return found
