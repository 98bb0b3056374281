"""The fingerprint of an edition: what a return, a release and a segment were made with."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache

from tienbo.catalogue.loading import PACKS, SHAPES, Edition, load

_cache: dict[int, tuple[Edition, str]] = {}


IN_ORDER = ("groups", "targets")
"""Kinds whose order is meant: they are printed as they stand. The others are the same in any order."""
NOT_PINNED = (
    "days_off",
    "terms",
    "retirement_ages",
    "age_rules",
    "release_rules",
    "clusters",
    "pipelines",
    "body_kinds",
    "post_titles",
    "post_breakdowns",
    "count_groups",
    "counting_rules",
    "reconciliations",
    "election_kinds",
    "election_days",
)
"""Kinds that change no figure: days off move a due date, and a year's announcement of them is no new edition; of terms
a packet keeps the words it used; ages and pipelines say who may stand, and no return asks for them; posts and
elections are in none either."""
NEWER = ("registers", "norms")
"""Not written where there is none: editions kept before there were any keep their fingerprint."""


def canonical(edition: Edition) -> str:
    """The definitions as canonical JSON: the same meaning gives the same text, whatever file it stood in."""
    content = {
        kind: [made.model_dump(mode="json") for _, made in (held.items() if kind in IN_ORDER else sorted(held.items()))]
        for kind, held in ((kind, getattr(edition, kind)) for kind in SHAPES if kind not in NOT_PINNED)
        if held or kind not in NEWER
    }
    return json.dumps({"pack": edition.pack, **content}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def fingerprint(edition: Edition) -> str:
    """SHA-256 (hex) of the canonical definitions."""
    held = _cache.get(id(edition))
    if held is None or held[0] is not edition:
        held = (edition, hashlib.sha256(canonical(edition).encode()).hexdigest())
        _cache[id(edition)] = held
    return held[1]


@lru_cache(maxsize=8)
def from_canonical(text: str) -> Edition:
    """An edition back from its canonical text, so that what was released long ago still replays."""
    content = json.loads(text)
    edition = Edition(pack=content.pop("pack"))
    for kind, rows in content.items():
        getattr(edition, kind).update({row["code"]: SHAPES[kind].model_validate(row) for row in rows})
    return edition


def in_reading_order(edition: Edition) -> Edition:
    """An edition that was kept, its definitions in the order of the installed pack as far as that has them. Their order
    means nothing and the kept text has lost it, but rows are printed in it: an old paper stays as it was."""
    folder = PACKS / edition.pack
    if not folder.is_dir():
        return edition
    now, made = load(edition.pack), Edition(pack=edition.pack)
    for kind in SHAPES:
        held = getattr(edition, kind)
        known = [] if kind in IN_ORDER else [code for code in getattr(now, kind) if code in held]
        getattr(made, kind).update({code: held[code] for code in (*known, *held)})
    return made


@lru_cache(maxsize=8)
def installed(mark: str) -> Edition | None:
    """The installed pack whose definitions have this fingerprint, if one has."""
    for folder in sorted(folder for folder in PACKS.iterdir() if folder.is_dir()):
        edition = load(folder.name)
        if fingerprint(edition) == mark:
            return edition
    return None
