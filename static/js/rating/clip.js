// The film of a moment. While it runs it is the clock: comments, slider and time follow it, and wait where it waits.
// Fetched only where an item has one.

const DRIFT = 0.12; // seconds between film and comments that nobody sees
const NEAR = 0.3; // seconds by which film and loop may differ in length and still turn over together

export class Clip {
  /**
   * @param {object} stage the Stage it plays on (naming its module here would be a circle of imports)
   * @param {HTMLVideoElement} video
   */
  constructor(stage, video) {
    Object.assign(this, { stage, video, offset: Number(video.dataset.start) - stage.first });
    video.muted = true; // the attribute does not count in a page fetched beforehand
    video.addEventListener("loadedmetadata", () => this.measure());
    video.addEventListener("loadeddata", () => video.classList.add("is-current"));
    video.addEventListener("waiting", () => this.wait(true));
    video.addEventListener("playing", () => this.wait(false));
    video.addEventListener("error", () => this.giveUp());
    if (stage.playing || !stage.still) this.fetch();
  }

  /** Not before it is wanted: whoever asks for less motion may never start it. */
  fetch() {
    if (this.video.hasAttribute("src")) return;
    this.video.preload = "auto";
    this.video.src = this.video.dataset.src;
    this.video.playbackRate = this.video.defaultPlaybackRate = this.stage.rate;
  }

  /** The loop of the comments takes the length of the film. */
  measure() {
    const span = this.video.duration + this.offset;
    if (Math.abs(span - this.stage.span) >= NEAR) {
      this.stage.span = Math.max(1, span);
      this.stage.width = 0;
      this.stage.arrange();
    }
    this.video.loop = Math.abs(this.offset) < NEAR && Math.abs(this.video.duration - this.stage.period) < NEAR;
  }

  /** The phase that counts: the film's while it runs, else the comments' own. Called with every picture drawn. */
  lead(phase) {
    const { video, stage } = this;
    if (phase === undefined || !video.duration || stage.held || !stage.playing) return phase;
    const at = phase - this.offset;
    if (!video.loop && (at < 0 || at >= video.duration)) {
      if (!video.paused) video.pause(); // rests on its first or last picture while the last comments fly on
      return phase;
    }
    if (video.paused) {
      if (Math.abs(video.currentTime - at) > DRIFT) this.show(phase);
      this.start();
      return phase;
    }
    if (video.seeking || video.readyState < 3) return phase;
    return this.draw(video.currentTime + this.offset, phase);
  }

  /** Comments that are ahead or behind are put where the film is; the two ends of the loop are neighbours. */
  draw(now, phase) {
    const { period } = this.stage;
    const ahead = ((((phase - now + period / 2) % period) + period) % period) - period / 2;
    if (Math.abs(ahead) > DRIFT) this.stage.jump(now);
    return now;
  }

  async start() {
    try {
      await this.video.play();
    } catch (error) {
      if (error.name === "NotAllowedError" && this.stage.playing) this.stage.play(false); // a press of Play allows it
    }
  }

  play(on) {
    if (on) return this.fetch();
    const runs = !this.video.paused;
    this.video.pause();
    if (runs && !this.video.seeking) this.stage.jump(this.video.currentTime + this.offset); // both stand at the same second
  }

  /** A pointer rests on a comment, or has left it. */
  hold(on) {
    if (on) this.video.pause();
  }

  /** The network is slower than the film. */
  wait(on) {
    if (on && this.stage.playing) this.stage.flights.forEach((flight) => flight.pause());
    else if (!this.stage.held) this.stage.halt(false);
  }

  speed(rate) {
    this.video.playbackRate = this.video.defaultPlaybackRate = rate;
  }

  /** The picture at that place of the loop. */
  show(phase) {
    this.fetch();
    this.video.currentTime = Math.min(Math.max(phase - this.offset, 0), (this.video.duration || this.stage.span) - 0.01);
  }

  /** No film after all: the frames, as where there never was one. */
  giveUp() {
    if (!this.video.isConnected) return;
    this.video.remove();
    this.stage.clip = null;
    this.wait(false);
    if (this.stage.playing) this.stage.loadFrames();
  }

  /** Let go of the network and the decoder. */
  stop() {
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }
}
