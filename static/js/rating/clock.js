// How long an item was in view, when the rater first acted, how long until it was sent. Survives a reload.

export class Clock {
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
