//! The Rust code of the documentation site, run against the sandbox. The pages in `docs/` include the regions between the
//! marks `--8<--`, and `cargo xtask docs` fails if a region is missing or unused.

mod actix;
mod bulk;
mod clients;
mod ensure;
mod errors;
mod generated;
mod lists;
mod numbers;
mod telemetry;
mod templates;
mod testing;
mod tutorial;
mod wait;
mod webhooks;

use std::error::Error;

use bird_connectors::{Client, Workspace};
use bird_connectors_sandbox::{Sandbox, Script};

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

/// A sandbox whose installs are ready at once, and its workspace.
async fn sandbox() -> (Sandbox, Workspace) {
    let sandbox = Sandbox::builder()
        .default_script(Script::instant())
        .start()
        .await
        .unwrap();
    let workspace = workspace(&sandbox);
    (sandbox, workspace)
}

fn workspace(sandbox: &Sandbox) -> Workspace {
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .workspace_id(sandbox.workspace_id())
        .build()
        .unwrap();
    client.default_workspace().unwrap()
}
