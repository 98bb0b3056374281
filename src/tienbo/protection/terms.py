"""What is past its term: which rows of which table, what of them goes, since when.

Terms are data (`retentions` of ground/processing.yaml, and each room's processing.yaml, which names the term of each
table); here stands which day a term is counted from. Nothing here names a fact or a report that was signed: what
somebody decided stays with who decided it (Luật Lưu trữ 33/2024/QH15).

Source: Luật 91/2025/QH15 Điều 14; LR-08 and LR-23 of the security design.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any

from django.apps import apps
from django.db.models import Exists, F, Max, Model, OuterRef, QuerySet, Subquery
from django.utils import timezone

from tienbo.accounts.models import AccountAct, PasswordKept, SignInFailures, User
from tienbo.accounts.signing import STEPS, mark
from tienbo.collection.campaign_models import CampaignAct
from tienbo.collection.draft_models import Draft, DraftSave, Evidence, Prepared, Submission
from tienbo.collection.models import Campaign, Upload
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.ground.journal import ACCESS
from tienbo.ground.models import Job, JournalEvent, JournalMention
from tienbo.ground.processing import Term, common, term_day
from tienbo.protection.models import Breach, BreachClosed, BreachNotice, BreachSaid, RequestAct, Spill, SubjectRequest
from tienbo.protection.requests import ENDS

ERASED = "[hết thời hạn lưu – past its term]"
"""Stands where a text stood whose time is over, for readers of both languages."""
WHO = "person"
"""What goes from events of the journal that changed nothing."""
FOLDED = "{folded}"
"""Stands for all of a draft's cells, in the one save that is left of it."""

worded(
    {
        "retention.unknown_term": N_("There is no term {code}. They are: {known}."),
        "retention.bad_term": N_("“{text}” is no term; write it as 24m (months) or 30d (days)."),
        "retention.below": N_("The term {code} may not be shorter than {least}; {text} was said."),
    }
)


@dataclass(frozen=True)
class Due:
    """Rows of a table that are past their term. `leaves`: column → what stands there afterwards (a text, or a text with
    {id}); None: the rows go. `since`: the first day any of them was due."""

    term: str
    model: type[Model]
    ids: tuple[Any, ...]
    since: date
    leaves: Mapping[str, str] | None = None

    @property
    def table(self) -> str:
        return self.model._meta.db_table


Found = Iterator[Due]
Earlier = Sequence[Due]


def terms_of(said: Mapping[str, str]) -> dict[str, Term]:
    """The terms that take something away, with what an office said otherwise. Refused for another code, what is no
    term, or less than may be."""
    known = {one.code: one for one in common().retentions if one.after is not None}
    faults, today = [], timezone.localdate()
    for code, text in said.items():
        if code not in known:
            faults.append(Fault("retention.unknown_term", "", {"code": code, "known": ", ".join(sorted(known))}))
            continue
        try:
            is_short = term_day(text, today) > term_day(known[code].least, today)
        except ValueError:
            faults.append(Fault("retention.bad_term", "", {"text": text}))
            continue
        if is_short:
            faults.append(Fault("retention.below", "", {"code": code, "least": known[code].least, "text": text}))
        known[code] = known[code].model_copy(update={"after": text})
    if faults:
        raise Refused(*faults)
    return known


def terms_asked(terms: Mapping[str, Term]) -> dict[str, Term]:
    """What holds where one person asks to have their data deleted: never longer than what holds for all."""
    today, made = timezone.localdate(), {}
    for code, term in terms.items():
        if term.asked is not None and term.after is not None:
            first = max((term.asked, term.after), key=lambda text: term_day(text, today))
            made[code] = term.model_copy(update={"after": first})
    return made


def due(terms: Mapping[str, Term], today: date, of: User | None = None) -> list[Due]:
    """Everything in the database that is past its term on a day, in the order in which it may go. `of`: of one person
    alone, and of the terms that are asked for."""
    found: list[Due] = []
    rules = RULES if of is None else {code: partial(rule, of=of) for code, rule in OF_ONE.items() if code in terms}
    for code, rule in rules.items():
        after = terms[code].after
        assert after is not None  # noqa: S101 - terms_of leaves out the others
        found += [one for one in rule(code, term_day(after, today), found) if one.ids]
    return found


# ------------------------------------------------------------------------------------------------------------- rules


def _before(day: date) -> datetime:
    """The first moment of a day in Viet Nam: what was before it is past."""
    return timezone.make_aware(datetime.combine(day, time()))


def _until(day: date, of: User | None) -> datetime:
    """The same; for one who asks, and is not to wait a day, this moment where it is today."""
    return _before(day) if of is None or day < timezone.localdate() else timezone.now()


