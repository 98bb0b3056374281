"""A draft never loses a figure: whoever saves, from whatever device, in whatever order, however often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.collection.conftest import H1, House
from tests.conftest import PROOF

from tienbo.accounts.actors import operator
from tienbo.collection.draft_models import Draft, DraftSave
from tienbo.collection.drafts import (
    asides_open,
    draft_cells,
    draft_changed,
    draft_open,
    draft_restore,
    draft_save,
    draft_take,
    return_beside,
    saves_refused,
)
from tienbo.collection.models import Revision
from tienbo.core.faults import Fault, Refused
from tienbo.papers.cells import cells_hash

pytestmark = [pytest.mark.database, pytest.mark.django_db]

NAME = "Xã An Bình"
ANN, BINH = operator("Lê Thị Mây"), operator("Trần Văn Bình")
STAFF, WOMEN = "figure/staff:total", "figure/staff:women"


def opened(house: House, unit: str = NAME) -> Draft:
    campaign = house.campaign()
    return draft_open(campaign=campaign, unit=house.units[unit], form="commune", actor=ANN)


def save(draft: Draft, key: str, actor: Any = ANN, **more: Any) -> Any:
    return draft_save(draft=draft, key=key, actor=actor, **more)


def test_a_save_puts_what_was_typed_into_the_draft_letter_for_letter(house: House) -> None:
    draft = opened(house)
    assert (draft.version, draft.cells) == (0, {})
    made = save(draft, "k1", changes={STAFF: ("", "bốn mươi"), WOMEN: ("", "12")}, device="máy 1")
    assert (made.save.number, made.aside, made.again) == (1, {}, False)
    held = Draft.objects.get()
    assert held.cells == {STAFF: "bốn mươi", WOMEN: "12"}
    assert (held.version, held.saved_by, held.sha256) == (1, "Lê Thị Mây", cells_hash(held.cells))
    save(draft, "k2", changes={STAFF: ("bốn mươi", "")})
    assert Draft.objects.get().cells == {WOMEN: "12"}


def test_the_same_save_again_has_no_effect_and_the_same_answer(house: House) -> None:
    draft = opened(house)
    first = save(draft, "k1", changes={STAFF: ("", "40")})
    save(draft, "k2", changes={STAFF: ("40", "41")})
    again = save(draft, "k1", changes={STAFF: ("", "40")})
    assert again.again
    assert again.save == first.save
    assert Draft.objects.get().cells == {STAFF: "41"}


def test_a_key_used_for_something_else_hides_nothing(house: House) -> None:
    draft = opened(house)
    save(draft, "k1", changes={STAFF: ("", "40")})
    other = save(draft, "k1", changes={WOMEN: ("", "12")})
    assert not other.again
    assert save(draft, "k1", changes={WOMEN: ("", "12")}).again
    assert Draft.objects.get().cells == {STAFF: "40", WOMEN: "12"}
    elsewhere = opened(house, "Xã Bình Minh")
    assert not save(elsewhere, "k1", changes={STAFF: ("", "40")}).again
    assert Draft.objects.get(pk=elsewhere.pk).cells == {STAFF: "40"}


def test_two_people_who_saw_the_same_cell_lose_nothing_and_one_of_them_chooses(house: House) -> None:
    draft = opened(house)
    save(draft, "k0", changes={STAFF: ("", "40")})
    save(draft, "k1", changes={STAFF: ("40", "41")})
    late = save(draft, "k2", BINH, changes={STAFF: ("40", "45"), WOMEN: ("", "12")}, device="máy 2")
    assert late.aside == {STAFF: "41"}
    assert Draft.objects.get().cells == {STAFF: "41", WOMEN: "12"}
    (aside,) = asides_open(draft)
    assert (aside.cell, aside.seen, aside.wanted, aside.held) == (STAFF, "40", "45", "41")
    assert (aside.by, aside.device) == ("Trần Văn Bình", "máy 2")
    save(draft, "k3", changes={STAFF: ("41", "45")}, settles=[(aside.number, STAFF)])
    assert asides_open(draft) == []
    assert Draft.objects.get().cells[STAFF] == "45"


def test_whoever_wants_what_already_stands_is_in_nobodys_way(house: House) -> None:
    draft = opened(house)
    save(draft, "k1", changes={STAFF: ("", "40")})
    assert save(draft, "k2", BINH, changes={STAFF: ("", "40")}).aside == {}
    assert asides_open(draft) == []


def test_a_save_of_a_closed_period_is_kept_and_changes_nothing(house: House) -> None:
    draft = opened(house)
    save(draft, "k1", changes={STAFF: ("", "40")})
    made = save(draft, "k2", changes={STAFF: ("40", "50")}, locked=Fault("saving.closed_for_test"))
    assert made.save.refused == "saving.closed_for_test"
    assert (Draft.objects.get().cells, draft_cells(draft)) == ({STAFF: "40"}, {STAFF: "40"})
    assert [one.changes for one in saves_refused(draft)] == [{STAFF: ["40", "50"]}]
    assert asides_open(draft) == []


def test_a_version_can_be_looked_at_and_brought_back_as_a_new_save(house: House) -> None:
    draft = opened(house)
    save(draft, "k1", changes={STAFF: ("", "40")})
    save(draft, "k2", changes={STAFF: ("40", "41"), WOMEN: ("", "12")})
    assert draft_cells(draft, 1) == {STAFF: "40"}
    assert draft_changed(draft, 1) == {STAFF: "41", WOMEN: "12"}
    draft_restore(draft=draft, number=1, seen=2, key="k3", actor=ANN)
    assert Draft.objects.get().cells == {STAFF: "40"}
    assert draft_cells(draft, 2) == {STAFF: "41", WOMEN: "12"}
    with pytest.raises(Refused):
        draft_restore(draft=draft, number=9, seen=3, key="k4", actor=ANN)


def test_bringing_a_version_back_overwrites_nobody_who_saved_meanwhile(house: House) -> None:
    draft = opened(house)
    save(draft, "k1", changes={STAFF: ("", "40")})
    save(draft, "k2", changes={STAFF: ("40", "41")})
    save(draft, "k3", BINH, changes={STAFF: ("41", "45")})
    draft_restore(draft=draft, number=1, seen=2, key="k4", actor=ANN)
    assert Draft.objects.get().cells == {STAFF: "45"}
    assert [(one.wanted, one.held) for one in asides_open(draft)] == [("40", "45")]


def test_a_draft_begins_with_what_was_sent_and_a_workbook_sent_past_it_is_shown_beside_it(house: House) -> None:
    house.send(NAME, staff__total=40, staff__women=10)
    draft = opened(house)
    assert draft.cells == {STAFF: "40", WOMEN: "10"}
    assert return_beside(draft) == (None, [])
    save(draft, "k1", changes={STAFF: ("40", "44")})
    result = house.send(NAME, staff__total=41, staff__women=11)
    revision, differences = return_beside(draft)
    assert revision is not None
    assert revision.pk == result.revision
    told = {one.cell: (one.began, one.drafted, one.sent, one.is_both) for one in differences}
    assert told == {STAFF: ("40", "44", "41", True), WOMEN: ("10", "10", "11", False)}
    draft_take(draft=draft, revision=revision, cells=[WOMEN], seen=draft.version, key="k2", actor=ANN)
    assert Draft.objects.get().cells == {STAFF: "44", WOMEN: "11"}
    assert return_beside(Draft.objects.get()) == (None, [])


@pytest.mark.parametrize(
    ("key", "changes", "code"),
    [
        ("", {STAFF: ("", "1")}, "saving.no_key"),
        ("k", {"figure/nothing:total": ("", "1")}, "saving.unknown_cell"),
        ("k", {"../etc": ("", "1")}, "saving.unknown_cell"),
        ("k", {STAFF: ("", "1" * 9000)}, "saving.too_long"),
    ],
)
def test_what_no_page_sends_is_refused_with_the_reason(
    house: House, key: str, changes: Mapping[str, tuple[str, str]], code: str
) -> None:
    draft = opened(house)
    with pytest.raises(Refused) as refused:
        draft_save(draft=draft, key=key, changes=changes, actor=ANN)
    assert [fault.code for fault in refused.value.faults] == [code]
    assert refused.value.faults[0].sentence()
    assert DraftSave.objects.count() == 0


def test_saves_are_append_only(house: House) -> None:
    draft = opened(house)
    save(draft, "k1", changes={STAFF: ("", "40")})
    with pytest.raises(IntegrityError), transaction.atomic():
        DraftSave.objects.update(changes={})


# ------------------------------------------------------------------------------------------- any history at all

CELLS = (STAFF, WOMEN, "text/highlight")
TEXTS = ("", "1", "2", "3", "bốn")


class Device:
    """A browser that works offline: it types over what it sees, queues saves, sends them when it can, in any order."""

    def __init__(self, name: str) -> None:
        self.name, self.seen, self.queue, self.made = name, {}, [], 0  # type: ignore[var-annotated]

    def type(self, cell: str, text: str) -> None:
        seen = self.seen.get(cell, "")
        if seen == text:
            return
        self.made += 1
        self.queue.append((f"{self.name}-{self.made}", {cell: (seen, text)}))
        self.seen[cell] = text

    def image(self) -> tuple[Any, ...]:
        return dict(self.seen), list(self.queue), self.made

    def restore(self, image: tuple[Any, ...]) -> None:
        """An old backup of the machine: what it saw then, its old queue, its old counter of keys."""
        seen, queue, made = image
        self.seen, self.queue, self.made = dict(seen), list(queue), made


steps = st.lists(
    st.one_of(
        st.tuples(st.just("type"), st.integers(0, 2), st.sampled_from(CELLS), st.sampled_from(TEXTS)),
        st.tuples(st.just("send"), st.integers(0, 2), st.integers(0, 5), st.booleans()),
        st.tuples(st.just("see"), st.integers(0, 2)),
        st.tuples(st.just("image"), st.integers(0, 2)),
        st.tuples(st.just("restore"), st.integers(0, 2)),
        st.tuples(st.just("lock")),
        st.tuples(st.just("choose"), st.integers(0, 2), st.booleans()),
    ),
    min_size=4,
    max_size=30,
)


@settings(
    max_examples=2000 if PROOF else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
def test_no_history_of_devices_overwrites_silently_or_loses_a_figure(
    house: House, steps: list[tuple[Any, ...]]
) -> None:
    """Against a model that is written apart: every text that anybody wanted stands in the draft, was seen by whoever
    replaced it, or is kept aside until somebody chose."""
    with transaction.atomic():
        _history(house, steps)
        transaction.set_rollback(True)


def _history(house: House, steps: list[tuple[Any, ...]]) -> None:
    draft = opened(house)
    devices = [Device(name) for name in "abc"]
    images: dict[int, tuple[Any, ...]] = {}
    stands: dict[str, str] = {}  # the model of the draft
    owed: Counter[tuple[str, str]] = Counter()  # the model of what is kept aside: (cell, text)
    answered: dict[str, Any] = {}
    locked: Fault | None = None

    def sent(device: Device, key: str, changes: dict[str, tuple[str, str]], settles: Any = ()) -> None:
        made = draft_save(
            draft=draft, key=key, changes=changes, actor=operator(device.name), device=device.name,
            settles=settles, locked=locked,
        )  # fmt: skip
        said = (made.save.key, made.save.number)
        if made.again:
            assert answered[made.save.key] == said
            return
        answered[made.save.key] = said
        if locked is not None:
            assert made.save.refused
            assert {cell: tuple(pair) for cell, pair in made.save.changes.items()} == changes
            return
        for cell, (seen, text) in changes.items():
            held = stands.get(cell, "")
            if held in (seen, text):
                stands[cell] = text
                assert cell not in made.aside
            else:
                owed[cell, text] += 1
                assert made.aside[cell] == held

    for step in steps:
        what, device = step[0], devices[step[1]] if len(step) > 1 else devices[0]
        if what == "type":
            device.type(step[2], step[3])
        elif what == "send" and device.queue:
            at = step[2] % len(device.queue)
            sent(device, *device.queue[at])
            if step[3]:  # the answer arrived; otherwise it is sent again later
                device.queue.pop(at)
        elif what == "see":
            mine = {cell for _key, changes in device.queue for cell in changes}
            held = Draft.objects.get(pk=draft.pk).cells
            device.seen = {c: device.seen.get(c, "") if c in mine else held.get(c, "") for c in CELLS}
        elif what == "image":
            images[step[1]] = device.image()
        elif what == "restore" and step[1] in images:
            device.restore(images[step[1]])
        elif what == "lock":
            locked = None if locked else Fault("saving.closed_for_test")
        elif what == "choose" and locked is None and asides_open(draft):
            one = asides_open(draft)[0]
            held = stands.get(one.cell, "")
            device.made += 1
            key, chosen = f"choice-{device.name}-{device.made}-{one.number}", one.wanted if step[2] else held
            sent(device, key, {one.cell: (held, chosen)}, [(one.number, one.cell)])
            owed[one.cell, one.wanted] -= 1
    locked = None
    for device in devices:  # everybody comes back, and everything is sent
        for key, changes in device.queue:
            sent(device, key, changes)
    final = Draft.objects.get(pk=draft.pk)
    assert final.cells == {cell: text for cell, text in stands.items() if text}
    assert draft_cells(final) == final.cells
    assert final.sha256 == cells_hash(final.cells)
    numbers = list(DraftSave.objects.filter(draft=final).order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, final.version + 1))
    aside = Counter((one.cell, one.wanted) for one in asides_open(final))
    expected = Counter({(c, t): n for (c, t), n in owed.items() if n > 0 and stands.get(c, "") != t})
    assert aside == expected
    assert Revision.objects.count() == 0


def test_the_draft_stands_in_a_campaign_of_its_own(house: House) -> None:
    assert opened(house).campaign.period == H1
    assert opened(house) == opened(house)
