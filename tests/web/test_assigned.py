"""T25: no address writes what its form does not offer (`assigned`)."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import override_settings
from tests.web.assigned import Assigning
from tests.web.conftest import QUICK_PASSWORDS
from tests.web.furnished import furnish
from tests.web.world import build, office_settings

from tienbo.collection.manifest import Stores
from tienbo.engine.facts import FactStore
from tienbo.ground.files import FileStore


@pytest.mark.django_db
def test_a_day_s_posts_write_nothing_that_their_forms_do_not_offer(tmp_path) -> None:
    with transaction.atomic(), override_settings(PASSWORD_HASHERS=QUICK_PASSWORDS):
        world = build(Stores(FileStore(tmp_path / "files"), FactStore(tmp_path / "facts")))
        with override_settings(OFFICE=office_settings(tmp_path, world.province.key)), Assigning().watching() as tries:
            furnish(world)
        transaction.set_rollback(True)
    print(f"T25: {sum(tries.tried.values())} tried, {sum(tries.effective.values())} effective, {tries.fields} fields")
    print("strict", tries.strict)
    print("refused", tries.refused)
    print("written", tries.written)
    assert not tries.written
