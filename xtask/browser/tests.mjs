// Tests of the sandbox's page in headless Chromium. Nothing here waits for a fixed time: each wait ends with what it waits for.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { promisify } from "node:util";

import { freePort, Receiver, Sandbox, setting, startBrowser, until } from "./harness.mjs";

const run = promisify(execFile);
const PAGES = ["connectors", "requests", "webhooks", "faults", "clock", "limits", "test"];
const HOOK = "https://hooks.example.com/bird";
const KEY = "a-signing-key";

/**
 * The environment of cargo for copied programs. They use the target folder of the workspace, and its setting of debug info: with
 * another one, cargo builds every dependency a second time, which fills the disk of a CI machine. Each program is built once, so
 * incremental files would only take space.
 */
const CARGO_ENVIRONMENT = {
  ...process.env,
  CARGO_TARGET_DIR: setting("BROWSER_TARGET"),
  CARGO_PROFILE_DEV_DEBUG: "line-tables-only",
  CARGO_INCREMENTAL: "0",
};

let browser;
let close;
let open = [];

before(async () => ({ browser, close } = await startBrowser()));
after(() => close());
// Everything is stopped, even if one of them reports a problem: a program that runs on would keep this process alive.
afterEach(async () => {
  const problems = [];
  for (const stop of open.splice(0).reverse()) {
    try {
      await stop();
    } catch (problem) {
      problems.push(problem);
    }
  }
  if (problems.length > 0) throw problems[0];
});

async function startSandbox(options) {
  const sandbox = await Sandbox.start(options);
  open.push(() => sandbox.stop());
  return sandbox;
}

/** A tab with a page of the sandbox. Any error of its scripts and any violation of its policy fails the test. */
async function openPage(sandbox, name = "connectors") {
  const tab = await browser.newPage();
  const problems = [];
  tab.on("pageerror", (error) => problems.push(String(error)));
  tab.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  open.push(async () => {
    await tab.close();
    const unexpected = problems.filter((problem) => !tab.expected?.test(problem));
    assert.deepEqual(unexpected, []);
  });
  await tab.goto(`${sandbox.page}#${name}`);
  await tab.locator("#connection.live").waitFor();
  return tab;
}

const row = (tab, text) => tab.locator(".list button.row", { hasText: text }).first();

