"""Work in the background: done once, whoever dies meanwhile, and told as it stands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import language
from tienbo.ground import jobs
from tienbo.ground.jobs import ATTEMPTS, LEASE, Held, LeaseLostError, job_add, job_do, job_take, jobs_work
from tienbo.ground.models import Job

pytestmark = pytest.mark.database
ROOT = Path(__file__).resolve().parents[2]
worded({"test.no": "There is no {thing}."})


@pytest.fixture
def does(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Held], Any]], None]:
    """Make a function the handler of the jobs of a test."""
    monkeypatch.setattr(jobs, "_handlers", {})
    monkeypatch.setattr(jobs, "_elsewhere", set())

    def declare(handler: Callable[[Held], Any]) -> None:
        jobs.handles("test")(handler)

    return declare


def add(**arguments: Any) -> Job:
    return job_add(kind="test", arguments=arguments, by="người thử", lang="vi")


def lapse(job: Job) -> None:
    """The worker of a job is heard of no more."""
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def taken(worker: str = "một") -> Held:
    held = job_take(worker=worker)
    assert held is not None
    return held


@pytest.mark.django_db
def test_a_job_is_done_once_and_keeps_its_result(does: Callable[..., None]) -> None:
    does(lambda held: {"twice": 2 * held.arguments["number"]})
    job = add(number=21)
    assert (job.state, job.attempts) == ("waiting", 0)
    done = jobs_work(worker="một", until=_after(2), wait=lambda: None)
    job.refresh_from_db()
    assert (done, job.state, job.result, job.attempts) == (1, "done", {"twice": 42}, 1)
    assert job.started_at is not None
    assert job.ended_at is not None
    assert job.started_at <= job.ended_at
    assert job_take(worker="một") is None


def _after(times: int) -> Callable[[], bool]:
    left = iter([False] * times)
    return lambda: next(left, True)


@pytest.mark.django_db
def test_the_oldest_job_is_taken_first(does: Callable[..., None]) -> None:
    does(lambda _held: None)
    first, second = add(), add()
    assert [taken().job.pk, taken().job.pk] == [first.pk, second.pk]
    assert job_take(worker="hai") is None


@pytest.mark.django_db
def test_a_job_under_a_lease_is_nobody_elses_until_the_lease_runs_out(does: Callable[..., None]) -> None:
    does(lambda _held: None)
    job = add()
    taken("một")
    assert job_take(worker="hai") is None
    lapse(job)
    again = taken("hai")
    assert (again.job.pk, again.job.attempts, again.job.worker) == (job.pk, 2, "hai")


@pytest.mark.django_db
def test_progress_is_seen_and_keeps_the_lease(does: Callable[..., None]) -> None:
    seen: list[tuple[int, int, bool]] = []

    def steps(held: Held) -> None:
        lapse(held.job)
        held.progress(3, 8, {"at": "ba"})
        job = Job.objects.get(pk=held.job.pk)
        assert job.lease_until is not None
        left = job.lease_until - timezone.now()
        seen.append((job.done, job.total, LEASE - timedelta(seconds=10) < left <= LEASE))
        assert job.checkpoint == {"at": "ba"}
        assert job_take(worker="hai") is None

    does(steps)
    add()
    job_do(taken())
    assert seen == [(3, 8, True)]


@pytest.mark.django_db
def test_a_worker_goes_on_from_the_checkpoint_of_the_one_that_died(does: Callable[..., None]) -> None:
    begun: list[Any] = []
    does(lambda held: begun.append(held.job.checkpoint))
    job = add()
    dying = taken("một")
    dying.progress(40, 100, {"row": 40})
    lapse(job)
    job_do(taken("hai"))
    job.refresh_from_db()
    assert begun == [{"row": 40}]
    assert (job.state, job.done, job.total) == ("done", 40, 100)


@pytest.mark.django_db
def test_a_worker_that_lost_its_lease_stops_and_changes_nothing(does: Callable[..., None]) -> None:
    reached: list[str] = []

    def slow(held: Held) -> str:
        if held.worker == "chậm":
            lapse(held.job)
            job_do(taken("nhanh"))
            held.progress(1, 2)
            reached.append("went on")
        return held.worker

    does(slow)
    job = add()
    job_do(taken("chậm"))
    job.refresh_from_db()
    assert (job.state, job.result, job.worker, job.done) == ("done", "nhanh", "nhanh", 0)
    assert reached == []


@pytest.mark.django_db
def test_a_worker_started_again_under_the_same_name_is_another_one(does: Callable[..., None]) -> None:
    does(lambda _held: "xong")
    job = add()
    before = taken("máy:17")
    lapse(job)
    after = taken("máy:17")
    with pytest.raises(LeaseLostError):
        before.progress(1, 1)
    assert not before.end(state="done", result="cũ")
    job_do(after)
    job.refresh_from_db()
    assert job.result == "xong"


@pytest.mark.django_db
def test_a_job_that_kills_every_worker_is_given_up_and_the_next_is_done(does: Callable[..., None]) -> None:
    does(lambda _held: "xong")
    deadly, harmless = add(), add()
    for attempt in range(1, ATTEMPTS + 1):
        held = taken(f"số {attempt}")
        assert (held.job.pk, held.job.attempts) == (deadly.pk, attempt)
        lapse(deadly)
    job_do(taken("sau"))
    deadly.refresh_from_db()
    harmless.refresh_from_db()
    assert (deadly.state, harmless.state, harmless.result) == ("failed", "done", "xong")
    assert [fault["code"] for fault in deadly.faults] == ["job.broken"]
    assert deadly.ended_at is not None
    assert job_take(worker="sau") is None


@pytest.mark.django_db
def test_a_refusal_is_an_answer_with_every_fault_in_the_language_of_whoever_asked(does: Callable[..., None]) -> None:
    spoken: list[str] = []

    def refuses(_held: Held) -> None:
        spoken.append(language())
        raise Refused(Fault("test.no", "ô A", {"thing": "giấy"}), Fault("test.no", "ô B", {"thing": "bút"}))

    does(refuses)
    job = job_add(kind="test", arguments={}, by="người thử", lang="en")
    job_do(taken())
    job.refresh_from_db()
    assert (job.state, job.result, job.trace) == ("failed", None, "")
    assert [(one["place"], one["sentence"]) for one in job.faults] == [
        ("ô A", "There is no giấy."),
        ("ô B", "There is no bút."),
    ]
    assert spoken == ["en"]
    assert language() == "vi"


@pytest.mark.django_db
def test_a_fault_of_ours_ends_the_job_in_words_and_keeps_its_trace_for_whoever_repairs_it(
    does: Callable[..., None],
) -> None:
    def breaks(_held: Held) -> None:
        raise ZeroDivisionError("secret detail")

    does(breaks)
    job = add()
    job_do(taken())
    job.refresh_from_db()
    assert (job.state, job.faults) == (
        "failed",
        [{"code": "job.broken", "place": "", "fields": {"reason": "ZeroDivisionError"}}],
    )
    assert "secret detail" in job.trace
    assert "secret detail" not in str(job.faults)


@pytest.mark.django_db
def test_the_same_act_asked_twice_under_one_key_is_one_job(does: Callable[..., None]) -> None:
    does(lambda _held: None)
    key = "job_01JD8QZZZZZZZZZZZZZZZZZZZZ"
    first = job_add(kind="test", arguments={"n": 1}, by="a", key=key)
    second = job_add(kind="test", arguments={"n": 2}, by="a", key=key)
    assert (first.pk, second.arguments, Job.objects.count()) == (second.pk, {"n": 1}, 1)
    with pytest.raises(IntegrityError):
        Job.objects.create(key=key, kind="test", added_by="a")


@pytest.mark.django_db
def test_a_kind_nobody_handles_is_refused_when_it_is_added_and_told_when_it_is_taken(
    does: Callable[..., None],
) -> None:
    does(lambda _held: None)
    with pytest.raises(ValueError, match=r"no\.such"):
        job_add(kind="no.such", arguments={}, by="a")
    Job.objects.create(key="job_01JD8QZZZZZZZZZZZZZZZZZZZZ", kind="no.such", added_by="a")
    job_do(taken())
    assert Job.objects.get().state == "failed"


def test_two_handlers_of_one_kind_are_a_mistake_that_is_told(does: Callable[..., None]) -> None:
    does(lambda _held: None)
    with pytest.raises(ValueError, match="two handlers"):
        jobs.handles("test")(lambda _held: 1)


# ------------------------------------------------------------------------------------- processes on a real database


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """A site whose jobs several processes do; on the database that the tests run on."""
    folder, address, name = tmp_path / "site", os.environ.get("TIENBO_DATABASE", ""), ""
    if address:
        import psycopg

        name = f"jobs_{os.getpid()}"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        made = f"{address.rpartition('/')[0]}/{name}"
    script = (
        "import sys; from pathlib import Path; from tienbo.project.site import site_create; "
        "from tienbo.project.desk import django_start, tables_make; "
        "site_create(path=Path(sys.argv[1]), database=sys.argv[2]); django_start(Path(sys.argv[1])); tables_make()"
    )
    subprocess.run([sys.executable, "-c", script, str(folder), made if address else ""], check=True, env=_environment())
    yield folder
    if address:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIENBO_", "DJANGO_"))}
    return {**kept, "PYTHONPATH": str(ROOT)}


def _say(site: Path, script: str, *words: str) -> str:
    begin = "import sys; from pathlib import Path; from tienbo.project.desk import django_start; "
    begin += "django_start(Path(sys.argv[1])); from tienbo.ground.models import Job; from tienbo.ground import jobs\n"
    done = subprocess.run(
        [sys.executable, "-c", begin + script, str(site), *words],
        check=True, env=_environment(), capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip()


_ADD = """
jobs.handles("test.write")(lambda held: None)
for number in range(int(sys.argv[2])):
    jobs.job_add(kind="test.write", arguments={"name": f"j{number:02d}", "steps": int(sys.argv[3])}, by="a")
