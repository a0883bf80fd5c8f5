//! Use cases: reads the ids that the SMS template needs for some numbers as `use_case_id`.

use bird_connectors_api::types::{UseCase, UseCaseId, UseCasePage};
use serde::Serialize;

use crate::client::Workspace;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::list::{Endpoint, FetchedPage, List, Listable};
use crate::transport::call::Call;

/// The use cases of a workspace. Created by [`Workspace::use_cases`]; cheap to clone.
///
/// The SMS template needs the id of a use case for US 10DLC numbers; see
/// [`Sms::use_case_id`](crate::templates::Sms::use_case_id). The SDK cannot create a use case: the API documents that this
/// is possible, but not how.
///
/// # Example
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let client = bird_connectors::Client::builder()
/// #     .base_url(sandbox.base_url())
/// #     .access_key(sandbox.access_key())
/// #     .workspace_id(sandbox.workspace_id())
/// #     .build()?;
/// let use_cases = client.default_workspace()?.use_cases();
/// let mut list = use_cases.list().items();
/// while let Some(use_case) = list.try_next().await? {
///     println!("{} {:?} {:?}", use_case.id, use_case.name, use_case.status);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct UseCases {
    workspace: Workspace,
}

impl Workspace {
    /// Returns the use cases of the workspace: list and read them. This makes no request.
    #[must_use]
    pub fn use_cases(&self) -> UseCases {
        UseCases {
            workspace: self.clone(),
        }
    }
}

impl UseCases {
    /// Lists the use cases of the workspace. This list has no filters.
    pub fn list(&self) -> List<UseCase> {
        List::new(self.workspace.clone(), UseCaseQuery {})
    }

    /// Reads one use case.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the API does not know the use case. Otherwise the errors of a
    /// request; a read can always be repeated.
    pub async fn get(&self, id: UseCaseId) -> Result<UseCase, Error> {
        let call = self.workspace.call("getUseCase");
        let result = call.raw().get_use_case(&self.workspace.id(), &id).await;
        call.finish(result)
    }
}

/// The list of use cases, which has no filters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UseCaseQuery {}

impl Listable for UseCase {
    type Query = UseCaseQuery;
}

impl Endpoint for UseCaseQuery {
    type Item = UseCase;

    fn operation(&self, _: &Workspace) -> &'static str {
        "listUseCases"
    }

    fn fetch(
        &self,
        workspace: &Workspace,
        call: Call,
        size: u32,
        token: Option<String>,
    ) -> BoxFuture<Result<FetchedPage<UseCase>, Error>> {
        let id = workspace.id();
        Box::pin(async move {
            let result = call
                .raw()
                .list_use_cases(&id, Some(size.into()), token.as_deref())
                .await;
            call.finish_page(result, |page: UseCasePage| {
                (page.results, page.next_page_token)
            })
        })
    }
}
