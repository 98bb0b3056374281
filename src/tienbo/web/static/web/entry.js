/* The entry page: what is typed goes into the draft, what the draft holds is shown, checks stand beside the cell. */
import { fill, onKey, pasted } from "./entry_grid.js";
import { canKeep, wipe } from "./entry_keep.js";
import { shown, tidy } from "./entry_numbers.js";
import { check, totals } from "./entry_rules.js";
import { Sync, newKey, waitOf } from "./entry_sync.js";

const body = document.body, said = document.getElementById("said").dataset;
const form = document.getElementById("entry"), saying = document.getElementById("saying");
const json = (id) => { const held = document.getElementById(id); return held ? JSON.parse(held.content.textContent) : null; };
const words = (text, fields) => text.replace(/\{(\w+)\}/g, (_all, name) => fields[name] ?? "");
const rules = json("rules");
document.documentElement.classList.add("js");

const fields = () => (form ? [...form.elements].filter((one) => one.name && (one.name.includes("/") || ["as_of", "prepared_by", "approved_by"].includes(one.name))) : []);
const kindOf = (field) => field.dataset.n || "";

// ------------------------------------------------------------------------------------------------- what is said
function told(what) {
  if (what.cells) { what.cells.forEach(show); if (rules) { checkSoon(); } }
  if (what.answered || what.cells) { asides(); beside(); }
  if (!what.saying) { return; }
  const time = what.at ? new Date(what.at).toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Ho_Chi_Minh" }) : "";
  const text = words(said[what.saying], { time, why: what.why });
  if (saying.textContent !== text) { saying.textContent = text; }
  saying.dataset.is = what.saying;
}
const sync = new Sync(body, told);

// ------------------------------------------------------------------------------------------------- cells
const seen = new WeakMap(); // field → what the person sees in it, as the draft spells it
function show(name) {
  const field = form && form.elements.namedItem(name);
  if (!field || !field.name) { return; }
  const text = sync.cells[name] || "";
  if (field.dataset.typed !== undefined || (field === document.activeElement && seen.has(field))) { return; }
  put(field, text);
}
function put(field, text) {
  if (field.tagName === "SELECT" && ![...field.options].some((one) => one.value === text)) { field.add(new Option(text, text)); }
  const value = field.tagName === "SELECT" ? text : shown(text, kindOf(field));
  if (field.value !== value) { field.value = value; }
  seen.set(field, text);
}
function commit(field) {
  if (!field || field.dataset.typed === undefined) { return; }
  delete field.dataset.typed;
  const text = tidy(field.value, kindOf(field));
  if (sync.set(field.name, text, seen.get(field) ?? "")) { checkSoon(); }
  seen.set(field, text);
}
const timers = new WeakMap();
function typed(field) {
  field.dataset.typed = "";
  clearTimeout(timers.get(field));
  timers.set(field, setTimeout(() => { commit(field); }, 400));
}
if (form) {
  form.addEventListener("input", (event) => { if (fields().includes(event.target)) { typed(event.target); } });
  form.addEventListener("change", (event) => { if (fields().includes(event.target)) { event.target.dataset.typed = ""; commit(event.target); } });
  form.addEventListener("focusout", (event) => { commit(event.target); if (event.target.name) { show(event.target.name); putSoon(event.target); } });
  form.addEventListener("focusin", (event) => { if (event.target.matches("table.grid input")) { event.target.select(); } });
  form.addEventListener("keydown", onKey);
  form.addEventListener("paste", onPaste);
  form.addEventListener("submit", onSubmit);
}
/* Once it is left, a field shows what the draft holds, in its one spelling. */
function putSoon(field) {
  setTimeout(() => { if (field !== document.activeElement && fields().includes(field)) { put(field, sync.cells[field.name] || ""); } }, 0);
}

