//! Pages over HTTP: sizes, tokens and directions. `src/routes/paging/tests.rs` checks that every item is returned once and in order.

use bird_connectors_sandbox::behavior::{ConnectorPageLimit, LastPage, PageFill, PageTokens};
use bird_connectors_sandbox::{Behavior, Number, Operation, Sandbox};
use serde_json::{Value, json};

use crate::client::{Client, percent_encode};

async fn sandbox_with(connectors: usize, change: impl FnOnce(&mut Behavior)) -> Sandbox {
    Sandbox::builder()
        .connectors(connectors)
        .behavior(change)
        .start()
        .await
        .unwrap()
}

/// Follows the page tokens to the end. Returns the ids of each page.
async fn all_pages(client: &Client, path: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut token = None;
    loop {
        let separator = if path.contains('?') { '&' } else { '?' };
        let query = token
            .map(|token: String| format!("{separator}pageToken={}", percent_encode(&token)))
            .unwrap_or_default();
        let response = client.get(&format!("{path}{query}")).await;
        pages.push(response.field("id"));
        assert!(pages.len() < 100, "{path} does not end");
        token = response.next_page_token();
        if token.is_none() {
            return pages;
        }
    }
}

#[tokio::test]
async fn default_page_has_ten_items() {
    let sandbox = sandbox_with(25, |_| {}).await;
    let client = Client::new(&sandbox);
    assert_eq!(client.get("/connectors").await.results().len(), 10);
    assert_eq!(client.get("/channels").await.results().len(), 10);
    let sizes = |pages: Vec<Vec<String>>| pages.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(sizes(all_pages(&client, "/connectors").await), [10, 10, 5]);
    assert_eq!(
        sizes(all_pages(&client, "/channels?limit=1000").await),
        [25]
    );
}

#[tokio::test]
async fn both_token_kinds_traverse_every_list_in_both_directions() {
    for tokens in PageTokens::ALL.iter().copied() {
        let sandbox = sandbox_with(7, |behavior| behavior.page_tokens = tokens).await;
        let client = Client::new(&sandbox);
        for number in 0..4 {
            sandbox.add_number(Number::new(format!("+44770090010{number}")));
            let body = json!({ "service": "s", "event": format!("e{number}"), "url": "https://example.com/" });
            client
                .post("/webhook-subscriptions", body)
                .await
                .json_with_status(201);
        }
        for (list, total) in [
            ("/connectors", 7),
            ("/channels", 7),
            ("/numbers", 7),
            ("/numbers-long-code", 7),
            ("/webhook-subscriptions", 4),
        ] {
            let all = client.get(&format!("{list}?limit=99")).await.field("id");
            assert_eq!(all.len(), total, "{list}");
            let forward = all_pages(&client, &format!("{list}?limit=3")).await;
            assert_eq!(forward.concat(), all, "{tokens:?} {list}");
            let mut backward = all_pages(&client, &format!("{list}?limit=3&reverse=true"))
                .await
                .concat();
            backward.reverse();
            assert_eq!(backward, all, "{tokens:?} {list}");
        }
    }
}

#[tokio::test]
async fn page_token_contains_characters_that_need_percent_encoding() {
    for tokens in PageTokens::ALL.iter().copied() {
        let sandbox = sandbox_with(2, |behavior| behavior.page_tokens = tokens).await;
        let client = Client::new(&sandbox);
        let token = client
            .get("/connectors?limit=1")
            .await
            .next_page_token()
            .unwrap();
        for character in ['+', '/', '='] {
            assert!(token.contains(character), "{token}");
        }
        let response = client
            .get(&format!("/connectors?limit=1&pageToken={token}"))
            .await;
        assert_eq!(
            (response.status, response.code().as_str()),
            (422, "InvalidParameter"),
            "an unencoded plus is a space"
        );
        assert_eq!(
            client
                .get(&format!(
                    "/connectors?limit=1&pageToken={}",
                    percent_encode(&token)
                ))
                .await
                .status,
            200
        );
    }
}

