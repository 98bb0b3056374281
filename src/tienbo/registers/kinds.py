"""Registers of a site's own: drafted, checked, put in use on a day, changed by another version.

Each write is one transaction and one version, of the version that was seen. What is in use is laid over the definitions
of the pack by `edition_with_kinds`: whatever reads registers reads it there.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.catalogue.definitions import RegisterKind
from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.kinds import is_own, with_kinds
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused, errors, worded
from tienbo.core.messages import N_
from tienbo.core.words import day_of, day_words, moment_words
from tienbo.ground.jobs import job_add
from tienbo.ground.keys import is_key, new_key
from tienbo.ground.models import Job
from tienbo.ground.once import ask_again, once
from tienbo.ground.planned import planned
from tienbo.ground.reach import reaching_everywhere
from tienbo.registers.kind_making import Made, kind_made
from tienbo.registers.kind_models import OwnKind, OwnKindVersion
from tienbo.registers.kind_placing import kind_check
from tienbo.registers.kind_rows import kind_rows
from tienbo.registers.models import Record
from tienbo.registers.saying import Data
from tienbo.registers.services import day_at, may
from tienbo.units.access import NEEDS
from tienbo.units.models import Unit
from tienbo.units.services import unit_label
from tienbo.units.wording import Said

Act = OwnKindVersion.Act
RECOUNT = "registers.recount"
"""The job that counts records anew by a definition that was put in use."""
KEPT = 32
"""Editions with registers of one's own, kept in a process."""

worded(
    {
        "own_kind.changed_meanwhile": N_(
            "{by} changed this register at {at}, after you opened this page. Look at it as it is now, then go on."
        ),
        "own_kind.is_withdrawn": N_("This register was withdrawn: it is read, and changed no more."),
        "own_kind.not_a_day": N_("Write the day from which it is in use, as 1/7/2026."),
        "own_kind.before_the_last": N_("A version is in use from {day} already: this one cannot begin before it."),
        "own_kind.in_use_already": N_("Nothing was changed since this register was put in use."),
        "own_kind.has_records": N_("{count} records are in this register: it cannot be withdrawn."),
        "own_kind.no_reason": N_("Say why it is withdrawn."),
        "own_kind.code_taken": N_("Another register of this site has the code “{code}”. Call this one otherwise."),
    }
)


class InUse(NamedTuple):
    """A register of one's own as it is in use: which version, of which code, since when."""

    version: int
    code: str
    begins_on: date
    text: str


# ------------------------------------------------------------------------------------------------------ writes


@transaction.atomic
def kind_begin(*, edition: Edition, home: Unit, rows: Data, actor: Actor, key: str = "") -> OwnKind:
    """A new register of the site whose home unit is `home`, as a draft. The same `key` again has one effect."""
    _allowed(actor, home)
    held = OwnKind.objects.filter(key=key).first() if key else None
    if held is not None:
        return held
    kind = OwnKind(key=key if is_key(key, "kind") else new_key("kind"))
    _write(kind, kind_made(edition, rows).text, Act.BEGUN, actor)
    return kind


@transaction.atomic
def kind_write(
    *, edition: Edition, home: Unit, kind: OwnKind, seen: int, rows: Data, actor: Actor
) -> tuple[OwnKind, list[Fault]]:
    """Draft a register further: what `rows` say is kept whatever is wrong with it, and what is wrong is told. What says
    the same makes no version."""
    kind = _held(kind, seen, home, actor)
    made, faults = kind_looked_at(edition=edition, kind=kind, rows=rows)
    if made.text != kind_text(kind):
        _write(kind, made.text, Act.CHANGED, actor)
    return kind, faults


