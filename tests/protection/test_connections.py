"""LR-10: what the site is connected to is listed until its risks were assessed, and anew where it leads elsewhere."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from tienbo.accounts.actors import operator
from tienbo.core.faults import Refused
from tienbo.protection.connections import connection_assess, connections


@pytest.mark.database
@pytest.mark.django_db
def test_a_connection_is_to_be_assessed_until_it_was_and_again_when_it_leads_elsewhere() -> None:
    actor, site = operator("vận hành"), {"identity": "vneid.gov.vn", "mail": "", "backups": "/mnt/b"}
    held = connections(site)
    assert [(one.code, one.assessed) for one in held] == [("identity", None), ("backups", None)]
    given = {"document": "12/QĐ-BVSTBPN", "actor": actor, "known": held}
    connection_assess(code="identity", on=date(2026, 11, 1), **given)  # type: ignore[arg-type]
    assert [one.code for one in connections(site) if one.assessed is None] == ["backups"]
    moved = connections({**site, "identity": "sso.example.vn"})
    assert [one.code for one in moved if one.assessed is None] == ["identity", "backups"]
    with pytest.raises(Refused) as refused:
        connection_assess(
            code="mail", document=" ", on=timezone.localdate() + timedelta(days=1), actor=actor, known=held
        )
    assert [fault.code for fault in refused.value.faults] == [
        "connection.blank", "connection.none", "request.future",
    ]  # fmt: skip
