"""A worker process on a site of its own, for tests of jobs: python -m tests.ground.a_worker SITE LOG NAME HOW.

It does jobs of the kind "test.write": a line in LOG for each step. HOW is "all" (until nothing waits) or "die" (killed
in the middle of its first job, as by a power cut).
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from tienbo.project.desk import django_start


def main(site: Path, log: Path, name: str, how: str) -> None:
    django_start(site)
    from tienbo.ground import jobs

    @jobs.handles("test.write")
    def write(held: jobs.Held) -> dict[str, int]:
        begun = (held.job.checkpoint or {"step": 0})["step"]
        for step in range(begun, held.arguments["steps"]):
            with log.open("a") as file:
                file.write(f"{held.arguments['name']} {step} {name}\n")
            held.progress(step + 1, held.arguments["steps"], {"step": step + 1})
            if how == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(0.005)
        return {"begun": begun}

    idle: list[bool] = []
    jobs.jobs_work(worker=name, until=lambda: bool(idle), wait=lambda: idle.append(True))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4])
