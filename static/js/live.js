// Keeps the part of a page marked data-live="seconds" up to date: fetches the same address again and swaps the part.
// Nothing moves while the page is hidden or somebody types or has opened something in that part.

const part = document.querySelector("[data-live]");

function busy() {
  return document.hidden || part.contains(document.activeElement) || part.querySelector("details[open]");
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) throw new Error(`The page answered ${answer.status}.`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-live]");
  if (!fresh || busy()) return;
  if (fresh.dataset.live !== part.dataset.live) {
    location.reload(); // it is over: the rest of the page has news too
    return;
  }
  if (fresh.innerHTML !== part.innerHTML) part.replaceChildren(...fresh.childNodes);
}

function wait(failures) {
  const seconds = Number(part.dataset.live) * 2 ** Math.min(failures, 5);
  setTimeout(async () => {
    let failed = failures;
    if (!busy()) {
      try {
        await refresh();
        failed = 0;
      } catch {
        failed += 1;
      }
    }
    wait(failed);
  }, seconds * 1000);
}

if (part && Number(part.dataset.live) > 0) wait(0);
