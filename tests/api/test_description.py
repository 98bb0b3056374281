"""The API against its own description, by schemathesis: whatever is sent that the description allows, or nearly, the
answer is one it declares, in the shape it declares, and never a fault of the server's."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.core import NotSet
from schemathesis.generation import GenerationMode
from tests.api.test_door import API, SAID, sent
from tests.web.world import FAR, PERIOD, World

from tienbo.accounts.actors import operator
from tienbo.api.recorded import record_schema
from tienbo.catalogue.loading import load
from tienbo.registers.plans import plan_begin
from tienbo.registers.tasks import task_make

PROOF = bool(os.environ.get("TIENBO_PROOF"))
EXAMPLES = 150 if PROOF else 4
"""Of each operation and way."""
REGISTER = "training.class"
DESK = operator("thử nghiệm")
HEAD = {"title": "Kế hoạch năm 2026", "first_year": "2026", "last_year": "2026"}
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@lru_cache
def described(text: str) -> Any:
    return schemathesis.openapi.from_dict(json.loads(text))


def valid(description: Mapping[str, Any], shape: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({**shape, "components": description["components"]})


def asked(client: Client, case: Case, known: Mapping[str, str], is_known: bool) -> HttpResponse:
    """What schemathesis made; where `is_known` with keys and codes that there are: else every answer were 404."""
    path_parameters, query = dict(case.path_parameters or {}), dict(case.query or {})
    if is_known:
        path_parameters |= {name: known[name] for name in path_parameters}
        query |= {"period": str(PERIOD)} if "period" in query else {}
    case.path_parameters = path_parameters
    body = b"" if isinstance(case.body, NotSet) else getattr(case.body, "data", case.body)
    headers = {name: value for name, value in (case.headers or {}).items() if name.lower() == "idempotency-key"}
    answer: HttpResponse = client.generic(
        case.method,
        case.formatted_path,
        body if isinstance(body, bytes) else json.dumps(body),
        content_type=case.media_type or "application/json",
        query_params=query,
        headers=headers,
    )
    return answer


@pytest.mark.django_db
@pytest.mark.parametrize("turn", [0, pytest.param(1, marks=pytest.mark.proof)])
def test_whatever_is_sent_is_answered_as_described(turn: int, world: World, sit: Callable[[str], Client]) -> None:
    """What the description allows is made for every other operation, what it does not for the others; then in turn."""
    client, unit = sit("preparer"), world.communes[0].key
    record = sent(client, "POST", f"{API}/registers/{REGISTER}/records", 201, {"unit": unit, "data": SAID})
    task = task_make(issuer=world.communes[0], owner=world.communes[0], text="Rà soát", due_on=FAR, actor=DESK)
    plan = plan_begin(unit=world.communes[0], typed=HEAD, actor=DESK)
    known = {"key": unit, "code": "training.classes", "register_code": REGISTER, "item": record["key"],
             "task": task.key, "plan": plan.key, "packet": "packet_of_nobody"}  # fmt: skip
    description = client.get(f"{API}/openapi.json").json()
    shapes = description["components"]["schemas"]
    # What a record says is described by its register: put where the description says "any object".
    kept = record_schema(load("vn").registers[REGISTER])
    for name in ("RecordIn", "ChangeIn"):
        shapes[name]["properties"]["data"] = {one: held for one, held in kept.items() if one != "$schema"}
    shapes["RecordIn"]["properties"]["unit"] = {"enum": [unit, "x"]}
    statuses: Counter[int] = Counter()
    operations = [one.ok() for one in described(json.dumps(description)).get_all_operations()]
    for index, made in enumerate(operations):
        mode = MODES[(index + turn) % 2]

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=not PROOF,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=made.as_strategy(generation_mode=mode), is_known=st.sampled_from([True, True, False]))
        def answered(case: Case, is_known: bool) -> None:
            answer = asked(client, case, known, is_known)
            where = (case.method, case.formatted_path, case.query, case.body, answer.content.decode()[:500])
            said = description["paths"][case.path][case.method.lower()]["responses"]
            status = str(answer.status_code)
            assert status in said, where
            shape = said[status]["content"]["application/json"]["schema"]
            faults = list(valid(description, shape).iter_errors(answer.json()))
            assert not faults, (where, faults[0].message)
            statuses[answer.status_code] += 1

        answered()
    assert len(operations) == sum(len(methods) for methods in description["paths"].values())
    assert statuses[200], statuses
    assert statuses[404], statuses
    assert statuses[422], statuses
