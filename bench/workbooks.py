"""Bench: the returns of every commune as workbooks, read, checked and stored on two cores.

Against calamine alone (every cell of every sheet parsed, nothing done with it), and against what a competent officer
writes with openpyxl and pandas. Every file is a distinct return of a distinct commune; one in fifty has a fault, which
must be found.
"""

from __future__ import annotations

import functools
import random
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.measure import BUILD, Ran, Row, child, in_turn, median_ratio, same, say, timed
from bench.nation import cached, communes, desk_on, empty_site

FAULTY = 50
"""One workbook in so many has more women than people in one line."""
SAMPLE = 100
"""So many are read by openpyxl and pandas; its time is given for one workbook."""
TIMES = 3


def rows(scale: float, times: int = TIMES, faulty: int = FAULTY) -> list[Row]:
    folder = cached(f"workbooks-{communes(scale)}", "bench.workbooks:make", scale=scale, faulty=faulty)
    count = len(list((folder / "in").iterdir()))
    size = sum(path.stat().st_size for path in (folder / "in").iterdir()) / count / 1000
    sample = min(SAMPLE, count)
    ours, alone, script, sampled = in_turn(
        times,
        functools.partial(_copied, "bench.workbooks:ours", folder),
        functools.partial(child, "bench.workbooks:calamine", folder=str(folder)),
        functools.partial(_copied, "bench.workbooks:script", folder, sample=sample),
        functools.partial(_copied, "bench.workbooks:ours", folder, sample=sample),
    )
    got = same("workbooks", *(ran.answer for ran in ours))
    same("workbooks of the sample", *(ran.answer for ran in (*script, *sampled)))
    each = [[ran.seconds / files for ran in runs] for runs, files in ((ours, count), (alone, count), (script, sample))]
    took = [statistics.median(runs) * 1000 for runs in each]
    say(f"  {count:,} workbooks of {size:.0f} kB: {statistics.median(ran.seconds for ran in ours):.1f} s, {got}")
    work = f"{count:,} workbooks read, checked, stored"
    return [
        Row(
            work,
            "calamine parsing alone",
            median_ratio(each[0], each[1]),
            "×",
            gate=4,
            goal=3,
            detail=f"{took[0]:.2f} ms a workbook, calamine {took[1]:.2f} ms; two cores both",
        ),
        Row(
            work,
            "openpyxl + pandas script",
            median_ratio(each[2], each[0]),
            "× faster",
            "at_least",
            10,
            15,
            f"{took[0]:.2f} ms a workbook, script {took[2]:.1f} ms (one process, {sample} workbooks)",
        ),
    ]


def _copied(task: str, folder: Path, **arguments: Any) -> Ran:
    """A task on a fresh copy of the empty site, removed afterwards; on the disk the checkout lies on."""
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="site-") as held:
        site = Path(held) / "site"
        shutil.copytree(folder / "site", site)
        return child(task, site=str(site), workbooks=str(folder / "in"), **arguments)


# ---------------------------------------------------------------------------------------------------- making


def make(folder: str, scale: float, faulty: int) -> tuple[float, int]:
    """The site and one filled workbook a commune, with the figures of the half-year before beside."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    root = Path(folder)
    shutil.copytree(empty_site(scale), root / "site")
    (root / "in").mkdir()
    with timed() as took:
        desk = desk_on(root / "site")
        from bench.edition import OF_WORKBOOKS, edition
        from tienbo.collection.services import campaign_open
        from tienbo.processes.workbooks import file_name, headers

        campaign_open(root=desk.home, period=OF_WORKBOOKS, edition=edition())
        due = list(headers(edition=edition(), home=desk.home, period=OF_WORKBOOKS).values())
        jobs = [
            (index, header, root / "in" / file_name(header, OF_WORKBOOKS), desk.seal, index % faulty == faulty - 1)
            for index, (header, *_more) in enumerate(due)
        ]
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            list(pool.map(write, jobs, chunksize=16))
    return took.seconds, len(jobs)


def write(job: tuple[int, Any, Path, bytes, bool]) -> None:
    """One filled workbook."""
    from bench.edition import OF_WORKBOOKS, edition
    from bench.nation import addresses_of, content_of, figures
    from tienbo.papers.workbook import workbook_write

    index, header, path, seal, faulty = job
    form, addresses = addresses_of(OF_WORKBOOKS)
    draw = random.Random(index)
    before = content_of(form, OF_WORKBOOKS.previous(), header.key, figures(random.Random(0), addresses))
    filled = figures(draw, addresses, faulty=faulty)
    workbook_write(
        path,
        edition=edition(),
        form=form,
        period=OF_WORKBOOKS,
        unit=header,
        seal=seal,
        before=before,
        content=content_of(form, OF_WORKBOOKS, header.key, filled),
    )


# ------------------------------------------------------------------------------------------------------ ours


def ours(site: str, workbooks: str, sample: int | None = None) -> tuple[float, dict[str, int]]:
    """Received as `tienbo receive` does, two processes: bytes by hash, returns, decisions, facts."""
    desk = desk_on(site)
    from bench.edition import edition
    from tienbo.collection.intake import files_in, files_receive
    from tienbo.collection.manifest import fact_set
    from tienbo.engine.engines import engine

    paths = files_in([Path(workbooks)])[:sample]
    with timed() as took:
        results = files_receive(
            paths=paths,
            root=desk.home,
            edition=edition(),
            stores=desk.stores,
            seal=desk.seal,
            actor=desk.actor,
            accept=True,
        )
    stored = engine().rows(
        "SELECT count(*), CAST(coalesce(sum(value), 0) AS BIGINT) "
        f"FROM {fact_set(desk.stores.facts, 'accepted').source()} WHERE value IS NOT NULL",
    )[0]
    assert sum(1 for path in desk.stores.files.root.rglob("*") if path.is_file()) == len(paths)
    return took.seconds, _answer([one.state for one in results], stored)


def _answer(states: Sequence[str], stored: Sequence[int]) -> dict[str, int]:
    return {
        "received": states.count("received"),
        "refused": states.count("refused"),
        "figures": stored[0],
        "sum": stored[1],
    }


# -------------------------------------------------------------------------------------------------- calamine


def calamine(folder: str) -> tuple[float, int]:
    """Every sheet of every workbook parsed into Python rows, on two cores; returns how many rows."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    paths = sorted(str(path) for path in (Path(folder) / "in").iterdir())
    with timed() as took:  # noqa: SIM117 - the pool is part of the work
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            count = sum(pool.map(parse, paths, chunksize=16))
    return took.seconds, count


