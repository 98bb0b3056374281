/* The entry pages without a line: their scripts and styles, and each step as a shell that holds no figure. Nothing else is
   kept here; figures are kept sealed (entry_keep.js). */
const KEPT = `tienbo-entry-${self.ASSETS[0]}`, PATIENCE = 10000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(self.ASSETS)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((one) => one.startsWith("tienbo-entry-") && one !== KEPT).map((one) => caches.delete(one))))
    .then(() => self.clients.claim()));
});
self.addEventListener("message", (event) => {
  if (!event.data || !event.data.shells) { return; }
  event.waitUntil(caches.open(KEPT).then((cache) => Promise.all(event.data.shells.map(async (address) => {
    if (await cache.match(address)) { return; }
    const answer = await fetch(address, { credentials: "same-origin", redirect: "manual" });
    if (answer.ok) { await cache.put(address, answer); }
  }))).catch(() => {}));
});
self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== location.origin) { return; }
  if (self.ASSETS.includes(address.pathname)) {
    event.respondWith(caches.match(address.pathname).then((held) => held || fetch(event.request)));
    return;
  }
  const step = /^(\/entry\/[^/]+\/[^/]+\/)(?:(\d+)\/)?$/.exec(address.pathname);
  if (event.request.mode === "navigate" && step) { event.respondWith(page(event.request, `${step[1]}shell/${step[2] || 1}/`)); }
});

async function page(request, shell) {
  const held = await caches.match(shell);
  if (!held) { return fetch(request); }
  let timer;
  const patience = new Promise((_done, failed) => { timer = setTimeout(() => failed(new Error("slow")), PATIENCE); });
  try {
    return await Promise.race([fetch(request), patience]);
  } catch (_down) { return held; } finally { clearTimeout(timer); }
}
