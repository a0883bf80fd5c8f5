// The state of the page: what the sandbox has sent, and who wants to know. It holds the last 300 requests, whatever the sandbox
// has received.

const API = "api/";
const KEPT_REQUESTS = 300;
const RETRY_MILLISECONDS = 1000;

export const store = {
  settings: null,
  catalog: null,
  connected: false,
  requests: [],
  requestTotal: 0,
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
      if (name === "limits") store.sceneRevision += 1;
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

/** The first event of each connection. Everything that follows is complete, so what was known is forgotten. */
function reset(settings) {
  store.settings = settings;
  store.connected = true;
  store.requests = [];
  store.requestTotal = 0;
  for (const section of ["connectors", "subscriptions", "deliveries", "rules", "behavior"]) store[section].clear();
  changed();
}

function addRequests({ items, total, first }) {
  const known = new Map(store.requests.map((request) => [request.key, request]));
  for (const item of items) known.set(item.number, { ...item, key: item.number });
  store.requests = [...known.values()]
    .filter((request) => request.number >= first)
    .sort((one, other) => other.number - one.number)
    .slice(0, KEPT_REQUESTS);
  store.requestTotal = total;
  changed();
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
