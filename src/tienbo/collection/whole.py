"""A whole return at once: kept in the draft, checked, prepared, approved and sent, all in one transaction.

For an officer whose line bears one request, and for an office's own software: a person who both fills in and approves
says all cells of the return and which version of the draft they saw. The rows are those of saving and sending one
after the other (`drafts`, `sending`), and so are the rules: a cell that holds what the sender has not seen is not
overwritten; a key has one effect and one receipt; a return with errors is not sent. What is refused is kept in the
draft all the same.

Several that wait at once go in together: one transaction, one segment of facts, one wait for the disk. Each has its
own receipt or its own refusal; if the transaction fails, each is done alone, so that one takes none with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import count
from pathlib import Path

from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from tienbo.accounts.actors import Actor
from tienbo.catalogue.returns import Content, facts
from tienbo.collection.campaigns import held_shut
from tienbo.collection.draft_models import Draft, DraftSave, Prepared, Submission
from tienbo.collection.drafts import (
    asides_open,
    draft_cells,
    other_key,
    refuse_unfit,
    return_beside,
    same_save,
    save_made,
    toward,
)
from tienbo.collection.editions import edition_of
from tienbo.collection.manifest import LARGE, Said, Stores, facts_compact, said_by, segment_said, some_writer
from tienbo.collection.models import Approval, Campaign, FactSegment, Return, Revision, SegmentRevision
from tienbo.collection.sending import Differs, Sent, cells_differ, return_read
from tienbo.collection.services import Incoming, Taken, return_prepare, returns_found, returns_take
from tienbo.collection.standing import carried_by, said_before
from tienbo.core.faults import Fault, Level, Refused, errors
from tienbo.engine.facts import FactStore
from tienbo.engine.rows import Rows, rows_of
from tienbo.ground.acting import acting, acting_as
from tienbo.ground.journal import journal_notes
from tienbo.ground.planned import planned
from tienbo.ground.rows import numbers_give, rows_counted, rows_write
from tienbo.ground.together import Together
from tienbo.papers.cells import Cells, Read, cells_hash, cells_of, sheets, tidy
from tienbo.units.models import Unit

WHOLE = "whole-"
"""Before the key of a sending: the key of its save, and of what was prepared."""

COMPACTED = 8
"""After so many returns of a process it is looked whether the segments of facts have become too many."""
COUNTED = 32
"""After so many returns of a process, and twice as many, and so on, PostgreSQL looks how full the tables are."""


@dataclass(frozen=True)
class Whole:
    """A whole return as its sender says it. `seen`: the version of the draft that they saw, 0 for none."""

    campaign: Campaign
    unit: Unit
    form: str
    key: str
    cells: Cells
    seen: int
    actor: Actor
    device: str = ""
    locked: Fault | None = None
    """Why nothing is taken in: the save is then kept whole, and changes nothing."""
    closed: Fault | None = None
    """What to say where the campaign is closed, if not what it says itself."""


@dataclass(frozen=True)
class _Ready:
    """What can be known of a return before anybody is waited for."""

    whole: Whole
    sha256: str
    read: Read
    text: str
    rows: Rows | None
    """Its facts, where they need no other return."""


def whole_send(*, whole: Whole, stores: Stores) -> Sent:
    """Keep, check and send. Refused with every fault, or (`Differs`) with what the sender has not seen; never half."""
    made = _ready(whole)
    sent = _door(stores.facts.folder, str(connection.settings_dict["NAME"])).ask(made)
    _look_after(stores.facts, next(_sent))
    return sent


def whole_coming(stores: Stores) -> AbstractContextManager[None]:
    """Around whatever is done before a return can be sent, so that others go along (`ground.together`)."""
    return _door(stores.facts.folder, str(connection.settings_dict["NAME"])).coming()


@lru_cache(maxsize=16)
def _door(folder: Path, _database: str) -> Together[_Ready, Sent]:
    """The one door of this process to a site: whoever goes through takes along those who wait."""
    store = FactStore(folder)
    return Together(lambda: some_writer(store), lambda asked: _taken(asked, store))


_sent = count(1)


def _look_after(store: FactStore, number: int) -> None:
    """What keeps reading and writing quick; `number`: how many returns this process has sent. A segment too many is no
    harm: who finds others writing leaves it to the next, but not for ever."""
    if number % COMPACTED == 0:
        facts_compact(store=store, largest=LARGE, waits=number % (8 * COMPACTED) == 0)
    if number >= COUNTED and not number & (number - 1):
        rows_counted((Draft, Prepared, Return, Revision, FactSegment, SegmentRevision))


def _ready(whole: Whole) -> _Ready:
    edition, period = edition_of(whole.campaign.edition.fingerprint), whole.campaign.period
    known = sheets(edition, whole.form, period)
    refuse_unfit(known, whole.key, {cell: (text,) for cell, text in whole.cells.items()})
    cells = {cell: said for cell, text in whole.cells.items() if (said := tidy(text, known.number(cell)))}
    read = return_read(cells, edition=edition, form=whole.form, unit=whole.unit, period=period)
    content, rows = read.content, None
    if not errors(read.faults) and "unchanged" not in content.statements.values():
        rows = rows_of(facts(edition, content))
    return _Ready(replace(whole, cells=cells), cells_hash(cells), read, content.as_json(), rows)


# ------------------------------------------------------------------------------------------- many, in one transaction


def _taken(asked: Sequence[_Ready], store: FactStore) -> list[Sent | BaseException]:
    """The answer to each, under `some_writer`."""
    answers: dict[int, Sent | BaseException] = {}
    for chosen in _rounds(asked):
        answers |= zip(chosen, _answers([asked[at] for at in chosen], store), strict=True)
    return [answers[at] for at in range(len(asked))]


def _rounds(asked: Sequence[_Ready]) -> Iterator[list[int]]:
    """Positions of those that go into one transaction: of one campaign, no unit twice; the others after them. In the
    order of units, so that two processes that have the same units wait for one another in one direction only."""
    left = list(range(len(asked)))
    while left:
        campaign, chosen = asked[left[0]].whole.campaign.pk, dict[int, int]()
        for at in left:
            whole = asked[at].whole
            if whole.campaign.pk == campaign:
                chosen.setdefault(whole.unit.pk, at)
        yield [chosen[unit] for unit in sorted(chosen)]
        left = [at for at in left if at not in set(chosen.values())]


def _answers(group: Sequence[_Ready], store: FactStore, *, is_last: bool = False) -> list[Sent | BaseException]:
    """All of a group or, where that fails, each alone. What nobody else can have yet is not asked for before it is
    written: a key used elsewhere, a draft begun this moment. Then one that is alone is looked at closely, once more."""
    people = {one.whole.actor.account for one in group}
    person = people.pop() if len(people) == 1 else ""
    try:
        with acting_as(person, acting().door), transaction.atomic():
            return _Group(group, store, is_close=is_last).answers()
    except Exception as wrong:
        if is_last or (len(group) == 1 and not isinstance(wrong, IntegrityError)):
            return [wrong]
        return [answer for one in group for answer in _answers([one], store, is_last=True)]


@dataclass
class _Going:
    """One return on its way through a transaction."""

    ready: _Ready
    draft: Draft
    of: Return | None
    saves: list[DraftSave] = field(default_factory=list)
    """Not written yet."""
    prepared: Prepared | None = None
    incoming: Incoming | None = None
    answer: Sent | Refused | None = None

    @property
    def whole(self) -> Whole:
        return self.ready.whole


class _Group:
    """Returns of several units of one campaign, in one transaction. `is_close`: ask for every key beforehand."""

    def __init__(self, group: Sequence[_Ready], store: FactStore, *, is_close: bool) -> None:
        self.store, self.is_close = store, is_close
        campaign, units = group[0].whole.campaign, [one.whole.unit.pk for one in group]
        self.is_shut = bool(held_shut({campaign.pk}))
        known = _known(campaign, units)
        drafts: dict[int, Draft] = {}
        self.found: dict[int, Return] = {}
        if known:
            rows = Draft.objects.select_for_update().filter(campaign=campaign, unit_id__in=known)
            drafts = {row.unit_id: row for row in rows.order_by("pk")}
            self.found = returns_found(campaign, known)
        self.going = [
            _Going(one, drafts.get(one.whole.unit.pk) or Draft(form=one.whole.form), self.found.get(one.whole.unit.pk))
            for one in group
        ]
        for one in self.going:
            one.draft.campaign, one.draft.unit = campaign, one.whole.unit
        asked = [one for one in self.going if is_close or one.draft.pk is not None]
        keys = [one.whole.key for one in asked]
        sent = Submission.objects.filter(key__in=keys).select_related("revision__receipt", "prepared__draft")
        self.sent = {row.key: row for row in sent} if keys else {}

    def answers(self) -> list[Sent | BaseException]:
        for one in self.going:
            try:
                self._judge(one)
            except Refused as refused:
                one.answer = refused
        passed = [one for one in self.going if one.incoming is not None]
        self._write(passed)
        made: list[Sent | BaseException] = []
        for one in self.going:
            assert one.answer is not None  # noqa: S101 - judged or taken
            made.append(one.answer)
        return made

    # ------------------------------------------------------------------------------------------------- one of them

    def _judge(self, one: _Going) -> None:
        """Save it, and look for whatever keeps it from being sent."""
        whole, draft, ready = one.whole, one.draft, one.ready
        found = self.sent.get(whole.key)
        if found is not None and found.prepared.draft_id == draft.pk and found.sha256 == ready.sha256:
            one.answer = Sent(found.revision, found.revision.receipt, again=True)
            return
        locked = whole.locked
        if locked is None and self.is_shut:
            locked = whole.closed or Fault("campaign.closed", "", {"period": draft.campaign.period_code})
        self._save(one, locked)
        if locked is not None:
            raise Refused(locked)
        if found is not None:
            fault = Fault("sending.other_content", "", {"receipt": found.revision.receipt.code})
            ours = found.prepared.draft_id == draft.pk
            theirs = draft_cells(found.prepared.draft, found.prepared.version) if ours else {}
            raise Differs(fault, cells_differ(whole.cells, theirs) if ours else {})
        if not whole.cells:
            raise Refused(Fault("sending.nothing_entered"))
        if draft.sha256 != ready.sha256:
            raise Differs(Fault("sending.not_the_draft"), cells_differ(whole.cells, draft.cells))
        last = one.of.latest if one.of is not None else None
        if last is not None and last.pk != draft.base_id:
            _other, differences = return_beside(draft)
            fault = Fault("sending.another_came", "", {"number": last.number})
            raise Differs(fault, {each.cell: (each.drafted, each.sent) for each in differences})
        if draft.pk is not None and (left := asides_open(draft)):
            raise Refused(Fault("sending.asides_left", "", {"count": len(left)}))
        faults = ready.read.faults
        if errors(faults):
            raise Refused(*errors(faults))
        warnings = [fault for fault in faults if fault.level is Level.WARNING]
        incoming = return_prepare(
            campaign=draft.campaign,
            unit=draft.unit,
            content=ready.read.content,
            warnings=warnings,
            text=ready.text,
            actor=whole.actor,
            is_held=True,
        )
        one.incoming = incoming
        one.prepared = Prepared(
            draft=draft,
            key=WHOLE + whole.key,
            version=draft.version,
            sha256=draft.sha256,
            content=ready.text,
            warnings=[fault.as_json() for fault in warnings],
            proofs={cell: name for cell, name in draft.cells.items() if cell.startswith("proof/")},
            prepared_by=whole.actor.name,
        )

    def _save(self, one: _Going, locked: Fault | None) -> None:
        """What the sender says over what they saw; a draft that is new begins with what the unit sent last."""
        whole, draft = one.whole, one.draft
        last = one.of.latest if one.of is not None else None
        if draft.pk is None and last is not None:
            changes = toward({}, cells_of(Content.from_json(last.content)))
            begun = save_made(draft, "", "", DraftSave.How.BEGUN, changes, (), last.pk, whole.actor, None)
            one.saves.append(begun)
        if not 0 <= whole.seen <= draft.version:
            raise Refused(Fault("saving.no_such_version", "", {"number": whole.seen}))
        seen = draft.cells if whole.seen == draft.version else draft_cells(draft, whole.seen) if whole.seen else {}
        changes = toward(seen, whole.cells)
        key = WHOLE + whole.key
        if not changes:
            return
        if draft.pk is not None or self.is_close:
            keys = (key, other := other_key(draft, key, changes))
            held = {row.key: row for row in DraftSave.objects.filter(key__in=keys)}
            if key in held and not (held[key].draft_id == draft.pk and same_save(held[key], changes)):
                key = other
            if key in held:
                return
        how, base = DraftSave.How.TYPED, draft.base_id
        one.saves.append(save_made(draft, key, whole.device[:40], how, changes, (), base, whole.actor, locked))

    # -------------------------------------------------------------------------------------------------- all of them

    def _write(self, passed: Sequence[_Going]) -> None:
        """Drafts with their saves, what was prepared and sent, revisions, receipts, approvals, facts."""
        changed = [one for one in self.going if one.saves or one.incoming is not None]
        new = [one.draft for one in changed if one.draft.pk is None]
        older = [one.draft for one in changed if one.draft.pk is not None]
        prepared = [one.prepared for one in passed if one.prepared is not None]
        rows: list[Model] = [*new, *prepared]
        taken = self._take(passed, rows)
        numbers_give(new)
        for one, ready, came in zip(passed, prepared, taken, strict=True):
            draft, by = one.draft, one.whole.actor.name
            draft.base, draft.version = came.revision, draft.version + 1
            one.answer = Sent(came.revision, came.receipt, again=False)
            one.saves.append(
                DraftSave(
                    draft=draft,
                    number=draft.version,
                    key=f"sent-{ready.pk}",
                    how=DraftSave.How.SENT,
                    base=came.revision,
                    sha256=draft.sha256,
                    saved_by=by,
                )
            )
            sent = Submission(
                key=one.whole.key, prepared=ready, sha256=ready.sha256, revision=came.revision, sent_by=by
            )
            rows.append(sent)
        if len({one.whole.actor.account for one in passed}) > 1:  # one transaction, each of its own person
            journal_notes("send", [(one.whole.actor.account, one.draft.unit_id) for one in passed])
        for save in (save for one in changed for save in one.saves):
            if save.how == DraftSave.How.BEGUN:
                save.key = f"begun-{save.draft.pk}"
            rows.append(save)
        for draft in older:
            draft.save(update_fields=["version", "cells", "sha256", "base", "saved_by", "saved_at"])
        rows_write(rows)

    def _take(self, passed: Sequence[_Going], rows: list[Model]) -> list[Taken]:
        incoming = [one.incoming for one in passed if one.incoming is not None]
        if not incoming:
            return []
        line = FactSegment()
        rows.append(line)
        taken = returns_take(incoming=incoming, actor=passed[0].whole.actor, found=self.found, write=rows)
        said: list[Said] = []
        for one, came in zip(taken, passed, strict=True):
            by = came.whole.actor.name
            approval = Approval(revision=one.revision, revision_sha256=one.revision.sha256, approved_by=by)
            if not one.again:
                rows.append(approval)
                said.append(_said(came, one))
                said += said_by([one.restated]) if one.restated is not None else []
            elif not Approval.objects.filter(revision=one.revision).exists():
                rows.append(approval)
        if said:
            rows += segment_said(store=self.store, said=said, line=line)
        else:
            rows.remove(line)
        return taken


def _known(campaign: Campaign, units: Collection[int]) -> list[int]:
    """Those of these units that have a draft or a return already: most send theirs once."""
    name, held = connection.ops.quote_name, list[object]([list(units)])
    among = "= ANY(%s)"
    if connection.vendor != "postgresql":
        among, held = f"IN ({', '.join(['%s'] * len(units))})", [*units]
    one, other = (
        f"SELECT unit_id FROM {name(model._meta.db_table)} WHERE campaign_id = %s AND unit_id {among}"  # noqa: S608 - names of our own
        for model in (Draft, Return)
    )
    with connection.cursor() as cursor:
        params, types = (campaign.pk, *held) * 2, "bigint, bigint[], bigint, bigint[]"
        cursor.execute(*planned("drafted_or_sent", f"{one} UNION {other}", params, types))
        return [unit for (unit,) in cursor.fetchall()]


def _said(one: _Going, taken: Taken) -> Said:
    """The facts of a return that was taken in."""
    unit, content = one.draft.unit, one.ready.read.content
    edition, rows = edition_of(content.edition), one.ready.rows
    if rows is None:
        rows = rows_of(facts(edition, content, said_before(content, carried_by(taken.revision))))
    return Said(taken.revision.pk, unit.pk, unit.kind, content.period, edition, content.as_of, rows)