"""
_STATES = 'print(" ".join(f"{one.state}:{one.attempts}" for one in Job.objects.order_by("id")))'
_LAPSE = "from django.utils import timezone\nJob.objects.filter(state='running').update(lease_until=timezone.now())"


def _worker(site: Path, log: Path, name: str, how: str = "all") -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.ground.a_worker", str(site), str(log), name, how]
    return subprocess.Popen(command, env=_environment(), cwd=ROOT)


def test_workers_side_by_side_never_take_one_job(site: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    _say(site, _ADD, "40", "2")
    workers = [_worker(site, log, name) for name in ("một", "hai", "ba")]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    assert _say(site, _STATES) == " ".join(["done:1"] * 40)
    lines = [line.split() for line in log.read_text().splitlines()]
    assert Counter((name, step) for name, step, _worker in lines) == {
        (f"j{number:02d}", step): 1 for number in range(40) for step in "01"
    }


def test_a_job_survives_a_worker_that_is_killed(site: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    _say(site, _ADD, "1", "3")
    assert _worker(site, log, "chết", "die").wait(60) == -signal.SIGKILL
    assert _say(site, _STATES) == "running:1"
    assert _worker(site, log, "sống").wait(60) == 0  # the lease still stands: nothing to do
    assert _say(site, _STATES) == "running:1"
    _say(site, _LAPSE)
    assert _worker(site, log, "sống").wait(60) == 0
    assert _say(site, _STATES) == "done:2"
    assert log.read_text().split("\n")[:-1] == ["j00 0 chết", "j00 1 sống", "j00 2 sống"]