#[tokio::test]
async fn last_page_token_follows_behavior() {
    let expected = [None, Some(Value::Null), Some(json!(""))];
    for (last_page, expected) in LastPage::ALL.iter().copied().zip(expected) {
        let sandbox = sandbox_with(3, |behavior| behavior.last_page = last_page).await;
        let client = Client::new(&sandbox);
        assert_eq!(
            client
                .get("/connectors")
                .await
                .json()
                .get("nextPageToken")
                .cloned(),
            expected,
            "{last_page:?}"
        );
        let first = client.get("/connectors?limit=2").await;
        let second = client
            .get(&format!(
                "/connectors?limit=2&pageToken={}",
                percent_encode(&first.next_page_token().unwrap())
            ))
            .await;
        assert_eq!(
            second.json().get("nextPageToken").cloned(),
            expected,
            "{last_page:?}"
        );
        assert_eq!(
            client.get("/connectors?limit=3").await.next_page_token(),
            None,
            "a full last page has no token"
        );
        assert_eq!(
            client.get("/connectors?pageToken=").await.results().len(),
            3,
            "an empty token is the same as no token"
        );
    }
}

#[tokio::test]
async fn page_token_of_another_list_answers_422() {
    let sandbox = sandbox_with(5, |_| {}).await;
    let client = Client::new(&sandbox);
    let token = percent_encode(
        &client
            .get("/connectors?limit=2")
            .await
            .next_page_token()
            .unwrap(),
    );
    assert_eq!(
        client
            .get(&format!("/connectors?limit=3&pageToken={token}"))
            .await
            .results()
            .len(),
        3,
        "a token can be used with another limit"
    );
    for path in [
        "/channels?",
        "/numbers?",
        "/connectors?reverse=true&",
        "/connectors?templateRef=sms-messagebird:1&",
    ] {
        let response = client.get(&format!("{path}pageToken={token}")).await;
        assert_eq!(
            (response.status, response.code().as_str()),
            (422, "InvalidParameter"),
            "{path}"
        );
    }
    let wrong_list = "pageToken does not belong to this list";
    for (token, message) in [
        ("x", wrong_list),
        ("%2B%2F%3D%3D", wrong_list),
        ("%2B%2Fabc%3D%3D", wrong_list),
        (&"a".repeat(8000), wrong_list),
        (
            &"a".repeat(8001),
            "pageToken is longer than 8000 characters",
        ),
    ] {
        let response = client.get(&format!("/connectors?pageToken={token}")).await;
        assert_eq!(
            (response.code().as_str(), response.message().as_str()),
            ("InvalidParameter", message)
        );
    }
    assert_eq!(
        client
            .get(&format!("/connectors?pageToken={token}&pageToken={token}"))
            .await
            .status,
        422,
        "the parameter must not be repeated"
    );
}

