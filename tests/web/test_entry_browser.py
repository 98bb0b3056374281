"""The entry page as people use it in Chromium: by keyboard, without a line, on a phone, two at once; what it weighs."""

from __future__ import annotations

import json
import random
import re
import sqlite3
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response
from tests.web.browser import NARROW, WIDE, Served, make_site, serving, sign_in
from tests.web.test_signing_in import serious
from tests.web.world import PERIOD

from tienbo.catalogue.loading import load
from tienbo.catalogue.returns import layout
from tienbo.papers.cells import cells_hash, cells_read, sheets, tidy

pytestmark = pytest.mark.browser
MEMBERS, WOMEN, STAFF = "figure/members:total", "figure/members:women", "figure/ubnd_staff:total"


KEPT = """caches.keys().then(async (all) => (await Promise.all(all.map(async (one) =>
    (await (await caches.open(one)).keys()).map((kept) => kept.url)))).flat())"""
"""Every address that the service worker keeps."""
SEALED = """() => new Promise((done) => { const asked = indexedDB.open("tienbo-entry"); asked.onsuccess = () => {
    const rows = asked.result.transaction("kept").objectStore("kept").getAll();
    const told = (one) => String.fromCharCode(...new Uint8Array(one.sealed));
    rows.onsuccess = () => done(rows.result.map(told).join("")); }; })"""
"""What lies in the browser's own database, as bytes."""


def entry(served: Served, step: int | str = 1) -> str:
    return f"{served.address}/entry/{served.units['commune0']}/{PERIOD}/{step}/"


def opened(page: Page, served: Served, step: int | str = 1) -> None:
    page.goto(entry(served, step))
    page.wait_for_selector("body[data-ready]", state="attached")


def saved(page: Page) -> None:
    says(page, "saved")


def says(page: Page, what: str) -> None:
    page.wait_for_selector(f"#saying[data-is={what}]", timeout=20_000)


def until(page: Page, expression: str) -> None:
    """Wait for what a page that lets nothing be evaluated cannot wait for itself."""
    for _ in range(150):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(expression)


def state(page: Page, served: Served) -> Mapping[str, Any]:
    """The draft as the server has it."""
    made: Mapping[str, Any] = page.request.get(entry(served, "state")).json()
    return made


def field(name: str) -> str:
    return f'[name="{name}"]'


@pytest.fixture
def officer(tab: Page, served: Served) -> Page:
    sign_in(tab, served, "preparer")
    opened(tab, served)
    return tab


@pytest.fixture
def another(browser: Browser, served: Served) -> Iterator[Page]:
    """The same officer at another machine, whose console may complain of a line that is down."""
    context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, served, "preparer")
    opened(page, served)
    yield page
    context.close()


def test_a_block_is_filled_in_by_keyboard_alone_and_saved_by_itself(officer: Page, served: Served) -> None:
    officer.focus(field("figure/ubnd_key:total"))
    for text in ("5", "1250", "ước 31"):
        officer.keyboard.type(text)
        officer.keyboard.press("Enter")
    assert officer.input_value(field("figure/ubnd_divisions:total")) == "1.250"
    officer.keyboard.press("ArrowUp")
    officer.keyboard.press("ArrowRight")
    officer.keyboard.type("30")
    officer.keyboard.press("ArrowUp")
    assert officer.evaluate("document.activeElement.name") == "figure/ubnd_divisions:women"
    saved(officer)
    cells = state(officer, served)["cells"]
    assert [cells[f"figure/{name}"] for name in ("ubnd_key:total", "ubnd_divisions:total", "ubnd_staff:total")] == [
        "5", "1250", "ước 31"
    ]  # fmt: skip
    assert cells["figure/ubnd_staff:women"] == "30"
    assert officer.inner_text("#saying").startswith("Đã lưu lúc ")


