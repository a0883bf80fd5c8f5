// The frame of the page: its navigation, the page that is shown, and the state of the connection.

import { report } from "./actions.js";
import * as clock from "./pages/clock.js";
import * as connectors from "./pages/connectors.js";
import * as faults from "./pages/faults.js";
import * as limits from "./pages/limits.js";
import * as requests from "./pages/requests.js";
import * as test from "./pages/test.js";
import * as webhooks from "./pages/webhooks.js";
import { el, fill, setText } from "./render.js";
import { connect, loadCatalog, store, subscribe } from "./store.js";

const PAGES = [connectors, requests, webhooks, faults, clock, limits, test];

const main = document.getElementById("main");
const navigation = document.getElementById("pages");
const links = new Map();
/** By id: the element, the page, and its scroll positions while it is not shown. */
const mounted = new Map();
let current = null;

for (const page of PAGES) {
  const count = page.count && el("span", { class: "count" });
  const link = el("a", { href: `#${page.id}` }, page.title, count);
  links.set(page.id, { link, count });
  navigation.append(link);
}

/** Shows the page of the address. Each page is built once, so that its inputs keep their values. */
function show() {
  const id = location.hash.slice(1);
  // The link that skips the navigation is not a page.
  if (id === "main" && current) return;
  const hadFocus = main.contains(document.activeElement);
  if (current) hide(mounted.get(current.id));
  current = PAGES.find((page) => page.id === id) ?? connectors;
  for (const [known, { link }] of links) {
    if (known === current.id) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  links.get(current.id).link.scrollIntoView({ block: "nearest", inline: "nearest" });
  document.title = `${current.title} – Sandbox`;
  if (!mounted.has(current.id)) {
    const root = el("div", { class: `page ${current.id}` });
    root.append(el("h2", {}, current.title));
    mounted.set(current.id, { root, page: current.mount(root), scrolled: [] });
  }
  const { root, page, scrolled } = mounted.get(current.id);
  fill(main, root);
  page.shown?.();
  update();
  main.scrollTop = 0;
  for (const [element, top] of scrolled) element.scrollTop = top;
  if (hadFocus && !main.contains(document.activeElement)) main.focus();
}

/** An element that is taken out of the document forgets how far it was scrolled. */
function hide(known) {
  const elements = [main, ...known.root.querySelectorAll("*")];
  known.scrolled = elements.filter((element) => element.scrollTop > 0).map((element) => [element, element.scrollTop]);
  known.page.hidden?.();
}

function update() {
  const connection = document.getElementById("connection");
  setText(connection, store.connected ? "live" : "disconnected: trying again");
  connection.className = store.connected ? "live" : "lost";
  setText(document.getElementById("address"), store.settings?.baseUrl ?? "");
  for (const page of PAGES) if (page.count) setText(links.get(page.id).count, page.count() || "");
  // The first events arrive one after the other, and the pages need all of them.
  if (store.complete && store.catalog) mounted.get(current.id).page.update();
}

// Keys 1 to 7 select a page, unless a field has the focus.
document.addEventListener("keydown", (event) => {
  const isField = event.target.closest?.("input, select, textarea");
  if (isField || event.ctrlKey || event.metaKey || event.altKey) return;
  const page = PAGES[Number(event.key) - 1];
  if (page) location.hash = page.id;
});

history.scrollRestoration = "manual";
subscribe(update);
addEventListener("hashchange", show);
show();
connect();
loadCatalog().catch((error) => report(error.message, true));
// What depends on the time changes without events.
setInterval(() => current.tick?.(), 100);