def _day(at: date | datetime | None) -> date:
    if isinstance(at, datetime):
        return timezone.localtime(at).date()
    return at or timezone.localdate()


def _rows(code: str, rows: QuerySet[Any], moment: str, **leaves: str) -> Due:
    """Of a question: the rows it finds and the first of their days."""
    held = list(rows.order_by("pk").values_list("pk", moment))
    first = min((_day(at) for _pk, at in held), default=timezone.localdate())
    return Due(code, rows.model, tuple(pk for pk, _at in held), first, leaves or None)


def _sessions(code: str, day: date, _before_it: Earlier) -> Found:
    model = apps.get_model("sessions.Session")
    yield _rows(code, model._default_manager.filter(expire_date__lt=min(_before(day), timezone.now())), "expire_date")


def _locks(code: str, day: date, _before_it: Earlier, of: User | None = None) -> Found:
    held = SignInFailures.objects.filter(last_at__lt=_until(day, of))
    yield _rows(
        code, held if of is None else held.filter(mark__in=[mark(of.username, step) for step in STEPS]), "last_at"
    )


def _works(code: str, day: date, _before_it: Earlier) -> Found:
    ended = Job.objects.filter(state__in=(Job.State.DONE, Job.State.FAILED), ended_at__lt=_before(day))
    yield _rows(code, ended, "ended_at")


def _drafts(code: str, day: date, _before_it: Earlier) -> Found:
    """Of periods that are closed. A draft that nobody sent goes with its files; of one that was sent its saves go but
    the last, which then says what the draft holds."""
    last = CampaignAct.objects.filter(campaign=OuterRef("pk"), act__in=("close", "reopen")).order_by("-id")
    closed = (
        Campaign.objects.annotate(ended=last.values("at")[:1], how=last.values("act")[:1])
        .filter(how="close", ended__lt=_before(day))
        .values_list("pk", "ended")
    )
    ended = dict(closed)
    if not ended:
        return
    since = min(_day(at) for at in ended.values())
    sent = Submission.objects.filter(prepared__draft=OuterRef("pk"))
    held = Draft.objects.filter(campaign__in=ended).annotate(is_sent=Exists(sent))
    gone = list(held.filter(is_sent=False, base=None).values_list("pk", flat=True))
    of = {"draft__in": gone}
    uploads = sorted(set(Evidence.objects.filter(**of).values_list("upload", flat=True)))
    for model in (DraftSave, Prepared, Evidence):
        yield Due(code, model, tuple(model._default_manager.filter(**of).values_list("pk", flat=True)), since)
    yield Due(code, Draft, tuple(gone), since)
    yield Due(code, Upload, tuple(one for one in uploads if _only_of(one, gone)), since)
    kept = held.exclude(pk__in=gone).annotate(newest=Max("saves__number"))
    last_saves = DraftSave.objects.filter(draft__in=kept.values("pk")).annotate(
        newest=Subquery(kept.filter(pk=OuterRef("draft")).values("newest")[:1])
    )
    old = last_saves.filter(number__lt=F("newest"))
    folded = last_saves.filter(number=F("newest"), draft__in=old.values("draft"))
    yield _rows(code, folded, "saved_at", changes=FOLDED, aside="", settles="")
    yield _rows(code, old, "saved_at")


def _only_of(upload: int, drafts: list[int]) -> bool:
    """Whether a file proves nothing but these drafts, and is nothing else that was received."""
    if Evidence.objects.filter(upload=upload).exclude(draft__in=drafts).exists():
        return False
    others = [one for one in Upload._meta.related_objects if one.related_model is not Evidence]
    return not any(one.related_model._default_manager.filter(**{one.field.name: upload}).exists() for one in others)


def _requests(code: str, day: date, _before_it: Earlier) -> Found:
    ended = RequestAct.objects.filter(act__in=ENDS, on__lt=day)
    end = ended.filter(request=OuterRef("pk")).values("on")[:1]
    held = SubjectRequest.objects.annotate(ended=Subquery(end)).filter(ended__isnull=False).exclude(subject=ERASED)
    yield _rows(code, held, "ended", **dict.fromkeys(("subject", "answer_to", "proved_by", "text"), ERASED))
    acts = RequestAct.objects.filter(request__in=ended.values("request")).exclude(reason__in=("", ERASED))
    yield _rows(code, acts, "on", reason=ERASED)


