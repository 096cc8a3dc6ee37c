// Local storage that never throws: a private window or a full disk falls back to the page's memory.

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

/** Everything this site kept in this browser about answers; the rater asked to be forgotten. */
export function clear() {
  memory.clear();
  try {
    Object.keys(localStorage).filter((name) => name.startsWith(PREFIX)).forEach((name) => localStorage.removeItem(name));
  } catch {
    // nothing was stored
  }
}
