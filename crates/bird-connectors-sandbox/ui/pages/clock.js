// The clock of the sandbox: real, or stepped by hand.

import { action } from "../actions.js";
import { elapsed, timeOfDay } from "../clock.js";
import { button, duration, el, setText } from "../render.js";
import { post, store } from "../store.js";

export const id = "clock";
export const title = "Clock";
export const count = () => (store.clock?.held ? "held" : "");

const STEPS = [["1 s", 1_000], ["10 s", 10_000], ["1 min", 60_000], ["1 h", 3_600_000]];

let elements = null;

export function mount(root) {
  const time = el("p", { class: "big" });
  const since = el("p", { class: "minor" });
  const next = el("p");
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
    el("p", { class: "hint" }, "The clock decides when the steps of installs happen, and it is the source of all dates and of the timestamps of webhooks. Delays of faults, retries of deliveries and rate limits take real time."));
  elements = { time, since, next, hold };
  return { update };
}

function update() {
  setText(elements.hold, store.clock?.held ? "Run" : "Hold");
  tick();
}

export function tick() {
  if (!elements || !store.clock) return;
  const now = elapsed();
  setText(elements.time, timeOfDay(now));
  setText(elements.since, `${duration(now)} since the start${store.clock.held ? ", standing still" : ""}`);
  const next = store.clock.next;
  setText(elements.next, next === null ? "No install has a step left." : `The next step of an install is at ${timeOfDay(next)}, ${next > now ? `in ${duration(next - now)}` : "now"}.`);
}
