//! Use cases.

use bird_connectors::models::{UseCase, UseCasePage};
use bird_connectors_httpmock::MockServerExt as _;
use bird_connectors_sandbox::Operation;
use serde_json::json;

use crate::call::{list, value};
use crate::entry::Entry;
use crate::ids::Ids;

fn page(ids: &Ids) -> UseCasePage {
    UseCasePage::new(vec![UseCase::new(ids.use_case)])
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        Entry::list(Operation::ListUseCases, |ids| json!(page(ids)))
            .python("workspace.use_cases.list().first_page()")
            .call(
                "",
                |client, ids| list(ids.workspace(&client).use_cases().list()),
                |server, ids| {
                    server.list_use_cases(|when, then| {
                        when.workspace_id(&ids.workspace)
                            .limit(1000)
                            .page_token(None);
                        then.ok(&page(ids));
                    });
                },
            ),
        Entry::read(Operation::GetUseCase, |ids| {
            json!(UseCase::new(ids.use_case))
        })
        .python("workspace.use_cases.get(ids.use_case)")
        .call(
            "",
            |client, ids| {
                value(async move {
                    let use_cases = ids.workspace(&client).use_cases();
                    use_cases.get(ids.use_case).await
                })
            },
            |server, ids| {
                server.get_use_case(|when, then| {
                    when.workspace_id(&ids.workspace).use_case_id(&ids.use_case);
                    then.ok(&UseCase::new(ids.use_case));
                });
            },
        ),
    ]
}
