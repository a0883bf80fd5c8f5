//! `numbers`.

use crate::args::numbers::NumbersCommand;
use crate::context::Context;
use crate::errors::CliError;
use crate::output::{Column, CommandOutput};

use super::lists;

const COLUMNS: &[Column] = &[
    Column::new("id", "id"),
    Column::new("number", "numberString"),
    Column::new("country", "countryCode"),
    Column::new("type", "type"),
    Column::new("SMS out", "capabilities.sms.outbound"),
    Column::new("voice out", "capabilities.voice.outbound"),
];

pub(super) fn run(context: &Context, command: NumbersCommand) -> Result<CommandOutput, CliError> {
    match command {
        NumbersCommand::List(arguments) => {
            let numbers = context.workspace()?.numbers();
            let list = if arguments.long_codes {
                numbers.list_long_codes()
            } else {
                numbers.list()
            };
            Ok(lists::output(context, list, &arguments.list, COLUMNS))
        }
    }
}
