/* Saving in between: batches every few seconds, each under a key made here, sent again by the same key until it is
   answered. What the server holds and what waits are told apart, so that nothing is overwritten unseen. */
import { Keep, sweep } from "./entry_keep.js";

const SOON = 2500, LATEST = 8000, FIRST = 2000, LONGEST = 300000;

export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
}
function device() {
  try {
    let held = localStorage.getItem("tienbo-device");
    if (!held) { held = newKey(); localStorage.setItem("tienbo-device", held); }
    return held;
  } catch (_closed) { return ""; }
}

/* The cells that have something, as the server writes them down, for their hash. */
export function canonical(cells) {
  const made = {};
  Object.keys(cells).filter((cell) => cells[cell]).sort().forEach((cell) => { made[cell] = cells[cell]; });
  return JSON.stringify(made);
}
export async function hashed(cells) {
  if (!crypto.subtle) { return ""; }
  const made = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonical(cells)));
  return Array.from(new Uint8Array(made), (one) => one.toString(16).padStart(2, "0")).join("");
}

export class Sync {
  /* `told(what)` is called with {saying, …} and after every change with {cells: [names]}. */
  constructor(body, told) {
    this.body = body.dataset; this.told = told;
    this.keep = new Keep(body.dataset.user, body.dataset.draft);
    this.base = {}; this.before = {}; this.counted = {}; this.version = 0; this.asides = []; this.beside = 0; this.locked = "";
    this.queue = []; // [{key, changes, settles, sent}]
    this.tries = 0; this.device = device(); this.token = body.dataset.token;
  }
  get cells() {
    const made = { ...this.base };
    this.queue.forEach((one) => Object.entries(one.changes).forEach(([cell, pair]) => { made[cell] = pair[1]; }));
    return made;
  }
  get waits() { return this.queue.length > 0; }

  /* What the page brought, or what was kept of it; then what an earlier page could not send any more. */
  async begin(state) {
    sweep().catch(() => {});
    const held = state || (await this.keep.get("state"));
    if (held) { this.takeIn(held); }
    for (const name of (await this.keep.names("q-")).sort()) {
      const one = await this.keep.get(name);
      if (one && !this.queue.some((there) => there.key === one.key)) { this.queue.push({ ...one, sent: true }); }
    }
    this.queue.sort((a, b) => a.at - b.at);
    if (state) { this.remember(); }
    window.addEventListener("online", () => { this.tries = 0; this.later(Math.random() * 3000); });
    window.addEventListener("offline", () => this.say());
    window.addEventListener("focus", () => { if (this.ended) { this.ended = false; this.flush(); } });
    document.addEventListener("visibilitychange", () => { if (document.hidden) { this.flush(); } });
    if (this.waits || !state) { this.later(Math.random() * 1000); }
    this.told({ cells: Object.keys(this.cells) });
    this.mark();
    return Boolean(held);
  }
  takeIn(state) {
    if (state.whole) { this.base = {}; this.before = state.before || {}; this.counted = state.counted || {}; }
    Object.entries(state.cells).forEach(([cell, text]) => { if (text) { this.base[cell] = text; } else { delete this.base[cell]; } });
    ["version", "asides", "beside", "locked", "sha256", "saved_at", "saved_by"].forEach((name) => { this[name] = state[name]; });
    if (state.token) { this.token = state.token; }
  }
  remember() {
    return this.keep.put("state", "state", {
      whole: true, cells: this.base, before: this.before, counted: this.counted, version: this.version, asides: this.asides, beside: this.beside,
      locked: this.locked, sha256: this.sha256, saved_at: this.saved_at, saved_by: this.saved_by,
    });
  }

  /* A cell was typed over what was shown in it: what came from elsewhere meanwhile is not overwritten. */
  set(cell, text, seen) {
    if (seen === text) { return false; }
    const last = this.open();
    const before = last.changes[cell];
    last.changes[cell] = [before ? before[0] : seen, text];
    if (before && before[0] === text) { delete last.changes[cell]; }
    this.changed(last);
    return true;
  }
  /* What was kept aside is decided: `text` stands from now on. */
  settle(aside, text) {
    const one = { key: newKey(), at: Date.now(), changes: {}, settles: [[aside.number, aside.cell]] };
    one.changes[aside.cell] = [this.cells[aside.cell] || "", text];
    this.queue.push(one);
    this.asides = this.asides.filter((held) => held.id !== aside.id);
    this.changed(one);
    this.flush();
  }
  open() {
    const last = this.queue[this.queue.length - 1];
    if (last && !last.sent && !last.settles.length) { return last; }
    const made = { key: newKey(), at: Date.now(), changes: {}, settles: [] };
    this.queue.push(made);
    return made;
  }
  changed(one) {
    if (!one.sent && !one.settles.length && !Object.keys(one.changes).length) {
      this.queue = this.queue.filter((held) => held !== one);
      this.keep.drop(`q-${one.key}`);
    } else {
      const { sent, ...kept } = one;
      one.kept = this.keep.put(`q-${one.key}`, "queue", kept);
    }
    this.mark();
    this.say();
    const now = Date.now();
    this.since = this.since || now;
    this.later(Math.max(0, Math.min(SOON + Math.random() * 1500, LATEST - (now - this.since))));
  }
  /* The sign-out page asks before it forgets what was not sent. */
  mark() {
    const end = this.waits ? "max-age=1209600" : "max-age=0";
    document.cookie = `tienbo_unsent=${location.pathname}; path=/; SameSite=Lax; ${end}`;
  }
  later(wait) {
    if (this.timer && this.tries) { if (wait > this.until - Date.now()) { return; } }
    clearTimeout(this.timer);
    this.until = Date.now() + wait;
    this.timer = setTimeout(() => this.flush(), wait);
  }