#[tokio::test]
async fn limit_outside_its_bounds_answers_422() {
    let sandbox = sandbox_with(1, |_| {}).await;
    let client = Client::new(&sandbox);
    let body = json!({ "service": "s", "event": "e", "url": "https://example.com/" });
    let id = client
        .post("/webhook-subscriptions", body)
        .await
        .json_with_status(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let logs = format!("/webhook-subscriptions/{id}/logs");
    let organization = Client::new(&sandbox).with_base_path(format!(
        "/organizations/{}/workspaces/{}",
        sandbox.organization_id(),
        sandbox.workspace_id()
    ));
    for (client, path, max) in [
        (&client, "/connectors", 100),
        (&client, "/channels", 1000),
        (&client, "/numbers", 99),
        (&client, "/numbers-long-code", 99),
        (&client, "/use-cases", 1000),
        (&client, "/webhook-subscriptions", 100),
        (&client, &logs, 100),
        (&organization, "/webhook-subscriptions", 100),
    ] {
        assert_eq!(
            client.get(&format!("{path}?limit={max}")).await.status,
            200,
            "{path}"
        );
        assert_eq!(
            client.get(&format!("{path}?limit=1")).await.status,
            200,
            "{path}"
        );
        for limit in [
            (max + 1).to_string(),
            "0".into(),
            "-1".into(),
            "ten".into(),
            String::new(),
            "9".repeat(30),
            "1&limit=2".into(),
        ] {
            let response = client.get(&format!("{path}?limit={limit}")).await;
            assert_eq!(
                (response.status, response.code().as_str()),
                (422, "InvalidParameter"),
                "{path} {limit}"
            );
        }
    }
    assert_eq!(client.get("/connectors?reverse=1").await.status, 422);
}

#[tokio::test]
async fn maximum_connector_limit_follows_behavior() {
    let sandbox = sandbox_with(120, |_| {}).await;
    let client = Client::new(&sandbox);
    for (limit_behavior, results) in [
        (ConnectorPageLimit::Hundred, None),
        (ConnectorPageLimit::Thousand, Some(120)),
        (ConnectorPageLimit::Clamped, Some(100)),
    ] {
        sandbox.behavior(|behavior| behavior.connector_page_limit = limit_behavior);
        let response = client.get("/connectors?limit=1000").await;
        match results {
            Some(count) => assert_eq!(response.results().len(), count, "{limit_behavior:?}"),
            None => assert_eq!(response.status, 422, "{limit_behavior:?}"),
        }
    }
}

#[tokio::test]
async fn default_page_size_differs_by_path_family() {
    let sandbox = sandbox_with(0, |_| {}).await;
    let client = Client::new(&sandbox);
    for number in 0..30 {
        let body =
            json!({ "service": "s", "event": format!("e{number}"), "url": "https://example.com/" });
        client
            .post("/webhook-subscriptions", body)
            .await
            .json_with_status(201);
    }
    assert_eq!(
        client.get("/webhook-subscriptions").await.results().len(),
        25
    );
    let organization = format!(
        "/organizations/{}/workspaces/{}",
        sandbox.organization_id(),
        sandbox.workspace_id()
    );
    assert_eq!(
        client
            .with_base_path(organization)
            .get("/webhook-subscriptions")
            .await
            .results()
            .len(),
        10
    );
}

#[tokio::test]
async fn sparse_pages_can_be_empty_before_the_end() {
    let sandbox = sandbox_with(4, |behavior| behavior.page_fill = PageFill::Sparse).await;
    let client = Client::new(&sandbox);
    client
        .post(
            "/connectors",
            json!({ "name": "needle", "connectorTemplateRef": "line:1" }),
        )
        .await
        .json_with_status(201);
    sandbox.add_connectors(1);
    for tokens in PageTokens::ALL.iter().copied() {
        sandbox.behavior(|behavior| behavior.page_tokens = tokens);
        let pages = all_pages(&client, "/connectors?limit=2&templateRef=line:1").await;
        assert_eq!(
            pages.iter().map(Vec::len).collect::<Vec<_>>(),
            [0, 0, 1],
            "{tokens:?}"
        );
        sandbox.behavior(|behavior| behavior.page_fill = PageFill::Full);
        assert_eq!(
            all_pages(&client, "/connectors?limit=2&templateRef=line:1")
                .await
                .len(),
            1
        );
        sandbox.behavior(|behavior| behavior.page_fill = PageFill::Sparse);
    }
}

#[tokio::test]
async fn deletion_between_pages_shifts_offset_tokens_but_not_cursors() {
    for (tokens, skipped) in [(PageTokens::Cursor, 0), (PageTokens::Offset, 1)] {
        let sandbox = sandbox_with(6, |behavior| behavior.page_tokens = tokens).await;
        let client = Client::new(&sandbox);
        let all = client.get("/connectors").await.field("id");
        let first = client.get("/connectors?limit=2").await;
        client
            .delete(&format!("/connectors/{}", all[0]))
            .await
            .json_with_status(204);
        let token = percent_encode(&first.next_page_token().unwrap());
        let rest = client
            .get(&format!("/connectors?limit=4&pageToken={token}"))
            .await
            .field("id");
        assert_eq!(rest, all[2 + skipped..], "{tokens:?}");
        assert_eq!(sandbox.count(Operation::ListConnectors), 3);
    }
}