def parse(path: str) -> int:
    from python_calamine import CalamineWorkbook

    with CalamineWorkbook.from_path(path) as book:
        return sum(len(book.get_sheet_by_index(index).to_python()) for index in range(len(book.sheet_names)))


# ---------------------------------------------------------------------------------------------------- script


def script(site: str, workbooks: str, sample: int) -> tuple[float, dict[str, int]]:
    """The same job as an officer who programs does it: pandas reads with openpyxl, checks each sheet as a frame,
    the file is kept under its hash, the figures go to SQLite, one commit a workbook."""
    import hashlib
    import sqlite3

    import pandas as pd

    paths = sorted(Path(workbooks).iterdir())[:sample]
    kept = Path(site) / "kept"
    kept.mkdir()
    states = []
    with timed() as took:
        database = sqlite3.connect(Path(site) / "script.sqlite3")
        database.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "CREATE TABLE upload (sha TEXT PRIMARY KEY, unit TEXT, period TEXT, state TEXT);"
            "CREATE TABLE figure (sha TEXT, unit TEXT, period TEXT, line TEXT, part TEXT, value REAL);"
        )
        for path in paths:
            data = path.read_bytes()
            sha = hashlib.sha256(data).hexdigest()
            sheets = pd.read_excel(path, sheet_name=None, header=None, engine="openpyxl")
            meta = sheets.pop("tienbo_meta").set_index(0)[1]
            unit, period = meta["tienbo_meta|unit"], meta["tienbo_meta|period"]
            lines = pd.concat(_lines(sheet) for sheet in sheets.values())
            figures = lines[["total", "women", "minority"]].apply(pd.to_numeric, errors="coerce")
            wrong = (
                figures.isna().any(axis=1)
                | (figures < 0).any(axis=1)
                | (figures % 1 != 0).any(axis=1)
                | (figures["women"] > figures["total"])
                | (figures["minority"] > figures["total"])
            )
            (kept / sha).write_bytes(data)
            with database:
                state = "refused" if wrong.any() else "received"
                database.execute("INSERT INTO upload VALUES (?, ?, ?, ?)", (sha, unit, period, state))
                if state == "received":
                    tidy = figures.assign(line=lines["line"]).melt("line", var_name="part").dropna()
                    tidy = tidy.assign(sha=sha, unit=unit, period=period)
                    tidy[["sha", "unit", "period", "line", "part", "value"]].to_sql(
                        "figure", database, if_exists="append", index=False
                    )
            states.append(state)
        stored = database.execute("SELECT count(*), CAST(sum(value) AS INTEGER) FROM figure").fetchone()
        database.close()
    return took.seconds, _answer(states, stored)


def _lines(sheet: Any) -> Any:
    """The lines of a sheet by their keys in column A and row 1."""
    frame = sheet[sheet[0].astype("string").str.startswith("l:", na=False)]
    keys = {key: column for column, key in sheet.iloc[0].items()}
    frame = frame[[0, keys["c1"], keys["c2"], keys["c3"]]]
    return frame.set_axis(["line", "total", "women", "minority"], axis="columns")
