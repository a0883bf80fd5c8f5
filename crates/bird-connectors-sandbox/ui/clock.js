// The clock of the sandbox, computed from what it has sent.

import { store } from "./store.js";

/** Milliseconds since the start, on the clock of the sandbox. */
export function elapsed() {
  const clock = store.clock;
  if (!clock) return 0;
  return clock.held ? clock.elapsed : Date.now() - clock.startedUnixMilliseconds + clock.offset;
}

/** The time of day at this elapsed time. */
export function timeOfDay(milliseconds) {
  if (!store.clock) return "";
  const date = new Date(store.clock.startedUnixMilliseconds + milliseconds);
  const pad = (number, length = 2) => String(number).padStart(length, "0");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => pad(part)).join(":");
  return `${time}.${pad(date.getMilliseconds(), 3)}`;
}