def test_a_block_from_a_spreadsheet_is_pasted_and_what_cannot_be_read_is_marked(officer: Page, served: Served) -> None:
    block = '40\t20\r\n1.500\tvài\r\n"7"\t3\t2\t1\t99\r\n'
    officer.focus(field("figure/deputies_elected:total"))
    officer.evaluate(
        """(text) => { const data = new DataTransfer(); data.setData("text/plain", text);
        document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true,
        cancelable: true})); }""",
        block,
    )
    assert officer.input_value(field("figure/deputies:total")) == "1.500"
    assert officer.input_value(field("figure/deputies:women")) == "vài"
    assert "không có chỗ cho 1 ô đã dán: 99" in officer.inner_text("#pasted")
    officer.wait_for_selector(f"{field('figure/deputies:women')}[aria-invalid]")
    saved(officer)
    assert state(officer, served)["cells"]["figure/deputies:women"] == "vài"
    officer.click("#pasted button")
    saved(officer)
    assert state(officer, served)["cells"]["figure/deputies_elected:total"] != "40"


def test_without_a_line_figures_are_kept_sealed_and_sent_when_it_is_back(
    another: Page, served: Served, browser: Browser
) -> None:
    until(another, "Boolean(navigator.serviceWorker && navigator.serviceWorker.controller)")
    until(another, f"{KEPT}.then((all) => all.filter((one) => one.includes('/shell/')).length === 4)")
    context = another.context
    context.set_offline(True)
    another.fill(field(MEMBERS), "21")
    says(another, "kept")
    opened(another, served)  # without a line: the shell, with what was kept
    assert another.input_value(field(MEMBERS)) == "21"
    assert "kỳ trước 10" in another.inner_text(f'[data-was="{MEMBERS}"]')
    opened(another, served, 3)
    another.fill(field("figure/plans:total"), "4")
    another.press(field("figure/plans:total"), "Tab")
    another.wait_for_timeout(700)
    raw = another.evaluate(SEALED)
    assert raw
    assert "figure/plans" not in raw
    shells = another.evaluate(
        f"{KEPT}.then((all) => Promise.all(all.map(async (one) => (await caches.match(one)).text())))"
    )
    assert 'value="13"' not in "".join(shells)
    context.set_offline(False)
    saved(another)
    cells = state(another, served)["cells"]
    assert (cells[MEMBERS], cells["figure/plans:total"]) == ("21", "4")
    assert not [one for one in context.cookies() if one["name"] == "tienbo_unsent"]


def test_signing_out_leaves_nothing_on_the_machine_and_asks_about_what_is_not_saved(
    another: Page, served: Served
) -> None:
    another.fill(field(MEMBERS), "22")
    saved(another)
    another.context.set_offline(True)
    another.fill(field(MEMBERS), "23")
    until(another, "document.cookie.includes('tienbo_unsent')")
    another.context.set_offline(False)
    with another.expect_navigation(url="**/sign-in/**"):
        another.click("[data-leaves] button")
    left = another.evaluate("indexedDB.databases().then((all) => all.map((one) => one.name))")
    assert "tienbo-entry" not in left
    assert another.evaluate("caches.keys()") == []


@pytest.mark.proof
def test_two_people_in_one_cell_see_both_values_and_one_chooses(officer: Page, another: Page, served: Served) -> None:
    officer.fill(field(STAFF), "51")
    another.fill(field(STAFF), "52")
    saved(officer)
    saved(another)
    held = state(officer, served)
    assert {held["cells"][STAFF], *(one["wanted"] for one in held["asides"] if one["cell"] == STAFF)} == {"51", "52"}
    opened(officer, served)
    box = officer.locator("#asides li", has_text="Cán bộ, công chức").last
    assert "51" in box.inner_text()
    assert "52" in box.inner_text()
    box.get_by_role("button").last.click()
    saved(officer)
    officer.wait_for_timeout(300)
    after = state(officer, served)
    assert not [one for one in after["asides"] if one["cell"] == STAFF]
    assert after["cells"][STAFF] in ("51", "52")


@pytest.mark.proof
def test_a_busy_server_is_asked_again_when_it_said_and_by_the_same_key(officer: Page, served: Served) -> None:
    asked: list[Mapping[str, Any]] = []

    def busy(route: Any) -> None:
        asked.append(json.loads(route.request.post_data))
        if len(asked) <= 2:
            route.fulfill(status=429, headers={"Retry-After": "1"}, body="")
        else:
            route.continue_()

    officer.route("**/save/", busy)
    officer.fill(field(MEMBERS), "24")
    officer.press(field(MEMBERS), "Tab")
    saved(officer)
    keys = [one["saves"][0]["key"] for one in asked]
    assert len(keys) >= 3
    assert len(set(keys)) == 1
    assert state(officer, served)["cells"][MEMBERS] == "24"


