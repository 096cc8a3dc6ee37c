// The stage: comments fly in lanes over the picture, at their own seconds, in a loop.
// The list beside it says the same; rows and bullets light up and are marked together.

import { load, save } from "./keep.js";

const CROSSING = 7; // seconds a comment takes from edge to edge
const GAP = 24; // pixels between two comments in one lane
const STEP = 0.25; // seconds; how finely a late comment is moved
const LONGEST = 90; // seconds of a loop
const SPEEDS = [1, 1.5, 2, 0.5];
const reduced = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * Lanes for comments that must not touch. Longer comments fly faster, as on the platforms, so two things are asked
 * of neighbours in a lane: the first has fully entered when the second starts, and has left before it is caught up.
 * The loop is closed: the last comment of a round is the neighbour of the first of the next. It grows until all
 * that must fly find room; of the others, those that find none are left to the list, as platforms do in a crowd.
 * @param {{at: number, width: number, must: boolean}[]} comments seconds from the loop's start; pixels
 * @returns {{period: number, places: ({lane: number, start: number}|null)[]}}
 */
export function allot(comments, { width, lanes, period }) {
  const order = comments.map((_, i) => i).sort((a, b) => comments[b].must - comments[a].must || comments[a].at - comments[b].at);
  for (let length = period; ; length += 2) {
    const places = tryAllot(comments, order, width, lanes, length);
    if (places || length > LONGEST) return { period: length, places: places ?? comments.map(() => null) };
  }
}

function tryAllot(comments, order, width, lanes, period) {
  const rows = Array.from({ length: lanes }, () => []);
  const places = [];
  for (const i of order) {
    places[i] = findPlace(comments[i], rows, width, period);
    if (places[i]) rows[places[i].lane].push({ start: places[i].start, width: comments[i].width });
    else if (comments[i].must) return null;
  }
  return places;
}

function findPlace(comment, rows, width, period) {
  for (let delay = 0; delay < period; delay += STEP) {
    const start = (comment.at + delay) % period;
    const lane = rows.findIndex((row) => row.every((other) => apart(other, { start, width: comment.width }, width, period)));
    if (lane >= 0) return { lane, start };
  }
  return null;
}

function apart(a, b, width, period) {
  const ahead = (((b.start - a.start) % period) + period) % period;
  return follows(a, b, ahead, width) && follows(b, a, period - ahead, width);
}

/** Whether b, starting `later` seconds after a, neither touches nor catches it. */
function follows(a, b, later, width) {
  const speedA = (width + a.width) / CROSSING;
  const speedB = (width + b.width) / CROSSING;
  return later * speedA >= a.width + GAP && later + (width - GAP) / speedB >= CROSSING;
}

/** Cards all belong to one second: spread over it, so that they do not come as a wall. */
const scatter = (i) => (i * 0.37) % 0.95;

const format = (time, seconds = Math.max(0, Math.floor(time))) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

export class Stage {
  /** @param {HTMLElement} root the item; it holds the stage and the rows */
  constructor(root) {
    this.root = root;
    this.stage = root.querySelector("[data-stage]");
    this.screen = this.stage.querySelector("[data-screen]");
    this.lanes = this.stage.querySelector("[data-lanes]");
    this.frames = [...this.stage.querySelectorAll("[data-frame]")];
    this.first = Number(this.stage.dataset.first);
    this.time = Number(this.stage.dataset.time);
    this.still = reduced.matches;
    this.rate = load("speed", 1);
    this.flights = [];
    this.span = Math.max(this.frames.length, 11); // seconds of film
    this.period = this.span;
    this.pairs = [...root.querySelectorAll("[data-comment]")].map((row, i) => this.pair(row, i));
    this.controls();
    this.roll(this.stage.querySelector("[data-clip]"));
    this.mend = () => this.frames.filter((one) => one.src && one.complete && !one.naturalWidth).forEach((one) => (one.src = one.src));
    addEventListener("online", this.mend);
    this.observer = new ResizeObserver(() => this.arrange());
    this.observer.observe(this.screen);
  }

