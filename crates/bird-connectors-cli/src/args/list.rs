//! The options that all lists share.

use clap::Args;

use super::parse::parse_number;

#[derive(Clone, Debug, Args)]
pub(crate) struct ListOptions {
    /// Maximum number of items; default: all
    #[arg(long, value_name = "COUNT", value_parser = parse_number::<u64, 1>)]
    pub(crate) limit: Option<u64>,
    /// Number of items per request; default: the API's maximum
    #[arg(long, value_name = "COUNT", value_parser = parse_number::<u32, 1>)]
    pub(crate) page_size: Option<u32>,
}
