"""What a site holds on one person who uses it: told to who asks to see or be given their data, or to have it deleted.

Secrets are told as what they are and since when, never with their content. Where others' texts name the person is told
as a count by table and field, as the register of processing declares the fields that name people.

Source: Luật 91/2025/QH15 Điều 4, NĐ 356/2025/NĐ-CP Điều 5; LR-03 of the security design.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.apps import apps
from django.db.models import CharField, ForeignKey, Model, TextField
from django.utils import timezone

from tienbo.accounts.models import AccountAct, User
from tienbo.catalogue.definitions import Sensitivity
from tienbo.ground.journal import journal_seal
from tienbo.ground.models import JournalEvent, JournalMention
from tienbo.ground.processing import common, processing_rows
from tienbo.units.models import Grant


@dataclass(frozen=True)
class Seen:
    """Events of the journal of one sort, with the days of the first and the last."""

    sort: str
    count: int
    first: str
    last: str


@dataclass(frozen=True)
class Named:
    """Rows whose field names the person. `by`: their account, which is theirs alone, or their name, which may be
    somebody else's too."""

    table: str
    field: str
    by: str
    count: int
    purpose: str
    """Of the table, as the register of processing says it, in the language being spoken."""


@dataclass(frozen=True)
class Held:
    """What a site holds on one person, but sessions, which end within hours: dates as ISO text."""

    account: dict[str, Any]
    rights: list[dict[str, Any]]
    acts: list[dict[str, Any]]
    ways_in: list[dict[str, Any]]
    journal: list[Seen]
    named: list[Named]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def held_on(user: User) -> Held:
    """What the site holds on somebody who has an account, as it stands now."""
    journal_seal()
    rights = [
        {"unit": one.unit.key, "role": one.role, "from": _day(one.valid_from), "to": _day(one.valid_to)}
        for one in Grant.objects.filter(user=user).select_related("unit").order_by("valid_from", "pk")
    ]
    acts = [
        {"at": _day(one.at), "act": one.act, "by": one.actor, "reason": one.reason}
        for one in AccountAct.objects.filter(user=user).order_by("pk")
    ]
    account = {
        "account": user.username,
        "name": user.full_name,
        "is_open": user.is_active,
        "last_sign_in": _day(user.last_login),
    }
    return Held(account, rights, acts, _ways_in(user), _journal(user.username), _named(user))


def _day(at: Any) -> str | None:
    """A day, or the day in Viet Nam of a moment."""
    if at is None:
        return None
    return (timezone.localtime(at).date() if hasattr(at, "hour") else at).isoformat()


def _ways_in(user: User) -> list[dict[str, Any]]:
    """Second factors and joined identities: what they are, never what they hold."""
    found = []
    for label, sort, since in (
        ("mfa.Authenticator", "type", "created_at"),
        ("socialaccount.SocialAccount", "provider", "date_joined"),
    ):
        for row in apps.get_model(label)._default_manager.filter(user=user).order_by("pk"):
            found.append({"sort": getattr(row, sort), "since": _day(getattr(row, since))})
    return found


def _journal(account: str) -> list[Seen]:
    """Events that name an account, by sort."""
    of = JournalMention.objects.filter(what=f"person:{account}").values("event")
    days: dict[str, list[str]] = {}
    for kind, tx in JournalEvent.objects.filter(seq__in=of).order_by("seq").values_list("kind", "tx"):
        days.setdefault(kind, []).append(f"{tx[:4]}-{tx[4:6]}-{tx[6:8]}")
    return [Seen(kind, len(held), min(held), max(held)) for kind, held in sorted(days.items())]


def _named(user: User) -> list[Named]:
    """Where rows name the person, by the fields that the register of processing says name people who use the system."""
    found = []
    for row in processing_rows():
        if row.about != common().people.of:
            continue
        model = apps.get_model(row.room, row.table)
        if model is not User and row.level is not Sensitivity.C3:
            found += _named_in(model, row.field, user, str(row.purpose))
    return found


def _named_in(model: type[Model], name: str, user: User, purpose: str) -> list[Named]:
    field = model._meta.get_field(name)
    asked: dict[str, Any] = {}
    if isinstance(field, ForeignKey) and field.related_model is User:
        asked["account"] = user
    elif isinstance(field, CharField | TextField):
        asked = {"account": user.username, "name": user.full_name} if user.full_name else {"account": user.username}
    rows = model._default_manager
    counts = {by: rows.filter(**{name: value}).count() for by, value in asked.items()}
    return [Named(model._meta.label, name, by, count, purpose) for by, count in counts.items() if count]
