"""The version of the units: what a cache of trees or names is keyed by."""

from __future__ import annotations

from tienbo.ground.keys import new_key
from tienbo.ground.once import ask_again, once
from tienbo.units.models import UnitsVersion


@once
def units_version() -> str:
    """The token of the units as they stand; "" before the first. A reader (`reading_once`) stands on one of them."""
    return UnitsVersion.objects.values_list("token", flat=True).first() or ""


def units_touch() -> None:
    """Give the units a new version. Every service that writes a unit calls it in its transaction."""
    UnitsVersion.objects.update_or_create(id=1, defaults={"token": new_key("units")})
    ask_again()
