//! The command: runs a sandbox until it is interrupted.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bird_connectors_sandbox::{Behavior, RateLimits, Sandbox, Scene, Script};
use clap::Parser;

/// A local server that behaves like Bird's Channel Connectors API.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Port on 127.0.0.1; 0 selects a free port.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Access key; random by default.
    #[arg(long)]
    key: Option<String>,
    /// Speed of installs: they take two seconds at 1, a tenth of that at 10, and ten times as long at 0.1.
    #[arg(long, default_value_t = 1.0, value_parser = parse_speed)]
    speed: f64,
    /// Number of installed connectors at the start.
    #[arg(long, default_value_t = 0)]
    connectors: usize,
    /// Enforce the documented rate limits of 50 GET and 500 POST requests per second.
    #[arg(long, conflicts_with = "scene")]
    rate_limits: bool,
    /// Deliver webhooks whose registered URL starts with PUBLIC to the address LOCAL. Can be repeated. Example:
    /// https://hooks.example.com=127.0.0.1:8080
    #[arg(long = "deliver", value_name = "PUBLIC=LOCAL", value_parser = parse_route)]
    routes: Vec<(String, SocketAddr)>,
    /// Serve a page for the browser, which shows the requests, installs and webhooks of this sandbox.
    #[arg(long)]
    ui: bool,
    /// Port of the page on 127.0.0.1; 0 selects a free port. Default: the port after --port, or a free one.
    #[arg(long, value_name = "PORT", requires = "ui")]
    ui_port: Option<u16>,
    /// Start with the scene in this JSON file, as the page copies it. It has its own behavior and rate limits, so that the options
    /// for them cannot be used with it.
    #[arg(long, value_name = "FILE")]
    scene: Option<PathBuf>,
    #[command(
        flatten,
        next_help_heading = "Behavior that the API documentation leaves open"
    )]
    behavior: Behavior,
}

fn parse_speed(argument: &str) -> Result<f64, String> {
    match argument.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err("must be a number above 0".to_owned()),
    }
}

fn parse_route(argument: &str) -> Result<(String, SocketAddr), String> {
    // The public address may contain the separator, so split at the last one.
    let (public, local) = argument
        .rsplit_once('=')
        .ok_or("must have the form PUBLIC=LOCAL")?;
    if !public.starts_with("https://") {
        return Err("the public address must start with https://".to_owned());
    }
    let local = local.parse().map_err(|_| {
        format!("invalid local address \"{local}\": expected an address such as 127.0.0.1:8080")
    })?;
    Ok((public.to_owned(), local))
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot start the sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> std::io::Result<()> {
    let words = restart_words(&options);
    let mut builder = Sandbox::builder()
        .port(options.port)
        .connectors(options.connectors)
        .default_script(Script::standard().scaled(1.0 / options.speed))
        .behavior(|behavior| *behavior = options.behavior)
        .ui_command(words.iter().map(String::as_str))
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
    if let Some(path) = &options.scene {
        let scene = read_scene(path)?;
        if let Some(problem) = ignored_options(&scene, &options.behavior, options.speed) {
            return Err(std::io::Error::new(
                std::io::ErrorKind::InvalidInput,
                problem,
            ));
        }
        builder = builder.scene(scene);
    }
    if let Some(port) = options.ui_port {
        builder = builder.ui_port(port);
    }
    let sandbox = builder.ui(options.ui).start().await?;

    // The signal handler is installed before the output, so that a program that has read the output can interrupt this one.
    let print = async { print_settings(&sandbox) };
    let (interrupted, ()) = tokio::join!(biased; tokio::signal::ctrl_c(), print);
    sandbox.shutdown().await;
    interrupted
}

/// The command that starts this sandbox again, without what the page adds. A key is not repeated.
fn restart_words(options: &Options) -> Vec<String> {
    let mut words = vec!["bird-connectors-sandbox".to_owned()];
    let mut add = |name: &str, value: String| words.extend([name.to_owned(), value]);
    if options.key.is_some() {
        add("--key", "the access key that you have set".to_owned());
    }
    if options.speed.to_bits() != 1.0_f64.to_bits() {
        add("--speed", options.speed.to_string());
    }
    if options.connectors > 0 {
        add("--connectors", options.connectors.to_string());
    }
    if let Some(path) = &options.scene {
        add("--scene", path.display().to_string());
    }
    if options.rate_limits {
        words.push("--rate-limits".to_owned());
    }
    words
}

/// Why options cannot be used with a scene: it would replace them.
fn ignored_options(scene: &Scene, behavior: &Behavior, speed: f64) -> Option<&'static str> {
    if *behavior != Behavior::default() {
        return Some(
            "--scene cannot be used with options for the behavior, because the scene has its own",
        );
    }
    let has_script = !scene.to_json()["scripts"]["default"].is_null();
    (has_script && speed.to_bits() != 1.0_f64.to_bits()).then_some(
        "--scene cannot be used with --speed, because the scene has its own script of installs",
    )
}

fn read_scene(path: &Path) -> std::io::Result<Scene> {
    let shown = path.display();
    let json = std::fs::read_to_string(path)
        .map_err(|why| std::io::Error::new(why.kind(), format!("cannot read {shown}: {why}")))?;
    let invalid =
        |why| std::io::Error::new(std::io::ErrorKind::InvalidInput, format!("{shown}: {why}"));
    json.parse()
        .map_err(|why: bird_connectors_sandbox::InvalidScene| invalid(why.to_string()))
}

fn print_settings(sandbox: &Sandbox) {
    println!("# The sandbox is listening. Paste these lines into a shell:");
    println!("export BIRD_BASE_URL={}", sandbox.base_url());
    println!("export BIRD_ACCESS_KEY={}", sandbox.access_key());
    println!("export BIRD_WORKSPACE_ID={}", sandbox.workspace_id());
    println!("# Organization: {}", sandbox.organization_id());
    for number in sandbox.numbers() {
        let (string, id) = (number.number_string(), number.id());
        println!("# Number {string}: phoneNumberId {id}");
    }
    if let Some(url) = sandbox.ui_url() {
        println!("# Page: {url}");
    }
    println!("# Press Ctrl-C to stop.");
}
