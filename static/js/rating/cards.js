// One item's form: marks and choices, undo, keys, the draft on this device, and deliberate sending.

import { drop, load, save } from "./keep.js";

const HASTE = 350; // milliseconds after an item appears in which a key sends nothing

/** How long an item was in view, when the rater first acted, how long until it was sent. Survives a reload. */
class Clock {
  /** @param {{visible?: number, first?: number|null, started?: number}} [saved] what a draft kept */
  constructor(saved = {}) {
    this.kept = saved.visible ?? 0;
    this.first = saved.first ?? null;
    this.started = saved.started ?? Date.now();
    this.since = document.visibilityState === "visible" ? performance.now() : null;
    this.onchange = () => this.turn();
    document.addEventListener("visibilitychange", this.onchange);
  }

  /** The page came into view or left it. */
  turn() {
    const seen = document.visibilityState === "visible";
    if (seen && this.since === null) this.since = performance.now();
    if (!seen && this.since !== null) {
      this.kept += performance.now() - this.since;
      this.since = null;
    }
  }

  /** Milliseconds in view so far. */
  get visible() {
    return Math.round(this.kept + (this.since === null ? 0 : performance.now() - this.since));
  }

  /** The first mark, choice or keystroke of the rater; later ones change nothing. */
  touch() {
    this.first ??= Math.max(0, Date.now() - this.started);
  }

  saved() {
    return { visible: this.visible, first: this.first, started: this.started };
  }

  fields() {
    const elapsed = Math.max(0, Date.now() - this.started);
    return { visible_ms: String(this.visible), first_action_ms: String(this.first ?? elapsed), elapsed_ms: String(elapsed) };
  }

  stop() {
    document.removeEventListener("visibilitychange", this.onchange);
  }
}

/** What makes an answer the same answer, however often it is sent. */
const freshKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export class Cards {
  /**
   * @param {HTMLElement} item
   * @param {{texts: DOMStringMap, change: () => void, send: (entry: object) => void}} hooks
   */
  constructor(item, { texts, change, send }) {
    Object.assign(this, { item, texts, change, send });
    this.form = item.querySelector("[data-form]");
    this.inputs = [...this.form.querySelectorAll("input[type=checkbox], input[type=radio]")];
    this.practice = "practice" in item.dataset;
    this.name = `draft:${location.pathname}:${item.dataset.revision}`;
    this.past = [];
    this.shown = performance.now();
    const draft = this.practice ? null : load(this.name);
    this.clock = new Clock(draft?.clock);
    if (draft) this.restore(draft);
    else this.form.elements.key.value = freshKey(); // a kept page may be opened again
    this.now = this.picked;
    this.bind();
    this.report(draft?.picked.length || draft?.comment ? texts.kept : "");
  }

  get picked() {
    return this.inputs.filter((input) => input.checked).map((input) => input.value);
  }

  bind() {
    this.form.addEventListener("change", (event) => this.inputs.includes(event.target) && this.changed());
    this.form.addEventListener("input", () => {
      this.clock.touch();
      this.keep();
    });
    this.form.addEventListener("submit", (event) => this.submit(event));
    const undo = this.form.querySelector("[data-undo]");
    if (!undo) return; // a solved practice item
    undo.hidden = false;
    undo.addEventListener("click", () => this.undo());
  }

  changed() {
    this.past.push(this.now);
    this.now = this.picked;
    this.clock.touch();
    this.asked = false;
    this.keep();
    this.report();
  }

  undo() {
    if (!this.past.length) return;
    const before = this.past.pop();
    this.inputs.forEach((input) => (input.checked = before.includes(input.value)));
    this.now = before;
    this.asked = false;
    this.keep();
    this.report();
  }

  /** Only on this device, so that a reload, a crash or a flat battery loses no mark. */
  keep() {
    if (this.practice || this.sent) return;
    const { key, comment } = this.form.elements;
    save(this.name, { picked: this.picked, comment: comment.value, key: key.value, clock: this.clock.saved() });
  }

  restore(draft) {
    this.inputs.forEach((input) => (input.checked = draft.picked.includes(input.value)));
    this.form.elements.comment.value = draft.comment;
    this.form.elements.key.value = draft.key;
    if (draft.comment) this.form.elements.comment.closest("details").open = true;
  }

  report(text = "", asking = false) {
    const state = this.form.querySelector("[data-state]");
    const count = this.inputs[0]?.type === "checkbox" && this.now.length ? this.texts.count.replace("%n", this.now.length) : "";
    state.textContent = text || count;
    state.classList.toggle("is-asking", asking);
    const undo = this.form.querySelector("[data-undo]");
    if (undo) undo.disabled = !this.past.length;
    this.change();
  }

  /** Nothing is sent by accident: no haste, no empty answer without a second press, nothing twice. */
  submit(event) {
    if (this.practice) return;
    event.preventDefault();
    if (this.sent || performance.now() - this.shown < HASTE) return;
    if (!this.now.length && this.inputs[0]?.type === "radio") {
      this.report(this.texts.nothingChosen, true);
      return;
    }
    if (!this.now.length && !this.asked) {
      this.asked = true;
      this.report(this.texts.nothingMarked, true);
      return;
    }
    this.sent = true;
    drop(this.name);
    this.send(this.entry());
  }

  entry() {
    const timing = this.clock.fields();
    const fields = [...new FormData(this.form)]
      .filter(([name]) => name !== "csrfmiddlewaretoken")
      .map(([name, value]) => [name, timing[name] ?? value]);
    return { url: new URL(this.form.action).pathname, position: Number(this.item.dataset.position), fields };
  }

  /** Number keys: 1 to 9, 0 for the tenth (or for "none of them"), with Shift from the eleventh on. */
  digit(number, shifted) {
    const radio = this.inputs[0]?.type === "radio";
    const place = radio && number === 0 ? this.inputs.length - 1 : (number || 10) - 1 + (shifted ? 10 : 0);
    const input = this.inputs[place];
    if (!input || input.disabled || (radio && number !== 0 && place >= this.inputs.length - 1)) return false;
    input.focus({ preventScroll: true });
    input.closest(".choice").scrollIntoView({ block: "nearest" });
    if (!(radio && input.checked)) input.click();
    return true;
  }

  /** From card to card; in a choice among radios the browser does this itself. */
  move(step) {
    if (this.inputs[0]?.type !== "checkbox") return false;
    const at = this.inputs.indexOf(document.activeElement);
    const next = this.inputs[at < 0 ? 0 : (at + step + this.inputs.length) % this.inputs.length];
    next.focus();
    return true;
  }

  stop() {
    this.clock.stop();
    if (!this.sent) this.keep();
  }
}
