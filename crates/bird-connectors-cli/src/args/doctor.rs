//! The arguments of `doctor`.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// Items of each list that are compared with the contract, from 1 to 100
    #[arg(long, value_name = "ITEMS", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) sample: u32,
    /// Print only the differences from the contract, as Markdown to paste into an issue, without values of your data
    #[arg(long)]
    pub(crate) issue_form: bool,
}