@transaction.atomic
def kind_use(
    *,
    edition: Edition,
    home: Unit,
    kind: OwnKind,
    seen: int,
    begins: str,
    actor: Actor,
    today: date | None = None,
) -> OwnKind:
    """Put the last version in use from a day on. Refused with every fault of it. Records written before are counted
    anew by it, in the background, once it is in use."""
    kind = _held(kind, seen, home, actor)
    day, last = day_of(begins), last_used(kind)
    if day is None:
        raise Refused(Fault("own_kind.not_a_day", "", {"field": "begins"}))
    if last is not None and last.number == kind.version:
        raise Refused(Fault("own_kind.in_use_already"))
    if last is not None and last.begins_on is not None and day < last.begins_on:
        raise Refused(Fault("own_kind.before_the_last", "", {"field": "begins", "day": last.begins_on}))
    made, faults = kind_looked_at(edition=edition, kind=kind, rows=kind_said(edition, kind))
    if wrong := errors(faults):
        raise Refused(*wrong)
    kind.code = made.code
    version = _write(kind, made.text, Act.USED, actor, begins_on=day)
    if day <= (today or timezone.localdate()):
        _recount(version)
    return kind


@transaction.atomic
def kind_withdraw(*, home: Unit, kind: OwnKind, seen: int, reason: str, actor: Actor) -> OwnKind:
    """Take a register back that has no record. It stays to be read here."""
    kind = _held(kind, seen, home, actor)
    if not reason.strip():
        raise Refused(Fault("own_kind.no_reason", "", {"field": "reason"}))
    with reaching_everywhere("a register that any unit keeps records in is not withdrawn; only how many is told"):
        count = Record.objects.filter(kind=kind.code).count() if kind.code else 0
    if count:
        raise Refused(Fault("own_kind.has_records", "", {"field": "reason", "count": count}))
    kind.withdrawn = True
    _write(kind, kind_text(kind), Act.WITHDRAWN, actor, reason=reason.strip()[:2000])
    return kind


def recounts_due(edition: Edition, today: date | None = None) -> int:
    """Have records counted anew by versions that came into use meanwhile, and by the registers of a pack that were not
    those before. Returns how many jobs that makes."""
    now = today or timezone.localdate()
    rows = OwnKindVersion.objects.filter(act=Act.USED, begins_on__lte=now, kind__withdrawn=False)
    known = set(Job.objects.filter(kind=RECOUNT).values_list("key", flat=True))
    due = [row for row in rows if _job_key(row) not in known]
    for row in due:
        _recount(row)
    said = json.dumps(
        [one.model_dump(mode="json") for code, one in sorted(edition.registers.items()) if not is_own(code)],
        ensure_ascii=False,
        sort_keys=True,
    )
    key = "job_" + hashlib.sha256(said.encode()).hexdigest()[:26].upper()
    with reaching_everywhere("records of all units are counted anew"):
        if key in known or not Record.objects.exists():
            return len(due)
    job_add(kind=RECOUNT, arguments={"register": ""}, by="", key=key)
    return len(due) + 1


# ------------------------------------------------------------------------------------------------------- reads


def kind_list() -> list[OwnKind]:
    """Every register of one's own, also those withdrawn, the newest first."""
    return list(OwnKind.objects.order_by("withdrawn", "-pk"))


def kind_find(key: str) -> OwnKind | None:
    return OwnKind.objects.filter(key=key).first()


def kind_text(kind: OwnKind) -> str:
    """What the last version says."""
    return str(kind.versions.order_by("-number").values_list("definition", flat=True)[0])


def kind_said(edition: Edition, kind: OwnKind) -> dict[str, str]:
    """The rows that say the last version."""
    return kind_rows(edition, kind_text(kind), fixed=bool(kind.code))


def last_used(kind: OwnKind) -> OwnKindVersion | None:
    """The version that was put in use last, from today or another day on."""
    return kind.versions.filter(act=Act.USED).order_by("-number").first()


def kind_looked_at(*, edition: Edition, kind: OwnKind, rows: Data) -> tuple[Made, list[Fault]]:
    """What rows of a register say, and every fault: held against the version in use, and against other registers."""
    used = last_used(kind)
    before, since = None, ""
    if used is not None and used.begins_on is not None:
        before, since = _defined(edition, kind.code, used.definition), day_words(used.begins_on)
        rows = {**rows, "code": kind.code}
    made, faults = kind_check(edition, rows, before, since)
    if OwnKind.objects.filter(code=made.code, withdrawn=False).exclude(pk=kind.pk).exists():
        at = "code" if rows.get("code") else "name_vi"
        faults.append(Fault("own_kind.code_taken", "", {"field": at, "code": made.code}))
    return made, faults


