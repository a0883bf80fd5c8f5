//! Pages over the wire: sizes, tokens, directions. That every item comes once and in order is shown in `src/paging.rs`.

use bird_connectors_sandbox::behavior::{ConnectorPageLimit, LastPage, PageFill, PageTokens};
use bird_connectors_sandbox::{Behavior, Number, Operation, Sandbox};
use serde_json::{Value, json};

use crate::client::{Client, encode};

async fn with(connectors: usize, choose: impl FnOnce(&mut Behavior)) -> Sandbox {
    Sandbox::builder()
        .connectors(connectors)
        .behavior(choose)
        .start()
        .await
        .unwrap()
}

/// Follows the tokens to the end and gives the ids of each page.
async fn walk(client: &Client, path: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut token = None;
    loop {
        let separator = if path.contains('?') { '&' } else { '?' };
        let query = token
            .map(|token: String| format!("{separator}pageToken={}", encode(&token)))
            .unwrap_or_default();
        let seen = client.get(&format!("{path}{query}")).await;
        pages.push(seen.column("id"));
        assert!(pages.len() < 100, "{path} has no end");
        token = seen.token();
        if token.is_none() {
            return pages;
        }
    }
}

#[tokio::test]
async fn a_list_read_without_following_its_token_is_ten_long() {
    let sandbox = with(25, |_| {}).await;
    let client = Client::of(&sandbox);
    assert_eq!(client.get("/connectors").await.results().len(), 10);
    assert_eq!(client.get("/channels").await.results().len(), 10);
    let sizes = |pages: Vec<Vec<String>>| pages.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(sizes(walk(&client, "/connectors").await), [10, 10, 5]);
    assert_eq!(sizes(walk(&client, "/channels?limit=1000").await), [25]);
}

#[tokio::test]
async fn both_kinds_of_token_lead_through_every_list_both_ways() {
    for tokens in PageTokens::ALL.iter().copied() {
        let sandbox = with(7, |behavior| behavior.page_tokens = tokens).await;
        let client = Client::of(&sandbox);
        for number in 0..4 {
            sandbox.add_number(Number::new(format!("+44770090010{number}")));
            let body = json!({ "service": "s", "event": format!("e{number}"), "url": "https://example.com/" });
            client
                .post("/webhook-subscriptions", body)
                .await
                .expect(201);
        }
        for (list, total) in [
            ("/connectors", 7),
            ("/channels", 7),
            ("/numbers", 7),
            ("/numbers-long-code", 7),
            ("/webhook-subscriptions", 4),
        ] {
            let all = client.get(&format!("{list}?limit=100")).await.column("id");
            assert_eq!(all.len(), total, "{list}");
            let forth = walk(&client, &format!("{list}?limit=3")).await;
            assert_eq!(forth.concat(), all, "{tokens:?} {list}");
            let mut back = walk(&client, &format!("{list}?limit=3&reverse=true"))
                .await
                .concat();
            back.reverse();
            assert_eq!(back, all, "{tokens:?} {list}");
        }
    }
}

#[tokio::test]
async fn tokens_need_percent_encoding() {
    for tokens in PageTokens::ALL.iter().copied() {
        let sandbox = with(2, |behavior| behavior.page_tokens = tokens).await;
        let client = Client::of(&sandbox);
        let token = client.get("/connectors?limit=1").await.token().unwrap();
        for character in ['+', '/', '='] {
            assert!(token.contains(character), "{token}");
        }
        let seen = client
            .get(&format!("/connectors?limit=1&pageToken={token}"))
            .await;
        assert_eq!(
            (seen.status, seen.code().as_str()),
            (422, "InvalidParameter"),
            "a bare plus is a space"
        );
        assert_eq!(
            client
                .get(&format!("/connectors?limit=1&pageToken={}", encode(&token)))
                .await
                .status,
            200
        );
    }
}

#[tokio::test]
async fn the_last_page_says_so_in_three_ways() {
    let expected = [None, Some(Value::Null), Some(json!(""))];
    for (last_page, expected) in LastPage::ALL.iter().copied().zip(expected) {
        let sandbox = with(3, |behavior| behavior.last_page = last_page).await;
        let client = Client::of(&sandbox);
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
                encode(&first.token().unwrap())
            ))
            .await;
        assert_eq!(
            second.json().get("nextPageToken").cloned(),
            expected,
            "{last_page:?}"
        );
        assert_eq!(
            client.get("/connectors?limit=3").await.token(),
            None,
            "a full last page is the last"
        );
        assert_eq!(
            client.get("/connectors?pageToken=").await.results().len(),
            3,
            "an empty token is none"
        );
    }
}

