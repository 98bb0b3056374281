"""The journal for a log system of others: JSON lines, or CEF. Who did what kind of thing when, by which door; never
what was written or read. Hashes travel along, so that whoever keeps these lines keeps the chain too.

CEF: Common Event Format, version 0: header fields escape \\ and |, values of the extension \\, = and line ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from tienbo import __version__
from tienbo.ground.models import JournalEvent

STEP = 2_000
SEVERITY: Mapping[str, int] = {
    "sign_in_failed": 5, "sign_in_locked": 7, "sign_in_resting": 4, "export": 4, "read": 3, "restore": 8, "settings": 6,
    "spill": 9,
}  # fmt: skip
"""0 to 10; whatever is not named has 2."""


def moment_of(tx: str) -> datetime:
    """When a transaction began: its mark says it."""
    return datetime.strptime(tx.partition("-")[0], "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)


def events_after(seq: int) -> Iterator[JournalEvent]:
    """Events that came after one, in order, in little memory."""
    while some := list(JournalEvent.objects.filter(seq__gt=seq).order_by("seq")[:STEP]):
        yield from some
        seq = some[-1].seq


def json_line(event: JournalEvent) -> str:
    said = {
        "time": moment_of(event.tx).isoformat(),
        "seq": event.seq,
        "kind": event.kind,
        "person": event.person,
        "door": event.door,
        "tables": event.tables.split(",") if event.tables else [],
        "rows": event.rows,
        "hash": event.hash,
    }
    return json.dumps(said, ensure_ascii=False)


def cef_line(event: JournalEvent) -> str:
    head = ("0", "Tien Bo", "tienbo", __version__, event.kind, event.kind, str(SEVERITY.get(event.kind, 2)))
    said = {
        "rt": str(int(moment_of(event.tx).timestamp() * 1000)),
        "externalId": str(event.seq),
        "suser": event.person,
        "act": event.door,
        "cs1Label": "tables",
        "cs1": event.tables,
        "cs2Label": "hash",
        "cs2": event.hash,
        "cn1Label": "rows",
        "cn1": str(event.rows),
    }
    told = " ".join(f"{name}={_value(text)}" for name, text in said.items() if text)
    return "CEF:" + "|".join(map(_header, head)) + "|" + told


def _header(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\r", " ").replace("\n", " ")


def _value(text: str) -> str:
    return text.replace("\\", "\\\\").replace("=", "\\=").replace("\r", "\\r").replace("\n", "\\n")


FORMS = {"json": json_line, "cef": cef_line}
