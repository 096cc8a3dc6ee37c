// A sitting: shows an item, hands its answer to the outbox, and goes on at once with the next, fetched beforehand.
// Every step works without this script too; it only spares the waiting and bears a lost network.

import { Cards } from "./cards.js";
import { clear, dropPages, hireWorker, keepAtHand } from "./keep.js";
import { listen } from "./keys.js";
import { Outbox } from "./outbox.js";
import { Stage } from "./stage.js";

const AHEAD = 4; // items fetched beforehand
const REST = 15; // minutes after which a break is suggested
const SETTLED = 200; // milliseconds until an item is surely on the screen
const narrow = matchMedia("(max-width: 61.99rem)");

const outbox = new Outbox();
const net = document.querySelector("[data-net]");
const pages = new Map(); // path -> HTML of an item not yet shown
const answered = new Map(); // path -> what was sent from here: {picked, comment, revision}
let item, stage, cards, isPassing, rested = Date.now();
let isNarrow = narrow.matches; // asked for every item, it would make the browser lay out the page each time
narrow.addEventListener("change", ({ matches }) => (isNarrow = matches));

function begin(root) {
  item = root;
  stage = new Stage(root);
  cards = new Cards(root, { texts: net.dataset, change: () => stage.mark(), send: leave });
  const help = root.querySelector("[data-help]");
  help.hidden = false;
  help.addEventListener("click", () => document.querySelector("[data-help-dialog]").showModal());
  root.querySelector("[data-previous]")?.addEventListener("click", (event) => {
    event.preventDefault();
    go(new URL(event.currentTarget.href).pathname);
  });
  if (cards.practice) return;
  prepare(root);
  spent();
}

function end() {
  place(null);
  stage.stop();
  cards.stop();
}

/** The answer is safe in the outbox: go on. */
function leave(entry) {
  answered.set(entry.url, inside(entry));
  outbox.add(entry);
  return onward();
}

/** To the next item; after the last one the page waits for the server's word. */
function onward() {
  return "last" in item.dataset ? wait() : go(item.dataset.next);
}

/** What an entry of the outbox says, as the item's page will show it once it is stored. */
function inside({ fields }) {
  const of = (name) => fields.filter(([field]) => field === name).map(([, value]) => value);
  return { picked: [...of("marked"), ...of("chosen")], comment: of("comment")[0], revision: Number(of("revision")[0]) + 1 };
}

/** The latest answer to this item that still waits on the device. */
function queued(path) {
  const entry = outbox.entries.findLast?.(({ url }) => url === path);
  return entry && inside(entry);
}

/** Nothing more to judge: the code comes when every answer has arrived. */
function wait() {
  end();
  const text = document.createElement("p");
  text.className = "lead";
  text.textContent = net.dataset.last;
  item.replaceChildren(text);
  item.className = "waiting";
  item.dataset.ended = "";
}

async function go(path, { push = true } = {}) {
  const page = await take(path);
  if (!page) return;
  end();
  if (push) history.pushState({}, "", page.path);
  swap(page.root, page.path);
}

function swap(root, path) {
  const sent = answered.get(path) ?? queued(path);
  if (sent && sent.revision > Number(root.dataset.revision)) overlay(root, sent);
  item.replaceWith(root);
  begin(root);
  place(root);
  document.title = root.querySelector("[data-title]").dataset.title;
  scrollTo(0, 0);
  document.querySelector("main").focus({ preventScroll: true });
  suggestBreak();
}

/** A page fetched before its answer was sent: show what was sent, and send changes as the next revision. */
function overlay(root, { picked, comment, revision }) {
  root.dataset.revision = String(revision);
  const form = root.querySelector("[data-form]");
  form.elements.revision.value = String(revision);
  form.elements.comment.value = comment ?? "";
  form.querySelectorAll("[name=marked], [name=chosen]").forEach((input) => (input.checked = picked.includes(input.value)));
}

/** The page of an item, from what was fetched or from the server; keeps asking while the network is away. */
async function take(path) {
  for (let wait = 500; ; wait = Math.min(wait * 2, 8000)) {
    const page = pages.get(path) ?? (await fetchPage(path));
    if (page?.elsewhere) {
      location.assign(page.elsewhere);
      return null;
    }
    if (page && wait > 500) connected();
    if (page) return { path: page.path, root: unfold(page) };
    say(net.dataset.loading, "", null, true);
    await new Promise((wake) => setTimeout(wake, wait));
  }
}

async function fetchPage(path) {
  try {
    const reply = await fetch(path, { headers: { "X-Ahead": "1" }, credentials: "same-origin" });
    const html = await reply.text();
    const ours = reply.status < 500 || html.includes('class="problem"'); // a pause says so itself; a broken proxy does not
    if (!reply.ok || !html.includes("data-item")) return ours ? { elsewhere: path } : null;
    const page = { path: new URL(reply.url).pathname, html };
    pages.set(page.path, page);
    return page;
  } catch {
    return null;
  }
}

/** The item alone, without what is meant for browsers that run no scripts: it would be fetched otherwise. */
function parse(html) {
  const root = new DOMParser().parseFromString(html, "text/html").querySelector("[data-item]");
  root.querySelectorAll("noscript").forEach((one) => one.remove());
  return document.adoptNode(root);
}