#[tokio::test]
async fn a_token_belongs_to_its_list() {
    let sandbox = with(5, |_| {}).await;
    let client = Client::of(&sandbox);
    let token = encode(&client.get("/connectors?limit=2").await.token().unwrap());
    assert_eq!(
        client
            .get(&format!("/connectors?limit=3&pageToken={token}"))
            .await
            .results()
            .len(),
        3,
        "another limit is fine"
    );
    for path in [
        "/channels?",
        "/numbers?",
        "/connectors?reverse=true&",
        "/connectors?templateRef=sms-messagebird:1&",
    ] {
        let seen = client.get(&format!("{path}pageToken={token}")).await;
        assert_eq!(
            (seen.status, seen.code().as_str()),
            (422, "InvalidParameter"),
            "{path}"
        );
    }
    let foreign = "pageToken does not belong to this list";
    for (token, message) in [
        ("x", foreign),
        ("%2B%2F%3D%3D", foreign),
        ("%2B%2Fabc%3D%3D", foreign),
        (&"a".repeat(8000), foreign),
        (
            &"a".repeat(8001),
            "pageToken is longer than 8000 characters",
        ),
    ] {
        let seen = client.get(&format!("/connectors?pageToken={token}")).await;
        assert_eq!(
            (seen.code().as_str(), seen.message().as_str()),
            ("InvalidParameter", message)
        );
    }
    assert_eq!(
        client
            .get(&format!("/connectors?pageToken={token}&pageToken={token}"))
            .await
            .status,
        422,
        "once"
    );
}

#[tokio::test]
async fn limits_have_bounds() {
    let sandbox = with(1, |_| {}).await;
    let client = Client::of(&sandbox);
    let body = json!({ "service": "s", "event": "e", "url": "https://example.com/" });
    let id = client
        .post("/webhook-subscriptions", body)
        .await
        .expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let logs = format!("/webhook-subscriptions/{id}/logs");
    let organization = Client::of(&sandbox).at(format!(
        "/organizations/{}/workspaces/{}",
        sandbox.organization_id(),
        sandbox.workspace_id()
    ));
    for (client, path, max) in [
        (&client, "/connectors", 100),
        (&client, "/channels", 1000),
        (&client, "/numbers", 100),
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
            let seen = client.get(&format!("{path}?limit={limit}")).await;
            assert_eq!(
                (seen.status, seen.code().as_str()),
                (422, "InvalidParameter"),
                "{path} {limit}"
            );
        }
    }
    assert_eq!(client.get("/connectors?reverse=1").await.status, 422);
}

#[tokio::test]
async fn the_maximum_for_connectors_is_a_reading() {
    let sandbox = with(120, |_| {}).await;
    let client = Client::of(&sandbox);
    for (reading, results) in [
        (ConnectorPageLimit::Hundred, None),
        (ConnectorPageLimit::Thousand, Some(120)),
        (ConnectorPageLimit::Clamped, Some(100)),
    ] {
        sandbox.behavior(|behavior| behavior.connector_page_limit = reading);
        let seen = client.get("/connectors?limit=1000").await;
        match results {
            Some(count) => assert_eq!(seen.results().len(), count, "{reading:?}"),
            None => assert_eq!(seen.status, 422, "{reading:?}"),
        }
    }
}

#[tokio::test]
async fn default_sizes_differ_by_path_family() {
    let sandbox = with(0, |_| {}).await;
    let client = Client::of(&sandbox);
    for number in 0..30 {
        let body =
            json!({ "service": "s", "event": format!("e{number}"), "url": "https://example.com/" });
        client
            .post("/webhook-subscriptions", body)
            .await
            .expect(201);
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
            .at(organization)
            .get("/webhook-subscriptions")
            .await
            .results()
            .len(),
        10
    );
}

#[tokio::test]
async fn sparse_pages_can_be_empty_and_go_on() {
    let sandbox = with(4, |behavior| behavior.page_fill = PageFill::Sparse).await;
    let client = Client::of(&sandbox);
    client
        .post(
            "/connectors",
            json!({ "name": "needle", "connectorTemplateRef": "line:1" }),
        )
        .await
        .expect(201);
    sandbox.add_connectors(1);
    for tokens in PageTokens::ALL.iter().copied() {
        sandbox.behavior(|behavior| behavior.page_tokens = tokens);
        let pages = walk(&client, "/connectors?limit=2&templateRef=line:1").await;
        assert_eq!(
            pages.iter().map(Vec::len).collect::<Vec<_>>(),
            [0, 0, 1],
            "{tokens:?}"
        );
        sandbox.behavior(|behavior| behavior.page_fill = PageFill::Full);
        assert_eq!(
            walk(&client, "/connectors?limit=2&templateRef=line:1")
                .await
                .len(),
            1
        );
        sandbox.behavior(|behavior| behavior.page_fill = PageFill::Sparse);
    }
}

#[tokio::test]
async fn when_an_item_goes_a_cursor_stays_and_an_offset_slips() {
    for (tokens, skipped) in [(PageTokens::Cursor, 0), (PageTokens::Offset, 1)] {
        let sandbox = with(6, |behavior| behavior.page_tokens = tokens).await;
        let client = Client::of(&sandbox);
        let all = client.get("/connectors").await.column("id");
        let first = client.get("/connectors?limit=2").await;
        client
            .delete(&format!("/connectors/{}", all[0]))
            .await
            .expect(204);
        let token = encode(&first.token().unwrap());
        let rest = client
            .get(&format!("/connectors?limit=4&pageToken={token}"))
            .await
            .column("id");
        assert_eq!(rest, all[2 + skipped..], "{tokens:?}");
        assert_eq!(sandbox.count(Operation::ListConnectors), 3);
    }
}
