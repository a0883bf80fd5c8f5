// Connectors: each with its timeline, which can be changed by hand.

import { action } from "../actions.js";
import { elapsed, timeOfDay } from "../clock.js";
import { badge, button, duration, el, emptyState, facts, fill, jsonBlock, setDisabled, setText } from "../render.js";
import { SelectableList } from "../selectable_list.js";
import { clientSnippets } from "../snippets.js";
import { newest, post, store } from "../store.js";

export const id = "connectors";
export const title = "Connectors";
export const count = () => store.connectors.size && (store.totals.connectors ?? store.connectors.size);

/** The elements that show the time to the next step, by connector. */
let countdowns = new Map();

export function mount(root) {
  const list = new SelectableList({
    label: "Selected connector",
    hint: "Select a connector to see its timeline, and to advance, delay or fail its install.",
    render: row,
    onChange: (force) => update(force),
  });
  const empty = el("div");
  const summary = el("span", { class: "minor summary" });
  const tools = el("div", { class: "tools" }, summary, list.held);
  root.append(tools, list.root, empty);
  let shown = null;
  let parts = null;
  let snippetsOf = null;

  function update(force = false) {
    const connectors = newest("connectors");
    list.root.hidden = connectors.length === 0;
    tools.hidden = list.root.hidden;
    empty.hidden = !list.root.hidden;
    if (!empty.hidden && snippetsOf !== store.settings.instance) {
      // A sandbox that was restarted has another address and key.
      snippetsOf = store.settings.instance;
      fill(empty, emptyState("No connectors yet", "Send a create to this sandbox. The install appears here and moves by itself.", clientSnippets()));
    }
    setText(summary, summarize(connectors));
    list.update(connectors, { force, remark: (rows) => `The newest ${rows} of ${connectors.length} connectors` });
    const item = store.connectors.get(list.selected) ?? null;
    if (shown === item) return;
    const isSame = item !== null && shown?.key === item.key;
    shown = item;
    if (!item) return list.details.clear();
    // The elements stay while their connector changes, so that the text of the form and the focus are kept.
    if (!isSame) {
      parts = { form: connectorForm(item, list.details.title), content: el("div") };
      const code = item.arguments && [el("h4", {}, "Arguments"), jsonBlock(item.arguments, "arguments")];
      list.details.open(item.name, parts.form.root, parts.content, code);
    }
    parts.form.update(item);
    fill(parts.content, description(item));
  }
  return {
    update: () => update(),
    shown: () => list.shown(),
    hidden: () => list.hidden(),
  };
}

export function tick() {
  const now = elapsed();
  for (const [element, next] of countdowns) {
    if (!element.isConnected) countdowns.delete(element);
    else setText(element, next > now ? `in ${duration(next - now)}` : "now");
  }
}

/** How many connectors are in which phase, such as "2 active, 1 failed". */
function summarize(connectors) {
  const phases = ["installing", "active", "failed", "gone"];
  const counts = phases.map((phase) => [connectors.filter((item) => item.phase === phase).length, phase]);
  const known = counts.filter(([number]) => number > 0).map(([number, phase]) => `${number} ${phase}`).join(", ");
  const existing = connectors.filter((item) => item.phase !== "gone").length;
  const total = store.totals.connectors ?? existing;
  return total > existing ? `The newest ${existing} of ${total}: ${known}` : known;
}

function row(item) {
  return [
    el("span", { class: "name" }, item.name),
    statusBadge(item) ?? badge(item.phase, item.visible ? item.stage : "not visible yet"),
    el("span", { class: "minor" }, item.template ?? "no template"),
    timelineBar(item),
    el("span", { class: "minor next" }, nextStep(item)),
  ];
}

/** Why a connector no longer exists, such as "deleted". */
const goneBecause = (item) => (item.deleted === null ? "vanished" : "deleted");

/** The status of the channel, or that the connector no longer exists. */
function statusBadge(item) {
  if (item.phase === "gone") return badge("gone", goneBecause(item));
  return item.status && badge(item.phase, item.status);
}