@once
def kinds_in_use(on: date) -> tuple[InUse, ...]:
    """The registers of one's own that are in use on a day, in the order in which they were made."""
    newest = _newest()
    return _in_use(*newest, on) if newest else ()


@once
def _newest() -> tuple[str, int] | None:
    """The key of the newest version, and how many there are; None where there is none, as mostly."""
    table = OwnKindVersion._meta.db_table
    text = f"SELECT key, (SELECT COUNT(*) FROM {table}) FROM {table} ORDER BY id DESC LIMIT 1"  # noqa: S608 - a name of our own
    with connection.cursor() as cursor:
        cursor.execute(*planned("newest_kind", text, ()))
        found: tuple[str, int] | None = cursor.fetchone()
    return found


@lru_cache(maxsize=16)
def _in_use(_newest: str, _count: int, on: date) -> tuple[InUse, ...]:
    """The same of so many versions of which the newest has this key: none is ever changed. The key alone would not do:
    of two that are written at once, the one with the lower number may come to stand later."""
    rows = OwnKindVersion.objects.filter(act=Act.USED, begins_on__lte=on, kind__withdrawn=False)
    found: dict[int, InUse] = {}
    for row in rows.select_related("kind").order_by("kind", "begins_on", "number"):
        if row.begins_on is not None:
            found[row.kind_id] = InUse(row.pk, row.kind.code, row.begins_on, row.definition)
    return tuple(found.values())


def edition_with_kinds(edition: Edition, on: date) -> Edition:
    """The definitions with the site's own registers as they are in use on a day; as they are where there are none."""
    held = kinds_in_use(on)
    if not held:
        return edition
    mark = (fingerprint(edition), *(one.version for one in held))
    found = _kept.get(mark)
    if found is None:
        found = with_kinds(edition, {one.code: one.text for one in held})
        while len(_kept) >= KEPT:
            _kept.popitem(last=False)
        _kept[mark] = found
    return found


_kept: OrderedDict[tuple[object, ...], Edition] = OrderedDict()


# ------------------------------------------------------------------------------------------------------- within


def _allowed(actor: Actor, home: Unit) -> None:
    if not may(actor, home, "administer"):
        fields = {"actor": actor, "unit": unit_label(home, day_at(home)), "need": Said(NEEDS["administer"])}
        raise Refused(Fault("units.no_access", "", fields))


def _held(kind: OwnKind, seen: int, home: Unit, actor: Actor) -> OwnKind:
    """The register as it stands, held against other writers until the transaction ends."""
    _allowed(actor, home)
    held = OwnKind.objects.select_for_update().get(pk=kind.pk)
    if held.withdrawn:
        raise Refused(Fault("own_kind.is_withdrawn"))
    if held.version != seen:
        last = held.versions.get(number=held.version)
        at = moment_words(timezone.localtime(last.at))
        raise Refused(Fault("own_kind.changed_meanwhile", "", {"by": last.by, "at": at}))
    return held


def _write(
    kind: OwnKind, text: str, act: OwnKindVersion.Act, actor: Actor, *, begins_on: date | None = None, reason: str = ""
) -> OwnKindVersion:
    kind.version += 1
    kind.save()
    made = OwnKindVersion.objects.create(
        key=new_key("kindversion"),
        kind=kind,
        number=kind.version,
        act=act,
        definition=text,
        begins_on=begins_on,
        reason=reason,
        by=actor.name,
    )
    ask_again()
    return made


def _recount(version: OwnKindVersion) -> None:
    arguments: Mapping[str, object] = {"register": version.kind.code}
    job_add(kind=RECOUNT, arguments=arguments, by=version.by, key=_job_key(version))


def _job_key(version: OwnKindVersion) -> str:
    """One job for one version, however often it is asked for."""
    return "job_" + version.key.rpartition("_")[2]


def _defined(edition: Edition, code: str, text: str) -> RegisterKind | None:
    """A version that was in use, as a definition."""
    return with_kinds(edition, {code: text}).registers.get(code)
