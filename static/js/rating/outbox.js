// Answers on their way: kept on the device, sent in order, again and again until the server says it has them.
// Each carries its own key, so that sending one twice stores it once.

import { load, save } from "./keep.js";

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15000;
const PATIENCE = 15000;

export class Outbox extends EventTarget {
  constructor() {
    super();
    this.wait = FIRST_WAIT;
    this.timer = null;
    this.busy = false;
    this.unsaved = false;
    addEventListener("online", () => this.hurry());
    addEventListener("focus", () => this.hurry());
    addEventListener("storage", () => this.tell("change"));
  }

  get entries() {
    return load("outbox", []);
  }

  set entries(list) {
    this.unsaved = !save("outbox", list) && list.length > 0;
    this.tell("change");
  }

  tell(type, detail = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** @param {{url: string, position: number, fields: [string, string][]}} entry with its key among the fields */
  add(entry) {
    this.entries = [...this.entries, entry];
    this.hurry();
  }

  hurry() {
    clearTimeout(this.timer);
    this.wait = FIRST_WAIT;
    this.flush();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  /** One sender at a time, in this tab and among tabs where the browser has locks. */
  async flush() {
    if (this.busy || !this.entries.length) return;
    this.busy = true;
    try {
      if (navigator.locks) await navigator.locks.request("danmaku-outbox", { ifAvailable: true }, (lock) => (lock ? this.empty() : this.later()));
      else await this.empty();
    } finally {
      this.busy = false;
    }
  }

  async empty() {
    for (let [entry] = this.entries; entry; [entry] = this.entries) {
      const answer = await send(entry);
      if (answer.again) {
        this.tell(answer.error ? "refused" : "offline", answer);
        return this.later();
      }
      this.wait = FIRST_WAIT;
      this.entries = this.entries.filter((other) => keyOf(other) !== keyOf(entry));
      this.tell(answer.error ? "refused" : "acknowledged", { ...answer, entry, left: this.entries.length });
    }
  }
}

const keyOf = (entry) => entry.fields.find(([name]) => name === "key")[1];

/**
 * One try. Only our own server's words end an entry's wait: a captive portal's page or a proxy's error is no reply.
 * 403 (not known here any more) waits too: after opening the invitation again it goes through.
 */
async function send(entry) {
  try {
    const reply = await fetch(entry.url, {
      method: "POST",
      body: new URLSearchParams(entry.fields),
      headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
      credentials: "same-origin",
      redirect: "error",
      signal: AbortSignal.timeout ? AbortSignal.timeout(PATIENCE) : undefined,
    });
    const said = (reply.headers.get("content-type") ?? "").includes("json") ? await reply.json() : {};
    if (said.next && (reply.ok || reply.status === 409)) return said;
    if (said.error) return { ...said, again: reply.status === 403 || reply.status >= 500 };
    return { again: true, status: reply.status };
  } catch {
    return { again: true };
  }
}

/** From the cookie, not from the page: it may have been renewed since the page was made. */
function csrfToken() {
  const found = document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/);
  return found ? decodeURIComponent(found[1]) : document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}
