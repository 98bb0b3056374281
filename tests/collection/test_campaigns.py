"""Letters, more time, closing and re-opening: append-only, by two persons, and never a change of what was released."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from tests.collection.conftest import H1, H2, House, codes

from tienbo.accounts.actors import Actor, actor_of, operator
from tienbo.accounts.models import AccountAct, User
from tienbo.accounts.services import accounts_close
from tienbo.catalogue.returns import Figure
from tienbo.collection.campaigns import (
    Cited,
    Days,
    campaign_announce,
    campaign_close,
    days_checked,
    days_proposed,
    due_units,
    extensions_give,
    letter_of,
    proposal_of,
    reopening_confirm,
    reopening_propose,
)
from tienbo.collection.history import told
from tienbo.collection.models import Campaign, CampaignAct, Extension, Revision
from tienbo.collection.queries import estimates_in, estimates_owed
from tienbo.collection.services import revision_ask_supplement, revisions_accept
from tienbo.collection.standings import standings
from tienbo.core.faults import Refused
from tienbo.units.contacts import Contact, contact_lines, contacts_of, contacts_take
from tienbo.units.frames import tree_on
from tienbo.units.models import UnitContact

pytestmark = pytest.mark.database
SAID = {"staff__total": 40, "staff__women": 20}


def person(name: str) -> Actor:
    return actor_of(User.objects.create_user(name, "Nguyễn Thị Hoa"))


def announce(house: House, days: Days | None = None, **cited: object) -> Campaign:
    campaign = house.campaign()
    campaign_announce(
        campaign=campaign,
        edition=house.edition,
        days=days or days_proposed(house.edition, H1),
        cited=Cited(**cited),  # type: ignore[arg-type]
        actor=house.actor,
        store=house.stores.files,
    )
    return campaign


def extend(house: House, *units: str, to: date, reason: str = "Bão số 3", campaign: Campaign | None = None) -> None:
    opened = campaign or house.campaign()
    tree = tree_on(house.edition.calendar.last_day(H1))
    extensions_give(
        campaign=opened,
        units=[house.units[unit].pk for unit in units],
        due_on=to,
        reason=reason,
        actor=house.actor,
        edition=house.edition,
        owing=due_units(house.edition, tree, house.root.pk, H1),
        names={unit.pk: name for name, unit in house.units.items()},
    )


def where(house: House, today: date) -> dict[str, str]:
    tree = tree_on(house.edition.calendar.last_day(H1))
    names = {unit.pk: name for name, unit in house.units.items()}
    rows = standings(root=house.root, edition=house.edition, period=H1, tree=tree, today=today)
    return {names[row.unit]: row.state for row in rows}


def refused(act: object, /, **arguments: object) -> list[str]:
    with pytest.raises(Refused) as caught, transaction.atomic():
        act(**arguments)  # type: ignore[operator]
    return [fault.code for fault in caught.value.faults]


# ------------------------------------------------------------------------------------------------------- letters


def test_a_letter_sets_the_due_day_and_a_later_one_takes_its_place(house: House) -> None:
    days = days_proposed(house.edition, H1)
    campaign = announce(house, days, number="12/BVSTBPN", issued_on=date(2026, 5, 4), subject="V/v báo cáo")
    assert campaign.due_on == days.due_said
    announce(house, days, number="12/BVSTBPN", issued_on=date(2026, 5, 4), subject="V/v báo cáo")
    assert campaign.letters.count() == 1
    later = Days(days.figures_from, days.figures_to, date(2026, 6, 27))  # a Saturday
    announce(house, later, number="15/BVSTBPN", file=("cv.pdf", b"%PDF-1.7"))
    letter = letter_of(campaign)
    assert letter is not None
    assert (letter.number, letter.due_said, letter.due_on) == ("15/BVSTBPN", date(2026, 6, 27), date(2026, 6, 29))
    assert letter.upload is not None
    assert house.stores.files.get(letter.upload.sha256) == b"%PDF-1.7"
    assert house.campaign().due_on == date(2026, 6, 29)


def test_days_that_cannot_be_are_refused_all_at_once(house: House) -> None:
    days = Days(date(2026, 6, 20), date(2026, 6, 14), date(2026, 6, 14))
    found = refused(
        days_checked, days=days, working=house.edition.working_days, today=date(2026, 5, 1), issued_on=date(2026, 5, 2)
    )
    assert set(found) == {"campaign.figures_order", "campaign.letter_in_the_future"}
    days = Days(date(2025, 12, 15), date(2026, 6, 19), date(2026, 6, 19))
    assert refused(days_checked, days=days, working=house.edition.working_days, today=date(2026, 5, 1)) == [
        "campaign.due_too_early"
    ]


# ----------------------------------------------------------------------------------------------------- more time


def test_late_is_derived_with_the_time_a_unit_was_given(house: House) -> None:
    campaign = announce(house)
    due = campaign.due_on
    assert due is not None
    extend(house, "Xã An Bình", to=date(2026, 7, 1))
    after = where(house, due + timedelta(days=1))
    assert after["Xã An Bình"] == "not_begun"
    assert after["Xã Bình Minh"] == "late"
    assert where(house, date(2026, 7, 2))["Xã An Bình"] == "late"
    found = told(unit=house.units["Xã An Bình"], campaigns=[campaign], today=due + timedelta(days=1))[H1]
    assert (found.state, found.due_on, found.more_time) == ("not_begun", date(2026, 7, 1), "Bão số 3")


def test_more_time_has_a_reason_a_working_day_and_units_that_report(house: House) -> None:
    campaign = announce(house)
    tree = tree_on(house.edition.calendar.last_day(H1))
    stranger = house.root.pk
    found = refused(
        extensions_give,
        campaign=campaign,
        units=[house.units["Xã An Bình"].pk, stranger],
        due_on=date(2026, 6, 20),
        reason=" ",
        actor=house.actor,
        edition=house.edition,
        owing=due_units(house.edition, tree, house.root.pk, H1).keys() - {stranger},
        names={},
    )
    assert set(found) == {
        "campaign.no_reason",
        "campaign.extension_day_off",
        "campaign.extension_not_later",
        "campaign.extension_not_due",
    }
    assert not Extension.objects.exists()


def test_the_same_extension_again_has_no_effect_and_none_is_rewritten(house: House) -> None:
    announce(house)
    extend(house, "Xã An Bình", "Xã Bình Minh", to=date(2026, 7, 1))
    extend(house, "Xã An Bình", to=date(2026, 7, 1))
    assert Extension.objects.count() == 2
    with pytest.raises(DatabaseError), transaction.atomic():
        Extension.objects.update(reason="khác")


# ------------------------------------------------------------------------------------------ closing, re-opening


def test_a_closed_campaign_takes_nothing_in_and_nothing_is_decided(house: House) -> None:
    sent = house.send("Xã An Bình", **SAID)
    assert sent.state == "received"
    campaign_close(campaign=house.campaign(), actor=house.actor)
    late = house.send("Xã Bình Minh", **SAID)
    assert codes(late) == ["campaign.closed"]
    assert "đề nghị cơ quan thường trực" in late.faults[-1].sentence().lower()
    revision = Revision.objects.get(pk=sent.revision)
    assert refused(revisions_accept, revisions=[revision], actor=house.actor) == ["campaign.closed"]
    assert refused(revision_ask_supplement, revision=revision, actor=house.actor, note="x") == ["campaign.closed"]
    assert refused(campaign_close, campaign=house.campaign(), actor=house.actor) == ["campaign.already_closed"]
    found = told(unit=house.units["Xã An Bình"], campaigns=[house.campaign()], today=date(2026, 6, 20))[H1]
    assert found.is_closed


def test_reopening_takes_two_persons_and_a_reason(house: House) -> None:
    one, other = person("hoa1"), person("hoa2")  # two accounts of one name
    campaign = house.campaign()
    assert refused(reopening_propose, campaign=campaign, actor=one, reason="x") == ["campaign.not_closed"]
    campaign_close(campaign=campaign, actor=one, reason="Đã tổng hợp")
    assert refused(reopening_propose, campaign=campaign, actor=one, reason="  ") == ["campaign.no_reason"]
    assert refused(reopening_confirm, campaign=campaign, actor=other) == ["campaign.no_proposal"]
    reopening_propose(campaign=campaign, actor=one, reason="Xã An Bình đính chính số liệu")
    assert refused(reopening_propose, campaign=campaign, actor=other, reason="y") == ["campaign.proposed_already"]
    assert refused(reopening_confirm, campaign=campaign, actor=one) == ["campaign.same_person"]
    assert campaign.is_closed
    act = reopening_confirm(campaign=campaign, actor=other)
    assert (act.reason, act.proposal.actor if act.proposal else "") == (
        "Xã An Bình đính chính số liệu",
        "Nguyễn Thị Hoa",
    )
    assert not campaign.is_closed
    assert house.send("Xã An Bình", **SAID).state == "received"
    assert refused(reopening_confirm, campaign=campaign, actor=other) == ["campaign.no_proposal"]


def test_the_operator_confirms_what_a_person_proposed_and_not_what_the_operator_did(house: House) -> None:
    campaign = house.campaign()
    campaign_close(campaign=campaign, actor=house.actor)
    reopening_propose(campaign=campaign, actor=operator("lan"), reason="r")
    assert refused(reopening_confirm, campaign=campaign, actor=operator("lan")) == ["campaign.same_person"]
    reopening_confirm(campaign=campaign, actor=person("hoa"))
    assert not campaign.is_closed


def test_a_proposal_lapses_and_can_be_made_again(house: House) -> None:
    one, other = person("hoa1"), person("hoa2")
    campaign = house.campaign()
    campaign_close(campaign=campaign, actor=one)
    reopening_propose(campaign=campaign, actor=one, reason="r")
    later = timezone.now() + timedelta(days=8)
    with patch("django.utils.timezone.now", lambda: later):
        assert refused(reopening_confirm, campaign=campaign, actor=other) == ["campaign.no_proposal"]
        assert proposal_of(campaign) is None
        reopening_propose(campaign=campaign, actor=other, reason="r")
        reopening_confirm(campaign=campaign, actor=one)
    assert not campaign.is_closed
    assert [act.act for act in campaign.acts.order_by("id")] == ["close", "propose", "propose", "reopen"]


def test_acts_are_never_rewritten_and_a_reopening_without_a_proposal_is_refused_by_the_database(house: House) -> None:
    campaign = house.campaign()
    campaign_close(campaign=campaign, actor=house.actor)
    with pytest.raises(DatabaseError), transaction.atomic():
        CampaignAct.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        CampaignAct.objects.create(campaign=campaign, act="reopen", reason="một mình", actor="ai đó")
    with pytest.raises(DatabaseError), transaction.atomic():
        CampaignAct.objects.create(campaign=campaign, act="propose", reason="", actor="ai đó")
    assert campaign.is_closed


def test_official_figures_still_replace_the_estimates_of_a_closed_period(house: House) -> None:
    estimated = {"staff__total": Figure(Decimal(40), "estimate"), "staff__women": 20}
    before = house.send("Xã An Bình", H2, accept=True, as_of=date(2025, 12, 1), **estimated)
    assert before.state == "received", before.faults
    campaign_close(campaign=house.campaign(H2), actor=house.actor)
    assert before.revision is not None
    assert estimates_in([before.revision]) == {before.revision: 1}
    units = [unit.pk for unit in house.units.values()]
    assert estimates_owed(root_id=house.root.pk, period=H1, units=units) == {house.units["Xã An Bình"].pk: 1}
    official = {"staff:total": Figure(Decimal(41), "exact", "X!A1")}
    result = house.send("Xã An Bình", H1, accept=True, restated=official, **SAID)
    assert (result.state, result.restated) == ("received", "2025-H2"), result.faults
    assert estimates_owed(root_id=house.root.pk, period=H1, units=units) == {}


def test_a_contact_is_a_published_number_and_is_never_rewritten(house: House) -> None:
    unit = house.units["Xã An Bình"]
    lines = contact_lines("dt.csv", "Đơn vị,Điện thoại,Email\nXã An Bình,(0238) 384.123,xa@ab.gov.vn\n".encode())
    day = date(2026, 6, 1)
    assert contacts_take(lines=lines, actor=house.actor, on=day) == 1
    assert contacts_take(lines=lines, actor=house.actor, on=day) == 0
    assert contacts_of([unit.pk]) == {unit.pk: Contact("(0238) 384.123", "xa@ab.gov.vn")}
    with pytest.raises(DatabaseError), transaction.atomic():
        UnitContact.objects.update(telephone="0912")
    typed = contact_lines("dt.csv", "Đơn vị,Điện thoại\nXã An Bình,chị Hoa\n".encode())
    with pytest.raises(Refused, match=r"contacts\.telephone"):
        contacts_take(lines=typed, actor=house.actor, on=day)


def test_acts_on_accounts_are_never_rewritten(db: None) -> None:
    accounts_close(users=[person("hoa").user or User()], actor=operator("lan"))
    with pytest.raises(DatabaseError), transaction.atomic():
        AccountAct.objects.all().delete()
