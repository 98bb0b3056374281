"""Whether a site keeps what its dossier says: each check is asked of the site and the program when a paper is written.

A paper never says "kept" on the word of this file alone: where a check says no, it says "not kept here".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from tienbo.accounts.policies import policy
from tienbo.catalogue.loading import load
from tienbo.ground.models import BackupAct, JournalCheck
from tienbo.ground.processing import processing_faults
from tienbo.ground.triggers import missing, own_models
from tienbo.project.site import Site
from tienbo.units.rights import MATRIX
from tienbo.web.access import check_every_view_declares

RECENT = timedelta(days=8)
"""A journal verified, a backup tried since then."""
DAILY = timedelta(hours=50)


def matrix(_site: Site) -> bool:
    """No role reads figures of class C3 but those of the unit and of the office that consolidates it."""
    return {role for role in MATRIX.rules if MATRIX.reads_sensitive([role])} == {"preparer", "head", "office", "chair"}


def declared(_site: Site) -> bool:
    return not check_every_view_declares()


def apart(_site: Site) -> bool:
    pairs = {(one.of, one.with_) for one in MATRIX.separations}
    return {("appoint", "anything"), ("enter", "approve"), ("consolidate", "approve")} <= pairs


def guarded(site: Site) -> bool:
    return site.sign_in == "guarded"


def factor(_site: Site) -> bool:
    return all(MATRIX.rules[role].factor for role in ("administrator", "partner", "office", "chair", "data_officer"))


def lock(_site: Site) -> bool:
    return policy().failures <= 5 and policy().locked_hours >= 12


def password(_site: Site) -> bool:
    return "accounts.hashing" in settings.PASSWORD_HASHERS[0] and policy().length_with_factor >= 8


def idle(_site: Site) -> bool:
    asked = policy()
    return asked.idle_minutes <= 15 and asked.idle_minutes_administrator <= 5 and asked.session_hours <= 12


def rest(_site: Site) -> bool:
    return policy().rest_days <= 45


def https(site: Site) -> bool:
    return site.https


def policy_of_content(_site: Site) -> bool:
    told = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    return "'none'" in told["default-src"] and not any("unsafe" in str(source) for source in told.values())


def register(_site: Site) -> bool:
    return not list(processing_faults())


def thresholds(site: Site) -> bool:
    rules = load(site.pack).release_rules
    return rules["government"].k >= 5 and min(rules["partner"].k, rules["public"].k) >= 10


def triggers(_site: Site) -> bool:
    return not missing(own_models(), connection)


def journal(_site: Site) -> bool:
    """Verified lately, and it held."""
    last = JournalCheck.objects.order_by("-id").first()
    return last is not None and not last.found and last.at > timezone.now() - RECENT


def heads(site: Site) -> bool:
    return bool(site.heads) and not site.heads_folder.resolve().is_relative_to(site.path.resolve())


def durable(_site: Site) -> bool:
    """The database waits for its disk before it says that something is kept."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous")
            return int(cursor.fetchone()[0]) >= 2
        cursor.execute(
            "SELECT bool_and(setting <> 'off') FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')"
        )
        return bool(cursor.fetchone()[0])


def backups(site: Site) -> bool:
    """One is made each day, and the last one found nothing wrong."""
    last = BackupAct.objects.filter(act=BackupAct.Act.MADE).order_by("-id").first()
    is_set = bool(site.backups and site.backup_key)
    return is_set and last is not None and not last.found and last.at > timezone.now() - DAILY


def tried(_site: Site) -> bool:
    last = BackupAct.objects.filter(act=BackupAct.Act.VERIFIED).order_by("-id").first()
    return last is not None and not last.found and last.at > timezone.now() - RECENT


HOLDS: Mapping[str, Callable[[Site], bool]] = {
    check.__name__: check
    for check in (
        matrix, declared, apart, guarded, factor, lock, password, idle, rest, https, policy_of_content, register,
        thresholds, triggers, journal, heads, durable, backups, tried,
    )
}  # fmt: skip
