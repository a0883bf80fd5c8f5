// The clock of the sandbox: real, or stepped by hand.

import { action } from "../actions.js";
import { elapsed, timeOfDay } from "../clock.js";
import { button, duration, el, KeyedList, setText } from "../render.js";
import { post, store } from "../store.js";

export const id = "clock";
export const title = "Clock";
export const count = () => (store.clock?.held ? "held" : "");

/** At most this many steps of installs are listed. */
const LISTED = 20;

const STEPS = [["1 s", 1_000], ["10 s", 10_000], ["1 min", 60_000], ["1 h", 3_600_000]];

let elements = null;

export function mount(root) {
  const time = el("p", { class: "big" });
  const since = el("p", { class: "minor" });
  const next = el("p");
  const heading = el("h3");
  const rows = el("ul", { class: "rows short" });
  const hold = button("Hold", action(async () => {
    const isHeld = store.clock.held;
    await post("clock", { action: isHeld ? "run" : "hold" });
    return isHeld ? "The clock runs." : "The clock stands still.";
  }));
  const toNext = button("To the next step", action(async () =>
    (await post("clock", { action: "next" })).changed ? "The next step of an install has happened." : "No install has a step left."));
  const steps = STEPS.map(([label, milliseconds]) => button(`+ ${label}`, action(async () => {
    await post("clock", { action: "step", milliseconds });
    return `The clock is ${label} later.`;
  })));
  root.append(time, since, next,
    el("div", { class: "actions" }, hold, toNext, steps),
    el("p", { class: "hint" }, "The clock decides when the steps of installs happen, and it is the source of all dates and of the timestamps of webhooks. Delays of faults, retries of deliveries and rate limits take real time."),
    heading, rows);
  const list = new KeyedList(rows, { render: stepRow });
  elements = { time, since, next, hold };
  return {
    update() {
      setText(hold, store.clock?.held ? "Run" : "Hold");
      const coming = comingSteps();
      heading.hidden = coming.length === 0;
      list.update(coming.slice(0, LISTED));
      setText(heading, coming.length > LISTED ? `The next ${LISTED} of ${coming.length} steps` : "The next steps");
      tick();
    },
  };
}

/** The steps of installs that have not happened, the next one first. */
function comingSteps() {
  const installs = [...store.connectors.values()].filter((item) => item.phase !== "gone");
  const steps = installs.flatMap((item) => item.timeline.map((step, index) => ({ ...step, key: `${item.key} ${index}`, name: item.name, due: item.created + step.at })));
  return steps.filter((step) => !step.done).sort((one, other) => one.due - other.due);
}

/** The elements that show the time to a step, by step. */
const countdowns = new Map();

function stepRow(step, old) {
  const element = old ?? el("li", { class: "row" },
    el("span", { class: "minor time" }), el("span", { class: "minor next" }), el("span", { class: "name" }, step.name), el("span", {}, step.step));
  // A step can be delayed.
  setText(element.querySelector(".time"), timeOfDay(step.due));
  countdowns.set(element.querySelector(".next"), step.due);
  return element;
}

export function tick() {
  if (!elements || !store.clock) return;
  const now = elapsed();
  setText(elements.time, timeOfDay(now));
  setText(elements.since, `${duration(now)} since the start${store.clock.held ? ", standing still" : ""}`);
  const next = store.clock.next;
  for (const [element, due] of countdowns) {
    if (!element.isConnected) countdowns.delete(element);
    else setText(element, due > now ? `in ${duration(due - now)}` : "now");
  }
  setText(elements.next, next === null ? "No install has a step left." : `The next step of an install is at ${timeOfDay(next)}, ${next > now ? `in ${duration(next - now)}` : "now"}.`);
}
