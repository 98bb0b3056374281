/* What is kept on this machine while the line is down: sealed with a key that no script can read out, for a short time,
   gone with the person who signs out. Without https a browser has neither; then nothing is kept. */
const NAME = "tienbo-entry", DAY = 24 * 3600 * 1000;
const LIVES = { state: 3 * DAY, queue: 14 * DAY };

export const canKeep = Boolean(window.isSecureContext && window.indexedDB && window.crypto && crypto.subtle);

function opened() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => { asked.result.createObjectStore("keys"); asked.result.createObjectStore("kept"); };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}
async function run(store, mode, act) {
  const base = await opened();
  try {
    return await new Promise((done, failed) => {
      const change = base.transaction(store, mode), asked = act(change.objectStore(store));
      change.oncomplete = () => done(asked && asked.result);
      change.onerror = () => failed(change.error);
      change.onabort = () => failed(change.error);
    });
  } finally { base.close(); }
}

/* The kept things of one person and one draft. */
export class Keep {
  constructor(user, draft) { this.at = `${user}|${draft}|`; this.user = user; this.works = canKeep; }

  async key() {
    if (!this.held) {
      let held = await run("keys", "readonly", (store) => store.get(this.user));
      if (!held) {
        const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
        // Two tabs may come here at once: the first key to be kept is everybody's.
        try { await run("keys", "readwrite", (store) => store.add(made, this.user)); } catch (_there) { /* another was quicker */ }
        held = await run("keys", "readonly", (store) => store.get(this.user));
      }
      this.held = held;
    }
    return this.held;
  }
  async put(name, kind, value) {
    if (!this.works) { return false; }
    try {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await this.key(), new TextEncoder().encode(JSON.stringify(value)));
      await run("kept", "readwrite", (store) => store.put({ until: Date.now() + LIVES[kind], iv, sealed }, this.at + name));
      return true;
    } catch (_full) { return false; }
  }
  async get(name) {
    if (!this.works) { return null; }
    try {
      const row = await run("kept", "readonly", (store) => store.get(this.at + name));
      if (!row || row.until < Date.now()) { return null; }
      return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv }, await this.key(), row.sealed)));
    } catch (_broken) { return null; }
  }
  async names(start) {
    if (!this.works) { return []; }
    try {
      const keys = await run("kept", "readonly", (store) => store.getAllKeys());
      return keys.filter((key) => key.startsWith(this.at + start)).map((key) => key.slice(this.at.length));
    } catch (_broken) { return []; }
  }
  async drop(name) {
    if (this.works) { try { await run("kept", "readwrite", (store) => store.delete(this.at + name)); } catch (_gone) { /* nothing to drop */ } }
  }
}

/* Everything whose time is over, whoever it was of. */
export async function sweep() {
  if (!canKeep) { return; }
  await run("kept", "readwrite", (store) => {
    const asked = store.openCursor();
    asked.onsuccess = () => {
      const at = asked.result;
      if (!at) { return; }
      if (at.value.until < Date.now()) { at.delete(); }
      at.continue();
    };
  });
}
/* Everything there is. */
export async function wipe() {
  if (window.caches) { await Promise.all((await caches.keys()).filter((one) => one.startsWith("tienbo-entry")).map((one) => caches.delete(one))); }
  if (window.indexedDB) { await new Promise((done) => { const asked = indexedDB.deleteDatabase(NAME); asked.onsuccess = asked.onerror = asked.onblocked = done; }); }
  if (navigator.serviceWorker) { await Promise.all((await navigator.serviceWorker.getRegistrations()).map((one) => one.unregister())); }
}
