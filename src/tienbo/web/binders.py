"""The figures of one unit as papers read them, for pages: the same functions, the same words, nothing frozen."""

from __future__ import annotations

from tienbo.core.messages import language
from tienbo.core.periods import Period
from tienbo.papers.bindings import Binder
from tienbo.release.frozen import frame_of
from tienbo.units.models import Unit
from tienbo.web.access import Seat, reader_for
from tienbo.web.figures import figures
from tienbo.web.office import office


def binder_for(seat: Seat, unit: Unit, period: Period) -> Binder:
    """A binder over what the seat may read of a unit in a period and those it is compared with. The unit stands on
    the period's last day."""
    held = office()
    frame = frame_of(reader_for(seat), unit, period, held.paper, "vi" if language() == "vi" else "en")
    earlier = (frame.previous, frame.same_last_year, frame.last_year)
    periods = dict.fromkeys([period, *(Period.parse(one) for one in earlier if one is not None)])
    return Binder(held.edition, figures(seat, list(periods), units=[unit.pk]), frame)