async function act(sandbox, path, body = {}) {
  const response = await fetch(`${sandbox.page}api/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  assert.equal(response.status, 200, await response.clone().text());
  return response.json();
}

/** Starts a sandbox that delivers to a receiver which verifies signatures. */
async function startWithReceiver() {
  const receiver = await Receiver.start(HOOK, KEY);
  open.push(() => receiver.stop());
  const sandbox = await startSandbox(["--speed", "1000", "--deliver", `https://hooks.example.com=127.0.0.1:${receiver.port}`]);
  for (const event of ["channel.created", "channel.updated"]) {
    await sandbox.send("POST", "/webhook-subscriptions", { service: "channels", event, url: HOOK, signingKey: KEY });
  }
  return { sandbox, receiver };
}

/** The command line, which is built on the SDK, as a client of the sandbox. */
function commandLine(sandbox, ...options) {
  return run(setting("BROWSER_CLI"), options, { env: { ...process.env, ...sandbox.environment } }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

describe("live view", () => {
  test("install appears and becomes active without a reload", async () => {
    const sandbox = await startSandbox();
    const tab = await openPage(sandbox);
    await tab.getByText("No connectors yet").waitFor();
    await tab.evaluate(() => (window.sameDocument = true));
    // The clock stands still, so that the install is seen however slow the machine is.
    await act(sandbox, "clock", { action: "hold" });
    await sandbox.install("Live shop");
    await row(tab, "Live shop").locator(".badge.installing").waitFor();
    await act(sandbox, "clock", { action: "run" });
    await row(tab, "Live shop").locator(".badge.active", { hasText: "active" }).waitFor();
    assert.equal(await tab.evaluate(() => window.sameDocument), true);
  });

  test("install is advanced and ended by hand", async () => {
    const sandbox = await startSandbox(["--speed", "0.001"]);
    await sandbox.install("By hand");
    const tab = await openPage(sandbox);
    await row(tab, "By hand").click();
    const advance = tab.getByRole("button", { name: "Advance" });
    for (const done of [3, 4, 5, 6]) {
      await advance.click();
      await until("the step", async () => (await tab.locator(".details .timeline .done").count()) >= done);
    }
    await row(tab, "pending").waitFor();
    await tab.getByRole("textbox", { name: "Status" }).fill("rejected");
    await tab.getByRole("button", { name: "End with status" }).click();
    await row(tab, "rejected").waitFor();
    assert.equal((await sandbox.send("GET", "/channels")).json().results[0].status, "rejected");
  });

  test("page connects again after the sandbox was restarted, and shows only the new one", async () => {
    const first = await Sandbox.start();
    open.push(() => first.stop());
    await first.install("Before");
    const tab = await openPage(first);
    tab.expected = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|Failed to load resource/;
    await row(tab, "Before").waitFor();
    await first.stop();
    await tab.locator("#connection.lost").waitFor();
    const second = await startSandbox(["--port", first.port, "--ui-port", first.pagePort]);
    await tab.locator("#connection.live").waitFor();
    await tab.getByText("No connectors yet").waitFor();
    await second.install("After");
    await row(tab, "After").waitFor();
    assert.equal(await row(tab, "Before").count(), 0);
  });

  test("button says that the sandbox does not answer after it has stopped", async () => {
    const sandbox = await startSandbox();
    const tab = await openPage(sandbox, "clock");
    tab.expected = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|Failed to load resource/;
    await sandbox.stop();
    await tab.getByRole("button", { name: "Hold" }).click();
    await tab.getByText("The sandbox does not answer. It may have stopped.").waitFor();
  });

  test("list of the clock shows the next steps of installs", async () => {
    const sandbox = await startSandbox();
    const tab = await openPage(sandbox, "clock");
    await act(sandbox, "clock", { action: "hold" });
    assert.equal(await tab.locator(".clock .row").count(), 0);
    const id = await sandbox.install("Held");
    const { items } = await (await fetch(`${sandbox.page}api/connectors`)).json();
    const coming = items[0].timeline.filter((step) => !step.done);
    await until("the steps", async () => (await tab.locator(".clock .row").count()) === coming.length);
    assert.ok((await tab.locator(".clock .row").first().textContent()).includes("Held"));
    const before = await tab.locator(".clock .row .next").first().textContent();
    await act(sandbox, `connectors/${id}/delay`, { milliseconds: 60_000 });
    await until("the delay", async () => (await tab.locator(".clock .row .next").first().textContent()) !== before);
    await act(sandbox, "clock", { action: "step", milliseconds: 600_000 });
    await until("the end", async () => (await tab.locator(".clock .row").count()) === 0);
    await tab.getByText("No install has a step left.").waitFor();
  });

  test("text of a form stays while the install moves", async () => {
    const sandbox = await startSandbox(["--speed", "0.001"]);
    const id = await sandbox.install("By hand");
    const tab = await openPage(sandbox);
    await row(tab, "By hand").click();
    await tab.getByRole("textbox", { name: "Status" }).fill("rejected");
    const done = await tab.locator(".details .timeline .done").count();
    await act(sandbox, `connectors/${id}/advance`);
    await until("the step", async () => (await tab.locator(".details .timeline .done").count()) > done);
    assert.equal(await tab.getByRole("textbox", { name: "Status" }).inputValue(), "rejected");
  });

  test("snippets have the key of a sandbox that was restarted", async () => {
    const first = await Sandbox.start();
    open.push(() => first.stop());
    const tab = await openPage(first);
    tab.expected = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|Failed to load resource/;
    await tab.locator("pre[aria-label=variables]", { hasText: first.key }).waitFor();
    await first.stop();
    const second = await startSandbox(["--port", first.port, "--ui-port", first.pagePort]);
    await tab.locator("pre[aria-label=variables]", { hasText: second.key }).waitFor();
  });

  test("subscription that changes is replaced in its list", async () => {
    const { sandbox } = await startWithReceiver();
    const { results } = (await sandbox.send("GET", "/webhook-subscriptions")).json();
    const tab = await openPage(sandbox, "webhooks");
    const rows = tab.locator(".short .row");
    await until("the subscriptions", async () => (await rows.count()) === 2);
    const changed = await sandbox.send("PATCH", `/webhook-subscriptions/${results[0].id}`, { status: "inactive" });
    assert.equal(changed.status, 200, changed.text);
    await tab.locator(".short .badge.gone", { hasText: "inactive" }).waitFor();
    assert.equal(await rows.count(), 2);
  });

  test("filter without a match says how many requests it has searched", async () => {
    const sandbox = await startSandbox();
    await sandbox.send("GET", "/channels");
    const tab = await openPage(sandbox, "requests");
    await tab.getByRole("searchbox", { name: "Filter" }).fill("nothing-has-this");
    await tab.getByText("No match in the newest 1 of 1 requests").waitFor();
  });

  test("scene is read again each time its page is shown", async () => {
    const sandbox = await startSandbox();
    const tab = await openPage(sandbox, "test");
    await tab.locator(".scene pre").waitFor();
    await tab.evaluate(() => (location.hash = "faults"));
    await tab.locator("main > .faults").waitFor();
    await act(sandbox, "rules", { fault: "html_503", always: true });
    await tab.evaluate(() => (location.hash = "test"));
    await tab.locator(".scene pre", { hasText: "Rule::on_any()" }).waitFor();
  });

  test("empty pages show the exact lines that reach this sandbox", async () => {
    const sandbox = await startSandbox();
    const tab = await openPage(sandbox, "requests");
    const code = tab.locator("pre[aria-label=variables]");
    await code.waitFor();
    const expected = ["BIRD_BASE_URL", "BIRD_ACCESS_KEY", "BIRD_WORKSPACE_ID"].map((name) => `export ${name}=${sandbox.environment[name]}`);
    assert.equal(await code.textContent(), expected.join("\n"));
    await tab.getByRole("button", { name: "Copy variables" }).click();
    assert.equal(await tab.evaluate(() => navigator.clipboard.readText()), expected.join("\n"));
    // The lines work: the command of the next snippet creates a connector.
    const script = `${expected.join("\n")}\n${await tab.locator("pre[aria-label='command line']").textContent()}`;
    const python = await tab.locator("pre[aria-label='Python code']").textContent();
    const program = script.replaceAll("bird-connectors ", `${setting("BROWSER_CLI")} `);
    await run("bash", ["-euc", program], { env: { PATH: process.env.PATH, HOME: "/nonexistent" } });
    await row(tab, "201").waitFor();
    // The program in Python adopts the connector of the command, and waits for its channel.
    const { stdout } = await run(setting("BROWSER_PYTHON"), ["-c", python], { env: { ...process.env, ...sandbox.environment } });
    assert.equal(stdout.trim(), (await sandbox.send("GET", "/channels")).json().results[0].id);
  });

  test("Rust program of an empty page compiles and installs a channel", async () => {
    const sandbox = await startSandbox();
    const tab = await openPage(sandbox);
    const folder = join(setting("BROWSER_OUTPUT"), "program");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "main.rs"), await tab.locator("pre[aria-label='Rust code']").textContent());
    writeFileSync(join(folder, "Cargo.toml"), `[package]
name = "copied-program"
version = "0.0.0"
edition = "2024"
publish = false

[[bin]]
name = "copied-program"
path = "main.rs"

[dependencies]
bird-connectors = { path = "${setting("BROWSER_ROOT")}/crates/bird-connectors" }
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }

[workspace]
`);
    await run("cp", [join(setting("BROWSER_ROOT"), "Cargo.lock"), folder]);
    const { stdout } = await run(setting("BROWSER_CARGO"), ["run", "--quiet", "--offline", "--manifest-path", join(folder, "Cargo.toml")], { maxBuffer: 1 << 24, env: { ...CARGO_ENVIRONMENT, ...sandbox.environment } });
    await row(tab, "Support").locator(".badge.active").waitFor();
    assert.equal(stdout.trim(), (await sandbox.send("GET", "/channels")).json().results[0].id);
  });

  test("lines to paste do not wrap on a desktop, and fit into the page on a phone", async () => {
    const sandbox = await startSandbox();
    const routed = await startSandbox(["--deliver", `https://hooks.example.com=127.0.0.1:${await freePort()}`]);
    for (const [one, name] of [[sandbox, "connectors"], [sandbox, "requests"], [sandbox, "webhooks"], [routed, "webhooks"]]) {
      const tab = await openPage(one, name);
      await tab.setViewportSize({ width: 1280, height: 800 });
      await tab.locator(".empty pre").first().waitFor();
      const blocks = await tab.evaluate(() => [...document.querySelectorAll(".empty pre")].map((pre) => {
        const style = getComputedStyle(pre);
        const lines = pre.textContent.split("\n").length;
        const height = pre.querySelector("code").getBoundingClientRect().height;
        return { text: pre.textContent, wide: pre.scrollWidth > pre.clientWidth, wrapped: style.whiteSpace !== "pre" && height > lines * 25 };
      }));
      assert.ok(blocks.length > 0);
      for (const block of blocks) assert.ok(!block.wide && !block.wrapped, `${name}: ${block.text}`);
      await tab.setViewportSize({ width: 390, height: 844 });
      assert.ok(await tab.evaluate(() => document.getElementById("main").scrollWidth <= innerWidth));
    }
  });

  test("lines about webhooks use the route of this sandbox and receive a delivery", async () => {
    const port = await freePort();
    const sandbox = await startSandbox(["--deliver", `https://shop.example.com=127.0.0.1:${port}`]);
    const tab = await openPage(sandbox, "webhooks");
    const code = await tab.locator("pre[aria-label='commands of the receiver']").textContent();
    assert.ok(code.includes(`--port ${port} --url https://shop.example.com/bird`), code);
    const script = `${await tab.locator("pre[aria-label=variables]").textContent()}\n${code}`;
    const program = script.replaceAll("bird-connectors ", `${setting("BROWSER_CLI")} `).replace(/(\S+ webhooks listen --port)/, "exec $1");
    const child = spawn("bash", ["-euc", program], { stdio: ["ignore", "pipe", "pipe"], env: { PATH: process.env.PATH, HOME: "/nonexistent" } });
    open.push(() => new Promise((resolve) => (child.exitCode === null ? child.once("exit", resolve).kill() : resolve())));
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    await tab.locator(".short .row", { hasText: "channel.updated" }).waitFor();
    await until("the receiver", () => (output.includes(String(port)) ? true : assert.equal(child.exitCode, null, output)));
    await sandbox.install("Shop");
    await until("the delivery", () => output.includes("channel.created"));
    await row(tab, "channel.created").locator(".badge.accepted", { hasText: "200" }).waitFor();
  });

  test("lines about webhooks of a sandbox without a route start one on the same ports", async () => {
    const sandbox = await startSandbox();
    const tab = await openPage(sandbox, "webhooks");
    const code = await tab.locator("pre[aria-label='command with a route']").textContent();
    const [, port, pagePort, receiver] = code.match(/--port (\d+) --ui-port (\d+) \\\n {4}--deliver https:\/\/hooks.example.com=127.0.0.1:(\d+)/);
    assert.deepEqual([port, pagePort], [sandbox.port, sandbox.pagePort]);
    assert.ok(![port, pagePort].includes(receiver));
    tab.expected = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|Failed to load resource/;
    await sandbox.stop();
    await startSandbox(code.slice(code.indexOf("--ui") + "--ui".length).split(/[\s\\]+/).filter(Boolean));
    await tab.getByText(`127.0.0.1:${receiver}`).waitFor();
    await tab.locator("pre[aria-label='commands of the receiver']").waitFor();
  });

  test("refused request shows the broken rules and a valid form, and is repeated", async () => {
    const sandbox = await startSandbox();
    const tab = await openPage(sandbox, "requests");
    await sandbox.send("POST", "/connectors", { nam: "Shop", connectorTemplateRef: "line:1" });
    await row(tab, "422").click();
    await tab.getByText("nam is spelled name").waitFor();
    const valid = await tab.locator("pre[aria-label='nearest valid form']").textContent();
    const body = JSON.parse(valid.slice(valid.indexOf("{")));
    assert.equal((await sandbox.send("POST", "/connectors", body)).status, 201);
    await tab.mouse.move(0, 0);
    await tab.getByRole("button", { name: "Repeat" }).click();
    await tab.getByText("The sandbox answered 422.").waitFor();
    await tab.getByRole("searchbox").fill("post 422");
    await until("the filter", async () => (await tab.locator(".list button.row").count()) === 2);
  });

  test("clock stands still and is stepped", async () => {
    const sandbox = await startSandbox();
    const tab = await openPage(sandbox, "clock");
    await tab.getByRole("button", { name: "Hold" }).click();
    await tab.getByRole("button", { name: "Run" }).waitFor();
    await sandbox.install("Held");
    const channels = async () => (await sandbox.send("GET", "/channels")).json().results;
    assert.deepEqual(await channels(), []);
    await tab.getByRole("button", { name: "+ 10 s" }).click();
    await until("the channel", async () => (await channels())[0]?.status === "active");
    await tab.getByRole("button", { name: "Run" }).click();
    await tab.getByRole("button", { name: "Hold" }).waitFor();
  });

  test("limits are enforced", async () => {
    const sandbox = await startSandbox();
    const tab = await openPage(sandbox, "limits");
    await tab.getByRole("button", { name: "Enforce the documented limits" }).click();
    await tab.getByText("The limits are enforced").waitFor();
    const burst = () => Promise.all(Array.from({ length: 300 }, async () => (await sandbox.send("GET", "/connectors")).status));
    await until("a 429", async () => (await burst()).includes(429));
    await tab.goto(`${sandbox.page}#requests`);
    await row(tab, "429").waitFor();
  });
});

describe("faults", () => {
  test("fault that is switched on is met by the SDK", async () => {
    const sandbox = await startSandbox();
    const tab = await openPage(sandbox, "faults");
    await tab.locator("#fault-operation").selectOption("listConnectors");
    await tab.locator("#fault-calls").selectOption("always");
    await tab.getByRole("button", { name: "Switch on html_200" }).click();
    await tab.locator(".short .row", { hasText: "html_200" }).waitFor();
    const failed = await commandLine(sandbox, "connectors", "list", "--output", "json");
    assert.notEqual(failed.code, 0, failed.stdout);
    await tab.getByRole("button", { name: "Remove all" }).click();
    await tab.getByText("No fault is switched on.").waitFor();
    const listed = await commandLine(sandbox, "connectors", "list", "--output", "json");
    assert.equal(listed.code, 0, listed.stderr);
  });

  test("fault that is switched on once is gone after one call", async () => {
    const sandbox = await startSandbox();
    const tab = await openPage(sandbox, "faults");
    await tab.locator("#fault-operation").selectOption("listChannels");
    const button = tab.getByRole("button", { name: "Switch on html_503" });
    await button.scrollIntoViewIfNeeded();
    const before = await button.boundingBox();
    await button.click();
    await tab.locator(".short .row", { hasText: "html_503" }).waitFor();
    // Chromium rounds a scroll position to a part of a pixel.
    const moved = Math.abs((await button.boundingBox()).y - before.y);
    assert.ok(moved < 1, `nothing moves under the pointer, but the button moved by ${moved} px`);
    // The SDK repeats the read, so that the fault costs an attempt, and not the call.
    const listed = await commandLine(sandbox, "channels", "list", "--output", "json");
    assert.equal(listed.code, 0, listed.stderr);
    await tab.getByText("No fault is switched on.").waitFor();
    const { items } = await (await fetch(`${sandbox.page}api/requests`)).json();
    assert.deepEqual(items.map((item) => item.status).reverse(), [503, 200]);
  });

  test("page is loaded and switches the fault off while the API is down", async () => {
    const sandbox = await startSandbox();
    const tab = await openPage(sandbox, "faults");
    await tab.locator("#fault-calls").selectOption("always");
    await tab.getByRole("button", { name: "Switch on down", exact: true }).click();
    await tab.locator(".short .row", { hasText: "down" }).waitFor();
    await assert.rejects(sandbox.send("GET", "/connectors"));
    await tab.reload();
    await tab.locator("#connection.live").waitFor();
    await tab.getByRole("button", { name: "Remove all" }).click();
    await tab.getByText("No fault is switched on.").waitFor();
    // It is down for a second after the last request that met the fault.
    const listed = () => commandLine(sandbox, "connectors", "list", "--output", "json");
    await until("the API", async () => (await listed()).code === 0);
  });

  test("invalid numbers are refused beside their field, and nothing is sent", async () => {
    const sandbox = await startSandbox(["--speed", "0.001"]);
    await sandbox.install("Shop");
    const tab = await openPage(sandbox, "faults");
    let posts = 0;
    tab.on("request", (request) => (posts += request.method() === "POST" ? 1 : 0));
    await tab.locator("#fault-calls").selectOption("times");
    for (const [field, button, range] of [
      ["#fault-times", "Switch on html_503", "1 to 1,000,000"],
      ["#fault-delay", "Switch on the delay", "1 to 3,600,000"],
    ]) {
      const problem = tab.locator(`${field}-problem`);
      for (const value of ["", "0", "-1", "1.5", "99999999"]) {
        await tab.locator(field).fill(value);
        await tab.getByRole("button", { name: button }).click();
        await problem.getByText(`Enter a whole number from ${range}.`).waitFor();
        assert.equal(await tab.evaluate((selector) => document.activeElement === document.querySelector(selector), field), true);
      }
      await tab.locator(field).fill("2");
      assert.equal(await problem.textContent(), "");
      assert.equal(posts, 0);
      await tab.getByRole("button", { name: button }).click();
      await until("the rule", async () => (await tab.locator(".short .row").count()) === posts && posts > 0);
      posts = 0;
      await tab.getByRole("button", { name: "Remove all" }).click();
      await tab.getByText("No fault is switched on.").waitFor();
      posts = 0;
    }
    await tab.evaluate(() => (location.hash = "connectors"));
    await row(tab, "Shop").click();
    await tab.getByRole("textbox", { name: "Status" }).fill("  ");
    await tab.getByRole("button", { name: "End with status" }).click();
    await tab.getByText("Enter a status.").waitFor();
    assert.equal(posts, 0);
  });

  test("descriptions of readings show code as code", async () => {
    const sandbox = await startSandbox();
    const tab = await openPage(sandbox, "faults");
    await tab.locator(".readings .row code").first().waitFor();
    assert.ok(!(await tab.locator("main").textContent()).includes("`"));
    await tab.locator("#reading-lastPage").selectOption("empty");
    await tab.locator(".readings .changed").waitFor();
    assert.ok(!(await tab.locator("main").textContent()).includes("`"));
  });

  test("reading of the API is changed", async () => {
    const sandbox = await startSandbox();
    const tab = await openPage(sandbox, "faults");
    await tab.locator("#reading-createStatus").selectOption("ok200");
    await tab.locator(".readings .changed").waitFor();
    assert.equal((await sandbox.send("POST", "/connectors", { name: "A", connectorTemplateRef: "line:1" })).status, 200);
    await tab.getByRole("button", { name: "Reset all readings" }).click();
    await until("the reset", async () => (await tab.locator(".readings .changed").count()) === 0);
    assert.equal((await sandbox.send("POST", "/connectors", { name: "B", connectorTemplateRef: "line:1" })).status, 201);
  });
});

describe("webhooks", () => {
  test("delivery is replayed in each way and verified by a receiver", async () => {
    const { sandbox, receiver } = await startWithReceiver();
    const tab = await openPage(sandbox, "webhooks");
    await sandbox.install("Shop");
    // Deliveries are sent at the same time, so the first one can be either of them.
    await until("the deliveries", () => receiver.received.length >= 2);
    const original = receiver.received.find((known) => JSON.parse(known.body).event === "channel.created");
    await row(tab, "channel.created").click();
    await tab.locator("pre[aria-label='signed string']").waitFor();
    const { id } = original;
    const send = async (name, count) => {
      const before = receiver.received.length;
      await tab.getByRole("button", { name, exact: true }).click();
      await until(name, () => receiver.received.length >= before + count);
      return receiver.received.slice(before);
    };
    assert.deepEqual((await send("Replay", 1)).map((known) => [known.id, known.valid]), [[id, true]]);
    assert.deepEqual((await send("Twice", 2)).map((known) => [known.id, known.valid]), [[id, true], [id, true]]);
    const [late] = await send("Late", 1);
    assert.ok(late.valid && late.id !== id && late.timestamp === original.timestamp - 4 * 3600);
    const [forged] = await send("Forged", 1);
    assert.ok(!forged.valid);
    await tab.getByText("The receiver answered 401.").waitFor();
    await tab.mouse.move(0, 0);
    await row(tab, "forged").waitFor();
  });

  test("delivery without a route is shown once, and says so", async () => {
    const sandbox = await startSandbox(["--speed", "1000"]);
    await sandbox.send("POST", "/webhook-subscriptions", { service: "channels", event: "channel.created", url: HOOK });
    const tab = await openPage(sandbox, "webhooks");
    await sandbox.install("One");
    await row(tab, "channel.created").locator(".badge", { hasText: "no route" }).waitFor();
    await sandbox.install("Two");
    await until("both deliveries", async () => (await tab.locator(".list button.row").count()) === 2);
    await row(tab, "channel.created").click();
    await tab.getByText("so nothing was sent").waitFor();
    await tab.getByRole("button", { name: "Replay" }).click();
    await tab.getByText("Not sent: the URL has no route.").waitFor();
  });
});

describe("what buttons and badges say", () => {
  test("events are sent out of order, which needs two of them", async () => {
    const { sandbox, receiver } = await startWithReceiver();
    await act(sandbox, "clock", { action: "hold" });
    const id = await sandbox.install("Shop");
    await act(sandbox, `connectors/${id}/end`, { status: "pending" });
    const tab = await openPage(sandbox, "webhooks");
    await row(tab, "channel.created").click();
    const button = tab.getByRole("button", { name: "Out of order" });
    await button.waitFor();
    assert.equal(await button.isDisabled(), true);
    const reason = "the subscription has received no other event of this channel";
    await tab.getByText(`Out of order cannot be used: ${reason}.`).waitFor();
    assert.equal(await button.getAttribute("title"), reason);
    await tab.mouse.move(0, 0);
    for (const status of ["inactive", "active"]) {
      await act(sandbox, "clock", { action: "step", milliseconds: 1_000 });
      await act(sandbox, `connectors/${id}/end`, { status });
      await until("the event", () => receiver.received.some(({ body }) => body.includes(`"${status}"`)));
    }
    await row(tab, "channel.updated").click();
    await until("the button", () => button.isEnabled());
    const before = receiver.received.length;
    await button.click();
    await tab.getByText("The receiver answered 200 and 200.").waitFor();
    const statuses = receiver.received.slice(before).map(({ body }) => JSON.parse(body).payload.status);
    assert.deepEqual(statuses, ["active", "inactive"]);
    await tab.mouse.move(0, 0);
    await row(tab, "out of order, older").waitFor();
    // The newest is the first.
    const labels = await tab.locator(".list button.row .label").allTextContents();
    assert.deepEqual(labels.slice(0, 2), ["out of order, older", "out of order, newer"]);
    await row(tab, "out of order, older").click();
    await tab.getByText("Out of order cannot be used: only a delivery of the sandbox itself has an order.").waitFor();
  });

  test("deleted connector has a badge, is not counted and cannot be changed", async () => {
    const sandbox = await startSandbox(["--speed", "0.001"]);
    const id = await sandbox.install("Deleted shop");
    await sandbox.install("Other shop");
    const tab = await openPage(sandbox);
    const count = tab.locator("nav a[href='#connectors'] .count");
    await row(tab, "Deleted shop").click();
    await until("the count", async () => (await count.textContent()) === "2");
    assert.equal((await sandbox.send("DELETE", `/connectors/${id}`)).status, 204);
    await row(tab, "Deleted shop").locator(".badge.gone", { hasText: "deleted" }).waitFor();
    assert.equal(await count.textContent(), "1");
    await tab.getByText("1 installing, 1 gone").waitFor();
    await tab.getByText("The connector is deleted, so that its script has ended.").waitFor();
    for (const name of ["Advance", "Delay 10 s", "End with status"]) {
      assert.equal(await tab.getByRole("button", { name }).isDisabled(), true, name);
    }
    await tab.locator(".details dd .badge.gone", { hasText: "deleted" }).waitFor();
  });

  test("line that starts the sandbox again has its options", async () => {
    const sandbox = await startSandbox(["--connectors", "3", "--speed", "2"]);
    const tab = await openPage(sandbox, "webhooks");
    const code = await tab.locator("pre[aria-label='command with a route']").textContent();
    assert.ok(code.startsWith("bird-connectors-sandbox --speed 2 --connectors 3 --ui --port "), code);
  });

  test("secrets in URLs and arguments are masked, and the page says so", async () => {
    const receiver = await Receiver.start(`${HOOK}?token=hidden-token`, KEY);
    open.push(() => receiver.stop());
    const sandbox = await startSandbox(["--speed", "1000", "--deliver", `https://hooks.example.com=127.0.0.1:${receiver.port}`]);
    await sandbox.send("POST", "/webhook-subscriptions", { service: "channels", event: "channel.created", url: `${HOOK}?token=hidden-token`, signingKey: KEY });
    await sandbox.install("Shop", "line:1", { arguments: { channelSecret: "hidden-argument" } });
    await until("the delivery", () => receiver.received.length > 0);
    assert.ok(receiver.received[0].valid);
    const tab = await openPage(sandbox, "webhooks");
    await tab.locator(".short .path", { hasText: `${HOOK}?token=•••` }).waitFor();
    await row(tab, "channel.created").click();
    await tab.getByText("The signed URL contains a secret, which is masked here").waitFor();
    await tab.locator("pre[aria-label='signed string']", { hasText: "?token=•••" }).waitFor();
    await tab.evaluate(() => (location.hash = "connectors"));
    await row(tab, "Shop").click();
    await tab.locator("pre[aria-label=arguments]", { hasText: '"channelSecret": "•••"' }).waitFor();
    await tab.evaluate(() => (location.hash = "test"));
    for (const form of ["rust", "pytest", "file"]) {
      await tab.locator(`button[data-form=${form}]`).click();
      await tab.locator(`button[data-form=${form}][aria-pressed=true]`).waitFor();
      const code = await tab.locator(".scene code").textContent();
      assert.ok(code.includes("•••") && !code.includes("hidden-"), code);
    }
  });

  test("copy that is no longer the scene says so until it is refreshed", async () => {
    const sandbox = await startSandbox();
    const tab = await openPage(sandbox, "test");
    await tab.locator(".scene code").waitFor();
    const stale = tab.getByText("The sandbox has changed since: this is not its scene any more.");
    assert.equal(await stale.count(), 0);
    await act(sandbox, "rules", { fault: "html_503", always: true });
    await stale.waitFor();
    assert.ok(!(await tab.locator(".scene code").textContent()).includes("Rule::"));
    await tab.getByRole("button", { name: "Refresh" }).click();
    await tab.locator(".scene code", { hasText: "Rule::on_any().always()" }).waitFor();
    assert.equal(await stale.count(), 0);
    // A change that is undone makes it the scene again.
    await act(sandbox, "rules", { fault: "empty", always: true });
    await stale.waitFor();
    const { items } = await (await fetch(`${sandbox.page}api/rules`)).json();
    await act(sandbox, `rules/${items.at(-1).number}/remove`);
    await until("the scene", async () => (await stale.count()) === 0);
  });

  test("details of a request of the sandbox before the restart are closed", async () => {
    const first = await Sandbox.start();
    open.push(() => first.stop());
    await first.send("GET", "/connectors");
    const tab = await openPage(first, "requests");
    tab.expected = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|Failed to load resource/;
    await row(tab, "/connectors").click();
    await tab.locator(".details.open", { hasText: "GET listConnectors" }).waitFor();
    await first.stop();
    await tab.locator("#connection.lost").waitFor();
    const second = await startSandbox(["--port", first.port, "--ui-port", first.pagePort]);
    await second.send("GET", "/channels");
    await row(tab, "/channels").waitFor();
    assert.equal(await tab.locator(".details.open").count(), 0);
  });
});

describe("attacks", () => {
  const MARKUP = `<img src=x onerror="window.attacked=1"><script>window.attacked=1</script>"'{{}}`;

  test("markup in names, statuses, paths and bodies is shown as text", async () => {
    const { sandbox } = await startWithReceiver();
    const id = await sandbox.install(MARKUP, "line:1", { arguments: { [MARKUP]: MARKUP } });
    await act(sandbox, `connectors/${id}/end`, { status: MARKUP });
    await sandbox.send("POST", "/connectors", { [MARKUP]: MARKUP });
    await sandbox.send("GET", `/connectors/${encodeURIComponent(MARKUP)}?${encodeURIComponent(MARKUP)}=${encodeURIComponent(MARKUP)}`);
    await sandbox.send("POST", "/webhook-subscriptions", { service: MARKUP, event: MARKUP, url: `https://a.example.com/${encodeURIComponent(MARKUP)}` });
    const tab = await openPage(sandbox);
    let seen = 0;
    for (const name of PAGES) {
      await tab.evaluate((hash) => (location.hash = hash), name);
      await tab.locator(`main > .${name}`).waitFor();
      if (name === "test") await tab.locator(".scene code").waitFor();
      const rows = await tab.locator(".list button.row").count();
      for (let index = 0; index < rows; index += 1) {
        await tab.locator(".list button.row").nth(index).click();
        await tab.locator(".details.open").waitFor();
        await tab.mouse.move(0, 0);
      }
      seen += (await tab.locator("main").textContent()).includes("<img src=x") ? 1 : 0;
      assert.equal(await tab.locator("main img, main script, main iframe, main [onerror]").count(), 0);
      assert.equal(await tab.evaluate(() => window.attacked), undefined);
    }
    assert.ok(seen >= 3, `the markup is text on ${seen} pages`);
  });

  test("another site on this machine can neither read nor change anything", async () => {
    const sandbox = await startSandbox();
    await sandbox.install("Private shop");
    const site = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Other</title>"));
    await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
    open.push(() => new Promise((resolve) => { site.closeAllConnections(); site.close(resolve); }));
    const tab = await browser.newPage();
    open.push(() => tab.close());
    for (const host of ["127.0.0.1", "localhost"]) {
      await tab.goto(`http://${host}:${site.address().port}/`);
      const results = await tab.evaluate(async (page) => {
        const attempt = async (path, options) => {
          try {
            const response = await fetch(page + path, options);
            return response.type === "opaque" ? "opaque" : `read: ${await response.text()}`;
          } catch {
            return "blocked";
          }
        };
        const rule = JSON.stringify({ fault: "empty", always: true });
        const json = { "content-type": "application/json" };
        const loads = (name, attributes) => new Promise((resolve) => {
          const element = document.createElement(name);
          element.onload = () => resolve("loaded");
          element.onerror = () => resolve("blocked");
          Object.assign(element, attributes);
          document.body.append(element);
        });
        return {
          read: await attempt("api/connectors"),
          post: await attempt("api/rules", { method: "POST", headers: json, body: rule }),
          form: await attempt("api/rules", { method: "POST", mode: "no-cors", body: rule }),
          disguised: await attempt("api/rules", { method: "POST", mode: "no-cors", headers: { "content-type": "text/plain" }, body: rule }),
          script: await loads("script", { src: `${page}store.js`, type: "module" }),
          image: await loads("img", { src: `${page}icon.svg` }),
          events: await new Promise((resolve) => {
            const source = new EventSource(`${page}api/events`);
            source.addEventListener("hello", () => resolve("read"));
            source.onerror = () => (source.close(), resolve("blocked"));
          }),
        };
      }, sandbox.page);
      for (const [name, result] of Object.entries(results)) assert.ok(["blocked", "opaque"].includes(result), `${host} ${name}: ${result}`);
    }
    const { items } = await (await fetch(`${sandbox.page}api/rules`)).json();
    assert.deepEqual(items, []);
    assert.equal((await sandbox.send("GET", "/connectors")).status, 200);
  });

  test("the page cannot be put into a frame of another site", async () => {
    const sandbox = await startSandbox();
    const site = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html><iframe src="${sandbox.page}"></iframe>`));
    await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
    open.push(() => new Promise((resolve) => { site.closeAllConnections(); site.close(resolve); }));
    const tab = await browser.newPage();
    open.push(() => tab.close());
    await tab.goto(`http://127.0.0.1:${site.address().port}/`);
    const frame = tab.frames()[1];
    assert.ok(!frame || (await frame.locator("#pages").count()) === 0);
  });

  test("secret markers are neither in the document nor in the JSON", async () => {
    const markers = ["MARKER-KEY", "MARKER-OAUTH", "MARKER-TOKEN", "MARKER-SIGNING", "MARKER-HEADER", "MARKER-WRONG"];
    const receiver = await Receiver.start(HOOK, markers[3]);
    open.push(() => receiver.stop());
    const sandbox = await startSandbox(["--key", markers[0], "--speed", "1000", "--deliver", `https://hooks.example.com=127.0.0.1:${receiver.port}`]);
    await sandbox.send("POST", "/webhook-subscriptions", { service: "channels", event: "channel.created", url: HOOK, signingKey: markers[3] });
    await sandbox.install("Shop", "whatsapp:1", {
      arguments: { wabaId: "1", phoneId: "2", phoneNumber: "+31612345678" },
      securityArguments: { oauth: { accessToken: markers[1] } },
      invitationToken: markers[2],
    });
    await sandbox.send("POST", "/connectors", { name: 1, connectorTemplateRef: markers[2], invitationToken: markers[2] });
    await sandbox.send("GET", "/connectors", undefined, { "x-secret": markers[4], cookie: `a=${markers[4]}` });
    await sandbox.send("GET", `/connectors/${markers[5]}`, undefined, { authorization: `AccessKey ${markers[5]}` });
    await until("the delivery", () => receiver.received.length > 0);
    assert.ok(receiver.received[0].valid);
    const everything = await sandbox.everything();
    const tab = await openPage(sandbox);
    let document = "";
    for (const name of PAGES) {
      await tab.evaluate((hash) => (location.hash = hash), name);
      await tab.locator(`main > .${name}`).waitFor();
      if (name === "test") await tab.locator(".scene code").waitFor();
      const rows = await tab.locator(".list button.row").count();
      for (let index = 0; index < rows; index += 1) {
        await tab.locator(".list button.row").nth(index).click();
        await tab.locator(".details.open").waitFor();
        document += await tab.content();
      }
      document += await tab.content();
    }
    assert.ok(document.includes("createConnector"));
    for (const marker of markers) {
      assert.ok(!everything.includes(marker), `${marker} is in the JSON`);
      assert.ok(!document.includes(marker), `${marker} is in the document`);
    }
  });
});

describe("older rows", () => {
  const rows = (tab) => tab.locator(".list button.row");
  const older = (tab) => tab.getByRole("button", { name: "Show older" });
  const indexOfFocus = (tab) => tab.evaluate(() => [...document.querySelectorAll(".list button.row")].indexOf(document.activeElement));

  /** Hides the page or shows it, as if another tab was selected. A hidden page has no connection. */
  async function setHidden(tab, isHidden) {
    await tab.evaluate((value) => {
      Object.defineProperty(document, "hidden", { value, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, isHidden);
  }

  async function showAll(tab, count) {
    for (let shown = await rows(tab).count(); shown < count; shown = await rows(tab).count()) {
      await older(tab).click();
      await until("more rows", async () => (await rows(tab).count()) > shown);
    }
    assert.equal(await rows(tab).count(), count);
    assert.equal(await older(tab).isVisible(), false);
  }

  test("every kept request is reached with keys", async () => {
    const sandbox = await startSandbox();
    await load(sandbox, 205);
    await sandbox.send("GET", "/connectors?pageToken=the-oldest-one");
    await load(sandbox, 999);
    const tab = await openPage(sandbox, "requests");
    await tab.getByText("The newest 200 of 1000 requests").waitFor();
    await rows(tab).first().focus();
    for (const count of [400, 600, 800, 1000]) {
      await tab.keyboard.press("End");
      assert.equal(await tab.evaluate(() => document.activeElement.textContent), "Show older");
      await tab.keyboard.press("Enter");
      await until("the rows", async () => (await rows(tab).count()) === count);
      assert.equal(await indexOfFocus(tab), count - 200);
    }
    assert.equal(await older(tab).isVisible(), false);
    await tab.keyboard.press("End");
    assert.equal(await indexOfFocus(tab), 999);
    await tab.keyboard.press("Enter");
    await tab.locator(".details.open code", { hasText: "pageToken=the-oldest-one" }).waitFor();
    // The next request displaces it.
    await sandbox.send("GET", "/channels");
    await until("the next row", async () => (await row(tab, "/channels").count()) === 1);
    assert.equal(await row(tab, "the-oldest-one").count(), 0);
    assert.equal(await rows(tab).count(), 1000);
  });

  test("filter finds an older request", async () => {
    const sandbox = await startSandbox();
    await sandbox.send("GET", "/connectors?pageToken=the-oldest-one");
    await load(sandbox, 299);
    const tab = await openPage(sandbox, "requests");
    await tab.getByRole("searchbox", { name: "Filter" }).fill("the-oldest");
    await tab.getByText("No match in the newest 200 of 300 requests").waitFor();
    await older(tab).click();
    await row(tab, "the-oldest-one").waitFor();
    assert.equal(await rows(tab).count(), 1);
    assert.equal(await older(tab).isVisible(), false);
  });

  test("older rows stay while the page is hidden, unless requests in between are unknown", async () => {
    const sandbox = await startSandbox();
    await load(sandbox, 300);
    const tab = await openPage(sandbox, "requests");
    await tab.getByText("The newest 200 of 300 requests").waitFor();
    await showAll(tab, 300);
    await rows(tab).nth(250).focus();
    await setHidden(tab, true);
    await load(sandbox, 50);
    await setHidden(tab, false);
    await tab.getByText("50 new, shown when you leave the list").waitFor();
    assert.equal(await indexOfFocus(tab), 250);
    await tab.getByRole("searchbox", { name: "Filter" }).focus();
    await until("the new rows", async () => (await rows(tab).count()) === 350);
    await setHidden(tab, true);
    await load(sandbox, 201);
    await setHidden(tab, false);
    await tab.getByText("The newest 200 of 551 requests").waitFor();
    await showAll(tab, 551);
  });

  test("every kept delivery is reached", async () => {
    const sandbox = await startSandbox(["--speed", "1000"]);
    await sandbox.send("POST", "/webhook-subscriptions", { service: "channels", event: "channel.created", url: HOOK });
    for (let index = 0; index < 201; index += 1) await sandbox.install(`Shop ${index}`);
    await until("the deliveries", async () => (await (await fetch(`${sandbox.page}api/deliveries`)).json()).total === 201);
    const tab = await openPage(sandbox, "webhooks");
    await tab.getByText("The newest 200 of 201 deliveries").waitFor();
    assert.equal(await rows(tab).count(), 200);
    await older(tab).click();
    await until("the last row", async () => (await rows(tab).count()) === 201);
    assert.equal(await indexOfFocus(tab), 200);
    assert.equal(await older(tab).isVisible(), false);
  });
});

describe("load", () => {
  test("page that is open through 100,000 requests stays small and responsive", async (context) => {
    const sandbox = await startSandbox();
    const tab = await openPage(sandbox, "requests");
    const client = await tab.context().newCDPSession(tab);
    const heap = async () => {
      await client.send("HeapProfiler.collectGarbage");
      const { metrics } = await (await client.send("Performance.enable"), client.send("Performance.getMetrics"));
      return metrics.find(({ name }) => name === "JSHeapUsedSize").value;
    };
    await load(sandbox, 2_000);
    await until("the requests", async () => (await tab.locator("nav a[href='#requests'] .count").textContent()) === "2000");
    const before = await heap();
    await load(sandbox, 98_000);
    await until("the requests", async () => (await tab.locator("nav a[href='#requests'] .count").textContent()) === "100000");
    const end = await heap();
    const rows = await tab.locator(".list button.row").count();
    context.diagnostic(`heap after 2,000 requests: ${(before / 1e6).toFixed(1)} MB, after 100,000: ${(end / 1e6).toFixed(1)} MB`);
    assert.ok(rows <= 200);
    assert.ok(end < before + 3_000_000, `the heap grew from ${before} to ${end} bytes`);
    // It still reacts: another page opens, and an install appears.
    await tab.evaluate(() => (location.hash = "connectors"));
    await sandbox.install("After the load");
    await row(tab, "After the load").waitFor();
    const { items, total } = await (await fetch(`${sandbox.page}api/requests`)).json();
    assert.equal(total, 100_001);
    assert.equal(items.length, 1_000);
  });
});

/** Sends requests over a few connections. */
async function load(sandbox, count) {
  const { Agent, get } = await import("node:http");
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const path = `/workspaces/${sandbox.workspace}/connectors`;
  const headers = { authorization: `AccessKey ${sandbox.key}` };
  let sent = 0;
  const one = () => new Promise((resolve, reject) => {
    get({ agent, host: "127.0.0.1", port: sandbox.port, path, headers }, (response) => response.resume().on("end", resolve)).on("error", reject);
  });
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (sent < count) {
      sent += 1;
      await one();
    }
  }));
  agent.destroy();
}

describe("copy as test", () => {
  /** What breaks literals, comments or the display of a file. */
  const ODD = [`"`, `'`, "\\", `\\"`, `"#`, `"##; panic!()`, `"""`, "*/ //! {} {{ $x %s", "\\u202e \\N{DIGIT ONE}", "a\nb\r\nc\td", "\0\u0001\b\f\u001b[31m", "\u007f\u0085\u009b", "\u2028\u2029", "\u202eabc\u202c\ufeff\u200d", "\u{13430}\u{e0041}", "é ☃ 😀"].join(" ");
  const NUMBERS = "[9007199254740993, 18446744073709551615, -9223372036854775808, 3000000000, -1, 1.0, -0.5, 1e+300]";
  /** A connector as JSON, because JavaScript does not have all of its numbers. */
  const ODD_CONNECTOR = `{
    "name": ${JSON.stringify(`Failed ${ODD}`)},
    "arguments": {
      ${JSON.stringify(ODD)}: ${JSON.stringify(ODD)},
      "numbers": ${NUMBERS},
      "many": [${[...Array(200).keys()].join()}],
      "nested": {"list": [1, null, true, [], {}, [[{"a": "b"}]]]}
    }
  }`;

  /** Three scenes: what is done to a sandbox, and how a copy of it must behave. */
  const SCENES = {
    async installs(sandbox) {
      await sandbox.install("Active shop");
      await act(sandbox, "clock", { action: "step", milliseconds: 5_000 });
      const created = await sandbox.send("POST", "/connectors", ODD_CONNECTOR.replace("{", `{"connectorTemplateRef": "telegram:1",`));
      assert.equal(created.status, 201, created.text);
      await act(sandbox, `connectors/${created.json().id}/end`, { status: "rejected" });
    },
    async faults(sandbox) {
      await act(sandbox, "rules", { operation: "listConnectors", fault: "html_503", times: 1 });
      await act(sandbox, "rules", { operation: "createConnector", fault: "lost_response", times: 2, afterProcessing: true });
      await act(sandbox, "rules", { fault: { name: "slow_commit", value: 50 }, operation: "createWebhookSubscription", always: true });
    },
    async readings(sandbox) {
      await act(sandbox, "behavior", { name: "createStatus", value: "ok200" });
      await act(sandbox, "behavior", { name: "lastPage", value: "empty" });
      await act(sandbox, "limits", { enforced: true });
      await sandbox.send("POST", "/webhook-subscriptions", { service: "channels", event: "channel.updated", url: HOOK, signingKey: KEY, eventFilters: [{ key: "channelStatus", value: "active" }] });
    },
  };

  test("three scenes compile, run and behave the same in Rust, in pytest and as a file", async (context) => {
    const folder = join(setting("BROWSER_OUTPUT"), "scenes");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, "tests"), { recursive: true });
    for (const [name, prepare] of Object.entries(SCENES)) {
      const sandbox = await startSandbox();
      await prepare(sandbox);
      const tab = await openPage(sandbox, "test");
      const copy = async (form) => {
        await tab.locator(".scene .copy", { hasText: /^Copy$/ }).waitFor();
        await tab.locator(`button[data-form=${form}]`).click();
        await tab.locator(`button[data-form=${form}][aria-pressed=true]`).waitFor();
        await tab.locator(".scene .copy").click();
        await tab.locator(".scene .copy", { hasText: "Copied" }).waitFor();
        return tab.evaluate(() => navigator.clipboard.readText());
      };
      const rust = await copy("rust");
      // What the copy must do, in addition to the test that it brings.
      writeFileSync(join(folder, "tests", `${name}.rs`), `${rust}\n${CHECKS_IN_RUST[name]}`);
      writeFileSync(join(folder, `test_${name}.py`), `${await copy("pytest")}\n\n${CHECKS_IN_PYTHON[name]}`);
      const file = join(folder, `${name}.json`);
      writeFileSync(file, await copy("file"));
      const loaded = await startSandbox(["--scene", file]);
      assert.deepEqual((await (await fetch(`${loaded.page}api/scene`)).json()).json, JSON.parse(await copy("file")), name);
      await CHECKS_OF_FILE[name](loaded);
    }
    writeFileSync(join(folder, "Cargo.toml"), `[package]
name = "copied-scenes"
version = "0.0.0"
edition = "2024"
publish = false

[lib]
path = "lib.rs"

[dev-dependencies]
bird-connectors-sandbox = { path = "${setting("BROWSER_CRATE")}", default-features = false }
serde_json = "1"
tokio = { version = "1", features = ["io-util", "macros", "rt"] }

[workspace]
`);
    writeFileSync(join(folder, "lib.rs"), "");
    writeFileSync(join(folder, "odd.json"), ODD_CONNECTOR);
    await run("cp", [join(setting("BROWSER_ROOT"), "Cargo.lock"), folder]);
    const cargo = await run(setting("BROWSER_CARGO"), ["test", "--offline", "--tests", "--manifest-path", join(folder, "Cargo.toml")], { maxBuffer: 1 << 24, env: CARGO_ENVIRONMENT });
    context.diagnostic(cargo.stdout.split("\n").filter((line) => line.startsWith("test result")).join("; "));
    assert.equal(cargo.stdout.match(/ 2 passed/g)?.length, 3, cargo.stdout);
    const pytest = await run(setting("BROWSER_PYTHON"), ["-m", "pytest", "--quiet", "-p", "no:cacheprovider", "--rootdir", folder, folder], { maxBuffer: 1 << 24 });
    context.diagnostic(pytest.stdout.trim().split("\n").at(-1));
    assert.match(pytest.stdout, /6 passed/);
  });

  const RUST_CLIENT = `
/// The status of a GET, or 0 without a response; and the body.
async fn send(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> (u16, String) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(sandbox.address()).await.unwrap();
    let (workspace, key, length) = (sandbox.workspace_id(), sandbox.access_key(), body.len());
    let request = format!("{method} /workspaces/{workspace}{path} HTTP/1.1\\r\\nhost: x\\r\\nconnection: close\\r\\nauthorization: AccessKey {key}\\r\\ncontent-type: application/json\\r\\ncontent-length: {length}\\r\\n\\r\\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    let _ = stream.read_to_string(&mut response).await;
    let status = response.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, response)
}
`;
  const CREATE = `{"name": "New", "connectorTemplateRef": "line:1"}`;
  const CHECKS_IN_RUST = {
    installs: `
#[tokio::test]
async fn behaves_the_same() {
    let sandbox = scene().start().await.unwrap();
    let statuses: Vec<_> = sandbox.channels().iter().map(|channel| channel["status"].clone()).collect();
    assert_eq!(statuses, ["active", "rejected"]);
    let odd: serde_json::Value = serde_json::from_str(include_str!("../odd.json")).unwrap();
    assert_eq!(sandbox.connectors()[1]["name"], odd["name"]);
    assert_eq!(sandbox.connectors()[1]["arguments"], odd["arguments"]);
}
`,
    faults: `${RUST_CLIENT}
#[tokio::test]
async fn behaves_the_same() {
    let sandbox = scene().start().await.unwrap();
    assert_eq!(send(&sandbox, "GET", "/connectors", "").await.0, 503);
    assert_eq!(send(&sandbox, "GET", "/connectors", "").await.0, 200);
    assert_eq!(send(&sandbox, "POST", "/connectors", r#"${CREATE}"#).await.0, 0);
    assert_eq!(sandbox.connectors().len(), 1);
}
`,
    readings: `${RUST_CLIENT}
#[tokio::test]
async fn behaves_the_same() {
    let sandbox = scene().start().await.unwrap();
    assert_eq!(send(&sandbox, "POST", "/connectors", r#"${CREATE}"#).await.0, 200);
    assert!(send(&sandbox, "GET", "/connectors", "").await.1.contains("\\"nextPageToken\\":\\"\\""));
    assert_eq!(sandbox.webhook_subscriptions()[0]["eventFilters"][0]["value"], "active");
}
`,
  };
  const CHECKS_IN_PYTHON = {
    installs: `def test_behaves_the_same(bird_scene: Sandbox) -> None:
    import json
    from pathlib import Path

    assert [channel["status"] for channel in bird_scene.channels()] == ["active", "rejected"]
    odd = json.loads(Path(__file__).with_name("odd.json").read_text(encoding="utf-8"))
    assert bird_scene.connectors()[1]["name"] == odd["name"]
    assert bird_scene.connectors()[1]["arguments"] == odd["arguments"]
`,
    faults: `def test_behaves_the_same(bird_scene: Sandbox) -> None:
    from bird_connectors import BirdConnectorsError, Line

    with bird_scene.client() as bird:
        assert list(bird.workspace().connectors.list()) == []
        assert [request["status"] for request in bird_scene.requests("listConnectors")] == [503, 200]
        with pytest.raises(BirdConnectorsError) as caught:
            bird.workspace().connectors.install(Line(name="New"))
        assert caught.value.outcome == "unknown"
    assert len(bird_scene.connectors()) == 1
`,
    readings: `def test_behaves_the_same(bird_scene: Sandbox) -> None:
    from bird_connectors import Line

    with bird_scene.client() as bird:
        bird.workspace().connectors.install(Line(name="New"))
    assert bird_scene.requests("createConnector")[0]["status"] == 200
`,
  };
  const CHECKS_OF_FILE = {
    async installs(sandbox) {
      const { results } = (await sandbox.send("GET", "/channels")).json();
      assert.deepEqual(results.map((channel) => channel.status), ["active", "rejected"]);
      const { text } = await sandbox.send("GET", "/connectors");
      // Compared as text: JavaScript does not have all of these numbers.
      assert.ok(text.includes(`"numbers":${NUMBERS.replaceAll(" ", "")}`), text);
      assert.deepEqual(JSON.parse(text).results[1].name, JSON.parse(ODD_CONNECTOR).name);
      assert.deepEqual(JSON.parse(text).results[1].arguments, JSON.parse(ODD_CONNECTOR).arguments);
    },
    async faults(sandbox) {
      assert.equal((await sandbox.send("GET", "/connectors")).status, 503);
      assert.equal((await sandbox.send("GET", "/connectors")).status, 200);
      await assert.rejects(sandbox.install("New"));
    },
    async readings(sandbox) {
      assert.equal((await sandbox.send("POST", "/connectors", CREATE)).status, 200);
    },
  };
});