@pytest.mark.parametrize(
    ("size", "lang", "steps"),
    [
        (NARROW, "vi", (1,)),
        pytest.param(NARROW, "en", (1, 2, 3, 4, "send", "versions"), marks=pytest.mark.proof),
        pytest.param(WIDE, "vi", (1, 2, 3, 4, "send", "versions"), marks=pytest.mark.proof),
    ],
)
def test_the_steps_fit_the_window_and_are_accessible(
    browser: Browser, served: Served, size: Any, lang: str, steps: tuple[int | str, ...]
) -> None:
    context = browser.new_context(viewport=size, reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, served, "preparer", lang=lang)
    for step in steps:
        page.goto(entry(served, step))
        page.wait_for_selector("body[data-ready]", state="attached")
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], step
        assert serious(page) == [], step
    context.close()


def weighed(context: BrowserContext) -> list[tuple[str, int]]:
    """Bytes over the line of every answer from now on, heads and bodies as they were sent."""
    seen: list[tuple[str, int]] = []

    def add(answer: Response) -> None:
        if not answer.from_service_worker:
            sizes = answer.request.sizes()
            seen.append(
                (answer.url, sizes["responseBodySize"] + sizes["responseHeadersSize"] + sizes["requestBodySize"])
            )

    context.on("response", add)
    return seen


def test_a_step_and_a_first_visit_are_light(browser: Browser, served: Served) -> None:
    context = browser.new_context(viewport=WIDE, service_workers="block")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{served.address}/receipt/")  # the frame of other pages is not what is weighed
    seen = weighed(context)
    sign_in(page, served, "preparer")
    page.goto("about:blank")
    signing_in = sum(size for _url, size in seen)
    seen.clear()
    opened(page, served)
    page.wait_for_load_state("networkidle")
    first = sum(size for _url, size in seen)
    steps = []
    for step in (2, 3, 4, "send"):
        seen.clear()
        opened(page, served, step)
        page.wait_for_load_state("networkidle")
        steps.append(sum(size for _url, size in seen))
    context.close()
    assert first <= 60_000, (first, signing_in)
    assert max(steps) <= 30_000, steps
    assert first + sum(steps) <= 120_000, (first, steps)


# ------------------------------------------------------------------------------ one set of rules, worked out twice

TEXTS = [
    "1", "0", "12", "1.234", "1,234", "1.23", "1,5", "12,50", "1.234,5", "1,234.5", "1 234", "1.234.567", "12 345,6",
    "ước 50", "Ước thực hiện 1.200", "trên 3.000", "hơn 7", "vài", "", "  8  ", "-3", "−4", "１２", "12%", "12 %", "có",
    "Không", "yes", "2", "1e3", "12³", "0,125", "0.125", "1234,123", "12,345", "12,34567", "100000000000000", "0012",
    "ước", "trên", "12 3", "1..2", "1.2.3", ",5", "5,", "ƯỚC 12", "uoc 12", "1\u00a0234", "ước tính 1.5", "1.500 người",
]  # fmt: skip


def test_a_browser_counts_what_is_left_of_a_step_as_the_server_does(officer: Page, served: Served) -> None:
    for step in (1, 2, 3, 4):
        told = re.findall(r'data-left="\d">([^<]*)<', officer.request.get(entry(served, step)).text())
        opened(officer, served, step)
        assert (officer.text_content(f'[data-left="{step}"]') or "").strip() == told[step - 1].strip(), step


def test_a_browser_spells_figures_as_the_server_does(officer: Page) -> None:
    asked = [(text, kind) for text in TEXTS for kind in ("count", "decimal", "percent", "yes_no")]
    got = officer.evaluate(
        """async (asked) => { const url = document.querySelector('link[href*="entry_numbers"]').href;
        const { tidy } = await import(url); return asked.map(([text, kind]) => tidy(text, kind)); }""",
        asked,
    )
    told = [(text, kind, tidy(text, kind)) for text, kind in asked]  # type: ignore[arg-type]
    assert [(*one, mine) for one, mine in zip(asked, got, strict=True)] == told


