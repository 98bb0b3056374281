"""What keeps somebody from signing in though the password is right: too many failed attempts, an account that rests.

Every attempt passes through `sign_in_told`, which notes it for the journal.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from django.conf import settings
from django.db.models import F, Max
from django.utils import timezone
from django.utils.crypto import salted_hmac

from tienbo.accounts.models import AccountAct, SignInFailures, User
from tienbo.accounts.policies import policy
from tienbo.core.words import clean
from tienbo.ground.journal import journal_note
from tienbo.ground.spool import spool_note

Step = Literal["password", "factor"]
STEPS: Sequence[Step] = ("password", "factor")
"""Failures of the password and of the second factor are counted apart: who has the password does not begin anew at
guessing codes with each right password."""
Outcome = Literal["signed_in", "refused", "locked", "resting", "signed_out", "unlocked_here"]
NOTED: Mapping[Outcome, str] = {
    "signed_in": "sign_in",
    "refused": "sign_in_failed",
    "locked": "sign_in_locked",
    "resting": "sign_in_resting",
    "signed_out": "sign_out",
    "unlocked_here": "unlock",
}
"""Outcome → its kind in the journal."""
REFUSED: frozenset[Outcome] = frozenset({"refused", "locked", "resting"})
log = logging.getLogger("tienbo.sign_in")
_WAKES = (AccountAct.Act.MADE, AccountAct.Act.REOPENED, AccountAct.Act.WOKEN)


def sign_in_told(outcome: Outcome, *, name: str, user: User | None = None, address: str = "") -> None:
    """What became of an attempt. `name` is what was typed, and may be a password typed in the wrong place: it is not
    written down unless an account has it, its mark is. `address` is the visitor's."""
    log.info("%s %s %s", outcome, user.pk if user else mark(name)[:12], address)
    held = user.username if user else User.objects.filter(username=name).values_list("username", flat=True).first()
    # What was refused is noted by itself: it is no part of a transaction that is kept. The folder is a setting of the
    # site; it is read here and not in the door, so that no door can forget it.
    if outcome in REFUSED:
        spool_note(settings.OFFICE.noted, NOTED[outcome], person=held or "", address=address)
    else:
        journal_note(NOTED[outcome], person=held or "", address=address)


def mark(name: str, step: Step = "password", browser: str = "") -> str:
    """A name as it is counted: the same for all its spellings, and nobody reads it back. `browser`: of attempts from
    one that is known for it."""
    salt = "tienbo.sign_in" if step == "password" else f"tienbo.sign_in.{step}"
    of = f"{clean(name).casefold()}\0{browser}" if browser else clean(name).casefold()
    return salted_hmac(salt, of, algorithm="sha256").hexdigest()


def is_locked(name: str, now: datetime | None = None, browser: str = "") -> bool:
    """Whether so many attempts at a name failed that even the right password is not taken for some hours.

    The hours begin with the last attempt that was looked at: further ones while it is locked make them no longer, so
    that nobody is kept out for ever by somebody else. From a browser that is known for the name its person goes in
    meanwhile, until too many attempts failed from there.
    """
    if browser and not _failed(name, now, browser):
        return False
    return _failed(name, now)


def _failed(name: str, now: datetime | None, browser: str = "") -> bool:
    asked, at = policy(), now or timezone.now()
    marks = [mark(name, step, browser) for step in STEPS]
    failed = SignInFailures.objects.filter(mark__in=marks, failures__gte=asked.failures)
    return failed.filter(last_at__gt=at - asked.lock).exists()


def attempt_failed(name: str, now: datetime | None = None, step: Step = "password", browser: str = "") -> None:
    """Count one; those of before the hours of the lock are over and count no more. Too many from a browser that is
    known lock the name everywhere."""
    asked, at = policy(), now or timezone.now()
    SignInFailures.objects.filter(last_at__lte=at - asked.lock).delete()
    first = {"failures": 1, "last_at": at, "of_browser": bool(browser)}
    row, made = SignInFailures.objects.get_or_create(mark=mark(name, step, browser), defaults=first)
    if not made:
        SignInFailures.objects.filter(pk=row.pk).update(failures=F("failures") + 1, last_at=at)
    if browser and _failed(name, at, browser):
        SignInFailures.objects.update_or_create(
            mark=mark(name, step), defaults={"failures": asked.failures, "last_at": at}
        )


def attempts_forget(names: Iterable[str], steps: Sequence[Step] = STEPS, browser: str = "") -> None:
    """Failed attempts at these names count no more; from a browser that is known, those from there."""
    SignInFailures.objects.filter(mark__in=[mark(name, step, browser) for name in names for step in steps]).delete()


def locked_among(users: Collection[User], now: datetime | None = None) -> frozenset[int]:
    """Row ids of those whose account is locked."""
    asked, at = policy(), now or timezone.now()
    rows = SignInFailures.objects.filter(failures__gte=asked.failures, last_at__gt=at - asked.lock)
    marks = set(rows.values_list("mark", flat=True))
    return frozenset(user.pk for user in users if marks and any(mark(user.username, step) in marks for step in STEPS))


def locked_count(now: datetime) -> int:
    """How many names are locked, whether or not an account has them."""
    asked = policy()
    rows = SignInFailures.objects.filter(failures__gte=asked.failures, last_at__gt=now - asked.lock)
    return rows.filter(of_browser=False).count()


def resting_among(users: Collection[User], now: datetime | None = None) -> frozenset[int]:
    """Row ids of those not used, made or woken for the days of the policy. Only reporting accounts rest: the caller
    knows whose roles are such (`units.rights`)."""
    at = now or timezone.now()
    since = at - policy().rest
    idle = {user.pk: user for user in users if user.last_login is None or user.last_login < since}
    acts = AccountAct.objects.filter(user__in=idle, act__in=_WAKES).values_list("user").annotate(last=Max("at"))
    woken = dict(acts)
    # Made before acts were kept, and never used: there is nothing to count days from.
    never = {pk for pk, user in idle.items() if user.last_login is None and pk not in woken}
    return frozenset(pk for pk in idle if pk not in never and not (pk in woken and woken[pk] >= since))
