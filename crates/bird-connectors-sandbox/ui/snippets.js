// The exact lines with which a client uses this sandbox.

import { codeBlock, el } from "./render.js";
import { store } from "./store.js";

const HOOKS = "https://hooks.example.com";

/** The variables that both SDKs and the command line read. A key that somebody has chosen is not shown. */
function environment() {
  const { baseUrl, accessKey, workspaceId } = store.settings;
  return [
    `export BIRD_BASE_URL=${baseUrl}`,
    `export BIRD_ACCESS_KEY=${accessKey ?? "'the access key that you have set'"}`,
    `export BIRD_WORKSPACE_ID=${workspaceId}`,
  ].join("\n");
}

const COMMAND = `bird-connectors connectors ensure line --name Support --wait`;

const PYTHON = `from bird_connectors import Client, Line

with Client.from_env() as bird:
    connectors = bird.workspace().connectors
    install = connectors.ensure(Line(name="Support"))
    print(install.until_ready(timeout=60).channel_id)`;

const RUST = `use bird_connectors::{Client, templates::Line};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let workspace = Client::from_env()?.default_workspace()?;
    let line = Line::new("Support");
    let install = workspace.connectors().ensure(line).await?;
    println!("{}", install.until_ready().await?.channel_id);
    Ok(())
}`;

/** How to send the first requests. */
export function clientSnippets() {
  return [
    el("h4", {}, "1. Set the variables"),
    codeBlock(environment(), "variables"),
    el("h4", {}, "2. Install a channel, with one of these"),
    el("h5", {}, "Command line"),
    codeBlock(COMMAND, "command line"),
    el("div", { class: "columns" },
      el("div", {}, el("h5", {}, "Python"), codeBlock(PYTHON, "Python code")),
      el("div", {}, el("h5", {}, "Rust"), codeBlock(RUST, "Rust code"))),
  ];
}

/** How to receive webhooks on this machine. */
export function webhookSnippets() {
  const [route] = store.settings.routes;
  return route ? receive(route) : addRoute();
}

function receive({ public: origin, local }) {
  const url = `${origin}/bird`;
  const port = local.slice(local.lastIndexOf(":") + 1);
  const subscribe = `export BIRD_SIGNING_KEY=$(bird-connectors webhooks listen --print-secret)
bird-connectors webhooks subscribe --url ${url} \\
    --signing-key env:BIRD_SIGNING_KEY
bird-connectors webhooks listen --port ${port} --url ${url} \\
    --signing-key env:BIRD_SIGNING_KEY`;
  return [
    el("p", { class: "hint" }, "This sandbox delivers what is registered for ", el("code", {}, origin), " to ", el("code", {}, local), "."),
    el("h4", {}, "1. Set the variables"),
    codeBlock(environment(), "variables"),
    el("h4", {}, "2. Subscribe, and receive"),
    codeBlock(subscribe, "commands of the receiver"),
    el("p", { class: "hint" }, "Then install a channel from another terminal: each of its changes arrives."),
  ];
}

function addRoute() {
  const { baseUrl, pagePort, command } = store.settings;
  const port = Number(new URL(baseUrl).port);
  // The ports of this sandbox are in use.
  const receiver = [8080, 8081, 8082].find((free) => free !== port && free !== pagePort);
  const start = `${command ?? "bird-connectors sandbox"} --ui --port ${port} --ui-port ${pagePort} \\
    --deliver ${HOOKS}=127.0.0.1:${receiver}`;
  return [
    el("h4", {}, "Start the sandbox again, with a route to your receiver"),
    codeBlock(start, "command with a route"),
    el("p", { class: "hint" }, "This page then connects again, and shows how to subscribe and receive. All data of this sandbox is lost: ", el("em", {}, "Copy as test"), " keeps its scene."),
  ];
}
