// Keeps the item on the screen, and those fetched beforehand, for a reload or a new tab without a network.
// The server is always asked first; answers are none of its business. `self.site` comes from /rate/worker.js.

const { version, pages, files } = self.site;
const CACHE = `danmaku:${version}`;
const PATIENCE = 4000; // milliseconds a server may take where the page is at hand
const STALE = 24 * 3600 * 1000; // after which an item may have been given to somebody else

const isPage = (path) => path.startsWith(pages) && /^[\w-]+\/\d+\/$/.test(path.slice(pages.length));
const isFile = (path) => files.some((prefix) => path.startsWith(prefix));

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(begin()));
addEventListener("message", (event) => event.waitUntil(keepOnly(event.data)));
addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin) return;
  if (isPage(pathname)) event.respondWith(page(event, pathname));
  else if (isFile(pathname)) event.respondWith(file(event));
});

/** A new version starts with nothing: pages and the scripts they name belong together. */
async function begin() {
  const old = (await caches.keys()).filter((name) => name.startsWith("danmaku:") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await clients.claim();
}

/** Of pages, pictures and films exactly these, by path: what is missing is fetched, the rest goes. */
async function keepOnly(wanted) {
  const cache = await caches.open(CACHE);
  const kept = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname));
  const surplus = [...kept].filter((path) => !wanted.includes(path) && !path.startsWith(files[0]));
  await Promise.all(surplus.map((path) => cache.delete(path, { ignoreVary: true })));
  const missing = wanted.filter((path) => !kept.has(path));
  await Promise.allSettled(missing.map(async (path) => store(path, await fetch(path, { headers: { "X-Ahead": "1" } }))));
}

/** The item's page from the server; where that cannot be reached, as it was kept. */
async function page(event, path) {
  const kept = await fresh(path);
  try {
    const answer = await inTime(fetch(event.request), kept);
    if (kept && answer.status >= 500 && !(await answer.clone().text()).includes('class="problem"')) return kept;
    if ([403, 404, 410].includes(answer.status)) await caches.delete(CACHE); // not this browser's any more
    event.waitUntil(store(path, answer.clone()));
    return answer;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

async function fresh(path) {
  const kept = await find(path);
  return kept && Date.now() - Date.parse(kept.headers.get("date")) < STALE ? kept : undefined;
}

const find = (path) => caches.match(path, { cacheName: CACHE, ignoreVary: true });

const inTime = (answer, kept) =>
  kept ? Promise.race([answer, new Promise((_, fail) => setTimeout(fail, PATIENCE, new Error("The server is slow.")))]) : answer;

/** Files never change under their address. */
async function file(event) {
  const { request } = event;
  const { pathname } = new URL(request.url);
  const kept = await find(pathname);
  if (kept) return request.headers.has("range") ? part(kept, request.headers.get("range")) : kept;
  const answer = await fetch(request);
  event.waitUntil(store(pathname, answer.clone()));
  return answer;
}

/** Items and unchanging files, whole and from our own server; a portal that answers for it is not kept. */
async function store(path, answer) {
  const unchanging = (answer.headers.get("cache-control") ?? "").includes("immutable");
  if (answer.status !== 200 || answer.redirected || !(unchanging || isPage(path))) return;
  if (!unchanging && !(await answer.clone().text()).includes("data-item")) return;
  await (await caches.open(CACHE)).put(path, answer);
}

/** Browsers ask for films in parts. */
async function part(kept, range) {
  const found = /^bytes=(\d*)-(\d*)$/.exec(range);
  if (!found) return kept;
  const whole = await kept.blob();
  const [first, last] = found.slice(1);
  const from = first ? Number(first) : Math.max(0, whole.size - Number(last));
  const to = first && last ? Math.min(Number(last), whole.size - 1) : whole.size - 1;
  if (from > to) return new Response(null, { status: 416, headers: { "Content-Range": `bytes */${whole.size}` } });
  const headers = { "Content-Range": `bytes ${from}-${to}/${whole.size}`, "Content-Type": kept.headers.get("content-type"), "Accept-Ranges": "bytes" };
  return new Response(whole.slice(from, to + 1), { status: 206, headers });
}
