// Requests: what was sent, what the sandbox has decided, and for a refused request which rule it broke and its nearest valid form.

import { action } from "../actions.js";
import { timeOfDay } from "../clock.js";
import { badge, button, codeBlock, duration, el, emptyState, facts, fill, jsonBlock, setText } from "../render.js";
import { SelectableList } from "../selectable_list.js";
import { clientSnippets } from "../snippets.js";
import { keptRequests, loadOlderRequests, post, store } from "../store.js";

export const id = "requests";
export const title = "Requests";
export const count = () => store.requestTotal;

const VERDICTS = ["all", "accepted", "refused", "injected", "limited", "pending"];

export function mount(root) {
  const search = () => {
    list.reset();
    update(true);
  };
  const filter = el("input", { type: "search", placeholder: "Path, operation or status", "aria-label": "Filter", oninput: search });
  const verdict = el("select", { "aria-label": "Verdict", onchange: search }, VERDICTS.map((name) => el("option", { value: name }, name)));
  const list = new SelectableList({
    label: "Selected request",
    hint: "Select a request to see its headers and body without secrets. For a refused one: which rule it broke, and its nearest valid form.",
    render: row,
    onChange: (force) => update(force),
    loadOlder: loadOlderRequests,
  });
  const tools = el("div", { class: "tools" }, filter, verdict, list.held);
  const none = el("p", { class: "hint" });
  list.scroller.prepend(none);
  const empty = el("div");
  root.append(tools, list.root, empty);
  let shown = null;
  let snippetsOf = null;

  function matches(item) {
    // A request that was delayed and then refused is both.
    const isInjected = verdict.value === "injected" && item.injected !== null;
    if (verdict.value !== "all" && item.verdict !== verdict.value && !isInjected) return false;
    const text = `${item.method} ${item.path} ${item.query ?? ""} ${item.operation ?? ""} ${item.status ?? ""}`.toLowerCase();
    return filter.value.toLowerCase().split(" ").every((word) => text.includes(word));
  }

  function update(force = false) {
    const isEmpty = store.requests.length === 0;
    tools.hidden = isEmpty;
    list.root.hidden = isEmpty;
    empty.hidden = !isEmpty;
    if (isEmpty && snippetsOf !== store.settings.instance) {
      // A sandbox that was restarted has another address and key.
      snippetsOf = store.settings.instance;
      fill(empty, emptyState("No requests yet", "Point a client at this sandbox. Every request appears here with the verdict of the sandbox.", clientSnippets()));
    }
    const matching = store.requests.filter(matches);
    none.hidden = isEmpty || matching.length > 0;
    setText(none, none.hidden ? "" : `No match in the newest ${store.requests.length} of ${store.requestTotal} requests`);
    const [known, kept] = [store.requests.length, keptRequests()];
    const isFiltered = matching.length < known;
    list.update(matching, {
      force,
      hasOlder: known < kept,
      remark: (rows) => (isFiltered ? `${rows} matches in the newest ${known} of ${kept} requests` : `The newest ${rows} of ${kept} requests`),
    });
    const item = store.requests.find((request) => request.key === list.selected) ?? null;
    // A request that is no longer kept stays open until another one is selected.
    if (list.selected === null && shown !== null) {
      shown = null;
      list.details.clear();
    } else if (item && item !== shown) {
      const isSame = shown?.key === item.key;
      shown = item;
      if (!isSame || item.status !== null) showDetails(list, item);
    }
  }
  return {
    update: () => update(),
    shown: () => list.shown(),
    hidden: () => list.hidden(),
  };
}

function row(item) {
  const query = item.query ? `?${item.query}` : "";
  return [
    el("span", { class: "minor time" }, timeOfDay(item.at)),
    el("span", { class: "method" }, item.method),
    el("span", { class: "path", title: item.path + query }, shortPath(item.path), el("span", { class: "minor" }, query)),
    badge(item.verdict, item.status ?? (item.verdict === "pending" ? "…" : "none")),
    el("span", { class: "minor took" }, duration(item.milliseconds)),
  ];
}

const UUID = /([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** A path without the workspace that all requests share, and with the start of each id, so that its end can be seen. */
function shortPath(path) {
  const prefix = `/workspaces/${store.settings.workspaceId}`;
  const short = path.startsWith(prefix) ? `…${path.slice(prefix.length)}` : path;
  return short.replace(UUID, "$1…");
}

async function showDetails(list, item) {
  const full = await list.readSelected(item, `requests/${item.number}`);
  if (!full) return;
  const repeat = button("Repeat", action(async () => {
    const { status } = await post(`requests/${item.number}/repeat`);
    return status === null ? "The connection ended without a response." : `The sandbox answered ${status}.`;
  }), { disabled: !full.repeatable });
  list.details.open(`${full.method} ${full.operation ?? "unknown operation"}`,
    el("div", { class: "actions" }, repeat),
    full.verdict === "refused" && refusal(full),
    full.verdict === "limited" && el("p", { class: "note limited" }, "The rate limit of the workspace was exceeded. The request was not processed."),
    full.injected && el("p", { class: "note injected" }, `Injected: ${full.injected}.`),
    facts([
      ["Status", full.status ?? "no response"],
      ["Time", `${timeOfDay(full.at)}, ${duration(full.milliseconds) || "not finished"}`],
      ["Path", el("code", {}, full.path)],
      ["Query", full.query && el("code", {}, full.query)],
    ]),
    full.body !== null && [el("h4", {}, "Body"), jsonBlock(full.body, "body")],
    full.body === null && full.bodyLength > 0 && el("p", { class: "hint" }, full.repeatable ? `The body has ${full.bodyLength} bytes that are not JSON, so that they are not shown.` : `The body has ${full.bodyLength} bytes, which are too many to be kept.`),
    full.responseLength > 0 && el("h4", {}, "Response"),
    full.response !== null && (typeof full.response === "string" ? codeBlock(full.response, "response") : jsonBlock(full.response, "response")),
    !full.responseKept && el("p", { class: "hint" }, `The response has ${full.responseLength} bytes, which are too many to be kept.`),
    el("h4", {}, "Headers"),
    facts(Object.entries(full.headers).map(([name, value]) => [name, el("code", {}, value)])));
}

function refusal(full) {
  const nearest = full.nearest;
  return el("section", { class: "note refused" },
    el("h4", {}, `${full.error.status} ${full.error.code}`),
    el("ul", {}, (full.broken ?? []).map((rule) => el("li", {}, rule))),
    nearest && [
      el("h4", {}, "Nearest valid form"),
      el("ul", {}, nearest.changes.map((change) => el("li", {}, change))),
      codeBlock(requestText(nearest), "nearest valid form"),
    ]);
}

function requestText({ method, path, query, headers, body }) {
  const lines = [`${method} ${path}${query ? `?${query}` : ""}`, ...headers.map(({ name, value }) => `${name}: ${value}`)];
  return body === null ? lines.join("\n") : `${lines.join("\n")}\n\n${JSON.stringify(body, null, 2)}`;
}
