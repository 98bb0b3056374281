"""Connections to others: each that there is has to be assessed before it is relied on, and whoever looks after personal
data sees which were not.

What is connected is asked of the site as it stands, so that no door can forget to say so; only assessments are kept.
Source: LR-10 of the security design (Decree 331/2026/NĐ-CP Điều 10.2.c, as that design tells it).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.words import clean
from tienbo.protection.models import ConnectionAssessed
from tienbo.release.packet_models import Packet
from tienbo.release.packets import Standing, content_of, packet_version

KINDS: Mapping[str, str] = {
    "identity": N_("identity provider"),
    "mail": N_("mail server"),
    "archive": N_("archive on another machine"),
    "backups": N_("folder of backups"),
    "partner": N_("link of a partner"),
}

worded(
    {
        "connection.none": N_("There is no connection {code}. They are: {known}."),
        "connection.blank": N_("Say the document that assesses its risks: number and day."),
    }
)


class Connection(NamedTuple):
    """`code`: "partner:packet_…". `assessed`: the last assessment; None: it is still to be done."""

    code: str
    kind: str
    name: str
    assessed: ConnectionAssessed | None


def connections(settings: Mapping[str, str]) -> list[Connection]:
    """What the site is connected to: by its settings (kind → where, without secrets) and by links of partners that open
    today; what was not assessed as it is now stands first."""
    found = [(kind, kind, where) for kind, where in settings.items() if where]
    for packet in Packet.objects.order_by("pk"):
        if Standing.of(packet).link is not None:
            found.append((f"partner:{packet.key}", "partner", content_of(packet_version(packet)).partner.said("vi")))
    last = {(one.code, one.name): one for one in ConnectionAssessed.objects.order_by("pk")}
    held = [Connection(code, kind, name, last.get((code, name))) for code, kind, name in found]
    return sorted(held, key=lambda one: one.assessed is not None)


def connection_assess(
    *, code: str, document: str, on: date, actor: Actor, known: Sequence[Connection]
) -> ConnectionAssessed:
    """Keep which document assesses a connection as it is now: to another place, it is to be assessed anew."""
    held = next((one for one in known if one.code == code), None)
    faults = [] if clean(document) else [Fault("connection.blank")]
    if held is None:
        faults.append(Fault("connection.none", "", {"code": code, "known": ", ".join(one.code for one in known)}))
    if on > timezone.localdate():
        faults.append(Fault("request.future", "", {"day": on}))
    if faults or held is None:
        raise Refused(*faults)
    return ConnectionAssessed.objects.create(code=code, name=held.name, document=clean(document), on=on, by=actor.name)
