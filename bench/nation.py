"""A nation to measure on: its units, 26 years of returns of every commune, the facts that follow from them.

Made once for a scale under build/bench and copied for whoever changes it. Everything goes through the services a
site uses; figures are drawn with a fixed seed, every hundredth return was corrected once. Names are invented.
"""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measure import BUILD, ROOT, child, say

if TYPE_CHECKING:
    from tienbo.catalogue.returns import Content
    from tienbo.collection.services import Incoming
    from tienbo.project.desk import Desk

COMMUNES, PROVINCES = 3_321, 34
AT_ONCE = 500
CORRECTED = 100
"""One return in so many was sent twice with other figures."""
BEGINS = date(1999, 1, 1)


def communes(scale: float) -> int:
    return max(2, round(COMMUNES * scale))


def provinces(scale: float) -> int:
    return max(1, round(PROVINCES * scale))


def _mark() -> str:
    """Changes with the definitions and this file. Tables are migrated when a made site is opened; who changes the
    shape of facts or workbooks runs `make clean`."""
    sources = [ROOT / "bench" / name for name in ("edition.py", "nation.py")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]


def cached(name: str, task: str, **arguments: Any) -> Path:
    """A folder under build/bench, made by a task that is given it as `folder`; wholly there or not at all."""
    folder = BUILD / f"{name}-{_mark()}"
    if not folder.is_dir():
        making = folder.with_name(folder.name + ".making")
        shutil.rmtree(making, ignore_errors=True)
        making.parent.mkdir(parents=True, exist_ok=True)
        say(f"making {folder} …")
        ran = child(task, folder=str(making), **arguments)
        making.rename(folder)
        say(f"  made in {ran.seconds:.0f} s")
    return folder


def empty_site(scale: float) -> Path:
    """A site with its units and nothing reported."""
    return cached(f"units-{communes(scale)}", "bench.nation:make_units", scale=scale)


def site(scale: float) -> Path:
    """A site with every return of 52 half-years but one: the last commune still owes the last half-year."""
    return cached(f"nation-{communes(scale)}", "bench.nation:make_returns", scale=scale)


# --------------------------------------------------------------------------------------------- inside a child


def desk_on(folder: str | Path) -> Desk:
    """The desk of a made site, its tables brought to this version; Django is started on it."""
    from tienbo.project.desk import Desk

    return Desk.open(Path(folder), migrate=True)


def make_units(folder: str, scale: float) -> tuple[float, int]:
    """Make the site in `folder` and load its units."""
    from dataclasses import replace

    from bench.measure import timed
    from tienbo.project.desk import django_start, tables_make
    from tienbo.project.site import site_create

    with timed() as took:
        made = replace(site_create(path=Path(folder), name="Quốc gia để đo tốc độ"), sign_in="simple")
        made.save()
        django_start(Path(folder))
        tables_make()
        from bench.edition import edition
        from tienbo.collection.services import edition_keep
        from tienbo.core.spans import Span
        from tienbo.units.declared import Declared, During
        from tienbo.units.loading import units_load
        from tienbo.units.models import Unit

        span = Span(BEGINS, None)

        def declared(ref: str, kind: str, name: str, parent: str | None) -> Declared:
            codes = (During(("bench", ref), span),)
            parents = (During(parent, span),) if parent else ()
            return Declared(ref, kind, span, (During(name, span),), codes, parents)

        count, heads = communes(scale), provinces(scale)
        units_load(
            [
                declared("n", "nation", "Quốc gia Minh Họa", None),
                *(declared(f"p{one}", "province", f"Tỉnh Minh Họa {one}", "n") for one in range(heads)),
                *(declared(f"c{one}", "commune", f"Xã Minh Họa {one}", f"p{one % heads}") for one in range(count)),
            ]
        )
        edition_keep(edition())
        replace(made, home_unit=Unit.objects.get(kind="nation").key, illustrative=True, place="Minh Họa").save()
    return took.seconds, count


