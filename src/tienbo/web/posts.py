"""Posts of a unit: its bodies with their terms and who leads them, each post and its holder, counts, published shares.

Whoever may read the unit opens the page; the standing office writes. What forms say of the same leaders stands beside,
and where the two differ that is asked about; neither is put right by the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from io import BytesIO
from typing import Any, NamedTuple

from django.contrib import messages
from django.core import signing as tokens
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify

from tienbo.accounts.actors import actor_of
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_of, fold
from tienbo.ground.files import sha256
from tienbo.papers.workbook.returning import Remark, workbook_hand_back
from tienbo.papers.workbook.safety import FILE_LIMIT, Unsafe
from tienbo.posts.models import BodyTerm, Holding, Post, PostCount, Sex
from tienbo.posts.queries import Held, Led, led_on, posts_on, share_lines, terms_of
from tienbo.posts.services import post_hold, term_tell, titles_for, told_end
from tienbo.posts.told import Read, told_withdraw
from tienbo.processes.post_books import posts_book_read, posts_book_take, posts_book_write
from tienbo.units.access import accessible_units
from tienbo.units.frames import unit_called
from tienbo.units.models import Body, Unit, alive
from tienbo.units.queries import unit_keyed
from tienbo.web.access import Asked, page, unit_page
from tienbo.web.downloads import csv_streamed
from tienbo.web.handing_back import XLSX, workbook_download
from tienbo.web.office import office
from tienbo.web.reconciling import Line, lines_of
from tienbo.web.unit_place import span_words

SALT = "tienbo.web.posts"
A_DAY = 24 * 3600
SMALLEST = 3
"""Counts of fewer persons are shown to the unit that owns them and to the office that consolidates them."""
DESK = "department"
"""Family of the units whose forms tell of the province's own leaders."""
OPEN_TO: frozenset[str] = frozenset({"consolidate", "conclude"})

ASKED = (
    *("act", "title", "begins", "ends", "name", "sex", "birth_year", "source", "published_on"),
    *("body", "seats", "map_date"),
)
"""What the forms of the page ask; what was typed stays where something is wrong."""

worded(
    {
        "posts.no_day": N_("{label}: “{text}” is no day. Write it as 20/6/2026."),
        "posts.no_number": N_("{label}: “{text}” is no whole number."),
        "posts.no_file": N_("No file was chosen. Choose the workbook, then send it."),
        "posts.no_body": N_("This body is not one of the unit's on that day."),
        "posts.nothing_there": N_("This row is not there any more. Load the page again."),
    }
)


class BodyShown(NamedTuple):
    """A body on a day: its term, who leads it."""

    name: str
    term: BodyTerm | None
    led: Led


@dataclass(frozen=True)
class Seen:
    """The posts of a unit as somebody reads them, on a day."""

    request: Asked
    unit: Unit
    on: date

    @property
    def edition(self) -> Any:
        return office().edition

    @cached_property
    def may_write(self) -> bool:
        """The standing office writes, of its unit and of those below it."""
        if not self.request.seat.allows("consolidate"):
            return False
        today = timezone.localdate()
        mine = accessible_units(self.request.user, need="view", on=self.on, acting_on=today)
        return self.unit.pk in mine

    @property
    def sees_all(self) -> bool:
        """Whether small counts and years of birth are shown: to the unit itself, the office and the chair."""
        seat = self.request.seat
        return seat.unit.pk == self.unit.pk or any(seat.allows(need) for need in OPEN_TO)  # type: ignore[arg-type]

    def bodies(self) -> Iterator[BodyShown]:
        terms = {term.body_id: term for term in terms_of(self.unit) if term.span.contains(self.on)}
        for led in led_on([self.unit.pk], self.on, sense="target_1_1", edition=self.edition):
            if led.body is not None:
                yield BodyShown(led.body.name, terms.get(led.body.pk), led)

    def reconciled(self) -> list[Line]:
        """What forms of the last half-year that ended by now say, beside what is on record of its last day."""
        calendar = self.edition.calendar
        over = [one for one in office().periods() if not one.is_year and calendar.last_day(one) <= self.on]
        return lines_of(self.request, [self.unit.pk], max(over)) if over else []

    def former(self) -> list[Holding]:
        """Who held a post before, the last first."""
        ended = Holding.objects.filter(post__unit=self.unit, standing=1, valid_to__isnull=False, valid_to__lte=self.on)
        return list(ended.select_related("post").order_by("-valid_to")[:100])


