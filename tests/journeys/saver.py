"""Somebody who saves a draft and sends it as fast as can be, and is killed: python -m tests.journeys.saver SITE N.

One child a cycle, killed at a chance moment; what it was told is kept is looked for afterwards. Prints JSON.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from tienbo.project.desk import django_start


def main(site: Path, cycles: int) -> None:
    django_start(site)
    from django.db import connections

    look([])  # everything is imported once, not in every child
    drawn, told, killed = random.Random(7), [], 0  # noqa: S311 - the same moments every time
    for cycle in range(cycles):
        connections.close_all()
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            work(cycle, writing)
        os.close(writing)
        lines = b""
        until = time.monotonic() + 60
        while not lines and time.monotonic() < until:  # it has begun
            if select.select([reading], [], [], 0.05)[0]:
                lines += os.read(reading, 65536)
        time.sleep(drawn.uniform(0.0, 0.08))
        os.kill(child, signal.SIGKILL)
        killed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        while more := os.read(reading, 65536):
            lines += more
        os.close(reading)
        told += [json.loads(line) for line in lines.decode().splitlines(keepends=True) if line.endswith("\n")]
    print(json.dumps({"killed": killed, **look(told)}))


def work(cycle: int, writing: int) -> None:
    """Save and send until killed; a line for each answer, after it was given."""
    from tienbo.accounts.actors import operator
    from tienbo.collection.drafts import draft_open, draft_save
    from tienbo.collection.manifest import Stores
    from tienbo.collection.models import Campaign
    from tienbo.collection.sending import draft_send
    from tienbo.collection.whole import Whole, whole_send
    from tienbo.engine.facts import FactStore
    from tienbo.ground.files import FileStore
    from tienbo.units.models import Unit
    from tienbo.web.office import office

    actor, cell = operator("người lưu"), "figure/staff:total"
    held = office().settings
    stores = Stores(FileStore(held.files), FactStore(held.facts))
    campaign = Campaign.objects.select_related("edition").first()
    unit = Unit.objects.filter(kind="commune").first()
    assert campaign is not None
    assert unit is not None
    draft = draft_open(campaign=campaign, unit=unit, form="commune", actor=actor)
    for number in range(100_000):
        text = str(10_000 + cycle * 1000 + number)
        key = f"{cycle}-{number}"
        made = draft_save(draft=draft, key=key, changes={cell: (draft.cells.get(cell, ""), text)}, actor=actor)
        os.write(writing, json.dumps({"save": key, "number": made.save.number, "text": text}).encode() + b"\n")
        if number % 4 == 1:
            sent = draft_send(draft=draft, key=f"s{key}", sha256=draft.sha256, actor=actor, stores=stores)
            line = {"sent": f"s{key}", "receipt": sent.receipt.code, "text": text}
            os.write(writing, json.dumps(line).encode() + b"\n")
            draft = draft_open(campaign=campaign, unit=unit, form="commune", actor=actor)
        if number % 4 == 3:  # all of it in one request
            more = str(50_000 + cycle * 1000 + number)
            cells = {**draft.cells, cell: more}
            whole = Whole(campaign, unit, "commune", f"w{key}", cells, draft.version, actor)
            line = {"sent": f"w{key}", "receipt": whole_send(whole=whole, stores=stores).receipt.code, "text": more}
            os.write(writing, json.dumps(line).encode() + b"\n")
            draft = draft_open(campaign=campaign, unit=unit, form="commune", actor=actor)


def look(told: list[dict[str, str]], cell: str = "staff:total") -> dict[str, int]:
    """What was acknowledged and is not there, what is there by halves."""
    from django.db import connection

    from tienbo.catalogue.returns import Content
    from tienbo.collection.draft_models import Draft, DraftSave, Submission
    from tienbo.collection.drafts import draft_cells
    from tienbo.collection.manifest import facts_agree
    from tienbo.collection.models import Revision
    from tienbo.engine.facts import FactStore
    from tienbo.web.office import office

    lost = halves = 0
    for one in told:
        if "save" in one:
            row = DraftSave.objects.filter(key=one["save"]).first()
            lost += row is None or row.number != one["number"] or row.changes[f"figure/{cell}"][1] != one["text"]
        else:
            row_ = Submission.objects.filter(key=one["sent"]).select_related("revision__receipt").first()
            lost += row_ is None or row_.revision.receipt.code != one["receipt"]
            said = Content.from_json(row_.revision.content).figures[cell].value if row_ else None
            lost += str(said) != one["text"]
    for draft in Draft.objects.all():
        numbers = list(DraftSave.objects.filter(draft=draft).order_by("number").values_list("number", flat=True))
        halves += draft_cells(draft) != draft.cells or numbers != list(range(1, draft.version + 1))
    for revision in Revision.objects.filter(submissions__isnull=False).select_related("receipt", "held"):
        whole = revision.decisions.filter(act="submit").exists() and bool(revision.receipt) and bool(revision.held)
        halves += not whole
    orphans = Revision.objects.filter(upload=None, submissions=None, made="sent").count()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            halves += cursor.fetchone()[0] != "ok"
    agree = facts_agree(store=FactStore(office().settings.facts))
    return {
        "saves": sum("save" in one for one in told),
        "sent": sum("sent" in one for one in told),
        "lost": lost,
        "halves": halves + orphans,
        "facts_agree": int(agree),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