def figures(draw: random.Random, addresses: list[tuple[str, str]], faulty: bool = False) -> dict[str, Any]:
    """Figures that pass the checks (or, `faulty`, one line in which women are more than the total)."""
    from tienbo.catalogue.returns import Figure

    made = {}
    for address, cell in addresses:
        line, _, column = address.partition(":")
        most = 400 if column == "total" else int(made[f"{line}:total"].value)
        made[address] = Figure(Decimal(draw.randrange(most + 1)), "exact", cell)
    if faulty:
        address = addresses[1][0]
        made[address] = Figure(made[addresses[0][0]].value + 1)
    return made


def addresses_of(period: Any) -> tuple[str, list[tuple[str, str]]]:
    """The form of a commune in a half-year: its code, and (address, cell) of each figure."""
    from bench.edition import edition
    from tienbo.catalogue.returns import layout

    form = edition().form_for("commune", period)
    assert form is not None
    shape = layout(edition(), form.code, period)
    rows: dict[str, int] = {}
    found = []
    for address, slot in shape.slots.items():
        row = rows.setdefault(slot.line.code, len(rows) % 60 + 11)
        column = "EFG"[slot.block.columns.index(slot.column.code)]
        found.append((address, f"{shape.sheet_of[slot.block.code]}!{column}{row}"))
    return form.code, found


def make_returns(folder: str, scale: float) -> tuple[float, int]:
    """Make the site with its returns, accepted, and their facts in one compacted segment."""
    from bench.edition import HALVES
    from bench.measure import timed

    shutil.copytree(empty_site(scale), folder)
    with timed() as took:
        desk = desk_on(folder)
        from django.db import transaction

        from tienbo.collection.manifest import facts_catch_up, facts_compact, facts_sweep
        from tienbo.collection.services import returns_take

        draw = random.Random(20260614)
        for period in HALVES:
            for group in _groups(_incoming(desk, period, draw, skip_last=period == HALVES[-1])):
                with transaction.atomic():
                    returns_take(incoming=group, actor=desk.actor, accept=True)
        facts_catch_up(store=desk.stores.facts)
        facts_compact(store=desk.stores.facts, above=1)
        facts_sweep(store=desk.stores.facts)
        _checkpoint()
    return took.seconds, communes(scale) * len(HALVES)


def _checkpoint() -> None:
    """The log goes into the database file, so that a copy of the folder is whole."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _incoming(desk: Desk, period: Any, draw: random.Random, *, skip_last: bool) -> Iterator[Incoming]:
    """The returns of a half-year. A corrected one comes twice, the second time with the figures that count."""
    from bench.edition import edition
    from tienbo.collection.services import Incoming, campaign_open
    from tienbo.units.models import Unit

    campaign = campaign_open(root=desk.home, period=period, edition=edition())
    units = list(Unit.objects.filter(kind="commune").order_by("id"))
    form, addresses = addresses_of(period)
    for unit in units[:-1] if skip_last else units:
        yield Incoming(campaign, unit, content_of(form, period, unit.key, figures(draw, addresses)))
        if draw.randrange(CORRECTED) == 0:
            yield Incoming(campaign, unit, content_of(form, period, unit.key, figures(draw, addresses)))


def content_of(form: str, period: Any, unit: str, made: dict[str, Any]) -> Content:
    from bench.edition import edition
    from tienbo.catalogue.fingerprint import fingerprint
    from tienbo.catalogue.returns import Content

    return Content(form, fingerprint(edition()), unit, period, made, prepared_by="Người Lập", approved_by="Thủ Trưởng")


def _groups(incoming: Iterator[Incoming]) -> Iterator[list[Incoming]]:
    """Groups in which no unit stands twice: the second word of a unit must find its first."""
    group: list[Incoming] = []
    seen: set[int] = set()
    for one in incoming:
        if len(group) >= AT_ONCE or one.unit.pk in seen:
            yield group
            group, seen = [], set()
        group.append(one)
        seen.add(one.unit.pk)
    if group:
        yield group