def _day(request: HttpRequest) -> date:
    return day_of(request.GET.get("on", "")) or timezone.localdate()


@unit_page("view")
def unit_posts(request: Asked, unit: Unit) -> HttpResponse:
    """The posts of a unit today, or on the day ?on= asks for."""
    return _page(request, Seen(request, unit, _day(request)))


def _page(request: Asked, seen: Seen, faults: Sequence[Fault] = (), status: int = 200, token: str = "") -> HttpResponse:
    unit, edition = seen.unit, seen.edition
    held = posts_on([unit.pk], seen.on, edition=edition)
    context = {
        "unit": unit,
        "name": unit_called(unit.pk, seen.on),
        "on": seen.on,
        "today": timezone.localdate(),
        "bodies": list(seen.bodies()),
        "held": held,
        "reconciled": seen.reconciled(),
        "former": [(one, _title(seen, one.post), span_words(one.span)) for one in seen.former()],
        "terms": [(term, span_words(term.span)) for term in terms_of(unit)],
        "counts": PostCount.objects.filter(unit=unit, standing=1).values("group", "day", "source").distinct().count(),
        "lines": share_lines(unit, edition),
        "sees_all": seen.sees_all,
        "may_write": seen.may_write,
        "titles": titles_for(unit, seen.on, edition=edition) if seen.may_write else [],
        "kinds": [kind for kind in edition.body_kinds.values() if kind.holds(seen.on)],
        "own_bodies": list(Body.objects.filter(alive(seen.on), unit=unit).order_by("kind")) if seen.may_write else [],
        "sexes": [(one.value, one.label) for one in Sex],
        "faults": faults,
        "token": token,
        "typed": {name: request.POST.get(name, "") for name in ASKED} | {"number": request.POST.get("number") or "1"},
    }
    return render(request, "web/posts.html", context, status=status)


def _title(seen: Seen, post: Post) -> str:
    shape = seen.edition.post_titles.get(post.title)
    return str(shape.name) if shape else post.title


@unit_page("view")
def unit_posts_csv(request: Asked, unit: Unit) -> HttpResponseBase:
    """Who holds which post of a unit on a day, as a table."""
    seen = Seen(request, unit, _day(request))
    return csv_streamed(f"chuc-vu_{seen.on}.csv", _csv(seen, posts_on([unit.pk], seen.on, edition=seen.edition)))


def _csv(seen: Seen, held: Sequence[Held]) -> Iterator[tuple[str, ...]]:
    yield ("post", "number", "holder", "sex", "birth_year", "from", "state", "source", "published_on")
    for one in held:
        holder, row = one.holder, one.holder or one.post
        state = "held" if holder else "vacant" if one.vacant else "not told"
        birth = str(holder.birth_year) if holder and holder.birth_year and seen.sees_all else ""
        yield (
            _title(seen, one.post),
            str(one.post.number),
            holder.name if holder else "",
            holder.sex if holder else "",
            birth,
            str(holder.valid_from) if holder else "",
            state,
            row.source,
            str(row.published_on or ""),
        )


# ---------------------------------------------------------------------------------------------------- writing


@page("consolidate", methods=("POST",))
def posts_write(request: Asked) -> HttpResponseBase:
    """What the standing office writes of a unit: a holder, a term, an end, a withdrawal. Nothing typed is lost."""
    seen = _written_of(request, request.POST.get("unit", ""))
    unit = seen.unit
    acts = {"hold": _hold, "term": _term, "end": _end, "withdraw": _withdraw}
    act = acts.get(request.POST.get("act", ""))
    if act is None:
        raise Http404
    try:
        act(seen, FormTyped(request))
    except Refused as refused:
        return _page(request, seen, refused.faults, status=422)
    messages.success(request, _("It was written."))
    return redirect(reverse("unit_posts", kwargs={"key": unit.key}))


