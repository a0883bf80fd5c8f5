// The state of the page: what the sandbox has sent, and who wants to know. It holds nothing that the sandbox has dropped, so that it
// is bounded like the sandbox.

const API = "api/";
const RETRY_MILLISECONDS = 1000;

export const store = {
  settings: null,
  catalog: null,
  connected: false,
  /** Whether everything has arrived since the last connection. */
  complete: false,
  /** The newest requests without a gap, the newest first. */
  requests: [],
  /** All requests from this number on are known, if the sandbox still keeps them. */
  requestsFrom: 0,
  requestTotal: 0,
  /** The number of the oldest request that the sandbox keeps. */
  requestFirst: 0,
  connectors: new Map(),
  subscriptions: new Map(),
  deliveries: new Map(),
  rules: new Map(),
  behavior: new Map(),
  totals: {},
  /** Changes with everything that a scene contains. */
  sceneRevision: 0,
  clock: null,
  limits: null,
};

const listeners = new Set();
let scheduled = false;

/** Calls the function after changes, at most once per frame. */
export function subscribe(listener) {
  listeners.add(listener);
}

function changed() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    for (const listener of listeners) listener();
  });
}

/** The items of a section, the newest first. */
export function newest(section) {
  return [...store[section].values()].sort((one, other) => other.order - one.order);
}

export function oldest(section) {
  return [...store[section].values()].sort((one, other) => one.order - other.order);
}

let source = null;
let retry = null;

export function connect() {
  clearTimeout(retry);
  source?.close();
  source = new EventSource(`${API}events`);
  source.addEventListener("hello", (event) => reset(JSON.parse(event.data)));
  source.addEventListener("requests", (event) => addRequests(JSON.parse(event.data)));
  for (const section of ["connectors", "subscriptions", "deliveries", "rules", "behavior"]) {
    source.addEventListener(section, (event) => applySection(section, JSON.parse(event.data)));
  }
  for (const name of ["clock", "limits"]) {
    source.addEventListener(name, (event) => {
      store[name] = JSON.parse(event.data);
      if (name === "limits") {
        // The last of the first events.
        store.complete = true;
        store.sceneRevision += 1;
      }
      changed();
    });
  }
  source.addEventListener("error", () => {
    store.connected = false;
    // The browser gives up on some errors, so this page connects by itself.
    source.close();
    retry = setTimeout(connect, RETRY_MILLISECONDS);
    changed();
  });
}

function disconnect() {
  clearTimeout(retry);
  source?.close();
  source = null;
}

// A browser has few connections to a host, so that a tab that nobody sees gives its one back.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) disconnect();
  else if (!source) connect();
});

/**
 * The first event of each connection. Everything that follows is complete, so what was known is forgotten, except requests: a
 * request that has ended does not change while the sandbox runs.
 */
function reset(settings) {
  const isSame = settings.instance === store.settings?.instance;
  store.settings = settings;
  store.connected = true;
  store.complete = false;
  if (!isSame) {
    store.requests = [];
    store.requestsFrom = 0;
    store.requestTotal = 0;
    store.requestFirst = 0;
  }
  for (const section of ["connectors", "subscriptions", "deliveries", "rules", "behavior"]) store[section].clear();
  changed();
}

function addRequests({ items, total, first, complete }) {
  const known = new Map(store.requests.map((request) => [request.key, request]));
  for (const item of items) known.set(item.number, { ...item, key: item.number });
  if (!complete) {
    // More requests have changed than the event contains: an older one is only known if it had ended before.
    let from = items[0].number;
    while (from > store.requestsFrom && hasEnded(known.get(from - 1))) from -= 1;
    store.requestsFrom = from;
  }
  store.requestTotal = total;
  store.requestFirst = first;
  keepRequests(known);
}

const hasEnded = (request) => request !== undefined && request.milliseconds !== null;

function keepRequests(known) {
  const oldest = Math.max(store.requestsFrom, store.requestFirst);
  store.requests = [...known.values()].filter((request) => request.number >= oldest).sort((one, other) => other.number - one.number);
  changed();
}

/** How many requests the sandbox keeps. */
export const keptRequests = () => store.requestTotal - store.requestFirst;

/** Reads the requests that the sandbox keeps and that no event has brought. */
export async function loadOlderRequests() {
  if (store.requestsFrom <= store.requestFirst) return;
  const { settings } = store;
  const { items, total, first } = await read("requests");
  // The sandbox was restarted meanwhile, or so many requests have arrived that some in between are unknown.
  if (settings !== store.settings || total < store.requestsFrom) return;
  const known = new Map(items.map((item) => [item.number, { ...item, key: item.number }]));
  for (const request of store.requests) {
    // An event is newer than what was read, unless its request had not ended.
    if (hasEnded(request) || !known.has(request.key)) known.set(request.key, request);
  }
  store.requestsFrom = first;
  keepRequests(known);
}

function applySection(section, { changed: items, removed, total }) {
  for (const id of removed) store[section].delete(id);
  for (const item of items) store[section].set(item.key, item);
  store.totals[section] = total;
  if (section !== "deliveries") store.sceneRevision += 1;
  changed();
}

/** Reads JSON. Throws an error with the message of the sandbox. */
export function read(path) {
  return request(path);
}

export function post(path, body = {}) {
  return request(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(API + path, options);
  } catch {
    throw new Error("The sandbox does not answer. It may have stopped.");
  }
  const body = await response.json();
  if (!response.ok) throw new Error(body.message ?? `the sandbox answered ${response.status}`);
  return body;
}

export async function loadCatalog() {
  store.catalog = await read("catalog");
  changed();
}