def _incidents(code: str, day: date, _before_it: Earlier) -> Found:
    past = BreachClosed.objects.filter(kept_until__lt=day)
    until = "breach__closed__kept_until"
    held = Breach.objects.filter(closed__in=past).exclude(signal=ERASED)
    yield _rows(code, held, "closed__kept_until", signal=ERASED)
    said = BreachSaid.objects.filter(breach__closed__in=past).exclude(happened=ERASED)
    yield _rows(code, said, until, **dict.fromkeys(("data", "happened", "harm", "measures"), ERASED))
    notices = BreachNotice.objects.filter(breach__closed__in=past).exclude(why_late__in=("", ERASED))
    yield _rows(code, notices, until, why_late=ERASED)
    yield _rows(code, Spill.objects.filter(breach__closed__in=past).exclude(why=ERASED), until, why=ERASED)


def _closed(day: date, of: User | None) -> QuerySet[User]:
    """Accounts that were closed before a day and not brought back; of one person, by now."""
    last = AccountAct.objects.filter(user=OuterRef("pk"), act=AccountAct.Act.CLOSED).order_by("-id")
    held = User.objects.filter(is_active=False).annotate(ended=last.values("at")[:1])
    return (held if of is None else held.filter(pk=of.pk)).filter(ended__lt=_until(day, of))


def _secrets(code: str, day: date, _before_it: Earlier, of: User | None = None) -> Found:
    closed = _closed(day, of)
    yield _rows(code, closed.exclude(password__startswith="!"), "ended", password="!erased")  # noqa: S106 - none
    yield _rows(code, PasswordKept.objects.filter(user__in=closed), "at")
    yield _rows(code, apps.get_model("mfa.Authenticator")._default_manager.filter(user__in=closed), "created_at")
    for label, user in (
        ("account.EmailConfirmation", "email_address__user"),
        ("account.EmailAddress", "user"),
        ("socialaccount.SocialToken", "account__user"),
        ("socialaccount.SocialAccount", "user"),
    ):
        rows = apps.get_model(label)._default_manager.filter(**{f"{user}__in": closed})
        yield Due(code, rows.model, tuple(rows.values_list("pk", flat=True)), day)


def _journal(code: str, day: date, _before_it: Earlier, of: User | None = None) -> Found:
    """Who signed in, read or took a file out, in events that changed nothing else."""
    moment = f"{timezone.make_aware(datetime.combine(day, time())).astimezone(UTC):%Y%m%dT%H%M%S}"
    old = JournalEvent.objects.filter(kind__in=ACCESS, tx__lt=moment).exclude(person="")
    if of is not None:
        old = old.filter(person=of.username)
    held = [
        (seq, tx)
        for seq, tx, tables in old.order_by("seq").values_list("seq", "tx", "tables")
        if set(filter(None, tables.split(","))) <= SIGN_IN_TABLES
    ]
    first = min((datetime.strptime(tx[:8], "%Y%m%d").date() for _seq, tx in held), default=day)
    yield Due(code, JournalEvent, tuple(seq for seq, _tx in held), first, {WHO: ""})


SIGN_IN_TABLES = {SignInFailures._meta.db_table, User._meta.db_table}
"""What signing in itself writes to."""


def _accounts(code: str, day: date, earlier: Earlier, of: User | None = None) -> Found:
    """Accounts whose person the journal names no more once what is due of it is gone: they keep their row, which rights
    and acts point at."""
    going = {event for one in earlier if one.model is JournalEvent for event in one.ids}
    closed = dict(_closed(day, of).exclude(full_name=ERASED).values_list("username", "pk"))
    mentions = JournalMention.objects.filter(what__in=[f"person:{name}" for name in closed])
    named = {
        what.removeprefix("person:") for event, what in mentions.values_list("event", "what") if event not in going
    }
    held = _closed(day, of).filter(pk__in=[pk for name, pk in closed.items() if name not in named])
    yield _rows(code, held, "ended", username="erased-{id}", full_name=ERASED)
    acts = AccountAct.objects.filter(user__in=held.values("pk")).exclude(reason__in=("", ERASED))
    yield _rows(code, acts, "at", reason=ERASED)


RULES: Mapping[str, Callable[[str, date, Earlier], Found]] = {
    "session": _sessions,
    "lock": _locks,
    "work": _works,
    "draft": _drafts,
    "request": _requests,
    "incident": _incidents,
    "secrets": _secrets,
    "journal": _journal,
    "account": _accounts,
    "written": lambda _code, _day, _earlier: iter(()),  # files alone: processes.retention
}
"""Term → what of it is past. The account of a person comes after the journal, which no longer names them then."""
OF_ONE: Mapping[str, Callable[..., Found]] = {
    "lock": _locks,
    "secrets": _secrets,
    "journal": _journal,
    "account": _accounts,
}
"""The terms of what is one person's: the site takes it away earlier where they ask. What others wrote, what somebody
decided and what was signed is none of it."""