def test_a_browser_finds_the_faults_that_the_server_finds_in_the_same_words(officer: Page, served: Served) -> None:
    edition = load("vn")
    form = edition.form_for("commune", PERIOD)
    assert form is not None
    shape = layout(edition, form.code, PERIOD)
    known = sheets(edition, form.code, PERIOD)
    drawn = random.Random(20260614)  # noqa: S311 - the same returns every time
    returns = [_drawn(drawn, known) for _ in range(60)]
    quiet = {"return.not_filled_in", "return.block_not_filled_in", "workbook.row_without_figures"}
    for step, sheet in enumerate(form.sheets, 1):
        opened(officer, served, step)
        got = officer.evaluate(
            """async (returns) => { const url = document.querySelector('link[href*="entry_rules"]').href;
            const { check } = await import(url);
            const rules = JSON.parse(document.getElementById("rules").content.textContent);
            const told = (one) => [one.code, one.cell, one.text];
            return returns.map((cells) => check(rules, cells).map(told).sort()); }""",
            returns,
        )
        blocks = {block.code for block in sheet.blocks}
        for cells, mine in zip(returns, got, strict=True):
            read = cells_read(cells, edition=edition, form=form.code, unit="x", period=PERIOD)
            theirs = sorted(
                [fault.code, read.cell(fault), fault.sentence()]
                for fault in read.faults
                if fault.code not in quiet and _of(read.cell(fault), shape, blocks)
            )
            found = [one for one in mine if _of(one[1], shape, blocks)]
            assert found == theirs, cells


def _of(cell: str, shape: Any, blocks: set[str]) -> bool:
    kind, _slash, rest = cell.partition("/")
    if kind == "figure":
        return shape.slots[rest].block.code in blocks
    return rest.split("/")[0] in blocks


def _drawn(drawn: random.Random, known: Any) -> dict[str, str]:
    """A return that somebody could have typed, in a hurry."""
    shape = known.layout
    cells = {}
    for address in shape.slots:
        if drawn.random() < 0.7:
            cells[f"figure/{address}"] = drawn.choice([*TEXTS, *(str(drawn.randrange(40)) for _ in range(60))])
    for block in shape.blocks:
        if drawn.random() < 0.15:
            cells[f"say/{block.code}"] = drawn.choice(["nil", "unchanged", "not_applicable"])
        for row in range(1, 5) if block.fields else ():
            for one in block.fields:
                names = ["Trường A", "Trường B", "trường a", ""]
                text = drawn.choice(names) if one.kind == "name" else str(drawn.randrange(9))
                if drawn.random() < 0.8 and text:
                    cells[f"row/{block.code}/r{row:02d}/{one.code}"] = text
    allowed = {f"say/{b.code}": b for b in shape.blocks}
    for cell in [one for one in cells if one.startswith("say/")]:
        block = allowed[cell]
        may = {"nil": block.may_be_nil, "unchanged": block.may_be_unchanged, "not_applicable": block.may_not_apply}
        if not may[cells[cell]]:  # the page offers no such thing
            del cells[cell]
    return {cell: tidy(text, known.number(cell)) for cell, text in cells.items() if tidy(text, known.number(cell))}


def test_a_browser_and_the_server_make_one_hash(officer: Page) -> None:
    cells = {"text/highlight": 'Xã "Đồng Tâm"\n\tđã – 😀 \x7f', MEMBERS: "1250", "as_of": "", WOMEN: "ước 3"}
    got = officer.evaluate(
        """async (cells) => { const url = document.querySelector('link[href*="entry_sync"]').href;
        const { hashed } = await import(url); return hashed(cells); }""",
        cells,
    )
    assert got == cells_hash(cells)


