"""What the extent of a succession says of shares by itself, by every measure.

"Nhập toàn bộ" is all of a unit by whatever it is measured. "Nhập một phần diện tích" beside "…, toàn bộ dân số" says
that no person moved: that is 0 and 1 by rule, not by estimate. What the words leave open has bounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tienbo.core.shares import NOTHING, WHOLE, Share
from tienbo.units.models import Extent

POPULATION, AREA, HOUSEHOLDS, MEMBERS = "population", "area", "households", "members"
"""Persons, km², households, members of a body or movement."""
MEASURES = (POPULATION, AREA, HOUSEHOLDS, MEMBERS)
_OF_PERSONS = (POPULATION, HOUSEHOLDS, MEMBERS)

Shares = Mapping[str, Share]


def _said(persons: Share | None = None, area: Share | None = None) -> Shares:
    found = dict.fromkeys(_OF_PERSONS, persons) | {AREA: area}
    return MappingProxyType({measure: share for measure, share in found.items() if share is not None})


SHARES: Mapping[str, Shares] = {
    Extent.UNCHANGED: _said(WHOLE, WHOLE),
    Extent.WHOLE: _said(WHOLE, WHOLE),
    Extent.PART: _said(),
    Extent.AREA_ONLY: _said(persons=NOTHING),
    Extent.AREA_PART_POP_ALL: _said(persons=WHOLE),
    Extent.POP_PART: _said(area=NOTHING),
    Extent.AREA_ALL: _said(area=WHOLE),
    Extent.NONE: _said(),
}
"""Extent → measure → the share it states. A measure that is absent is not told."""
