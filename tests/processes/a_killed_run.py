"""A run that takes away what is past its term and is killed (SIGKILL) once its rows are gone, before a file is: the
program of a test. `a_killed_run.py SITE`. Prints where the files are that it let go of, and one that came again since.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from datetime import date
from pathlib import Path
from typing import NoReturn
from unittest.mock import patch

from tienbo.ground.reach import reaching_everywhere
from tienbo.project.desk import Desk, django_start, tables_make

LATER = date(2040, 1, 1)


def main() -> None:
    site = Path(sys.argv[1])
    django_start(site)
    tables_make()
    desk = Desk.open(site)
    from tienbo.accounts.actors import operator
    from tienbo.collection.campaigns import campaign_close
    from tienbo.collection.draft_models import Draft, Evidence
    from tienbo.collection.models import Campaign, KeptEdition, Upload
    from tienbo.ground.keys import new_key
    from tienbo.processes import retention
    from tienbo.project.commands.retention import kept_of
    from tienbo.project.keeping import journal_keep
    from tienbo.protection.models import RetentionRecord
    from tienbo.protection.terms import terms_of
    from tienbo.units.services import unit_create

    actor = operator("x")
    province = unit_create(kind="province", name="Tỉnh Vĩnh An", begins=date(2025, 7, 1))
    edition = KeptEdition.objects.create(fingerprint=hashlib.sha256(b"{}").hexdigest(), pack="vn", definitions="{}")
    campaign = Campaign.objects.create(key=new_key("campaign"), root=province, period_code="2026-H1", edition=edition)
    draft = Draft.objects.create(campaign=campaign, unit=province, form="x", cells={}, version=1, sha256="")
    marks = []
    for content in (b"goes", b"comes again"):
        marks.append(desk.stores.files.put(content))
        upload = Upload.objects.create(sha256=marks[-1], name="a.pdf", size=len(content), received_by="x")
        Evidence.objects.create(draft=draft, upload=upload, format="pdf", added_by="x")
    campaign_close(campaign=campaign, actor=actor)
    for name in ("old.txt", "anew.txt"):
        site.joinpath("out").mkdir(exist_ok=True)
        site.joinpath("out", name).write_text("x", encoding="utf-8")
    journal_keep(desk.site)
    gone, again = map(desk.stores.files.path, marks)
    told = {"gone": gone, "again": again, "old": site / "out" / "old.txt", "anew": site / "out" / "anew.txt"}

    def killed(_path: Path) -> NoReturn:
        assert RetentionRecord.objects.exists()
        Upload.objects.create(sha256=marks[1], name="b.pdf", size=11, received_by="y")
        journal_keep(desk.site)
        print(json.dumps({name: str(path) for name, path in told.items()}), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    kept, terms = kept_of(desk), terms_of({})
    due = retention.retention_told(kept=kept, terms=terms, today=LATER)
    assert len(due.stored) == 2
    with patch.object(retention, "shred", killed):
        retention.retention_take(kept=kept, terms=terms, today=LATER, mark=due.mark, decision="QĐ 1", actor=actor)


if __name__ == "__main__":
    with reaching_everywhere("a drill is the operator's"):
        main()