# --------------------------------------------------------------------------------------- to the very end, at length


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site of these tests' own: what they send stands in nobody's way."""
    folder = tmp_path_factory.mktemp("own") / "site"
    with serving(folder, make_site(folder)) as running:
        yield running


@pytest.mark.proof
def test_a_return_is_finished_over_a_slow_line_that_loses_answers(own: Served, browser: Browser) -> None:
    """64 kbit/s, 800 ms, and every fourth post without an answer: saved, handed over, approved, sent once."""
    context = browser.new_context(viewport=NARROW)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, own, "preparer")
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 800, "downloadThroughput": 8000, "uploadThroughput": 8000}
    line.send("Network.emulateNetworkConditions", slow)
    posts = 0

    def lossy(route: Any) -> None:
        nonlocal posts
        posts += route.request.method == "POST"
        if route.request.method == "POST" and posts % 4 == 2:
            route.fetch()  # it arrived; the answer did not
            route.abort()
        else:
            route.continue_()

    opened(page, own)
    page.route("**/entry/**", lossy)
    typed = {}
    for step, names in ((1, ("members:total", "village_heads:total")), (3, ("plans:total", "meetings:total"))):
        opened(page, own, step)
        for number, name in enumerate(names, 31):
            page.fill(field(f"figure/{name}"), str(number))
            page.press(field(f"figure/{name}"), "Tab")
            typed[f"figure/{name}"] = str(number)
        saved(page)
    opened(page, own, "send")
    page.click("button[value=prepare]")
    page.wait_for_selector("text=đang chờ phê duyệt", timeout=60_000)
    cells = state(page, own)["cells"]
    assert {name: cells[name] for name in typed} == typed
    context.close()
    head = browser.new_context(viewport=NARROW).new_page()  # type: ignore[arg-type]
    sign_in(head, own, "head")
    head.goto(f"{own.address}/unit/{own.units['commune0']}/?period={PERIOD}")
    head.click("text=Có báo cáo chờ thủ trưởng phê duyệt")
    posts = 1  # the next one is lost on its way back
    head.route("**/entry/**", lossy)
    head.click("button[value=approve]")
    head.wait_for_selector("text=Bản nháp giống báo cáo đã gửi", timeout=60_000)
    assert len(set(re.findall(r"[2-9A-Z]{5}-[2-9A-Z]{5}", head.inner_text("main")))) == 1
    with closing(sqlite3.connect(own.folder / "db.sqlite3")) as database:
        (sent,) = database.execute("SELECT count(*), count(DISTINCT revision_id) FROM collection_submission")
    assert sent == (1, 1)
    head.context.close()


@pytest.mark.proof
def test_a_sending_pressed_eight_times_at_once_has_one_effect(own: Served, browser: Browser) -> None:
    """From eight threads, over HTTP, with the signed copy: one revision and one receipt for each content."""
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, own, "preparer")
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in context.cookies())
    with closing(sqlite3.connect(own.folder / "db.sqlite3")) as database:
        (before,) = database.execute("SELECT count(*) FROM collection_revision").fetchone()
    for round_ in range(10):
        opened(page, own)
        page.fill(field(MEMBERS), str(100 + round_))
        page.press(field(MEMBERS), "Tab")
        saved(page)
        mark, token = state(page, own)["sha256"], state(page, own)["token"]

        def press(_number: int, round_: int = round_, mark: str = mark, token: str = token) -> tuple[int, str]:
            paper = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
            parts = {"act": "sign", "key": f"lan-{round_}", "sha256": mark}
            body = b"".join(
                f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
                for name, text in parts.items()
            )
            body += b'--x\r\nContent-Disposition: form-data; name="file"; filename="k.pdf"\r\n\r\n'
            body += paper + b"\r\n--x--\r\n"
            heads = {
                "Cookie": cookie, "X-CSRFToken": token, "Accept": "application/json", "Referer": own.address,
                "Content-Type": "multipart/form-data; boundary=x",
            }  # fmt: skip
            asked = urllib.request.Request(entry(own, "send"), body, heads, method="POST")  # noqa: S310 - loopback
            with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
                return answer.status, json.loads(answer.read())["receipt"]

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(press, range(8)))
        assert len(set(answers)) == 1, answers
    with closing(sqlite3.connect(own.folder / "db.sqlite3")) as database:
        (after,) = database.execute("SELECT count(*) FROM collection_revision").fetchone()
    assert after == before + 10
    context.close()
