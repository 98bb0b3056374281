"""What the commands of posts and of elections share: of which unit a table tells, and taking tables in one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.project.desk import Desk
from tienbo.project.saying import Say, faults_json

if TYPE_CHECKING:
    from tienbo.posts.loading import Loaded
    from tienbo.units.models import Unit


def tables_take(
    files: Sequence[Path], take: Callable[[Path], tuple[Loaded, list[Fault]]], say: Say, *, is_trial: bool = False
) -> int:
    """Take each table in by itself and say what came of it; the exit status, 1 where one was refused."""
    told, status = list[dict[str, object]](), 0
    for path in files:
        try:
            done, faults = take(path)
        except Refused as refused:
            say.line(f"{path}: " + _("refused"))
            if not say.as_json:
                say.faults(list(refused.faults), of=str(path))
            told.append({"file": str(path), "state": "refused", "faults": faults_json(refused.faults)})
            status = 1
            continue
        counts = {"told": done.told, "corrected": done.corrected, "untouched": done.untouched}
        words = _("can be taken in") if is_trial else _("taken in")
        said = _("{told} new figures, {corrected} corrected, {untouched} untouched").format(**counts)
        say.line(f"{path}: {words} ({said})")
        if not say.as_json:
            say.faults(faults, of=str(path))
        told.append(
            {"file": str(path), "state": "checked" if is_trial else "received", **counts, "faults": faults_json(faults)}
        )
    say.data(told)
    return status


def whose(desk: Desk, text: str | None) -> Unit:
    """The unit named; else the nation where the site has it, else whose site it is."""
    from tienbo.units.models import NATION, Unit

    if text:
        return desk.unit_ever(text)
    return Unit.objects.filter(kind=NATION).order_by("pk").first() or desk.home
