// The exact lines with which a client uses this sandbox.

import { codeBlock, el } from "./render.js";
import { store } from "./store.js";

/** The variables that both SDKs and the command line read. A key that somebody has chosen is not shown. */
function environment() {
  const { baseUrl, accessKey, workspaceId } = store.settings;
  return [
    `export BIRD_BASE_URL=${baseUrl}`,
    `export BIRD_ACCESS_KEY=${accessKey ?? "'the access key that you have set'"}`,
    `export BIRD_WORKSPACE_ID=${workspaceId}`,
  ].join("\n");
}

const RUST = `let client = bird_connectors::Client::from_env()?;
let workspace = client.default_workspace()?;`;

const PYTHON = `from bird_connectors import Client

with Client.from_env() as bird:
    workspace = bird.workspace()`;

/** How to send the first request. */
export function clientSnippets() {
  const number = store.settings.numbers[0]?.number ?? "+31612345678";
  const cli = `bird-connectors connectors ensure sms --name "Support NL" --phone-number ${number} \\
    --message-type conversational --wait`;
  return [
    el("h4", {}, "1. Set the variables"),
    codeBlock(environment(), "variables"),
    el("h4", {}, "2. Run a client"),
    el("div", { class: "columns" },
      el("div", {}, el("h5", {}, "Command line"), codeBlock(cli, "command line")),
      el("div", {}, el("h5", {}, "Python"), codeBlock(PYTHON, "Python code")),
      el("div", {}, el("h5", {}, "Rust"), codeBlock(RUST, "Rust code"))),
  ];
}

/** How to receive webhooks on this machine. */
export function webhookSnippets() {
  const { port } = new URL(store.settings.baseUrl);
  const start = `bird-connectors sandbox --ui --port ${port} --deliver https://hooks.example.com=127.0.0.1:8080`;
  const listen = `export BIRD_SIGNING_KEY=$(bird-connectors webhooks listen --print-secret)
bird-connectors webhooks subscribe --url https://hooks.example.com/bird --signing-key env:BIRD_SIGNING_KEY
bird-connectors webhooks listen --port 8080 --url https://hooks.example.com/bird --signing-key env:BIRD_SIGNING_KEY`;
  return [
    el("h4", {}, "1. Start the sandbox with a route to your receiver"),
    codeBlock(start, "command with a route"),
    el("h4", {}, "2. Subscribe, and receive"),
    codeBlock(listen, "commands of the receiver"),
  ];
}
