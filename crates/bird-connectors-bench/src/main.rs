//! The server that every side of `cargo xtask bench` talks to, and the sides that are Rust. What is measured is printed
//! as one line of JSON a side; the table is made in `xtask`.

mod data;
mod measure;
mod paging;
mod requests;
mod server;
mod wait_cost;
mod waits;

use anyhow::Result;
use clap::Parser;

#[derive(Parser)]
enum Command {
    /// Answer fixed bytes, and print the address.
    Serve,
    /// Rows 1 and 2: a page and a small reply, beside the same by hand.
    Requests(Sides),
    /// Row 11: a long list, read with work between the pages.
    Paging(Sides),
    /// Row 12: a thousand installs.
    Waits(Sides),
    /// Row 13: what a wait costs.
    WaitCost(Sides),
}

/// What the Rust sides need to know.
#[derive(clap::Args)]
struct Sides {
    /// The address that `serve` printed.
    #[arg(long)]
    server: String,
    /// Few rounds.
    #[arg(long)]
    quick: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Command::parse() {
        Command::Serve => server::serve().await,
        Command::Requests(sides) => requests::run(&sides.server, sides.quick).await,
        Command::Paging(sides) => paging::run(&sides.server, sides.quick).await,
        // These have sandboxes of their own.
        Command::Waits(sides) => waits::run(sides.quick).await,
        Command::WaitCost(sides) => wait_cost::run(sides.quick).await,
    }
}
