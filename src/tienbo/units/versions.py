"""The version of the units: what a cache of trees or names is keyed by."""

from __future__ import annotations

from django.db import connection

from tienbo.ground.keys import new_key
from tienbo.ground.once import ask_again, once
from tienbo.units.models import UnitsVersion

_TABLE = UnitsVersion._meta.db_table


@once
def units_version() -> str:
    """The token of the units as they stand; "" before the first. A reader (`reading_once`) stands on one of them."""
    with connection.cursor() as cursor:  # written out: every request asks it
        cursor.execute(f"SELECT token FROM {_TABLE} WHERE id = 1")  # noqa: S608 - a name of our own
        return str((cursor.fetchone() or ("",))[0])


def units_touch() -> None:
    """Give the units a new version. Every service that writes a unit calls it in its transaction."""
    UnitsVersion.objects.update_or_create(id=1, defaults={"token": new_key("units")})
    ask_again()
