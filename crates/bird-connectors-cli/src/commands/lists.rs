//! Lists of the SDK as pages of JSON.

use bird_connectors::ErrorKind;
use bird_connectors::list::{List, Listable};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde::Serialize;

use crate::args::list::ListOptions;
use crate::context::Context;
use crate::errors::CliError;
use crate::messages;
use crate::output::{Column, CommandOutput, to_json};
use crate::wording;

/// Reads a list page by page. An item that cannot be decoded is reported on standard error, and left out.
pub(super) fn output<T>(
    context: &Context,
    list: List<T>,
    options: &ListOptions,
    columns: &'static [Column],
) -> CommandOutput
where
    T: Listable + Serialize,
{
    let mut list = list;
    if let Some(limit) = options.limit {
        list = list.limit(limit);
    }
    let sized = options.page_size.is_some();
    if let Some(size) = options.page_size {
        list = list.page_size(size);
    }
    let quiet = context.global.quiet;
    let pages = list
        .pages()
        .map_ok(move |page| {
            for item in page.undecodable.iter().filter(|_| !quiet) {
                messages::print(format_args!(
                    "warning: left out an item that cannot be decoded: {}",
                    wording::in_options(&item.reason)
                ));
            }
            page.items.iter().map(to_json).collect()
        })
        .map_err(move |error| {
            let is_rejected = error.kind() == ErrorKind::Validation && sized;
            let error = CliError::from(error);
            if is_rejected {
                error.with_hint("the parameter `limit` of the API is --page-size")
            } else {
                error
            }
        })
        .boxed();
    CommandOutput::List { pages, columns }
}
