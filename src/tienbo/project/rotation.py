"""Which backups are kept, and how often one is made: settings in words, and what follows from them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tienbo.project.backup import SUFFIX
from tienbo.project.site import Site, kept_rule

_NAME = re.compile(r"-(\d{8}T\d{9})Z$")
_PERIODS = {"d": "%Y-%m-%d", "w": "%G-%V", "m": "%Y-%m"}
HERE = ZoneInfo("Asia/Ho_Chi_Minh")


def backups_of(site: Site, folder: Path) -> list[tuple[datetime, Path]]:
    """The backups of a site in a folder, the newest first, each with when it was begun. What others put there, or
    another site's, is none."""
    found = []
    for path in folder.glob(f"*{SUFFIX}"):
        bare = path.name.removesuffix(SUFFIX)
        named = _NAME.search(bare)
        if named and bare[: named.start()] == site.path.resolve().name:
            text = named[1]
            at = datetime.strptime(text[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
            found.append((at + timedelta(milliseconds=int(text[15:])), path))
    return sorted(found, reverse=True)


def kept(moments: Iterable[datetime], rule: str) -> set[datetime]:
    """Which of these moments a rule keeps ("14d 8w 12m"): the newest of each of the last so many days, weeks and months
    that have one, as they are counted in Viet Nam. An empty rule keeps all."""
    newest = sorted(set(moments), reverse=True)
    wanted = kept_rule(rule)
    if not wanted:
        return set(newest)
    held: set[datetime] = set()
    for unit, count in wanted.items():
        seen: dict[str, datetime] = {}
        for moment in newest:
            seen.setdefault(moment.astimezone(HERE).strftime(_PERIODS[unit]), moment)
        held |= set(list(seen.values())[:count])
    return held


def copies_until(site: Site, today: date) -> list[dict[str, str]]:
    """Where copies are of what the site takes away today, and the day by which the last of them has gone by the site's
    own rules ("" where no rule takes them away)."""
    found = []
    if site.backups:
        spans = {"d": 1, "w": 7, "m": 31}
        longest = max((spans[unit] * count for unit, count in kept_rule(site.backups_kept).items()), default=0)
        until = (today + timedelta(days=longest)).isoformat() if longest else ""
        found.append({"where": "backups", "until": until})
    if site.archive:
        found.append({"where": "archive", "until": (today + timedelta(days=site.archive_days + 7)).isoformat()})
    return [*found, {"where": "elsewhere", "until": ""}]


def backups_prune(*, site: Site, folder: Path, spared: Collection[str] = ()) -> list[str]:
    """Take away the backups that the site's rule does not keep, never one that is `spared` by name; returns their
    names."""
    found = backups_of(site, folder)
    keep = kept((moment for moment, _path in found), site.backups_kept)
    gone = [path for moment, path in found if moment not in keep and path.name not in spared]
    for path in gone:
        path.unlink()
    return [path.name for path in gone]
