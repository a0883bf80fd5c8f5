//! Phone numbers: reads the ids that some templates need as `phone_number_id`.

mod find;
pub(crate) mod phone_number;

use bird_connectors_api::types::{Number, NumberPage, NumberType};
use serde::Serialize;

use crate::client::Workspace;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::list::{Endpoint, FetchedPage, List, Listable, some};
use crate::transport::call::Call;

/// The phone numbers of a workspace. Created by [`Workspace::numbers`].
///
/// Some templates need the id of a number: [`find`](Self::find) returns a number, with its id, from its digits.
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
    /// Lists the numbers of the workspace. The methods of `List<Number>` set its filters.
    ///
    /// To find one number, use [`find`](Self::find).
    pub fn list(&self) -> List<Number> {
        List::new(self.workspace.clone(), NumberQuery::default())
    }

    /// Lists the long code numbers of the workspace. This list has more filters than [`list`](Self::list), and a separate
    /// permission.
    ///
    /// A checkpoint of one list of numbers is not valid for the other.
    pub fn list_long_codes(&self) -> List<Number> {
        let query = NumberQuery {
            long_codes: true,
            ..NumberQuery::default()
        };
        List::new(self.workspace.clone(), query)
    }
}

/// The filters of both lists of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NumberQuery {
    #[serde(skip)]
    long_codes: bool,
    capabilities: Option<String>,
    country: Option<String>,
    country_codes: Vec<String>,
    number_string: Option<String>,
    number_type: Option<NumberType>,
    prefix: Option<String>,
    provider_ids: Vec<String>,
    search_term: Option<String>,
    status: Option<String>,
}

/// Filters of the lists of numbers. The API documents their names, but not how it compares them.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let client = bird_connectors::Client::builder()
/// #     .base_url(sandbox.base_url())
/// #     .access_key(sandbox.access_key())
/// #     .workspace_id(sandbox.workspace_id())
/// #     .build()?;
/// use bird_connectors::models::NumberType;
///
/// let numbers = client.default_workspace()?.numbers();
/// let list = numbers.list().country("NL").number_type(NumberType::Mobile);
/// for number in &list.collect_up_to(100).await? {
///     println!("{} {:?}", number.id, number.number_string);
/// }
/// # Ok(())
/// # }
/// ```
impl List<Number> {
    /// Sets the filter `prefix`: the first digits of the numbers. Default: all.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.query.prefix = Some(prefix.into());
        self
    }

    /// Sets the filter `searchTerm`. Default: all.
    pub fn search_term(mut self, term: impl Into<String>) -> Self {
        self.query.search_term = Some(term.into());
        self
    }

    /// Sets the filter `status`, whose values are not documented. Default: all.
    pub fn status(mut self, status: impl Into<String>) -> Self {
        self.query.status = Some(status.into());
        self
    }

    /// Lists only numbers of this type, such as `mobile`. Default: all.
    pub fn number_type(mut self, kind: impl Into<NumberType>) -> Self {
        self.query.number_type = Some(kind.into());
        self
    }

    /// Lists only numbers of this country, as an ISO 3166-1 alpha-2 code. Default: all.
    pub fn country(mut self, country: impl Into<String>) -> Self {
        self.query.country = Some(country.into());
        self
    }

    /// Sets the filter `capabilities`, whose values are not documented. Default: all.
    pub fn capabilities(mut self, capabilities: impl Into<String>) -> Self {
        self.query.capabilities = Some(capabilities.into());
        self
    }

    /// Lists only the number that is written like this. Only for [`Numbers::list_long_codes`]. Default: all.
    pub fn number_string(mut self, number: impl Into<String>) -> Self {
        self.query.number_string = Some(number.into());
        self
    }

    /// Lists only numbers of this country. Call it again to add a country. Only for [`Numbers::list_long_codes`]. Default:
    /// all.
    pub fn country_code(mut self, country: impl Into<String>) -> Self {
        self.query.country_codes.push(country.into());
        self
    }

    /// Lists only numbers of this provider. Call it again to add a provider. Only for [`Numbers::list_long_codes`]. Default:
    /// all.
    pub fn provider_id(mut self, provider: impl Into<String>) -> Self {
        self.query.provider_ids.push(provider.into());
        self
    }
}

impl Listable for Number {
    type Query = NumberQuery;
}

impl Endpoint for NumberQuery {
    type Item = Number;

    fn check(&self) -> Result<(), String> {
        if self.long_codes {
            return Ok(());
        }
        let set = [
            ("number_string", self.number_string.is_some()),
            ("country_code", !self.country_codes.is_empty()),
            ("provider_id", !self.provider_ids.is_empty()),
        ];
        match set.into_iter().find(|(_, is_set)| *is_set) {
            Some((name, _)) => Err(format!(
                "only the list of long codes has the filter {name}; use list_long_codes, or another filter"
            )),
            None => Ok(()),
        }
    }

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
        let (query, id) = (self.clone(), workspace.id());
        Box::pin(async move {
            let (raw, size, token) = (call.raw(), Some(size.into()), token.as_deref());
            let (capabilities, country) = (query.capabilities.as_deref(), query.country.as_deref());
            let (prefix, search_term) = (query.prefix.as_deref(), query.search_term.as_deref());
            let (status, kind) = (query.status.as_deref(), query.number_type.as_ref());
            let result = if query.long_codes {
                raw.list_long_code_numbers(
                    &id,
                    capabilities,
                    country,
                    some(&query.country_codes),
                    size,
                    query.number_string.as_deref(),
                    token,
                    prefix,
                    some(&query.provider_ids),
                    search_term,
                    status,
                    kind,
                )
                .await
            } else {
                raw.list_numbers(
                    &id,
                    capabilities,
                    country,
                    size,
                    token,
                    prefix,
                    search_term,
                    status,
                    kind,
                )
                .await
            };
            call.finish_page(result, |page: NumberPage| {
                (page.results, page.next_page_token)
            })
        })
    }
}

#[cfg(test)]
mod tests;
