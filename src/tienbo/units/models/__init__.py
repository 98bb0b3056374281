"""The tables of the room: units in time (places), and the acts that redraw them (acts)."""

from tienbo.units.models.acts import (
    Body,
    BodySuccession,
    Extent,
    Reorganisation,
    ReorganisationSheet,
    ReorganisationStage,
    Succession,
    SuccessionShare,
    UnitPoint,
    UnitQuantity,
)
from tienbo.units.models.clusters import ClusterSheet
from tienbo.units.models.contacts import UnitContact
from tienbo.units.models.places import (
    ADMINISTRATIVE,
    GSO,
    NATION,
    Dated,
    DatedQuerySet,
    Grant,
    Placement,
    Role,
    Unit,
    UnitCode,
    UnitName,
    UnitsVersion,
    alive,
)

__all__ = [
    "ADMINISTRATIVE",
    "GSO",
    "NATION",
    "Body",
    "BodySuccession",
    "ClusterSheet",
    "Dated",
    "DatedQuerySet",
    "Extent",
    "Grant",
    "Placement",
    "Reorganisation",
    "ReorganisationSheet",
    "ReorganisationStage",
    "Role",
    "Succession",
    "SuccessionShare",
    "Unit",
    "UnitCode",
    "UnitContact",
    "UnitName",
    "UnitPoint",
    "UnitQuantity",
    "UnitsVersion",
    "alive",
]