def _written_of(request: Asked, key: str) -> Seen:
    """The unit that is written of; 404 for one that this seat does not write of."""
    unit = unit_keyed(key)
    seen = Seen(request, unit, timezone.localdate()) if unit is not None else None
    if seen is None or not seen.may_write:
        raise Http404
    return seen


class FormTyped:
    """What was typed into a form; what cannot be read is a fault that names its field."""

    def __init__(self, request: Asked) -> None:
        self.given = request.POST
        self.faults: list[Fault] = []

    def text(self, name: str) -> str:
        return self.given.get(name, "").strip()

    def day(self, name: str, label: str, *, needed: bool = False) -> date | None:
        text = self.text(name)
        day = day_of(text) if text else None
        if day is None and (text or needed):
            self.faults.append(Fault("posts.no_day", "", {"field": name, "label": _(label), "text": text}))
        return day

    def number(self, name: str, label: str) -> int | None:
        text = self.text(name)
        if text.isascii() and text.isdecimal() and len(text) < 7:
            return int(text)
        if text:
            self.faults.append(Fault("posts.no_number", "", {"field": name, "label": _(label), "text": text}))
        return None

    def read(self) -> Read:
        return Read(self.text("source"), self.day("published_on", N_("Day of the source")))

    def must_be_read(self) -> None:
        if self.faults:
            raise Refused(*self.faults)


@page("consolidate")
def posts_book(request: Asked) -> HttpResponse:
    """The workbook of a unit's posts (?unit=, the seat's own where none is said)."""
    seen = _written_of(request, request.GET.get("unit", "") or request.seat.unit.key)
    made = BytesIO()
    settings = office().settings
    posts_book_write(made, unit=seen.unit, edition=seen.edition, seal=settings.seal, illustrative=settings.illustrative)
    words = slugify(fold(f"chuc vu {unit_called(seen.unit.pk, seen.on)}"))
    answer = HttpResponse(made.getvalue(), content_type=XLSX)
    answer["Content-Disposition"] = content_disposition_header(True, f"{words}.xlsx") or "attachment"
    return answer


@page("consolidate", methods=("POST",))
def posts_take(request: Asked) -> HttpResponseBase:
    """Take a workbook of a unit's posts in; or hand it back as it is with its faults in its cells (`marked`)."""
    seen = _written_of(request, request.POST.get("unit", ""))
    try:
        content, name = book_brought(request)
    except Refused as refused:
        return _page(request, seen, refused.faults, status=422)
    try:
        given = {"edition": seen.edition, "seal": office().settings.seal, "unit": seen.unit}
        read, unit = posts_book_read(content, name=name, **given)
        done = posts_book_take(read=read, unit=unit, actor=actor_of(request.user), edition=seen.edition)
    except Refused as refused:
        if "marked" in request.POST:
            return _marked(request, seen, content, name, refused.faults)
        token = book_token(request, content, name, refused.faults)
        return _page(request, seen, refused.faults, status=422, token=token)
    words = _("{added} new, {corrected} corrected, {ended} ended, {untouched} untouched")
    counts = {name: getattr(done, name) for name in ("added", "corrected", "ended", "untouched")}
    messages.success(request, _("The workbook was taken in.") + f" {words.format(**counts)}.")
    return redirect(reverse("unit_posts", kwargs={"key": seen.unit.key}))


def book_brought(request: Asked) -> tuple[bytes, str]:
    """The file that was sent, or the one that was refused before (`token`)."""
    sent = request.FILES.get("file")
    if isinstance(sent, UploadedFile):
        return sent.read(FILE_LIMIT + 1), (sent.name or "")[-120:]
    try:
        said = tokens.loads(request.POST.get("token", ""), salt=SALT, max_age=A_DAY)
    except tokens.BadSignature:
        said = {}
    if said.get("user") != request.user.pk:
        raise Refused(Fault("posts.no_file"))
    return office().stores.files.get(said["sha256"]), said["name"]


