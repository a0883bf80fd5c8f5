//! The arguments of `sandbox`.

use std::net::SocketAddr;

use bird_connectors_sandbox::Behavior;
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct SandboxArguments {
    /// Port on 127.0.0.1; 0 selects a free port
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Speed of installs: they take two seconds at 1, and a tenth of that at 10
    #[arg(long, default_value_t = 1.0, value_parser = parse_speed)]
    pub(crate) speed: f64,
    /// Number of installed connectors at the start
    #[arg(long, default_value_t = 0)]
    pub(crate) connectors: usize,
    /// Enforce the documented rate limits of 50 GET and 500 POST requests per second
    #[arg(long)]
    pub(crate) rate_limits: bool,
    /// Deliver webhooks whose URL starts with PUBLIC to the address LOCAL, such as
    /// https://hooks.example.com=127.0.0.1:8080; can be repeated
    #[arg(long = "deliver", value_name = "PUBLIC=LOCAL", value_parser = parse_route)]
    pub(crate) routes: Vec<(String, SocketAddr)>,
    #[command(
        flatten,
        next_help_heading = "Behavior that the API documentation leaves open"
    )]
    pub(crate) behavior: Behavior,
}

fn parse_speed(value: &str) -> Result<f64, String> {
    match value.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err("expected a number above 0".to_owned()),
    }
}

fn parse_route(value: &str) -> Result<(String, SocketAddr), String> {
    // The public address may contain the separator, so split at the last one.
    let route = value.rsplit_once('=').and_then(|(public, local)| {
        let is_https = public.starts_with("https://");
        Some((public.to_owned(), local.parse().ok()?)).filter(|_| is_https)
    });
    route.ok_or_else(|| {
        "expected PUBLIC=LOCAL, such as https://hooks.example.com=127.0.0.1:8080".to_owned()
    })
}