/** The item of a fetched page: made while the rater looked at the one before, or anew where it was shown already. */
function unfold(page) {
  const root = page.root ?? parse(page.html);
  page.root = null;
  return root;
}

/** The next items are fetched while the rater looks at this one; with them it outlives a reload without a network. */
async function prepare(root) {
  await new Promise((wake) => setTimeout(wake, SETTLED)); // nothing is fetched for later before this one is there
  if (item !== root) return;
  const folder = new URL("../../", import.meta.url).pathname;
  const here = [location.pathname, root.querySelector("[data-previous]")?.pathname, ...films(root, true).flat()];
  const next = "last" in root.dataset ? [] : await ahead(root.dataset.next, AHEAD);
  const scripts = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
  if (item === root) keepAtHand([...new Set([...here, ...next, ...scripts.filter((path) => path.startsWith(folder))])].filter(Boolean));
}

/** Fetches items with their pictures, one after the other; returns the addresses of both. */
async function ahead(path, count) {
  const page = path && count > 0 && (pages.get(path) ?? (await fetchPage(path)));
  if (!page?.html) return [];
  const root = (page.root ??= parse(page.html));
  const [pictures, clip] = films(root, count === AHEAD);
  pictures.forEach((one) => (new Image().src = one));
  clip.forEach((one) => fetch(one).catch(() => {}));
  return [path, ...pictures, ...clip, ...("last" in root.dataset ? [] : await ahead(root.dataset.next, count - 1))];
}

/** Addresses of an item's pictures and its clip: of the very next item all that its loop shows, of later ones the key frame. */
function films(root, all) {
  const clip = root.querySelector("[data-clip]");
  const frames = [...root.querySelectorAll("[data-frame]")].filter(({ dataset }) => !dataset.src || (all && !clip));
  return [frames.map(({ dataset, src }) => dataset.src ?? new URL(src).pathname), all && clip ? [clip.dataset.src] : []];
}

/** One sentence over the page. What is said of the network goes by itself; the rest stays until it is answered. */
function say(text, label = "", act = null, passing = false) {
  place(item);
  net.hidden = !text;
  isPassing = passing;
  net.querySelector("[data-net-text]").textContent = text;
  const button = net.querySelector("[data-net-button]");
  button.hidden = !label;
  button.textContent = label;
  button.onclick = act;
}

/** On a phone over the picture, since everything else there is to be read or pressed; nowhere but in the page otherwise. */
function place(root) {
  const where = (isNarrow && root?.querySelector("[data-screen]")) || document.querySelector("main");
  if (net.parentElement !== where) where.append(net);
}

const quiet = () => say("");
const connected = () => isPassing && quiet();

function spent() {
  const place = item.querySelector("[data-spent]");
  place.hidden = false;
  const show = () => {
    if (!place.isConnected) return clearInterval(timer);
    const seconds = Math.floor(cards.clock.visible / 1000);
    place.querySelector("[data-spent-clock]").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  };
  const timer = setInterval(show, 1000);
  show();
}

function suggestBreak() {
  const minutes = Math.floor((Date.now() - rested) / 60000);
  if (minutes < REST) return;
  rested = Date.now();
  say(net.dataset.break.replace("%n", minutes), net.dataset.dismiss, quiet);
}

function watchOutbox() {
  const retry = () => outbox.hurry();
  outbox.addEventListener("offline", () => {
    const waiting = net.dataset.waiting.replace("%n", outbox.entries.length);
    say(`${net.dataset.offline} ${waiting}`, net.dataset.retry, retry, true);
  });
  outbox.addEventListener("refused", ({ detail }) => {
    const text = net.dataset.refused.replace("%s", detail.error);
    if (detail.again) say(text, net.dataset.retry, retry, true);
    else say(text, net.dataset.dismiss, "ended" in (item?.dataset ?? {}) ? () => location.reload() : quiet);
  });
  outbox.addEventListener("acknowledged", ({ detail }) => {
    if (detail.conflict) [answered, pages].forEach((known) => known.delete(detail.entry.url));
    if (detail.conflict) say(net.dataset.conflict.replace("%n", detail.entry.position), net.dataset.dismiss, quiet);
    else if (!detail.left) connected();
    if (!detail.left && "ended" in (item?.dataset ?? {})) location.assign(detail.next);
  });
  addEventListener("beforeunload", (event) => outbox.unsaved && event.preventDefault());
}

function start() {
  if (document.querySelector("[data-forget-device]")) clear();
  const root = document.querySelector("[data-item]");
  if (net) watchOutbox();
  outbox.flush();
  if (!root) return dropPages();
  hireWorker(net.dataset.worker);
  begin(root);
  if (queued(location.pathname)?.revision > Number(root.dataset.revision)) onward(); // sent, then the page was reloaded
  listen({ cards: () => cards, stage: () => stage, root: () => item });
  addEventListener("popstate", () => go(location.pathname, { push: false }));
  addEventListener("pagehide", () => cards.keep());
}

start();
