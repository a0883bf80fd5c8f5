//! The arguments of `api`.

use bird_connectors::client::Method;
use clap::Args;
use serde_json::Value;

use super::template::parse_argument;

#[derive(Debug, Args)]
pub(crate) struct ApiArguments {
    /// HTTP method
    #[arg(value_parser = parse_method)]
    pub(crate) method: Method,
    /// Path below the base URL; {workspace} or {workspaceId} is replaced with the workspace id
    pub(crate) path: String,
    /// Query parameter; can be repeated
    #[arg(long, short = 'Q', value_name = "NAME=VALUE", value_parser = parse_pair)]
    pub(crate) query: Vec<(String, String)>,
    /// Field of the JSON body; the value is JSON, or else a string; can be repeated. If the name suggests a secret, such as
    /// signingKey, the value says where it is: env:NAME, file:PATH or -
    #[arg(
        long,
        short = 'F',
        value_name = "NAME=VALUE",
        value_parser = parse_argument,
        conflicts_with = "input"
    )]
    pub(crate) field: Vec<(String, Value)>,
    /// File with the JSON body; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<std::path::PathBuf>,
}

fn parse_method(value: &str) -> Result<Method, String> {
    match value.to_ascii_uppercase().as_str() {
        "GET" => Ok(Method::GET),
        "POST" => Ok(Method::POST),
        "PUT" => Ok(Method::PUT),
        "PATCH" => Ok(Method::PATCH),
        "DELETE" => Ok(Method::DELETE),
        "HEAD" => Ok(Method::HEAD),
        _ => Err("expected GET, POST, PUT, PATCH, DELETE or HEAD".to_owned()),
    }
}

pub(super) fn parse_pair(argument: &str) -> Result<(String, String), String> {
    match argument.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