  async flush() {
    if ("reads" in this.body) { return; } // the head of the unit looks and approves; there is nothing to save
    if (this.busy) { this.more = true; return this.busy; }
    clearTimeout(this.timer); this.timer = null; this.since = 0;
    this.busy = this.send().finally(() => {
      this.busy = null;
      if (this.more) { this.more = false; if (this.waits && !this.tries) { this.later(200); } }
    });
    return this.busy;
  }
  async send() {
    if (this.waits) { this.told({ saying: "saving" }); }
    const going = this.queue.slice(0, this.one ? 1 : 50);
    going.forEach((one) => { one.sent = true; });
    await Promise.all(going.map((one) => one.kept));
    const saves = going.map(({ key, changes, settles, how }) => ({ key, changes, settles, how }));
    const body = JSON.stringify({ device: this.device, since: this.doubts || !(this.version || this.asked) ? -1 : this.version, saves });
    let answer;
    try {
      answer = await fetch(this.body.save, {
        method: "POST", credentials: "same-origin", redirect: "manual", keepalive: document.hidden && body.length < 60000,
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.token, Accept: "application/json" },
        body,
      });
    } catch (_down) { return this.again(0, "waiting"); }
    if (answer.type === "opaqueredirect") { this.ended = true; this.told({ saying: "ended" }); return; }
    if (answer.status === 403) { return this.renew(); }
    if (answer.status === 429 || answer.status >= 500) { return this.again(waitOf(answer), "busy"); }
    let state;
    try { state = await answer.json(); } catch (_cut) { return this.again(0, "waiting"); }
    if (answer.status === 422) { return this.refused(going, (state.faults || []).join(" ")); }
    if (answer.status !== 200) { return this.again(0, "busy"); }
    this.tries = 0; this.asked = true; this.why = "";
    const refused = state.kept.some((one) => one.refused);
    const done = new Set(going.map((one) => one.key));
    this.queue = this.queue.filter((one) => !done.has(one.key));
    this.takeIn(state);
    const mark = await hashed(this.base);
    this.doubts = !this.doubts && Boolean(mark) && mark !== state.sha256; // never seen; then the whole draft is asked for
    await this.remember();
    await Promise.all([...done].map((key) => this.keep.drop(`q-${key}`)));
    this.mark();
    const touched = new Set([...Object.keys(state.cells), ...going.flatMap((one) => Object.keys(one.changes))]);
    this.told({ cells: [...touched], answered: true });
    if (refused) { this.told({ saying: "locked", why: this.locked }); } else { this.say(); }
    if (this.waits || this.doubts) { this.later(SOON); }
  }
  /* What the server cannot take does not hold the rest up; it stays on this machine and is told. */
  refused(going, why) {
    if (going.length > 1) { this.one = true; this.later(0); return; }
    this.one = false; this.why = why;
    this.queue = this.queue.filter((one) => one !== going[0]);
    this.told({ saying: "refused", why });
    if (this.waits) { this.later(SOON); }
  }
  /* Another token, as after signing in again. */
  async renew() {
    try {
      const answer = await fetch(this.body.state, { credentials: "same-origin", redirect: "manual" });
      if (answer.type === "opaqueredirect") { this.ended = true; this.told({ saying: "ended" }); return; }
      if (!answer.ok) { return this.again(waitOf(answer), "busy"); }
      this.token = (await answer.json()).token;
      this.again(500, "saving");
    } catch (_down) { this.again(0, "waiting"); }
  }
  /* Exponential, with chance in it, so that a thousand clients do not come back at once; the server may ask for longer. */
  again(asked, saying) {
    this.tries += 1;
    const wait = Math.min(LONGEST, FIRST * 2 ** (this.tries - 1)) * (0.5 + Math.random() / 2);
    this.timer = null;
    this.later(Math.max(asked, wait));
    this.told({ saying: saying === "waiting" && this.keep.works ? "kept" : saying });
  }
  say() {
    if (this.why) { this.told({ saying: "refused", why: this.why }); return; }
    if (this.waits) { this.told({ saying: navigator.onLine ? "saving" : this.keep.works ? "kept" : "waiting" }); return; }
    if (this.saved_at) { this.told({ saying: "saved", at: this.saved_at }); }
  }
}

/* Milliseconds of a Retry-After, in seconds or as a moment. */
export function waitOf(answer) {
  const text = answer.headers.get("Retry-After");
  if (!text) { return 0; }
  const seconds = Number(text);
  return Number.isFinite(seconds) ? seconds * 1000 : Math.max(0, Date.parse(text) - Date.now() || 0);
}
