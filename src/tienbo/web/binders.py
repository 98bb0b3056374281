"""The figures of one unit as papers read them, for pages: the same functions, the same words, nothing frozen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from tienbo.catalogue.loading import Edition
from tienbo.core.messages import language
from tienbo.core.periods import Period
from tienbo.engine.values import Value
from tienbo.papers import maps
from tienbo.papers.bindings import Binder
from tienbo.registers.plans import edition_with_plans
from tienbo.release.frozen import frame_of
from tienbo.release.one_map import names_of_acts
from tienbo.units.models import Unit
from tienbo.web.access import Seat, reader_for
from tienbo.web.figures import figures
from tienbo.web.office import office


def binder_for(
    seat: Seat, unit: Unit, period: Period, *, map_day: date | None = None, root: int | None = None
) -> Binder:
    """A binder over what the seat may read of a unit in a period and those it is compared with, all on the units of the
    period's last day, or of the `map_day` that was chosen; the unit stands on it. `root` as in `reader_for`."""
    held = office()
    reader = reader_for(seat, root=root)
    frame = frame_of(reader, unit, period, held.paper, "vi" if language() == "vi" else "en", map_day)
    earlier = (frame.previous, frame.same_last_year, frame.last_year)
    periods = dict.fromkeys([period, *(Period.parse(one) for one in earlier if one is not None)])
    day = map_day or held.edition.calendar.last_day(period)
    values = figures(seat, list(periods), units=[unit.pk], map_day=day, own=period, root=root)
    context = replace(frame, map_day=map_day, acts=names_of_acts(values.values.values()))
    return Binder(edition_seen(seat, unit.pk, day), values, context)


def edition_seen(seat: Seat, unit: int, day: date) -> Edition:
    """The definitions as a seat reads them of a unit: with the targets that plans in force set for it, which a guest
    reads only in what was released."""
    edition = office().edition
    return edition if seat.is_partner else edition_with_plans(edition, unit, day)


def map_note(binder: Binder, values: Iterable[Value] | None = None) -> list[str]:
    """What must stand beside values, by default those of the targets: the map that was chosen, what was recast onto it
    or onto that of the period."""
    targets = {target.indicator for target, _value in binder.targets}
    said = maps.note(
        (one for one in binder.values if one.indicator in targets) if values is None else values, binder.acts
    )
    chosen = binder.context.map_day
    return said or ([] if chosen is None else [f"{maps.map_words(chosen)}."])