describe("looks", () => {
  test("every page fits into 390 pixels", async () => {
    const { sandbox } = await startWithReceiver();
    await sandbox.install("A shop with a rather long name that does not fit into a narrow row", "line:1");
    await sandbox.send("GET", `/connectors?${"pageToken=".padEnd(300, "x")}`);
    const tab = await openPage(sandbox);
    await tab.setViewportSize({ width: 390, height: 844 });
    for (const [index, name] of PAGES.entries()) {
      await tab.keyboard.press(String(index + 1));
      await tab.locator(`main > .${name}`).waitFor();
      if (name === "test") await tab.locator(".scene code").waitFor();
      const width = await tab.evaluate(() => Math.max(document.documentElement.scrollWidth, document.getElementById("main").scrollWidth));
      assert.ok(width <= 390, `${name} is ${width} pixels wide`);
    }
  });

  test("long name takes a few lines", async () => {
    const sandbox = await startSandbox();
    await sandbox.install("A name ".repeat(500));
    const tab = await openPage(sandbox);
    for (const width of [1280, 390]) {
      await tab.setViewportSize({ width, height: 844 });
      await row(tab, "A name").click();
      await tab.locator(".details.open").waitFor();
      for (const selector of [".list button.row", ".details .title"]) {
        const { height } = await tab.locator(selector).evaluate((element) => element.getBoundingClientRect());
        assert.ok(height < 150, `${selector} at ${width} is ${height} pixels high`);
      }
      await tab.keyboard.press("Escape");
    }
  });

  /** What has the focus, as people would name it. */
  const focused = (tab) => tab.evaluate(() => {
    const element = document.activeElement;
    return element.getAttribute("aria-label") ?? element.id ?? element.localName;
  });
  const focusedText = (tab) => tab.evaluate(() => `${document.activeElement.localName} ${document.activeElement.textContent}`);

  test("details are opened and closed with keys, and the focus returns to their row", async () => {
    const sandbox = await startSandbox(["--connectors", "3"]);
    const tab = await openPage(sandbox);
    const first = tab.locator(".list button.row").first();
    for (const [width, close] of [[1280, "Escape"], [390, "Escape"], [390, "Close"], [1280, "Close"]]) {
      await tab.setViewportSize({ width, height: 844 });
      await first.focus();
      await tab.keyboard.press("Enter");
      await tab.locator(".details.open").waitFor();
      const name = await tab.locator(".details h3").textContent();
      const others = () => tab.evaluate(() => ["header", "nav", ".skip", ".list"].map((selector) => document.querySelector(selector).closest("[inert]") !== null));
      const isPhone = width === 390;
      assert.deepEqual(await others(), [isPhone, isPhone, isPhone, isPhone], `${width}`);
      assert.equal(await focusedText(tab), `h3 ${name}`);
      if (isPhone) {
        // Every element that the key reaches is in the details or outside of the document.
        for (let step = 0; step < 12; step += 1) {
          await tab.keyboard.press("Tab");
          assert.ok(await tab.evaluate(() => document.activeElement === document.body || document.querySelector(".details").contains(document.activeElement)));
        }
      }
      if (close === "Close") {
        await tab.locator(".details .close").focus();
        await tab.keyboard.press("Enter");
      } else await tab.keyboard.press(close);
      await until("the details are closed", async () => (await tab.locator(".details.open").count()) === 0);
      assert.ok((await focusedText(tab)).startsWith(`button ${name}`), await focusedText(tab));
      assert.deepEqual(await others(), [false, false, false, false]);
    }
    // The mouse leaves the focus on a wide screen where it is.
    await tab.setViewportSize({ width: 1280, height: 844 });
    await first.click();
    await tab.locator(".details.open").waitFor();
    assert.ok((await focusedText(tab)).startsWith("button "), await focusedText(tab));
    await tab.keyboard.press("Escape");
    // Other pages can be used while details are open, and those of a wide screen do not cover it.
    await tab.setViewportSize({ width: 390, height: 844 });
    await first.click();
    await tab.locator(".details.open").waitFor();
    await tab.keyboard.press("4");
    await tab.locator("main > .faults").waitFor();
    assert.equal(await tab.locator("[inert]").count(), 0);
    await tab.keyboard.press("1");
    await tab.locator(".details.open").waitFor();
    assert.ok((await tab.locator("[inert]").count()) > 0);
    await tab.setViewportSize({ width: 1280, height: 844 });
    await until("the page is no longer covered", async () => (await tab.locator("[inert]").count()) === 0);
  });

  test("details that are read from the sandbox get the focus of their row, and return it", async () => {
    const { sandbox } = await startWithReceiver();
    await sandbox.install("Shop");
    await sandbox.install("Other shop");
    for (const [name, title] of [["requests", "h3 POST createConnector"], ["webhooks", "h3 channel."]]) {
      const tab = await openPage(sandbox, name);
      await until("the rows", async () => (await tab.locator(".list button.row").count()) >= 4);
      await tab.locator(".list button.row").first().focus();
      await tab.keyboard.press("ArrowDown");
      const index = () => tab.evaluate(() => [...document.querySelectorAll(".list button.row")].indexOf(document.activeElement));
      assert.equal(await index(), 1);
      for (const key of ["Enter", "Space"]) {
        await tab.keyboard.press(key);
        await until("the focus", async () => (await focusedText(tab)).startsWith(title));
        assert.equal(await tab.locator(".list button[aria-current=true]").count(), 1);
        await tab.keyboard.press("Escape");
        assert.equal(await index(), 1);
      }
      // The row is open already.
      await tab.keyboard.press("Enter");
      await until("the focus", async () => (await focusedText(tab)).startsWith(title));
      await tab.locator(".list button.row").nth(1).focus();
      await tab.keyboard.press("Enter");
      await until("the focus", async () => (await focusedText(tab)).startsWith(title));
    }
  });

  test("focus stays near a button that is removed or can no longer be used", async () => {
    const sandbox = await startSandbox(["--speed", "0.001"]);
    await sandbox.install("Shop");
    const tab = await openPage(sandbox);
    await row(tab, "Shop").click();
    const advance = tab.getByRole("button", { name: "Advance" });
    while (await advance.isEnabled()) {
      const done = await tab.locator(".details .timeline .done").count();
      await advance.focus();
      await tab.keyboard.press("Enter");
      await until("the step", async () => (await tab.locator(".details .timeline .done").count()) > done);
    }
    assert.equal(await focusedText(tab), "h3 Shop");
    for (const fault of ["html_500", "html_502", "html_503"]) await act(sandbox, "rules", { fault, always: true });
    await tab.evaluate(() => (location.hash = "faults"));
    const remove = (name) => tab.getByRole("button", { name: `Remove ${name}`, exact: true });
    await remove("html_502").focus();
    for (const next of ["Remove html_503", "Remove html_500", ""]) {
      const count = await tab.locator(".short .row").count();
      await tab.keyboard.press("Enter");
      await until("the removal", async () => (await tab.locator(".short .row").count()) === count - 1);
      if (next) assert.equal(await focused(tab), next);
      else assert.equal(await focusedText(tab), "h3 Switched on");
    }
    await act(sandbox, "rules", { fault: "html_500", always: true });
    // A key does nothing while the button is disabled.
    await tab.locator(".short .row").waitFor();
    await tab.getByRole("button", { name: "Remove all" }).press("Enter");
    await tab.getByText("No fault is switched on.").waitFor();
    assert.equal(await focusedText(tab), "h3 Switched on");
  });

  test("pages keep how far they were scrolled", async () => {
    const sandbox = await startSandbox(["--connectors", "100"]);
    const tab = await openPage(sandbox);
    await tab.locator(".list button.row").nth(99).waitFor();
    const top = (selector) => tab.evaluate((name) => document.querySelector(name).scrollTop, selector);
    const scroll = (selector, to) => tab.evaluate(([name, value]) => (document.querySelector(name).scrollTop = value), [selector, to]);
    await scroll(".list", 700);
    await tab.evaluate(() => (location.hash = "faults"));
    await tab.locator("main > .faults .readings .row").first().waitFor();
    assert.equal(await top("main"), 0);
    await scroll("main", 500);
    await tab.evaluate(() => (location.hash = "connectors"));
    await tab.locator("main > .connectors").waitFor();
    assert.equal(await top(".list"), 700);
    assert.equal(await top("main"), 0);
    await tab.goBack();
    await tab.locator("main > .faults").waitFor();
    assert.equal(await top("main"), 500);
  });

  test("nothing in the rows of webhooks is cut, and messages cover no row", async () => {
    const { sandbox } = await startWithReceiver();
    const long = `https://hooks.example.com/bird/of/a/tenant/with/a/long/path?tenant=${"x".repeat(60)}`;
    await sandbox.send("POST", "/webhook-subscriptions", { service: "channels", event: "channel.updated", url: long, signingKey: KEY, eventFilters: [{ key: "channelStatus", value: "active" }] });
    await sandbox.send("POST", "/webhook-subscriptions", { service: "channels", event: "channel.created", url: "https://nowhere.example.com/a/path/that/is/not/delivered" });
    const tab = await openPage(sandbox, "webhooks");
    for (let index = 0; index < 4; index += 1) await sandbox.install(`Shop ${index}`);
    await until("the deliveries", async () => (await tab.locator(".list button.row").count()) >= 16);
    const { items } = await (await fetch(`${sandbox.page}api/deliveries`)).json();
    const real = items.findLast((item) => item.hasRoute && item.event === "channel.updated" && item.url === HOOK);
    await act(sandbox, `deliveries/${real.number}/resend`, { kind: "twice" });
    await row(tab, "replay, second").waitFor();
    for (const width of [1280, 390]) {
      await tab.setViewportSize({ width, height: 844 });
      const cut = await tab.evaluate(() => [...document.querySelectorAll(".row > *")]
        .filter((element) => element.checkVisibility() && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1) && getComputedStyle(element).overflow === "hidden")
        .map((element) => element.textContent));
      assert.deepEqual(cut, [], `${width}`);
      for (const kind of ["label", "path", "badge"]) {
        const hidden = await tab.evaluate((name) => [...document.querySelectorAll(`.list .${name}`)].filter((element) => !element.checkVisibility()).length, kind);
        assert.equal(hidden, 0, `${kind} at ${width}`);
      }
    }
    for (const width of [1280, 390]) {
      await tab.setViewportSize({ width, height: 500 });
      for (const name of ["webhooks", "faults"]) {
        await tab.evaluate((hash) => (location.hash = hash), name);
        await tab.locator(`main > .${name}`).waitFor();
        const covered = await tab.evaluate(() => {
          const message = document.getElementById("message");
          message.textContent = "A message that is longer than usual, so that it needs a second line on a narrow screen.";
          message.classList.add("shown");
          const page = document.getElementById("main").getBoundingClientRect().bottom - message.getBoundingClientRect().top;
          return Math.max(0, Math.round(page));
        });
        assert.equal(covered, 0, `${name} at ${width}`);
      }
    }
  });

  for (const colorScheme of ["light", "dark"]) {
    test(`texts have a contrast of 4.5 to 1 in the ${colorScheme} scheme`, async () => {
      const { sandbox } = await startWithReceiver();
      await sandbox.install("Shop");
      await act(sandbox, `connectors/${await sandbox.install("Other", "telegram:1")}/end`, { status: "failed" });
      await act(sandbox, "rules", { operation: "listChannels", fault: "html_503", times: 1 });
      await sandbox.send("GET", "/channels");
      await act(sandbox, "rules", { fault: "empty", operation: "getUseCase", always: true });
      await act(sandbox, "behavior", { name: "lastPage", value: "empty" });
      await sandbox.send("POST", "/connectors", {});
      const tab = await openPage(sandbox);
      await tab.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      let checked = 0;
      for (const name of PAGES) {
        await tab.evaluate((hash) => (location.hash = hash), name);
        await tab.locator(`main > .${name}`).waitFor();
        if (await tab.locator(".list button.row").count()) {
          const kind = name === "requests" ? "422" : "";
          await row(tab, kind).click();
          await tab.locator(".details.open").waitFor();
        }
        const low = await tab.evaluate(lowContrast);
        checked += low.checked;
        assert.deepEqual(low.found, [], name);
      }
      assert.ok(checked > 200, `${checked} texts were checked`);
    });
  }

  test("rows do not move under the pointer while requests arrive", async () => {
    const sandbox = await startSandbox();
    await sandbox.send("GET", "/connectors?limit=1");
    const tab = await openPage(sandbox, "requests");
    await row(tab, "limit=1").hover();
    const before = await row(tab, "limit=1").boundingBox();
    for (let index = 0; index < 5; index += 1) await sandbox.send("GET", "/channels");
    await tab.getByText("5 new, shown when you leave the list").waitFor();
    assert.deepEqual(await row(tab, "limit=1").boundingBox(), before);
    await tab.mouse.move(0, 0);
    await until("the new rows", async () => (await tab.locator(".list button.row").count()) === 6);
  });
});

/** Runs in the page: the texts whose contrast with their background is too low, by the formula of WCAG 2. */
function lowContrast() {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([red, green, blue]) => {
    const linear = (value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  };
  const background = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return rgba(getComputedStyle(document.body).backgroundColor);
  };
  const found = [];
  let checked = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility({ checkVisibilityCSS: true })) continue;
    const one = luminance(rgba(getComputedStyle(element).color));
    const other = luminance(background(element));
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    checked += 1;
    if (contrast < 4.5) found.push(`${element.tagName}.${element.className} ${walker.currentNode.textContent.slice(0, 30)}: ${contrast.toFixed(2)}`);
  }
  return { checked, found };
}
