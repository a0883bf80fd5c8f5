// Faults, and the readings of the API where its documentation leaves facts open.

import { action } from "../actions.js";
import { badge, button, el, fill, KeyedList, numberField, prose, setDisabled, setText } from "../render.js";
import { oldest, post, store } from "../store.js";

export const id = "faults";
export const title = "Faults";
export const count = () => store.rules.size;

export function mount(root) {
  const heading = el("h3", { tabindex: -1 }, "Switched on");
  const rules = el("ul", { class: "rows short" });
  const none = el("p", { class: "hint" }, "No fault is switched on.");
  const clear = button("Remove all", action(async () => `${(await post("rules/clear")).removed} removed.`));
  const operation = el("select", { id: "fault-operation" }, el("option", { value: "" }, "every operation"));
  const calls = el("select", { id: "fault-calls" },
    el("option", { value: "once" }, "the next call"),
    el("option", { value: "times" }, "the next n calls"),
    el("option", { value: "always" }, "every call"));
  const times = numberField({ id: "fault-times", label: "n ", min: 1, max: 1_000_000, value: 3 });
  const delay = numberField({ id: "fault-delay", label: "Delay of ", unit: " ms", min: 1, max: 3_600_000, value: 1000 });
  const after = el("input", { type: "checkbox", id: "fault-after" });
  calls.addEventListener("change", () => (times.root.hidden = calls.value !== "times"));
  times.root.hidden = true;
  const catalog = el("ul", { class: "rows catalog" });
  const readings = el("ul", { class: "rows catalog readings" });
  const changedCount = el("span", { class: "minor" });

  /** The selection of the form, as fields of a rule. Null if a field is invalid. */
  const selection = () => {
    const number = calls.value === "times" ? times.read() : 1;
    if (number === null) return null;
    return {
      ...(operation.value && { operation: operation.value }),
      ...(calls.value === "always" ? { always: true } : { times: number }),
      ...(after.checked && { afterProcessing: true }),
    };
  };
  const add = (fields) => action(async () => {
    const selected = selection();
    const effect = selected && fields();
    if (!effect) return null;
    await post("rules", { ...selected, ...effect });
    const which = calls.value === "times" ? `the next ${selected.times} calls` : calls.selectedOptions[0].textContent;
    return `Switched on for ${operation.value || "every operation"}, ${which}.`;
  });
  const delayed = () => {
    const milliseconds = delay.read();
    return milliseconds === null ? null : { delayMilliseconds: milliseconds };
  };

  root.append(
    heading, el("div", { class: "switched" }, none, rules), el("div", { class: "actions" }, clear),
    el("h3", {}, "Switch on a fault"),
    el("div", { class: "tools form" },
      el("label", { for: "fault-operation" }, "For ", operation),
      el("label", { for: "fault-calls" }, "on ", calls),
      times.root,
      el("label", { for: "fault-after" }, after, " process the call even if the fault does not need its response")),
    el("div", { class: "tools form" }, delay.root, button("Switch on the delay", add(delayed))),
    catalog,
    el("h3", {}, "Open readings of the API ", changedCount),
    el("p", { class: "hint" }, "Bird's documentation leaves these facts open. A robust client works with every reading."),
    el("div", { class: "actions" }, button("Reset all readings", action(async () => {
      await post("behavior", { reset: true });
      return "All readings are the most likely ones.";
    }))),
    readings);

  const ruleList = new KeyedList(rules, { render: ruleRow, fallback: heading });
  const readingList = new KeyedList(readings, { render: readingRow });
  let built = false;

  function update() {
    if (!built) {
      built = true;
      operation.append(...store.catalog.operations.map((known) => el("option", { value: known.id }, known.id)));
      fill(catalog, store.catalog.faults.map((fault) => el("li", { class: "row" },
        button("Switch on", add(() => ({ fault: fault.name })), { "aria-label": `Switch on ${fault.name}` }),
        el("code", { class: "name" }, fault.name),
        el("span", {}, fault.effect),
        el("span", { class: "minor" }, fault.processed ? "the call is processed" : "the call is not processed"))));
    }
    const active = oldest("rules");
    none.hidden = active.length > 0;
    setDisabled(clear, active.length === 0, heading);
    ruleList.update(active);
    readingList.update(oldest("behavior"));
    const changed = [...store.behavior.values()].filter((reading) => !reading.isDefault).length;
    setText(changedCount, changed ? `${changed} changed` : "");
  }
  return { update };
}

/** Only the calls that remain change. */
function ruleRow(item, old) {
  if (old) {
    setText(old.querySelector(".remaining"), item.remaining);
    return old;
  }
  return el("li", { class: "row" },
    badge("injected", item.effect),
    el("span", { class: "name" }, item.operation ?? "every operation"),
    el("span", { class: "remaining" }, item.remaining),
    el("span", { class: "minor" }, item.conditional ? "a condition in code selects the calls" : ""),
    button("Remove", action(async () => {
      await post(`rules/${item.number}/remove`);
      return "Removed.";
    }), { "aria-label": `Remove ${item.effect}` }));
}

function readingRow(item, old) {
  const known = store.catalog.behavior.find((reading) => reading.name === item.name);
  const value = known.values.find((candidate) => candidate.name === item.value);
  if (old) {
    const select = old.querySelector("select");
    if (select.value !== item.value) select.value = item.value;
    fill(old.querySelector(".value"), prose(value?.description));
    old.classList.toggle("changed", !item.isDefault);
    return old;
  }
  const identifier = `reading-${item.name}`;
  const select = el("select", { id: identifier, onchange: action(async () => {
    await post("behavior", { name: item.name, value: select.value });
    return `${item.name} is ${select.value}.`;
  }) }, known.values.map((candidate) => el("option", { value: candidate.name }, candidate.name)));
  select.value = item.value;
  return el("li", { class: item.isDefault ? "row" : "row changed" },
    el("label", { for: identifier, class: "name" }, prose(known.description)),
    select,
    el("span", { class: "value" }, prose(value?.description)),
    el("span", { class: "minor" }, prose(known.fact)));
}
