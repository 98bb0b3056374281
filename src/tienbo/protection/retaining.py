"""Taking away what is past its term: rows go, or lose what they say; so do the rows of history behind them, and no word
of it stays in the journal. What an event hashes to since is kept beside it, so that the journal holds as before.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Model

from tienbo.collection.draft_models import DraftSave
from tienbo.ground.history import TABLE, recorded_tables
from tienbo.ground.journal import event_hashed_anew, journal_taken_out
from tienbo.ground.models import History, JournalEvent, JournalMention
from tienbo.protection.models import JournalPurge
from tienbo.protection.purging import history_digest, triggers_aside
from tienbo.protection.terms import FOLDED, Due

AT_ONCE = 500
_EVENTS = JournalEvent._meta.db_table


class Taken:
    """What a run takes away, in the transaction under way. Everything must have been sealed before."""

    def __init__(self, seal: bytes) -> None:
        self.seal = seal
        self.events: dict[int, bool] = {}
        """Event of the journal whose rows of history changed → whether it changed itself."""
        self.told: list[dict[str, Any]] = []

    def take(self, one: Due) -> None:
        """Take away what is due of one table."""
        mark = hmac.new(self.seal, b"tienbo.retention\0", hashlib.sha256)
        for ids in _some(one.ids):
            for row in one.model._base_manager.filter(pk__in=ids).order_by("pk").values():
                mark.update(json.dumps(row, default=str, ensure_ascii=False, sort_keys=True).encode())
        if one.model is JournalEvent:
            self._unnamed(one)
        else:
            with triggers_aside(one.table):
                for ids in _some(one.ids):
                    _gone(one.model, ids) if one.leaves is None else _emptied(one, ids)
            if one.table in recorded_tables():
                self._forgotten(one)
                if one.leaves is None:
                    journal_taken_out(one.table, list(one.ids))
        self.told.append(
            {"term": one.term, "table": one.model._meta.label, "count": len(one.ids), "mark": mark.hexdigest()}
        )

    def _forgotten(self, one: Due) -> None:
        """What history says of these rows, without what went."""
        columns = {field.name: str(field.column) for field in one.model._meta.local_concrete_fields}
        leaves = {columns[name] for name in one.leaves or ()}
        with triggers_aside(TABLE):
            for ids in _some(one.ids):
                held = History.objects.filter(table_name=one.table, row_id__in=ids).exclude(op=History.Op.NOTE)
                for row in held.only("before", "after", "event"):
                    before, after = (_less(text, leaves) for text in (row.before, row.after))
                    if (before, after) != (row.before, row.after):
                        History.objects.filter(pk=row.pk).update(before=before, after=after)
                        if row.event is not None:
                            self.events.setdefault(row.event, False)

    def _unnamed(self, one: Due) -> None:
        """Events that changed nothing, without whom they name and from where."""
        with triggers_aside(TABLE), triggers_aside(_EVENTS):
            for seqs in _some(one.ids):
                held = History.objects.filter(event__in=seqs)
                held.update(person="")
                held.filter(op=History.Op.NOTE).update(after="{}")
                JournalEvent.objects.filter(seq__in=seqs).update(person="")
                JournalMention.objects.filter(event__in=seqs, what__startswith="person:").delete()
                self.events |= dict.fromkeys(seqs, True)

    def purges(self) -> list[JournalPurge]:
        """What the events of the journal hash to since, not kept yet: the record signs it first."""
        rows = JournalEvent.objects.in_bulk([event for event, is_other in self.events.items() if is_other])
        return [
            JournalPurge(
                event=event,
                digest=history_digest(event),
                hash=event_hashed_anew(rows[event]) if is_other else "",
            )
            for event, is_other in sorted(self.events.items())
        ]


def _some(ids: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for at in range(0, len(ids), AT_ONCE):
        yield ids[at : at + AT_ONCE]


def _gone(model: type[Model], ids: Sequence[Any]) -> None:
    held = model._base_manager.filter(pk__in=ids)
    held._raw_delete(held.db)  # what points at them went before (`terms.due`), or the database refuses


def _emptied(one: Due, ids: Sequence[Any]) -> None:
    assert one.leaves is not None  # noqa: S101
    rows = one.model._base_manager.filter(pk__in=ids)
    if FOLDED in one.leaves.values():
        for save in DraftSave.objects.filter(pk__in=ids).select_related("draft"):
            changes = {cell: ["", text] for cell, text in save.draft.cells.items()}
            DraftSave.objects.filter(pk=save.pk).update(changes=changes, aside={}, settles=[])
    elif any("{id}" in text for text in one.leaves.values()):
        for number in ids:
            left = {name: text.replace("{id}", str(number)) for name, text in one.leaves.items()}
            one.model._base_manager.filter(pk=number).update(**left)
    else:
        rows.update(**one.leaves)


def _less(text: str | None, leaves: set[str]) -> str | None:
    """A row as history keeps it, without these columns; without all of them where none is named."""
    if text is None:
        return None
    held = json.loads(text)
    left = {name: value for name, value in held.items() if (name not in leaves if leaves else name == "id")}
    return text if left == held else json.dumps(left, ensure_ascii=False)