  /** Where there is a film, it leads; until it runs, and where it cannot, the frames are shown. */
  async roll(video) {
    if (!video) return;
    this.clip = true; // spares the frames
    try {
      const { Clip } = await import("./clip.js");
      if (video.isConnected) this.clip = new Clip(this, video);
    } catch {
      this.clip = null;
      if (this.playing) this.loadFrames();
    }
  }

  pair(row, i) {
    const bullet = document.createElement("span");
    bullet.className = `bullet bullet--${row.dataset.kind}`;
    const key = row.querySelector(".choice__key");
    if (key) bullet.append(span("bullet__key", key.textContent));
    bullet.append(span("bullet__text", row.querySelector("[data-text]").textContent));
    const input = row.querySelector("input");
    const light = (on) => [bullet, row].forEach((one) => one.classList.toggle("is-lit", on));
    for (const one of [bullet, row]) {
      one.addEventListener("pointerenter", () => light(true));
      one.addEventListener("pointerleave", () => light(false));
    }
    row.addEventListener("focusin", () => light(true));
    row.addEventListener("focusout", () => light(false));
    bullet.addEventListener("pointerenter", () => this.halt(true));
    bullet.addEventListener("pointerleave", () => this.halt(false));
    if (input) bullet.addEventListener("click", () => input.disabled || input.click());
    this.lanes.append(bullet);
    return { row, bullet, input, at: Math.max(0, Number(row.dataset.time) - this.first) + (input ? scatter(i) : 0) };
  }

  /** The marks of the list, on the bullets too. */
  mark() {
    for (const { row, bullet, input } of this.pairs) {
      bullet.classList.toggle("is-picked", Boolean(input?.checked));
      row.classList.toggle("is-picked", Boolean(input?.checked));
    }
  }

  /** Places every bullet anew: at the start, and when the stage changes its width. */
  arrange() {
    const width = this.screen.clientWidth;
    if (!width || width === this.width) return;
    const phase = this.phase ?? Math.max(0, this.time - this.first - 0.6);
    this.width = width;
    this.flights.forEach((flight) => flight.cancel());
    this.flights = [];
    this.lanes.classList.toggle("stage__lanes--still", this.still);
    if (!this.still) this.launch(width, phase);
    this.play(this.playing ?? !this.still);
  }

  launch(width, phase) {
    const height = Math.max(...this.pairs.map(({ bullet }) => bullet.offsetHeight), 24) + 3;
    const lanes = Math.max(1, Math.floor((this.screen.clientHeight - 34) / height));
    const sizes = this.pairs.map(({ bullet, at, input }) => {
      bullet.hidden = false;
      return { at, must: Boolean(input), width: Math.ceil(bullet.getBoundingClientRect().width) + 1 };
    });
    const { period, places } = allot(sizes, { width, lanes, period: this.span });
    this.period = period;
    this.pairs.forEach(({ bullet }, i) => {
      bullet.hidden = !places[i];
      if (!places[i]) return;
      const y = 4 + places[i].lane * height;
      const [from, to] = [width, -sizes[i].width].map((x) => ({ transform: `translate(${x}px, ${y}px)` }));
      const flight = bullet.animate([from, { ...to, offset: CROSSING / period }, to], {
        duration: period * 1000, delay: (places[i].start - period) * 1000, iterations: Infinity, fill: "both",
      });
      flight.currentTime = phase * 1000;
      this.flights.push(flight);
    });
    this.speed(this.rate);
  }

  /** Seconds into the loop, or undefined while nothing flies. */
  get phase() {
    const now = this.flights[0]?.currentTime;
    return now == null ? undefined : (((now / 1000) % this.period) + this.period) % this.period;
  }

