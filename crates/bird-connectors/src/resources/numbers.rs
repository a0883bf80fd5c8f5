//! Phone numbers: reads the ids that some templates need as `phone_number_id`.

mod find;

use bird_connectors_api::types::{Number, NumberPage};
use serde::Serialize;

use crate::client::Workspace;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::list::{Endpoint, FetchedPage, List, Listable};
use crate::transport::call::Call;

/// The phone numbers of a workspace. Created by [`Workspace::numbers`].
///
/// Some templates need the id of a number: [`find`](Self::find) returns the number with that id.
#[derive(Clone, Debug)]
pub struct Numbers {
    workspace: Workspace,
}

impl Workspace {
    /// Returns the phone numbers of the workspace, whose ids some templates need. This makes no request.
    #[must_use]
    pub fn numbers(&self) -> Numbers {
        Numbers {
            workspace: self.clone(),
        }
    }
}

impl Numbers {
    /// Lists the numbers of the workspace. This list has no filters.
    ///
    /// To find one number, use [`find`](Self::find).
    pub fn list(&self) -> List<Number> {
        List::new(self.workspace.clone(), NumberQuery { long_codes: false })
    }

    /// Lists the long code numbers of the workspace. This list has no filters, and a separate permission.
    ///
    /// A checkpoint of one list of numbers is not valid for the other.
    pub fn list_long_codes(&self) -> List<Number> {
        List::new(self.workspace.clone(), NumberQuery { long_codes: true })
    }
}

/// Selects one of the two lists of numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NumberQuery {
    #[serde(skip)]
    long_codes: bool,
}

impl Listable for Number {
    type Query = NumberQuery;
}

impl Endpoint for NumberQuery {
    type Item = Number;
    const PAGE_SIZE: u32 = 100;
    const MAX_PAGE_SIZE: Option<u32> = Some(100);

    fn operation(&self, _: &Workspace) -> &'static str {
        if self.long_codes {
            "listLongCodeNumbers"
        } else {
            "listNumbers"
        }
    }

    fn fetch(
        &self,
        workspace: &Workspace,
        call: Call,
        size: u32,
        token: Option<String>,
    ) -> BoxFuture<Result<FetchedPage<Number>, Error>> {
        let (long_codes, id) = (self.long_codes, workspace.id());
        Box::pin(async move {
            let (raw, size, token) = (call.raw(), Some(size.into()), token.as_deref());
            let result = if long_codes {
                raw.list_long_code_numbers(&id, size, token).await
            } else {
                raw.list_numbers(&id, size, token).await
            };
            call.finish_page(result, |page: NumberPage| {
                (page.results, page.next_page_token)
            })
        })
    }
}