function nextStep(item) {
  if (item.next === null) return item.phase === "installing" ? "nothing left" : "";
  const element = el("span", {}, "");
  countdowns.set(element, item.next);
  setText(element, `in ${duration(Math.max(0, item.next - elapsed()))}`);
  return element;
}

/** The moments of the timeline as dots. */
function timelineBar(item) {
  const times = [...new Set(item.timeline.map((step) => step.at))];
  const done = new Set(item.timeline.filter((step) => step.done).map((step) => step.at));
  const dots = times.slice(-12).map((at) => el("i", { class: done.has(at) ? "done" : "" }));
  const label = `${done.size} of ${times.length} moments of the timeline have passed`;
  return el("span", { class: "dots", role: "img", "aria-label": label }, dots);
}

/** What changes while an install moves. */
function description(item) {
  const steps = item.timeline.map((step) =>
    el("li", { class: step.done ? "done" : "" }, el("time", {}, step.at === 0 ? "at once" : `+ ${duration(step.at)}`), el("span", {}, step.step)));
  return [
    facts([
      ["Connector", item.phase === "gone" && statusBadge(item)],
      ["Deleted", item.deleted !== null && timeOfDay(item.deleted)],
      [item.phase === "gone" ? "Channel, at the end" : "Channel", item.phase === "gone" ? item.status ?? "none" : statusBadge(item) ?? "none"],
      ["Stage", item.stage],
      ["Number", item.numberStatus],
      ["Created", timeOfDay(item.created)],
      ["Connector id", el("code", {}, item.id)],
      ["Channel id", item.channelId && el("code", {}, item.channelId)],
      ["Workspace", el("code", {}, item.workspaceId)],
    ]),
    el("h4", {}, "Timeline"),
    item.commitAfter > 0 && el("p", { class: "hint" }, `It can be read and listed ${duration(item.commitAfter)} after the create.`),
    steps.length ? el("ol", { class: "timeline" }, steps) : el("p", { class: "hint" }, "The script has no steps: no channel is ever created."),
  ];
}

/** The buttons of the selected connector. `heading` gets the focus of a button that can no longer be used. */
function connectorForm({ id: connector }, heading) {
  const path = `connectors/${connector}`;
  const problem = el("span", { class: "problem", id: "status-problem", role: "alert" });
  const unusable = el("p", { class: "hint" });
  const status = el("input", { value: "failed", "aria-label": "Status", "aria-describedby": problem.id, size: 12, maxlength: 60 });
  const advance = button("Advance", action(async () => ((await post(`${path}/advance`)).changed ? "The next step has happened." : "Nothing is left to happen.")));
  const delay = button("Delay 10 s", action(async () => ((await post(`${path}/delay`, { milliseconds: 10_000 })).changed ? "The rest happens 10 s later." : "Nothing is left to happen.")));
  const check = () => {
    const isValid = status.value.trim() !== "";
    setText(problem, isValid ? "" : "Enter a status.");
    if (isValid) status.removeAttribute("aria-invalid");
    else status.setAttribute("aria-invalid", "true");
    return isValid;
  };
  status.addEventListener("input", () => problem.textContent && check());
  const end = button("End with status", action(async () => {
    if (!check()) return status.focus();
    const value = status.value.trim();
    await post(`${path}/end`, { status: value });
    return `The channel is ${value}.`;
  }), { class: "danger" });
  return {
    root: el("div", { class: "actions" }, advance, delay, el("span", { class: "joined" }, status, end), problem, unusable),
    update(item) {
      const isGone = item.phase === "gone";
      const reason = isGone ? `The connector is ${goneBecause(item)}, so that its script has ended.` : item.next === null ? "Nothing is left in the script to advance or delay." : "";
      setText(unusable, reason);
      for (const element of [advance, delay, end]) element.title = element !== end || isGone ? reason : "";
      setDisabled(advance, isGone || item.next === null, heading);
      setDisabled(delay, isGone || item.next === null, heading);
      setDisabled(end, isGone, heading);
    },
  };
}
