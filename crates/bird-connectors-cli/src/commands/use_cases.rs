//! `use-cases`.

use crate::args::use_cases::UseCasesCommand;
use crate::context::Context;
use crate::errors::CliError;
use crate::output::{Column, CommandOutput};

use super::lists;

const LIST: &[Column] = &[
    Column::new("id", "id"),
    Column::new("name", "name"),
    Column::new("status", "status"),
];

const ONE: &[Column] = &[
    Column::new("id", "id"),
    Column::new("name", "name"),
    Column::new("status", "status"),
    Column::new("type", "caseType"),
    Column::new("description", "description"),
    Column::new("created", "createdAt"),
];

pub(super) async fn run(
    context: &Context,
    command: UseCasesCommand,
) -> Result<CommandOutput, CliError> {
    let use_cases = context.workspace()?.use_cases();
    match command {
        UseCasesCommand::List { list } => Ok(lists::output(context, use_cases.list(), &list, LIST)),
        UseCasesCommand::Get { id } => Ok(CommandOutput::object(&use_cases.get(id).await?, ONE)),
    }
}
