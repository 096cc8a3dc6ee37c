// The keyboard, safe while an input method is composing: those keystrokes belong to the writing, not to us.

/**
 * @param {{cards: () => import("./cards.js").Cards, stage: () => import("./stage.js").Stage, root: () => HTMLElement}} page
 */
export function listen(page) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    const done = handle(event, page);
    if (done) event.preventDefault();
  });
}

function handle(event, page) {
  const writing = event.target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=range])");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey || sends(event.target))) return !event.repeat && press(page, "[data-send]");
  if (writing || event.ctrlKey || event.metaKey) return false;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  if (digit) return !event.repeat && page.cards().digit(Number(digit[1]), event.shiftKey);
  switch (event.key) {
    case "ArrowDown": return event.target.type !== "range" && page.cards().move(1);
    case "ArrowUp": return event.target.type !== "range" && page.cards().move(-1);
    case "u": case "U": return page.cards().undo() ?? true;
    case "k": case "K": return page.stage().toggle() ?? true;
    case "p": case "P": return press(page, "[data-previous]");
    case "?": case "\uff1f": return press(page, "[data-help]");
    default: return false;
  }
}

/** Enter sends from everywhere but from what has its own use for it. */
function sends(target) {
  return !target.matches("textarea, button, a, summary, select");
}

function press(page, selector) {
  const button = page.root().querySelector(selector);
  button?.click();
  return Boolean(button);
}
