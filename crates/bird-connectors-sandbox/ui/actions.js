// Runs what a button does, and reports the result in the line below the page, which covers nothing.

import { setText } from "./render.js";

let timer = null;

export function report(text, isError = false) {
  const message = document.getElementById("message");
  setText(message, text);
  message.classList.toggle("error", isError);
  message.classList.add("shown");
  clearTimeout(timer);
  timer = setTimeout(() => message.classList.remove("shown"), isError ? 10_000 : 4_000);
}

document.addEventListener("announce", (event) => report(event.detail));

/** A listener that runs an action once at a time. The action returns what to report. */
export function action(run) {
  return async (event) => {
    const element = event.currentTarget;
    if (element.getAttribute("aria-busy") === "true") return;
    element.setAttribute("aria-busy", "true");
    try {
      const text = await run(event);
      if (text) report(text);
    } catch (error) {
      report(error.message, true);
    } finally {
      element.removeAttribute("aria-busy");
    }
  };
}
