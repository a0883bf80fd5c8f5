//! Numbers.

use bird_connectors::models::{Number, NumberPage};
use bird_connectors_httpmock::MockServerExt as _;
use bird_connectors_sandbox::Operation;
use serde_json::json;

use crate::call::list;
use crate::entry::Entry;
use crate::ids::Ids;

fn page(ids: &Ids) -> NumberPage {
    NumberPage::new(vec![Number::new(ids.number)])
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        Entry::list(Operation::ListNumbers, |ids| json!(page(ids)))
            .python("workspace.numbers.list().first_page()")
            .call(
                "",
                |client, ids| list(ids.workspace(&client).numbers().list()),
                |server, ids| {
                    server.list_numbers(|when, then| {
                        when.workspace_id(&ids.workspace)
                            .limit(100)
                            .page_token(None);
                        then.ok(&page(ids));
                    });
                },
            ),
        Entry::list(Operation::ListLongCodeNumbers, |ids| json!(page(ids)))
            .python("workspace.numbers.list_long_codes().first_page()")
            .call(
                "",
                |client, ids| {
                    let workspace = ids.workspace(&client);
                    list(workspace.numbers().list_long_codes())
                },
                |server, ids| {
                    server.list_long_code_numbers(|when, then| {
                        when.workspace_id(&ids.workspace)
                            .limit(100)
                            .page_token(None);
                        then.ok(&page(ids));
                    });
                },
            ),
    ]
}