// ------------------------------------------------------------------------------------------------- pasting
function onPaste(event) {
  const field = event.target, text = event.clipboardData.getData("text/plain");
  if (!field.closest("table.grid") || !/[\t\n]/.test(text.replace(/\r?\n$/, ""))) { return; }
  event.preventDefault();
  const undo = [];
  let unread = 0;
  const over = fill(field, pasted(text), (one, value) => {
    const made = tidy(value, kindOf(one));
    undo.push([one, seen.get(one) ?? ""]);
    sync.set(one.name, made, seen.get(one) ?? "");
    put(one, made);
    if (kindOf(one) && made && !/^(ước |trên )?-?\d+(,\d+)?$/.test(made)) { unread += 1; }
  });
  checkSoon();
  const parts = [words(said.pasted, { count: undo.length })];
  if (unread) { parts.push(words(said.unread, { count: unread })); }
  if (over.length) { parts.push(words(said.over, { count: over.length, cells: over.slice(0, 12).join("; ") })); }
  note(parts.join(" "), said.undo, () => {
    undo.reverse().forEach(([one, before]) => { sync.set(one.name, before, seen.get(one) ?? ""); put(one, before); });
    checkSoon();
    field.focus();
  });
}
function note(text, act, run) {
  let held = document.getElementById("pasted");
  if (!held) { held = document.createElement("p"); held.id = "pasted"; held.className = "note info"; held.setAttribute("role", "status"); document.getElementById("asides").after(held); }
  held.textContent = `${text} `;
  const button = document.createElement("button");
  button.type = "button"; button.className = "plain"; button.textContent = act;
  button.addEventListener("click", () => { held.remove(); run(); });
  held.append(button);
}

