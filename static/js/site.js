// What every page has: the theme toggle and the language form.

const YEAR = 60 * 60 * 24 * 365;

/** The theme in force: the one chosen, else the system's. */
function theme() {
  const chosen = document.documentElement.dataset.theme;
  return chosen || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

/** A cookie, not local storage: the server writes the theme into the page, so that nothing flashes. */
function choose(name) {
  document.documentElement.dataset.theme = name;
  document.cookie = `theme=${name}; path=/; max-age=${YEAR}; SameSite=Lax`;
}

/** A page that was kept on the device may be older than the choice. */
const cookie = document.cookie.match(/(?:^|; )theme=(light|dark)/);
if (cookie) document.documentElement.dataset.theme = cookie[1];

const toggle = document.querySelector("[data-theme-toggle]");
if (toggle) {
  toggle.hidden = false;
  toggle.addEventListener("click", () => choose(theme() === "dark" ? "light" : "dark"));
}

// Come back to where the rater is now, also after items were changed without a page load.
document.querySelector("[data-language]")?.addEventListener("submit", (event) => {
  event.currentTarget.elements.next.value = location.pathname + location.search;
});
