// Limits: requests per second against the documented limits.

import { action } from "../actions.js";
import { button, el, setText } from "../render.js";
import { post, store } from "../store.js";

export const id = "limits";
export const title = "Limits";

const SECONDS = 60;
const SVG = "http://www.w3.org/2000/svg";

/** The position of each class in the counts of a second. */
const CLASSES = [["GET", 0, "get"], ["POST", 1, "post"], ["PATCH and DELETE", 2, null]];

export function mount(root) {
  const charts = CLASSES.map(([name, index, limit]) => chart(name, index, limit));
  const toggle = button("", action(async () => {
    const enforced = !isEnforced();
    await post("limits", { enforced });
    return enforced ? "Requests above the limits get 429." : "No limits are enforced.";
  }));
  const state = el("p");
  root.append(state, el("div", { class: "actions" }, toggle),
    el("p", { class: "hint" }, "Bird documents 50 GET and 500 POST requests per second for each workspace. The charts count all workspaces together."),
    el("div", { class: "charts" }, charts.map((known) => known.root)));
  return {
    update() {
      setText(toggle, isEnforced() ? "Stop enforcing" : "Enforce the documented limits");
      setText(state, isEnforced() ? "The limits are enforced: a request above them gets 429, and is not processed." : "The limits are not enforced.");
      for (const known of charts) known.update();
    },
  };
}

function isEnforced() {
  const enforced = store.limits?.enforced;
  return Boolean(enforced && (enforced.get !== null || enforced.post !== null || enforced.other !== null));
}

function svg(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** The last minute of one class of methods as bars, with a line at the limit. */
function chart(name, index, limit) {
  const bars = Array.from({ length: SECONDS }, (_, second) => svg("rect", { x: second * 5, width: 4, y: 100, height: 0 }));
  const line = svg("line", { x1: 0, x2: SECONDS * 5, y1: 0, y2: 0, class: "limit" });
  const picture = svg("svg", { viewBox: `0 0 ${SECONDS * 5} 100`, preserveAspectRatio: "none", role: "img" });
  picture.append(...bars, line);
  const current = el("strong", {}, "0");
  const per = el("span", {}, " per second");
  const peak = el("p", { class: "minor" });
  const root = el("section", {}, el("h3", {}, name), el("p", {}, current, per), peak, picture);
  return {
    root,
    update() {
      const counts = (store.limits?.seconds ?? []).map((second) => second[index]);
      const padded = [...Array(SECONDS - counts.length).fill(0), ...counts];
      const documented = limit ? store.limits.documented[limit] : 0;
      const highest = Math.max(...padded, documented, 10);
      padded.forEach((value, second) => {
        const height = (value / highest) * 100;
        bars[second].setAttribute("y", 100 - height);
        bars[second].setAttribute("height", height);
        bars[second].setAttribute("class", documented && value > documented ? "over" : "");
      });
      const y = documented ? 100 - (documented / highest) * 100 : -1;
      line.setAttribute("y1", y);
      line.setAttribute("y2", y);
      const last = padded.at(-1);
      setText(current, last);
      setText(per, documented ? ` of ${documented} per second` : " per second");
      setText(peak, `at most ${Math.max(...padded)} in the last minute`);
      picture.setAttribute("aria-label", `${name}: ${last} in the last second, at most ${Math.max(...padded)} in the last minute`);
    },
  };
}