// ------------------------------------------------------------------------------------------------- checks
let checking = 0;
/* What the registers count stands beside what is reported: asked about, never put in its place. */
function byRegister(cells) {
  Object.entries(sync.counted).forEach(([name, count]) => {
    const field = form.elements.namedItem(name);
    if (!field || !field.name) { return; }
    let by = field.parentElement.querySelector("[data-by]");
    if (!by) { by = document.createElement("span"); by.dataset.by = name; field.parentElement.append(by); }
    const text = cells[name] || "", differs = text !== "" && text.split(" ").pop() !== count;
    by.className = differs ? "was differs" : "was";
    by.textContent = words(differs ? said.differs : said.counted, { count: grouped(count), text: grouped(text) });
  });
}
const grouped = (text) => shown(text, "count");
function checkSoon() { clearTimeout(checking); checking = setTimeout(checkNow, 120); }
function checkNow() {
  if (!rules) { return; }
  const cells = sync.cells, faults = check(rules, cells);
  const places = new Map([...rules.cells.map((one) => [one[0], one[6]]), ...rules.relations.map((one) => [one[0][0], one[5]])]);
  fields().forEach((field) => { field.removeAttribute("aria-invalid"); field.removeAttribute("aria-describedby"); });
  document.querySelectorAll("[data-faults]").forEach((list) => list.querySelectorAll("li").forEach((one) => { one.dataset.old = ""; }));
  faults.forEach((fault) => {
    const field = form.elements.namedItem(fault.cell), list = field && field.closest("section") && field.closest("section").querySelector("[data-faults]");
    if (!list) { return; }
    const id = `f-${fault.code}-${fault.cell}`;
    let item = document.getElementById(id);
    if (!item) {
      item = document.createElement("li"); item.id = id;
      item.append(document.createElement("a"));
      item.firstChild.href = "#"; item.firstChild.addEventListener("click", (event) => { event.preventDefault(); field.focus(); });
      if (fault.level === "warning") { explain(item, `why/${fault.code}@${places.get(fault.cell)}`); }
      list.append(item);
    }
    delete item.dataset.old;
    item.className = fault.level;
    if (item.firstChild.textContent !== fault.text) { item.firstChild.textContent = fault.text; }
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", id);
  });
  document.querySelectorAll("[data-old]").forEach((one) => { if (!one.contains(document.activeElement)) { one.remove(); } });
  byRegister(cells);
  rules.blocks.filter((block) => block.fields).forEach((block) => sums(block, cells));
  const empty = fields().filter((field) => {
    const section = field.closest("section");
    return field.dataset.r !== undefined && !field.name.startsWith("row/") && !cells[field.name] && !cells[`say/${section.dataset.block}`];
  }).length;
  const left = document.querySelector(`[data-left="${body.dataset.at}"]`);
  const some = fields().some((field) => /^(figure|row|say|text)\//.test(field.name) && cells[field.name]);
  if (left) { left.textContent = empty ? ` · ${words(said.empty, { count: empty })}` : some ? " ✓" : ""; }
}
/* A sentence beside a warning, which goes with the return. */
function explain(item, cell) {
  const label = document.createElement("label"), input = document.createElement("input");
  label.append(`${said.why} `, input);
  input.name = cell; input.maxLength = 500;
  item.append(label);
  put(input, sync.cells[cell] || "");
}
function sums(block, cells) {
  const section = document.getElementById(`b-${block.code}`), made = totals(block, cells);
  const row = section.querySelector("[data-totals] tr"), list = section.querySelector("[data-counts]");
  row.replaceChildren(...(made.any ? made.columns.map((text, index) => {
    const cell = document.createElement(index ? "td" : "th");
    cell.textContent = index ? text : said.total;
    return cell;
  }) : []));
  list.replaceChildren(...(made.any ? made.counts.map(([name, value]) => {
    const item = document.createElement("li");
    item.textContent = `${name}: ${value}`;
    return item;
  }) : []));
}

// ------------------------------------------------------------------------------------------------- two values
function asides() {
  const held = document.getElementById("asides");
  if (!held || held.contains(document.activeElement)) { return; }
  held.replaceChildren();
  if (!sync.asides || !sync.asides.length) { return; }
  const box = document.createElement("section"), head = document.createElement("h2"), list = document.createElement("ul");
  box.className = "block two"; box.setAttribute("role", "alert"); head.textContent = said.two;
  sync.asides.forEach((one) => {
    const item = document.createElement("li"), name = document.createElement("strong");
    name.textContent = one.named; item.dataset.aside = one.id;
    item.append(name, " ", side(words(said.stands, { text: one.held_shown }), one.held_by, said.keep, () => choose(one, one.held)),
      " ", side(words(said.other, { text: one.wanted_shown }), one.wanted_by, said.take, () => choose(one, one.wanted)));
    list.append(item);
  });
  box.append(head, list);
  held.append(box);
}
function side(text, by, act, run) {
  const made = document.createElement("span"), quiet = document.createElement("small"), button = document.createElement("button");
  quiet.textContent = ` ${by} `; button.type = "button"; button.textContent = act;
  button.addEventListener("click", run);
  made.append(text, quiet, button);
  return made;
}
function choose(one, text) {
  sync.settle(one, text);
  if (document.activeElement) { document.activeElement.blur(); }
  asides();
  show(one.cell);
  const field = form && form.elements.namedItem(one.cell);
  if (field) { put(field, text); field.focus(); } else { document.getElementById("content").focus(); }
}
function beside() {
  const there = document.getElementById("beside");
  if (there || !sync.beside || body.dataset.at === "send") { return; }
  const made = document.createElement("p"), link = document.createElement("a");
  made.id = "beside"; made.className = "note warning"; made.setAttribute("role", "alert");
  link.href = `${body.dataset.save.replace(/save\/$/, "beside/")}`; link.textContent = said.beside;
  made.append(link);
  document.getElementById("content").prepend(made);
}

// ------------------------------------------------------------------------------------------------- going on, leaving
async function onSubmit(event) {
  event.preventDefault();
  fields().forEach(commit);
  const to = event.submitter ? event.submitter.value : "", at = body.dataset.at;
  const steps = [...document.querySelectorAll("[data-step]")];
  const here = steps.findIndex((one) => one.dataset.step === at);
  const wanted = at === "send" ? steps[steps.length - 1] : to ? steps.find((one) => one.dataset.step === to) : steps[here + 1];
  await Promise.race([sync.flush(), new Promise((done) => { setTimeout(done, 4000); })]);
  if (sync.waits && !canKeep) { saying.focus(); return; } // it would be lost with the page
  location.assign(wanted.href);
}
window.addEventListener("beforeunload", (event) => {
  fields().forEach(commit);
  if (sync.waits && !canKeep) { event.preventDefault(); }
});
document.querySelectorAll("[data-leaves]").forEach((one) => one.addEventListener("submit", async (event) => {
  event.preventDefault();
  fields().forEach(commit);
  await Promise.race([sync.flush(), new Promise((done) => { setTimeout(done, 3000); })]);
  if (sync.waits && !window.confirm(said.unsent)) { return; }
  await wipe();
  sync.queue = []; sync.mark();
  one.submit();
}));
document.querySelectorAll("[data-file]").forEach((one) => one.addEventListener("click", (event) => {
  event.preventDefault(); // from here: what waits is in it too, with or without a line
  fields().forEach(commit);
  const made = { kind: "tienbo-draft-1", unit: body.dataset.unit, period: body.dataset.period, form: body.dataset.form, version: sync.version, cells: sync.cells };
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(made, null, 1)], { type: "application/json" }));
  link.download = `${body.dataset.period}-ban-nhap-v${sync.version}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}));

// ------------------------------------------------------------------------------------------------- sending
/* By one key until it is answered, however often the line breaks. */
document.querySelectorAll("form[data-sending]").forEach((one) => one.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter, state = document.getElementById("sending");
  button.disabled = true;
  if (sync.waits) {
    state.textContent = said.first;
    await sync.flush();
    if (!sync.waits) { location.reload(); } else { button.disabled = false; }
    return;
  }
  const data = new FormData(one);
  data.set("act", button.value);
  const mark = `send ${body.dataset.draft} ${data.get("sha256") || data.get("prepared")} ${button.value}`;
  const key = sessionStorage.getItem(mark) || data.get("key") || newKey();
  sessionStorage.setItem(mark, key);
  data.set("key", key);
  state.textContent = said.sending;
  for (let tries = 0; ; tries += 1) {
    let answer = null;
    try {
      answer = await fetch(one.action, { method: "POST", body: data, credentials: "same-origin", redirect: "manual", headers: { Accept: "application/json", "X-CSRFToken": sync.token } });
    } catch (_down) { /* tried again below */ }
    if (answer && answer.status === 200) { location.assign((await answer.json()).address); return; }
    if (answer && (answer.status === 409 || answer.status === 422)) { refused(state, await answer.json()); button.disabled = false; return; }
    if (answer && (answer.type === "opaqueredirect" || answer.status === 403)) { state.textContent = said.ended; button.disabled = false; return; }
    state.textContent = said.resend;
    const wait = Math.max(answer ? waitOf(answer) : 0, Math.min(60000, 2000 * 2 ** tries) * (0.5 + Math.random() / 2));
    await new Promise((done) => { setTimeout(done, wait); });
  }
}));
function refused(state, made) {
  const list = document.createElement("ul");
  made.faults.forEach((text) => { const item = document.createElement("li"); item.textContent = text; list.append(item); });
  made.difference.forEach((one) => { const item = document.createElement("li"); item.textContent = `${one.named}: ${one.seen} → ${one.here}`; list.append(item); });
  state.replaceChildren(list);
  state.className = "note error";
}

// ------------------------------------------------------------------------------------------------- beginning
document.querySelectorAll("table.rows").forEach((table) => {
  const later = [...table.querySelectorAll("tr.later")];
  if (!later.length) { return; }
  const button = document.createElement("button");
  button.type = "button"; button.className = "more"; button.textContent = said.more;
  button.addEventListener("click", () => {
    const row = later.shift();
    row.classList.remove("later");
    row.querySelector("input").focus();
    if (!later.length) { button.remove(); }
  });
  table.after(button);
});
/* The names of last period's rows, where none was entered yet. */
function copyNames() {
  rules.blocks.filter((block) => block.fields).forEach((block) => {
    const names = Object.keys(sync.before).filter((cell) => cell.startsWith(`row/${block.code}/`) && cell.endsWith("/name")).sort();
    const started = Object.keys(sync.cells).some((cell) => cell.startsWith(`row/${block.code}/`) && sync.cells[cell]);
    const found = names.map((cell) => form.elements.namedItem(cell)).filter(Boolean);
    if (started || !found.length) { return; }
    const button = document.createElement("button");
    button.type = "button"; button.className = "more"; button.textContent = said.names;
    button.addEventListener("click", () => {
      found.forEach((field) => {
        field.closest("tr").classList.remove("later");
        sync.set(field.name, sync.before[field.name], seen.get(field) ?? "");
        put(field, sync.before[field.name]);
      });
      button.remove();
      found[0].focus();
    });
    document.querySelector(`#b-${CSS.escape(block.code)} table`).before(button);
  });
}
fields().forEach((field) => {
  const kind = kindOf(field);
  seen.set(field, tidy(field.value, kind));
  if (kind && kind !== "yes_no" && kind !== "day") { field.inputMode = "decimal"; }
});
const ready = sync.begin(json("state")).then(() => {
  document.querySelectorAll("[data-was]").forEach((one) => {
    const was = sync.before[one.dataset.was];
    if (was && !one.textContent.trim()) { one.textContent = words(said.before, { text: was }); }
  });
  const here = decodeURIComponent(location.hash.slice(1)), field = here && form && form.elements.namedItem(here);
  if (field && field.focus) { field.focus(); }
  if (rules) { copyNames(); }
  checkNow();
  body.dataset.ready = "";
});
if (!window.isSecureContext) { saying.textContent = said.plain; }
if (navigator.serviceWorker && canKeep && !("reads" in body.dataset)) {
  ready.then(() => navigator.serviceWorker.register(body.dataset.worker)).then(() => navigator.serviceWorker.ready)
    .then((held) => held.active.postMessage({ shells: body.dataset.shells.trim().split(/\s+/) })).catch(() => {});
}