  play(on) {
    this.playing = on;
    if (on && this.still) {
      this.still = false;
      this.width = 0;
      return this.arrange();
    }
    this.stage.dataset.playing = String(on);
    const button = this.stage.querySelector("[data-play]");
    button.setAttribute("aria-label", on ? button.dataset.labelPause : button.dataset.labelPlay);
    this.halt(false);
    this.clip?.play?.(on);
    if (on) this.loadFrames();
    return this.tick();
  }

  /** Held while a pointer rests on a comment; goes on when it leaves, unless the rater paused. */
  halt(on) {
    this.held = on;
    this.clip?.hold?.(on);
    this.flights.forEach((flight) => (on || !this.playing ? flight.pause() : flight.play()));
  }

  toggle() {
    this.play(!this.playing);
  }

  speed(rate) {
    this.rate = rate;
    save("speed", rate);
    this.flights.forEach((flight) => (flight.playbackRate = rate));
    this.clip?.speed?.(rate);
    const button = this.stage.querySelector("[data-speed]");
    button.textContent = `${rate}×`;
    button.setAttribute("aria-label", `${button.dataset.label} ${rate}×`);
  }

  /** The frames beside the key frame are fetched once the key frame is there. */
  loadFrames() {
    if (this.clip) return;
    this.frames.forEach((frame) => {
      if (!frame.dataset.src) return;
      frame.addEventListener("load", () => this.frames.indexOf(frame) === this.second && this.picture(), { once: true });
      frame.src = frame.dataset.src;
      delete frame.dataset.src;
    });
  }

  /** The picture, the clock and the slider follow the loop. */
  tick() {
    cancelAnimationFrame(this.frame);
    const phase = this.clip?.lead?.(this.phase) ?? this.phase;
    this.show(phase ?? this.time - this.first, phase !== undefined);
    if (this.playing && phase !== undefined) this.frame = requestAnimationFrame(() => this.tick());
  }

  show(phase, moveSeek) {
    const second = Math.min(Math.floor(phase), Math.ceil(this.span) - 1);
    if (moveSeek) this.stage.querySelector("[data-seek]").value = String(Math.round((phase / this.period) * 100));
    if (second === this.second) return;
    this.second = second;
    this.stage.querySelector("[data-clock]").textContent = format(this.first + second);
    this.picture();
  }

  /** The frame of this second, once it has arrived; until then the one before stays. */
  picture() {
    const now = this.frames[Math.min(this.second, this.frames.length - 1)];
    if (now?.complete && now.naturalWidth) this.frames.forEach((frame) => frame.classList.toggle("is-current", frame === now));
  }

  seek(share) {
    this.play(false);
    this.loadFrames();
    const phase = share * (this.flights.length ? this.period : this.span) * 0.9999;
    this.jump(phase);
    this.clip?.show?.(phase);
    this.show(phase, false);
  }

  jump(phase) {
    this.flights.forEach((flight) => (flight.currentTime = phase * 1000));
  }

  controls() {
    const at = (name) => this.stage.querySelector(`[data-${name}]`);
    at("controls").hidden = false;
    at("play").addEventListener("click", () => this.toggle());
    at("speed").addEventListener("click", () => this.speed(SPEEDS[(SPEEDS.indexOf(this.rate) + 1) % SPEEDS.length]));
    at("seek").addEventListener("input", (event) => this.seek(Number(event.target.value) / 100));
    const fade = (value) => this.lanes.style.setProperty("--danmaku-opacity", String(value / 100));
    at("opacity").value = String(load("opacity", 100));
    fade(load("opacity", 100));
    at("opacity").addEventListener("input", (event) => {
      fade(Number(event.target.value));
      save("opacity", Number(event.target.value));
    });
  }

  stop() {
    removeEventListener("online", this.mend);
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    this.flights.forEach((flight) => flight.cancel());
    this.clip?.stop?.();
  }
}

function span(name, text) {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text;
  return element;
}
