// What stays on this device. Local storage that never throws: a private window or a full disk falls back to the page's
// memory. A worker, where the browser has them, keeps the item on the screen for a reload without a network.

const memory = new Map();
const PREFIX = "danmaku:";

export function load(name, otherwise = null) {
  try {
    const text = localStorage.getItem(PREFIX + name);
    if (text !== null) return JSON.parse(text);
  } catch {
    // unreadable storage counts as empty
  }
  return memory.has(name) ? memory.get(name) : otherwise;
}

/** True when it will survive the closing of this page. */
export function save(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
    memory.delete(name);
    return true;
  } catch {
    memory.set(name, value);
    return false;
  }
}

export function drop(name) {
  memory.delete(name);
  try {
    localStorage.removeItem(PREFIX + name);
  } catch {
    // nothing was stored
  }
}

let atHand = null;
const workers = () => navigator.serviceWorker; // absent where the site is not reached over HTTPS

/** Let the worker keep these pages, pictures and films, and nothing else. */
export function keepAtHand(paths) {
  atHand = paths;
  workers()?.controller?.postMessage(paths);
}

/** @param {string} script the worker's address; it reaches no further than its folder */
export function hireWorker(script) {
  workers()?.register(script, { scope: script.replace(/[^/]*$/, "") }).catch(() => {});
  workers()?.addEventListener("controllerchange", () => atHand && keepAtHand(atHand));
}

/** The sitting is over or another page is read: nothing of it is kept. */
export async function dropPages() {
  const names = (await self.caches?.keys()) ?? [];
  await Promise.all(names.filter((name) => name.startsWith(PREFIX)).map((name) => caches.delete(name)));
}

/** Everything this site kept in this browser about answers; the rater asked to be forgotten. */
export async function clear() {
  memory.clear();
  dropPages();
  (await workers()?.getRegistrations())?.forEach((one) => one.unregister());
  try {
    Object.keys(localStorage).filter((name) => name.startsWith(PREFIX)).forEach((name) => localStorage.removeItem(name));
  } catch {
    // nothing was stored
  }
}