def book_token(request: Asked, content: bytes, name: str, faults: Sequence[Fault]) -> str:
    """By which a refused workbook can be asked for with its faults in its cells; "" where none is in a cell."""
    if not any("!" in one.place for one in faults):
        return ""
    office().stores.files.put(content)
    said = {"user": request.user.pk, "sha256": sha256(content), "name": name}
    token: str = tokens.dumps(said, salt=SALT)
    return token


def book_marked(content: bytes, name: str, heading: str, faults: Sequence[Fault]) -> HttpResponse | Fault:
    """A workbook with its faults in its cells, to be handed back; a fault where its bytes are not to be opened."""
    remarks = [Remark(one.place, one.sentence(), one.level) for one in faults]
    try:
        made = workbook_hand_back(content, remarks, heading=heading)
    except Unsafe as unsafe:
        return unsafe.fault(name)
    stem = name.rpartition(".")[0] or name
    return workbook_download(_("{name} (to correct)").format(name=stem) + ".xlsx", made)


def _marked(request: Asked, seen: Seen, content: bytes, name: str, faults: Sequence[Fault]) -> HttpResponse:
    heading = " – ".join((_("Published posts"), unit_called(seen.unit.pk, seen.on)))
    made = book_marked(content, name, heading, faults)
    return made if isinstance(made, HttpResponse) else _page(request, seen, [made], status=422)


def _hold(seen: Seen, typed: FormTyped) -> None:
    begins = typed.day("begins", N_("From the day"), needed=True)
    number, birth = typed.number("number", N_("No.")), typed.number("birth_year", N_("Year of birth"))
    read, name, sex = typed.read(), typed.text("name"), typed.text("sex")
    if name and sex not in Sex.values:
        typed.faults.append(Fault("posts.no_sex"))
    typed.must_be_read()
    assert begins is not None  # noqa: S101 - needed
    post_hold(
        unit=seen.unit,
        title=typed.text("title"),
        begins=begins,
        number=number or 1,
        name=name,
        sex=sex,
        birth_year=birth,
        read=read,
        actor=actor_of(seen.request.user),
        edition=seen.edition,
    )


def _term(seen: Seen, typed: FormTyped) -> None:
    begins, ends = (
        typed.day("begins", N_("From the day"), needed=True),
        typed.day("ends", N_("Until (first day no more)")),
    )
    map_date, seats = typed.day("map_date", N_("Map of")), typed.number("seats", N_("Seats"))
    read = typed.read()
    body = Body.objects.filter(unit=seen.unit, key=typed.text("body")).first()
    if body is None:
        typed.faults.append(Fault("posts.no_body"))
    typed.must_be_read()
    assert begins is not None and body is not None  # noqa: S101, PT018 - told above
    term_tell(
        body=body,
        name=typed.text("name"),
        begins=begins,
        ends=ends,
        seats=seats,
        map_date=map_date,
        read=read,
        actor=actor_of(seen.request.user),
    )


def _row(seen: Seen, typed: FormTyped) -> BodyTerm | Post | Holding:
    """The row of a key, if it is of the unit and stands."""
    key = typed.text("row")
    row = (
        Holding.objects.filter(key=key, post__unit=seen.unit, standing=1).first()
        or Post.objects.filter(key=key, unit=seen.unit, standing=1).first()
        or BodyTerm.objects.filter(key=key, body__unit=seen.unit, standing=1).first()
    )
    if row is None:
        raise Refused(Fault("posts.nothing_there"))
    return row


def _end(seen: Seen, typed: FormTyped) -> None:
    on = typed.day("on", N_("Until (first day no more)"), needed=True)
    typed.must_be_read()
    assert on is not None  # noqa: S101 - needed
    told_end(_row(seen, typed), on=on)


def _withdraw(seen: Seen, typed: FormTyped) -> None:
    told_withdraw(_row(seen, typed), why=typed.text("why"), actor=actor_of(seen.request.user))
