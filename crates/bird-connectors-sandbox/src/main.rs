//! The command: a sandbox on its own, until it is interrupted.

use std::net::SocketAddr;
use std::process::ExitCode;

use bird_connectors_sandbox::{Behavior, RateLimits, Sandbox, Script};
use clap::Parser;

/// A local server that behaves like the channel connectors API of Bird.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// The port on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The access key; a random one otherwise.
    #[arg(long)]
    key: Option<String>,
    /// How fast installs go: 1 takes two seconds, 10 a tenth of it, 0.1 ten times as long.
    #[arg(long, default_value_t = 1.0, value_parser = positive)]
    speed: f64,
    /// How many finished connectors are there from the start.
    #[arg(long, default_value_t = 0)]
    connectors: usize,
    /// Heed the documented limits of 50 GET and 500 POST a second.
    #[arg(long)]
    rate_limits: bool,
    /// Where webhooks go: a registered https address, or the beginning of it, and a local address, for instance
    /// https://hooks.example.com=127.0.0.1:8080. May be given several times.
    #[arg(long = "deliver", value_name = "PUBLIC=LOCAL", value_parser = route)]
    routes: Vec<(String, SocketAddr)>,
    #[command(
        flatten,
        next_help_heading = "Behavior of what the API's documents leave open"
    )]
    behavior: Behavior,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err("must be a number above 0".to_owned()),
    }
}

fn route(text: &str) -> Result<(String, SocketAddr), String> {
    // The public address can hold the sign as well, the local one cannot.
    let (public, local) = text.rsplit_once('=').ok_or("must read PUBLIC=LOCAL")?;
    if !public.starts_with("https://") {
        return Err("the public address must begin with https://".to_owned());
    }
    let local = local
        .parse()
        .map_err(|_| format!("\"{local}\" is no address such as 127.0.0.1:8080"))?;
    Ok((public.to_owned(), local))
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the sandbox could not start: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> std::io::Result<()> {
    let mut builder = Sandbox::builder()
        .port(options.port)
        .connectors(options.connectors)
        .default_script(Script::standard().scaled(1.0 / options.speed))
        .behavior(|behavior| *behavior = options.behavior)
        .webhooks(|webhooks| {
            for (public, local) in options.routes {
                webhooks.route(public, local);
            }
        });
    if let Some(key) = options.key {
        builder = builder.access_key(key);
    }
    if options.rate_limits {
        builder = builder.rate_limits(RateLimits::documented());
    }
    let sandbox = builder.start().await?;

    // The signal is listened for before the lines are out: whoever has read them can interrupt.
    let announced = async { announce(&sandbox) };
    let (interrupted, ()) = tokio::join!(biased; tokio::signal::ctrl_c(), announced);
    sandbox.shutdown().await;
    interrupted
}

fn announce(sandbox: &Sandbox) {
    println!("# The sandbox is listening. Paste these lines into a shell:");
    println!("export BIRD_BASE_URL={}", sandbox.base_url());
    println!("export BIRD_ACCESS_KEY={}", sandbox.access_key());
    println!("export BIRD_WORKSPACE_ID={}", sandbox.workspace_id());
    println!("# Organization: {}", sandbox.organization_id());
    for number in sandbox.numbers() {
        let (text, id) = (number.number_string(), number.id());
        println!("# Number {text}: phoneNumberId {id}");
    }
    println!("# Press Ctrl-C to stop.");
}
