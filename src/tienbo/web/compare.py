"""Compare: one return with an earlier version of itself, with another period, with its like, estimates with what became
official. Each line says what changed, by how much, and as far as it is on record by whom and why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from django.http import Http404, HttpResponse
from django.shortcuts import render

from tienbo.catalogue.returns import Content, Figure, layout
from tienbo.collection.comments import places_of, threads_of
from tienbo.collection.editions import edition_of
from tienbo.collection.models import Decision, Return, Revision
from tienbo.collection.standing import standing
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import number, percent
from tienbo.papers.context import period_name
from tienbo.release.beside import beside, content_of, figures_of
from tienbo.units.frames import unit_names
from tienbo.units.models import Unit
from tienbo.web.access import Asked, unit_page
from tienbo.web.comparing import signed
from tienbo.web.intake import Desk, desk_of, held_return


@dataclass(frozen=True, slots=True)
class Pair:
    """Two figures of one line: None where one side has none. `why`: what was said of it."""

    label: str
    left: Decimal | None
    right: Decimal | None
    left_note: str = ""
    why: str = ""
    yes_no: bool = False

    @property
    def differs(self) -> bool:
        return self.left != self.right

    @property
    def left_text(self) -> str:
        return self._spelled(self.left)

    @property
    def right_text(self) -> str:
        return self._spelled(self.right)

    @property
    def difference(self) -> str:
        return "" if self.left is None or self.right is None or self.yes_no else signed(self.right - self.left)

    @property
    def percent(self) -> str:
        """The difference in per cent of the left figure; nothing of nothing."""
        if not self.left or self.right is None or self.yes_no:
            return ""
        moved = self.right / self.left - 1
        return ("+" if moved > 0 else "") + percent(moved)

    def _spelled(self, value: Decimal | None) -> str:
        if value is None:
            return "–"
        return (_("Yes") if value else _("No")) if self.yes_no else number(value)


@dataclass(frozen=True, slots=True)
class Compared:
    """What was compared with what. `told`: who made the difference and why, as far as it is on record."""

    left: str
    right: str
    pairs: Sequence[Pair]
    told: Sequence[str] = ()
    none: str = ""


@unit_page("accept")
def compare(request: Asked, unit: Unit, period: Period) -> HttpResponse:
    """The page; ?with= chooses what is compared (`_choices`), ?all=1 shows what did not change as well."""
    desk, of = desk_of(request, period), held_return(unit, period)
    if of is None or of.latest is None:
        raise Http404
    revisions = list(of.revisions.select_related("carried", "carried_year", "of__campaign").order_by("number"))
    choices = _choices(period, revisions)
    asked = request.GET.get("with", "")
    asked = asked if asked in choices else next(iter(choices))
    made = _compared(desk, of, revisions, asked)
    pairs = made.pairs if request.GET.get("all") else [pair for pair in made.pairs if pair.differs]
    context = {
        "asked": period,
        "asked_name": period_name(period),
        "unit": unit,
        "name": desk.names.get(unit.pk, ""),
        "choices": list(choices.items()),
        "chosen": asked,
        "made": made,
        "pairs": pairs,
        "same": len(made.pairs) - sum(pair.differs for pair in made.pairs),
        "all": bool(request.GET.get("all")),
    }
    return render(request, "web/compare.html", context)


def _choices(period: Period, revisions: Sequence[Revision]) -> dict[str, str]:
    """What a return can be compared with → in words."""
    found: dict[str, str] = {}
    for left, right in zip(revisions[-2::-1], revisions[:0:-1], strict=False):
        key = "official" if right.made == Revision.Made.RESTATED else "revision"
        words = (
            _("Official figures (number {right}) with the estimates (number {left})")
            if key == "official"
            else _("Number {right} with number {left}")
        )
        found[f"{key}:{left.number}:{right.number}"] = words.format(left=left.number, right=right.number)
    for then in (period.previous(), period.same_last_year()):
        found[f"period:{then.code}"] = _("This period with {period}").format(period=period_name(then))
    found["peers"] = _("This unit with others of its kind")
    return found


def _compared(desk: Desk, of: Return, revisions: Sequence[Revision], asked: str) -> Compared:
    kind, _colon, rest = asked.partition(":")
    latest = revisions[-1]
    now = standing(latest) or Content.from_json(latest.content)
    if kind in ("revision", "official"):
        by_number = {str(one.number): one for one in revisions}
        left, right = (by_number[one] for one in rest.split(":"))
        return _two_revisions(of, left, right, estimates=kind == "official")
    if kind == "period":
        return _two_periods(of, now, Period.parse(rest))
    return _with_peers(desk, of, now)


def _two_revisions(of: Return, left: Revision, right: Revision, *, estimates: bool) -> Compared:
    one, two = (standing(held) or Content.from_json(held.content) for held in (left, right))
    said = {thread.place: thread.words[-1].text or thread.words[0].text for thread in threads_of(of) if thread.place}
    pairs = list(_pairs(one, two, said))
    if estimates:
        pairs = [pair for pair in pairs if pair.left_note]
    words = _("Number {number}")
    return Compared(
        words.format(number=left.number), words.format(number=right.number), pairs, list(_told(left, right))
    )


def _told(left: Revision, right: Revision) -> Iterator[str]:
    """Who sent the newer one and when; what had been asked before it."""
    asked = left.decisions.filter(act=Decision.Act.ASK_SUPPLEMENT).order_by("pk").last()
    if asked is not None:
        yield _("Asked for by {who}: {note}").format(who=asked.actor, note=asked.note)
    sent = right.decisions.filter(act=Decision.Act.SUBMIT).order_by("pk").first()
    if sent is not None:
        yield _("Number {number} was sent in by {who}.").format(number=right.number, who=sent.actor)
    content = Content.from_json(right.content)
    if content.prepared_by:
        yield _("Prepared by {who}.").format(who=content.prepared_by)
    if right.made == Revision.Made.RESTATED:
        yield _("It came with the return of the next period: official figures in place of estimates.")


def _two_periods(of: Return, now: Content, then: Period) -> Compared:
    edition = edition_of(now.edition)
    held = beside(
        root_id=of.campaign.root_id, edition=edition, period=now.period, then=then, forms={of.unit_id: of.form}
    )[of.unit_id]
    before = content_of(held)
    left, right = period_name(then), period_name(now.period)
    if before is None:
        return Compared(left, right, (), none=_("There is nothing of {period} that compares.").format(period=left))
    names = unit_names(edition.calendar.last_day(then))
    told = [_("Figures of {period} are those of {units}, added up.")] if held.of else []
    units = ", ".join(names.get(one, "") for one in held.of)
    return Compared(left, right, list(_pairs(before, now, {})), [one.format(period=left, units=units) for one in told])


def _with_peers(desk: Desk, of: Return, now: Content) -> Compared:
    """Each figure beside the middle one of the others that filled in the same form."""
    rows = Return.objects.filter(campaign__root__in=desk.roots, campaign__period_code=now.period.code, form=of.form)
    rows = rows.exclude(latest=None).exclude(pk=of.pk).select_related("latest").defer("latest__content")
    others = [figures_of((row.latest,)) for row in rows if row.latest is not None]
    left, right = _("The middle of {count} others").format(count=len(others)), desk.names.get(of.unit_id, "")
    if not others:
        return Compared(left, right, (), none=_("No other unit of its kind has sent a return."))
    labels, pairs = places_of(now), []
    for address, value in figures_of((of.latest,) if of.latest else ()).items():
        found = sorted(one[address] for one in others if address in one)
        if found:
            rank = sum(one > value for one in found) + 1
            note = _("{low}–{high}; place {rank} of {count}").format(
                low=number(found[0]), high=number(found[-1]), rank=rank, count=len(found) + 1
            )
            pairs.append(Pair(labels[address], Decimal(median(found)), value, why=note))
    return Compared(left, right, pairs)


def _pairs(left: Content, right: Content, said: Mapping[str, str]) -> Iterator[Pair]:
    """Every figure of either, in the order of the newer one's form; rows the unit named itself by their names."""
    shape = layout(edition_of(right.edition), right.form, right.period)
    labels = places_of(right)
    for address, slot in shape.slots.items():
        one, two = left.figures.get(address), right.figures.get(address)
        if one is not None or two is not None:
            yield _pair(labels[address], one, two, said.get(address, ""), yes_no=slot.line.answer == "yes_no")
    for block in shape.blocks:
        fields = {field.code: field for field in block.fields if field.kind != "name"}
        before, after = (
            {row.name.casefold(): row for row in content.rows.get(block.code, ())} for content in (left, right)
        )
        for name in dict.fromkeys((*after, *before)):
            row = after.get(name) or before[name]
            for code, field in fields.items():
                one, two = (held[name].figures.get(code) if name in held else None for held in (before, after))
                if one is not None or two is not None:
                    label = f"{shape.sheet_of[block.code]}: {row.name} ({field.label})"
                    yield _pair(label, one, two, "", yes_no=field.kind == "yes_no")


def _pair(label: str, left: Figure | None, right: Figure | None, why: str, *, yes_no: bool) -> Pair:
    note = _("estimate") if left is not None and left.qualifier != "exact" else ""
    return Pair(
        label,
        left.value if left is not None else None,
        right.value if right is not None else None,
        note,
        why,
        yes_no=yes_no,
    )
