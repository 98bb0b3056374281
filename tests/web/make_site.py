"""A site that holds the small world, for the real server: python -m tests.web.make_site FOLDER [ADDRESS [SIGN_IN]].

Prints JSON: keys of the units by name of tests.web.world.World.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from unittest.mock import patch

from tienbo.project.assets import static_collect
from tienbo.project.desk import django_start, tables_make
from tienbo.project.site import site_create


def main(folder: Path, address: str = "", sign_in: str = "simple") -> None:
    site = site_create(path=folder, database=address, name="Ban Vì sự tiến bộ của phụ nữ tỉnh Vĩnh An", sign_in=sign_in)
    django_start(folder)
    tables_make()

    from django.contrib.auth.hashers import make_password
    from tests.web.world import build

    from tienbo.ground.reach import reaching_everywhere
    from tienbo.project.desk import Desk

    # A hash is meant to take long; here everybody has the one password.
    one_hash = patch("django.contrib.auth.base_user.make_password", cache(make_password))
    with reaching_everywhere("a world is made"), one_hash:
        world = build(Desk(site).stores)
    replace(site, home_unit=world.province.key, place="Vĩnh An", illustrative=True).save()
    if not address:
        static_collect(folder / "static")
    units = {
        "province": world.province.key,
        "other": world.other.key,
        "department": world.department.key,
        **{f"commune{n}": unit.key for n, unit in enumerate(world.communes)},
    }
    print(json.dumps(units))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
