// What the browser tests and the screenshots share: sandboxes, clients of them, receivers of webhooks, and the browser.

import { spawn } from "node:child_process";
import { createHmac, createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** An environment variable that `cargo xtask browser` sets. */
export function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run cargo xtask browser`);
  return value;
}

const { chromium } = createRequire(setting("BROWSER_PLAYWRIGHT"))("playwright-core");

/** A browser without a window, which opens no connections of its own. */
export async function startBrowser() {
  const profile = mkdtempSync(join(tmpdir(), "browser-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: setting("BROWSER_CHROMIUM"),
    // Chromium as root needs `--no-sandbox`, which is the sandbox of its processes.
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--enable-precise-memory-info",
      "--js-flags=--expose-gc",
    ],
    permissions: ["clipboard-read", "clipboard-write"],
  });
  return {
    browser,
    async close() {
      await browser.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** A sandbox program with its page. */
export class Sandbox {
  static async start(options = []) {
    const child = spawn(setting("BROWSER_SANDBOX"), ["--ui", ...options], { stdio: ["ignore", "pipe", "inherit"] });
    const settings = {};
    for await (const line of createInterface({ input: child.stdout })) {
      const exported = line.match(/^export (\w+)=(.*)$/);
      if (exported) settings[exported[1]] = exported[2];
      const page = line.match(/^# Page: (.*)$/);
      if (page) settings.page = page[1];
      if (line.includes("Ctrl-C")) return new Sandbox(child, settings);
    }
    throw new Error("the sandbox did not start");
  }

  constructor(child, settings) {
    this.child = child;
    this.environment = settings;
    this.page = settings.page;
    this.url = settings.BIRD_BASE_URL;
    this.port = new URL(this.url).port;
    this.pagePort = new URL(this.page).port;
    this.workspace = settings.BIRD_WORKSPACE_ID;
    this.key = settings.BIRD_ACCESS_KEY;
  }

  /** Stops it. Stopping it twice has no effect. */
  async stop() {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGINT");
    await ended;
  }

  /** A request of a client, with a path relative to the workspace. */
  async send(method, path, body, headers = {}) {
    const response = await fetch(`${this.url}/workspaces/${this.workspace}${path}`, {
      method,
      headers: { authorization: `AccessKey ${this.key}`, ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      body: typeof body === "string" || body === undefined ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, text, json: () => JSON.parse(text) };
  }

  async install(name, template = "line:1", more = {}) {
    const created = await this.send("POST", "/connectors", { name, connectorTemplateRef: template, ...more });
    if (created.status !== 201) throw new Error(created.text);
    return created.json().id;
  }

  /** Everything that the page shows, as one string of JSON. */
  async everything() {
    const parts = [];
    for (const path of ["settings", "catalog", "connectors", "requests", "subscriptions", "deliveries", "rules", "behavior", "clock", "limits", "scene"]) {
      parts.push(await (await fetch(`${this.page}api/${path}`)).text());
    }
    for (const kind of ["requests", "deliveries"]) {
      const { items } = await (await fetch(`${this.page}api/${kind}`)).json();
      for (const { number } of items) parts.push(await (await fetch(`${this.page}api/${kind}/${number}`)).text());
    }
    return parts.join("\n");
  }
}

/** A receiver of webhooks that verifies each signature, as Bird documents it. */
export class Receiver {
  static async start(url, key) {
    const receiver = new Receiver();
    receiver.server = createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const timestamp = request.headers["messagebird-request-timestamp"];
      const hash = createHash("sha256").update(body).digest();
      const signed = Buffer.concat([Buffer.from(`${timestamp}\n${url}\n`), hash]);
      const expected = createHmac("sha256", key).update(signed).digest("base64");
      const valid = request.headers["messagebird-signature"] === expected;
      receiver.received.push({ id: request.headers["messagebird-request-id"], timestamp: Number(timestamp), valid, body: body.toString() });
      response.writeHead(valid ? 200 : 401).end();
    });
    await new Promise((resolve) => receiver.server.listen(0, "127.0.0.1", resolve));
    receiver.port = receiver.server.address().port;
    return receiver;
  }

  received = [];

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

/** A port that was free a moment ago. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until the function returns something, however slow the machine is. */
export async function until(what, check) {
  for (let attempt = 0; attempt < 1200; attempt += 1) {
    const result = await check();
    if (result) return result;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not happen`);
}
