"""Writing elections: who calls them, their constituencies, lists by stage and results by round."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from tienbo.accounts.actors import Actor
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused
from tienbo.ground.keys import new_key
from tienbo.posts.election_models import ALL_ROUNDS, Constituency, Election, ElectionResult, ListStage
from tienbo.posts.told import Read, defined, must_stand, tell
from tienbo.units.models import Unit


@transaction.atomic
def election_call(
    *,
    kind: str,
    unit: Unit,
    term: str,
    day: date,
    source: str,
    actor: Actor,
    closed_from: date | None = None,
    closed_to: date | None = None,
    edition: Edition | None = None,
) -> Election:
    """An election of a kind, of the unit whose election it is, on its day; the one there is where it was called
    before."""
    defined(edition, "election_kinds", kind, day)
    held = Election.objects.filter(kind=kind, unit=unit, day=day).first()
    if held is not None:
        return held
    if not source.strip():
        raise Refused(Fault("posts.no_source"))
    return Election.objects.create(
        key=new_key("election"),
        kind=kind,
        unit=unit,
        term=term,
        day=day,
        closed_from=closed_from,
        closed_to=closed_to,
        source=source,
        made_by=actor.name,
    )


@transaction.atomic
def election_close(*, election: Election, closed_from: date | None, closed_to: date | None) -> Election:
    """Set from when to when an election's pages are shut: from the consultations to the result."""
    election.closed_from, election.closed_to = closed_from, closed_to
    election.clean_fields(exclude=["key"])
    election.validate_constraints()
    election.save(update_fields=["closed_from", "closed_to"])
    return election


def constituency_tell(
    *,
    election: Election,
    unit: Unit,
    number: str = "",
    seats: int | None = None,
    name: str = "",
    read: Read,
    actor: Actor,
    replaces: Constituency | None = None,
) -> Constituency:
    """A constituency of a place by its number; without a number the whole of the place."""
    row = Constituency(election=election, unit=unit, number=number, seats=seats, name=name)
    return tell(row, "constituency", read=read, actor=actor, replaces=replaces)


def list_tell(
    *,
    constituency: Constituency,
    stage: str,
    candidates: int,
    women: int | None = None,
    read: Read,
    actor: Actor,
    replaces: ListStage | None = None,
    **more: Any,
) -> ListStage:
    """How many stood on a list at a stage (`nominated`, `day`, `percent`, `remark` where they are told)."""
    must_stand(constituency)
    row = ListStage(constituency=constituency, stage=stage, candidates=candidates, women=women, **more)
    return tell(row, "list", read=read, actor=actor, replaces=replaces)


def result_tell(
    *,
    constituency: Constituency,
    elected: int,
    women: int | None = None,
    round: int = ALL_ROUNDS,
    read: Read,
    actor: Actor,
    replaces: ElectionResult | None = None,
    **more: Any,
) -> ElectionResult:
    """Who was elected in a round (`seats`, `confirmed`, `women_confirmed`, `percent`, `remark` where they are told)."""
    must_stand(constituency)
    row = ElectionResult(constituency=constituency, elected=elected, women=women, round=round, **more)
    return tell(row, "result", read=read, actor=actor, replaces=replaces)
