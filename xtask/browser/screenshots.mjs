// The pictures of the page for the documentation: one sandbox with something on every page, in four forms.

import { join } from "node:path";

import { Receiver, Sandbox, setting, startBrowser, until } from "./harness.mjs";

const URL = "https://hooks.example.com/bird";
const KEY = "a-signing-key";
const OUTPUT = setting("BROWSER_OUTPUT");

const receiver = await Receiver.start(URL, KEY);
const sandbox = await Sandbox.start(["--deliver", `https://hooks.example.com=127.0.0.1:${receiver.port}`]);
const { browser, close } = await startBrowser();

for (const event of ["channel.created", "channel.updated"]) {
  await sandbox.send("POST", "/webhook-subscriptions", { service: "channels", event, url: URL, signingKey: KEY });
}
const action = (path, body = {}) =>
  fetch(`${sandbox.page}api/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

const numbers = (await sandbox.send("GET", "/numbers")).json().results;
const sms = { arguments: { phoneNumberId: numbers[0].id, channelMessageType: "conversational" } };
const support = await sandbox.install("Support NL", "sms-messagebird:1", sms);
const whatsapp = { arguments: { wabaId: "102290129340398", phoneId: "106540352242922", phoneNumber: "+31612345678" }, securityArguments: { oauth: { accessToken: "hidden" } } };
await sandbox.install("Web shop", "whatsapp:1", whatsapp);
const line = await sandbox.install("Newsletter", "line:1");
await action(`connectors/${line}/end`, { status: "rejected" });
await until("the installs", async () => (await sandbox.send("GET", "/channels")).json().results.filter((channel) => channel.status === "active").length === 2);
await action("clock", { action: "hold" });
const voice = await sandbox.install("Hotline", "voice-messagebird:1", { arguments: { phoneNumberId: numbers[1].id } });
await action("clock", { action: "step", milliseconds: 700 });
await sandbox.send("GET", `/connectors/${voice}/status`);
await sandbox.send("POST", "/connectors", { nam: "Support UK", connectorTemplateRef: "sms-messagebird:1", arguments: { channelMessageType: "conversational" } });
await action("rules", { operation: "listConnectors", fault: "html_503", times: 1 });
await sandbox.send("GET", "/connectors?limit=20");
await sandbox.send("GET", "/connectors?limit=20");
await action("rules", { operation: "createConnector", fault: "lost_response", times: 1 });
await action("rules", { operation: "getChannel", delayMilliseconds: 800, always: true });
await action("behavior", { name: "pageTokens", value: "offset" });
for (let index = 0; index < 12; index += 1) await sandbox.send("GET", `/connectors/${support}`);
await until("the deliveries", async () => receiver.received.length >= 5);
const { items } = await (await fetch(`${sandbox.page}api/deliveries`)).json();
for (const kind of ["late", "forged"]) await action(`deliveries/${items.at(-1).number}/resend`, { kind });

/** The row that is opened on a page. */
const OPEN = {
  connectors: "Hotline",
  requests: "422",
  webhooks: "attempt 1",
};

const FORMS = {
  desktop: { width: 1280, height: 800, colorScheme: "light" },
  dark: { width: 1280, height: 800, colorScheme: "dark" },
  phone: { width: 390, height: 844, colorScheme: "light" },
};
const page = await browser.newPage();
for (const [form, { width, height, colorScheme }] of Object.entries(FORMS)) {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme });
  for (const name of ["connectors", "requests", "webhooks", "faults", "clock", "limits", "test"]) {
    await page.goto(`${sandbox.page}#${name}`);
    await page.reload();
    await page.locator("#connection.live").waitFor();
    if (name === "test") await page.locator(".scene code").waitFor();
    // On a phone, the details would cover the list.
    if (OPEN[name] && form !== "phone") {
      await page.locator(".list button.row", { hasText: OPEN[name] }).first().click();
      await page.locator(".details.open").waitFor();
    }
    await page.mouse.move(0, 0);
    // Two frames, so that everything that has arrived is drawn.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    await page.screenshot({ path: join(OUTPUT, `sandbox-${name}-${form}.png`) });
    const overflow = await page.evaluate(() => Math.max(document.documentElement.scrollWidth, document.getElementById("main").scrollWidth) > innerWidth);
    if (overflow) throw new Error(`${name} is wider than ${form}`);
  }
}

await close();
await sandbox.stop();
await receiver.stop();
