//! The Rust part of `cargo xtask bench`: the server that all variants call, and the benchmarks that are written in Rust.
//! A benchmark prints one line of JSON for each variant; `xtask` makes the table. The two webhook benchmarks print tables.

mod data;
mod ensure;
mod instructions;
mod measure;
mod models;
mod paging;
mod requests;
mod sandbox_process;
mod server;
mod wait_cost;
mod waits;
mod webhook_events;
mod webhook_receiver;
mod webhook_verify;

use anyhow::Result;
use clap::Parser;

#[derive(Parser)]
enum Command {
    /// Answer requests with fixed bytes, and print the address.
    Serve,
    /// Rows 1 and 2: one page and one connector, compared with plain reqwest.
    Requests(Options),
    /// Row 11: a long list with work between the pages.
    Paging(Options),
    /// Row 12: a wait for a thousand installs.
    Waits(Options),
    /// Row 13: requests and memory of a wait.
    WaitCost(Options),
    /// Row 17: a thousand templates, most of which exist.
    Ensure(Options),
    /// Row 18: a receiver of webhooks.
    WebhookReceiver(Options),
    /// The sandbox of row 13: prints how to reach it, and runs until it is killed.
    #[command(hide = true)]
    Sandbox {
        #[arg(long)]
        connectors: usize,
    },
    /// A hot path, for `cargo xtask instructions`.
    Instructions {
        /// The address that `serve` printed.
        #[arg(long)]
        server: String,
        #[arg(long)]
        path: instructions::HotPath,
        #[arg(long)]
        rounds: u32,
    },
    /// The cost of verifying a webhook.
    WebhookVerify(Options),
    /// How soon a wait returns after a webhook event.
    WebhookEvents(Options),
}

#[derive(clap::Args)]
struct Options {
    /// The address that `serve` printed.
    #[arg(long)]
    server: String,
    /// Measure only a few rounds.
    #[arg(long)]
    quick: bool,
}

fn main() -> Result<()> {
    let command = Command::parse();
    // With one thread, the number of instructions varies least.
    let mut runtime = match command {
        Command::Instructions { .. } => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    runtime.enable_all().build()?.block_on(run(command))
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve => server::serve().await,
        Command::Requests(options) => requests::run(&options.server, options.quick).await,
        Command::Paging(options) => paging::run(&options.server, options.quick).await,
        // The others do not use the server: they start sandboxes, or need none.
        Command::Waits(options) => waits::run(options.quick).await,
        Command::WaitCost(options) => wait_cost::run(options.quick).await,
        Command::Ensure(options) => ensure::run(options.quick).await,
        Command::WebhookReceiver(options) => webhook_receiver::run(options.quick).await,
        Command::Sandbox { connectors } => sandbox_process::serve(connectors).await,
        Command::Instructions {
            server,
            path,
            rounds,
        } => instructions::run(&server, path, rounds).await,
        Command::WebhookVerify(options) => webhook_verify::run(options.quick),
        Command::WebhookEvents(options) => webhook_events::run(options.quick).await,
    }
}
