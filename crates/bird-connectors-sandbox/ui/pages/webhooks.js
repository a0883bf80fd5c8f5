// Webhooks: subscriptions, and every attempt to deliver an event, which can be sent again in five ways.

import { action } from "../actions.js";
import { timeOfDay } from "../clock.js";
import { badge, button, codeBlock, el, emptyState, facts, fill, jsonBlock, KeyedList } from "../render.js";
import { SelectableList } from "../selectable_list.js";
import { webhookSnippets } from "../snippets.js";
import { newest, oldest, post, store } from "../store.js";

export const id = "webhooks";
export const title = "Webhooks";
export const count = () => store.totals.deliveries && store.deliveries.size && store.totals.deliveries;

const KINDS = [
  ["replay", "Replay", "The same bytes, id and signature."],
  ["twice", "Twice", "The same delivery two times."],
  ["late", "Late", "A new delivery with a timestamp that is 4 hours older."],
  ["forged", "Forged", "Signed with a key that the receiver does not know."],
  ["out-of-order", "Out of order", "A newer event of the same channel first, and then an older one. A receiver must keep the newer status."],
];

export function mount(root) {
  const subscriptions = el("ul", { class: "rows short" });
  const list = new SelectableList({
    label: "Selected delivery",
    hint: "Select a delivery to see what was signed, and to send it again: as it was, late, twice, forged or out of order.",
    render: row,
    onChange: (force) => update(force),
  });
  const none = el("p", { class: "hint" }, "No deliveries yet: a channel that changes causes one.");
  const content = el("div", { class: "content" },
    el("h3", {}, "Subscriptions"),
    subscriptions,
    el("h3", {}, "Deliveries ", list.held),
    none,
    list.root);
  const empty = el("div");
  root.append(content, empty);
  let shown = null;
  let snippetsOf = null;

  const subscriptionList = new KeyedList(subscriptions, { render: subscriptionRow });

  function update(force = false) {
    const isEmpty = store.subscriptions.size === 0 && store.deliveries.size === 0;
    content.hidden = isEmpty;
    empty.hidden = !isEmpty;
    if (isEmpty && snippetsOf !== store.settings.instance) {
      // A sandbox that was restarted has another address and key.
      snippetsOf = store.settings.instance;
      fill(empty, emptyState("No webhook subscriptions yet", "Subscribe to the events of channels. The sandbox delivers them to a receiver on this machine.", webhookSnippets()));
    }
    subscriptionList.update(oldest("subscriptions"));
    const deliveries = newest("deliveries");
    none.hidden = deliveries.length > 0;
    list.root.hidden = deliveries.length === 0;
    list.update(deliveries, { force, remark: (rows) => `The newest ${rows} of ${deliveries.length} deliveries` });
    const item = store.deliveries.get(list.selected) ?? null;
    if (list.selected === null && shown !== null) {
      shown = null;
      list.details.clear();
    } else if (item && item !== shown) {
      shown = item;
      showDetails(list, item);
    }
  }
  return {
    update: () => update(),
    shown: () => list.shown(),
    hidden: () => list.hidden(),
  };
}

function subscriptionRow(item) {
  const filters = item.filters.map((filter) => `${filter.key}=${filter.value}`).join(", ");
  return el("li", { class: "row" },
    el("span", { class: "name" }, item.event),
    badge(item.active ? "active" : "gone", item.active ? "active" : "inactive"),
    el("span", { class: "path" }, item.url),
    el("span", { class: "minor" }, [item.signed ? "signed" : "not signed", filters, item.hasRoute ? "" : "no route: start the sandbox with --deliver"].filter(Boolean).join(", ")));
}

function outcome(item) {
  if (!item.hasRoute) return badge("pending", "no route");
  if (item.status === null) return badge("failed", "no answer");
  return badge(item.status < 300 ? "accepted" : "refused", item.status);
}

function label(item) {
  if (!item.hasRoute) return "not sent";
  if (item.sentByHand) return item.sentByHand;
  if (item.forged) return "forged";
  return item.attempt === 0 ? "copy" : `attempt ${item.attempt}`;
}

function row(item) {
  return [
    el("span", { class: "minor time" }, timeOfDay(item.at)),
    el("span", { class: "name" }, item.event),
    el("span", { class: "minor label" }, label(item)),
    outcome(item),
    el("span", { class: "path minor" }, item.url),
  ];
}

async function showDetails(list, item) {
  const full = await list.readSelected(item, `deliveries/${item.number}`);
  if (!full) return;
  const send = (kind) => action(async () => {
    const { statuses, hasRoute } = await post(`deliveries/${item.number}/resend`, { kind });
    if (!hasRoute) return "Not sent: the URL has no route. Start the sandbox with --deliver.";
    return `The receiver answered ${statuses.map((status) => status ?? "nothing").join(" and ")}.`;
  });
  const signed = full.signedString;
  list.details.open(full.event,
    el("div", { class: "actions" }, KINDS.map(([kind, name, help]) => {
      const reason = kind === "out-of-order" ? item.noOrder : null;
      return button(name, send(kind), { title: reason ?? help, disabled: reason !== null });
    })),
    item.noOrder && el("p", { class: "hint" }, `Out of order cannot be used: ${item.noOrder}.`),
    !full.hasRoute && el("p", { class: "note limited" }, "The URL has no route to a receiver on this machine, so nothing was sent. Start the sandbox with --deliver."),
    facts([
      ["Receiver", outcome(full)],
      ["Attempt", label(full)],
      ["Time", timeOfDay(full.at)],
      ["URL", el("code", {}, full.url)],
      ["Request id", el("code", {}, full.requestId)],
      ["Subscription", el("code", {}, full.subscriptionId)],
      ["Signature", full.signature ? el("code", {}, full.signature) : "none: the subscription has no signing key"],
    ]),
    full.signature && [
      el("h4", {}, "What was signed"),
      el("p", { class: "hint" }, "Base64 of HMAC-SHA256 with the signing key over the timestamp, the URL and the SHA-256 of the body as raw bytes, which is shown here in hexadecimal."),
      signed.masked && el("p", { class: "hint" }, "The signed URL contains a secret, which is masked here: the signature is not the one of the string below."),
      codeBlock(`${signed.timestamp}\n${signed.url}\n${signed.sha256OfBody}`, "signed string"),
    ],
    el("h4", {}, `Body, ${full.bodyLength} bytes`),
    jsonBlock(full.body, "body of the delivery"));
}
