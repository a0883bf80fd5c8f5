//! Numbers.

use bird_connectors::list::List;
use bird_connectors::models::{Number, NumberPage, NumberType};
use bird_connectors_httpmock::MockServerExt as _;
use bird_connectors_sandbox::Operation;
use serde_json::json;

use crate::call::list;
use crate::entry::Entry;
use crate::ids::Ids;

fn page(ids: &Ids) -> NumberPage {
    NumberPage::new(vec![Number::new(ids.number)])
}

/// Sets the filters that both lists have.
fn filtered(list: List<Number>) -> List<Number> {
    list.page_size(7)
        .prefix("+316")
        .search_term("12 & 34")
        .status("unheard-of")
        .number_type("toll-free")
        .country("NL")
        .capabilities("a,b")
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        Entry::list(Operation::ListNumbers, |ids| json!(page(ids)))
            .python("workspace.numbers.list().first_page()")
            .call(
                "no filters",
                |client, ids| list(ids.workspace(&client).numbers().list()),
                |server, ids| {
                    server.list_numbers(|when, then| {
                        when.workspace_id(&ids.workspace).limit(99).page_token(None);
                        then.ok(&page(ids));
                    });
                },
            )
            .call(
                "every filter",
                |client, ids| {
                    let numbers = ids.workspace(&client).numbers();
                    list(filtered(numbers.list()))
                },
                |server, ids| {
                    server.list_numbers(|when, then| {
                        when.workspace_id(&ids.workspace)
                            .capabilities("a,b")
                            .country("NL")
                            .limit(7)
                            .prefix("+316")
                            .search_term("12 & 34")
                            .status("unheard-of")
                            .type_(&NumberType::TollFree);
                        then.ok(&NumberPage::new(vec![]));
                    });
                },
            ),
        Entry::list(Operation::ListLongCodeNumbers, |ids| json!(page(ids)))
            .python("workspace.numbers.list_long_codes().first_page()")
            .call(
                "no filters",
                |client, ids| {
                    let workspace = ids.workspace(&client);
                    list(workspace.numbers().list_long_codes())
                },
                |server, ids| {
                    server.list_long_code_numbers(|when, then| {
                        when.workspace_id(&ids.workspace).limit(99).page_token(None);
                        then.ok(&page(ids));
                    });
                },
            )
            .call(
                "every filter, repeatable ones twice",
                |client, ids| {
                    let long_codes = filtered(ids.workspace(&client).numbers().list_long_codes());
                    let long_codes = long_codes.number_string("+31612345678");
                    let long_codes = long_codes.country_code("NL").country_code("BE");
                    list(long_codes.provider_id("one").provider_id("t=o"))
                },
                |server, ids| {
                    server.list_long_code_numbers(|when, then| {
                        when.workspace_id(&ids.workspace)
                            .capabilities("a,b")
                            .country("NL")
                            .limit(7)
                            .number_string("+31612345678")
                            .prefix("+316")
                            .search_term("12 & 34")
                            .status("unheard-of")
                            .type_(&NumberType::TollFree);
                        then.ok(&NumberPage::new(vec![]));
                    });
                },
            ),
    ]
}
