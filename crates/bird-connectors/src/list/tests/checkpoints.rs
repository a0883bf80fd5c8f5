//! Checkpoints: rejected by another list, harmless if invalid, and stable in their written form.

use bird_connectors_api::types::OrganizationId;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// A checkpoint as release 0.1 writes it. Every release that supports version 1 must read it.
const GOLDEN: &str = "eyJ2IjoxLCJvcGVyYXRpb24iOiJsaXN0Q29ubmVjdG9ycyIsIndvcmtzcGFjZSI6IjAwMDAwMDAw\
    LTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwNyIsImZpbHRlcnMiOnsiZmlsdGVyIjoibm9uZSJ9\
    LCJwYWdlX3NpemUiOjEwLCJ0b2tlbiI6IisvPTIwIiwiaW5kZXgiOjV9";

fn golden_json() -> Value {
    json!({
        "v": 1,
        "operation": "listConnectors",
        "workspace": "00000000-0000-0000-0000-000000000007",
        "filters": {"filter": "none"},
        "page_size": 10,
        "token": "+/=20",
        "index": 5,
    })
}

/// The JSON of a checkpoint in the middle of the third page, with some fields changed.
fn changed(change: Value) -> Value {
    let mut json = golden_json();
    let Value::Object(change) = change else {
        unreachable!()
    };
    json.as_object_mut().unwrap().extend(change);
    json
}

fn checkpoint(change: Value) -> Checkpoint {
    serde_json::from_value(changed(change)).unwrap()
}

async fn rejection(list: List<u32>) -> String {
    let server = Arc::clone(&list.query.server);
    let mut items = list.items();
    let error = items.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.outcome(), Some(crate::RequestOutcome::NotSent));
    assert!(items.next().await.is_none());
    assert_eq!(server.requests(), 0);
    error.to_string()
}

#[test]
fn checkpoint_with_a_repeated_field_is_rejected() {
    let json = golden_json().to_string();
    for field in ["\"v\":1", "\"index\":6"] {
        let repeated = json.replacen('{', &format!("{{{field},"), 1);
        let error = repeated.parse::<Checkpoint>().unwrap_err().to_string();
        assert!(error.contains("duplicate field"), "{error}");
    }
}

#[tokio::test]
async fn checkpoint_has_a_stable_written_form() {
    let (_, list) = Server::counting(100).list();
    let mut items = list.clone().items();
    for _ in 0..25 {
        items.next().await.unwrap().unwrap();
    }
    let written = items.checkpoint().unwrap();
    assert_eq!(serde_json::to_value(&written).unwrap(), golden_json());
    assert_eq!(written.to_string(), GOLDEN);

    let read: Checkpoint = GOLDEN.parse().unwrap();
    assert_eq!(read, written);
    assert_eq!(read.workspace_id(), WORKSPACE);
    let next = list.resume_from(read).items().next().await;
    assert_eq!(next.unwrap().unwrap(), 25);
}

#[tokio::test]
async fn checkpoint_string_is_url_safe_for_any_token_and_filter() {
    let odd = checkpoint(json!({"token": "+/= \n\"é", "filters": {"filter": "a b\u{0}"}}));
    let text = odd.to_string();
    assert!(
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    );
    assert_eq!(format!(" {text}\n").parse::<Checkpoint>().unwrap(), odd);
}

#[tokio::test]
async fn checkpoint_of_another_list_is_rejected() {
    let other = "00000000-0000-0000-0000-000000000008";
    for (change, reason) in [
        (
            json!({"operation": "listChannels"}),
            "belongs to `listChannels`, not to `listConnectors`",
        ),
        (
            json!({"workspace": other}),
            "belongs to workspace 00000000-0000-0000-0000-000000000008, not to",
        ),
        (
            json!({"organization": other}),
            "belongs to another organization",
        ),
        (
            json!({"filters": {"filter": "some"}}),
            r#"with the filters {"filter":"some"}, not with {"filter":"none"}"#,
        ),
        (json!({"page_size": 0}), "page_size is 0"),
        (
            json!({"page_size": 1001}),
            "page_size is 1001; the maximum for this list is 1000",
        ),
        (
            json!({"token": "x".repeat(8001)}),
            "the page token has 8001 bytes; the maximum is 8000",
        ),
    ] {
        let (_, list) = Server::counting(100).list();
        let rejection = rejection(list.resume_from(checkpoint(change))).await;
        assert!(
            rejection.starts_with("list connectors: ") && rejection.contains(reason),
            "{rejection}"
        );
    }
}

#[tokio::test]
async fn checkpoint_of_another_organization_is_rejected() {
    let (server, mut list) = Server::counting(100).list();
    let organization = client().organization(OrganizationId::from_u128(8));
    list.workspace = organization.workspace(WORKSPACE);
    let read = list.clone().collect_up_to(5).await.unwrap();
    let checkpoint = read.checkpoint.unwrap();
    let rest = list
        .clone()
        .resume_from(checkpoint.clone())
        .collect_up_to(5)
        .await;
    assert_eq!(rest.unwrap().items, [5, 6, 7, 8, 9]);

    let another = client().organization(OrganizationId::from_u128(9));
    for other in [another.workspace(WORKSPACE), workspace()] {
        let requests = server.requests();
        list.workspace = other;
        let error = list
            .clone()
            .resume_from(checkpoint.clone())
            .first_page()
            .await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(server.requests(), requests);
    }
}

#[tokio::test]
async fn checkpoint_with_another_page_size_is_rejected() {
    let (_, list) = Server::counting(100).list();
    let rejection = rejection(list.resume_from(checkpoint(json!({}))).page_size(20)).await;
    assert!(
        rejection.contains("was made with page size 10 (set, or lowered by a limit), not 20"),
        "{rejection}"
    );

    // Valid: the page size that was set, and the page size that a limit lowered it to.
    let (server, list) = Server::counting(100).list();
    let list = list.page_size(10);
    let first = list.clone().limit(4).collect_up_to(100).await.unwrap();
    let second = list.clone().resume_from(first.checkpoint.unwrap()).limit(4);
    let second = second.collect_up_to(100).await.unwrap();
    assert_eq!(second.items, [4, 5, 6, 7]);
    let third = list
        .resume_from(checkpoint(json!({})))
        .collect_up_to(3)
        .await;
    assert_eq!(third.unwrap().items, [25, 26, 27]);
    assert_eq!(server.sizes(), [4, 4, 10]);
}

#[tokio::test]
async fn page_token_longer_than_8000_bytes_is_not_sent() {
    for (length, requests) in [(8000, 2), (8001, 1)] {
        let (server, list) = Server::new(move |nth, _, _| {
            let next = (nth == 0).then(|| "x".repeat(length));
            Ok(FetchedPage::whole(vec![nth as u32], next))
        })
        .list();
        let read = list.collect_up_to(100).await;
        assert_eq!(server.requests(), requests);
        if let Err(partial) = &read {
            assert_eq!(partial.error.kind(), ErrorKind::InvalidInput);
            assert_eq!(partial.collected.items, [0]);
        }
        assert_eq!(read.is_ok(), length == 8000);
    }
}

#[test]
fn parse_reads_json_and_rejects_another_version() {
    let json = changed(json!({"v": 1}));
    assert_eq!(
        json.to_string().parse::<Checkpoint>().unwrap(),
        checkpoint(json!({}))
    );
    for version in [0, 2] {
        let json = changed(json!({"v": version}));
        let reason = format!("version {version} is not supported by this release");
        let error = json.to_string().parse::<Checkpoint>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(&reason), "{error}");
        let error = serde_json::from_value::<Checkpoint>(json).unwrap_err();
        assert!(error.to_string().contains(&reason), "{error}");
    }
}

#[test]
fn parse_of_an_invalid_checkpoint_returns_an_error() {
    let whole = GOLDEN;
    for text in [
        "",
        " ",
        "null",
        "e30",
        "bnVsbA",
        "%",
        "é",
        &whole[1..],
        &whole[..whole.len() - 3],
    ] {
        let error = text.parse::<Checkpoint>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(
            error.to_string().starts_with(
                "read a checkpoint: invalid or truncated checkpoint: pass the string that `checkpoint` returned"
            ),
            "{text}: {error}"
        );
    }
}

/// Parses a string and reads a list from the result. Both may fail, but not panic.
fn read_without_panic(text: &str) -> Result<(), TestCaseError> {
    if let Ok(checkpoint) = text.parse::<Checkpoint>() {
        prop_assert_eq!(
            &checkpoint.to_string().parse::<Checkpoint>().unwrap(),
            &checkpoint
        );
        let (_, list) = Server::new(|_, _, _| Ok(FetchedPage::whole(vec![1, 2, 3], None))).list();
        let list = list.resume_from(checkpoint);
        runtime().block_on(async {
            let _ = list.clone().collect_up_to(2).await;
            let mut items = list.items();
            for _ in 0..5 {
                let _ = items.next().await;
                let _ = items.checkpoint();
            }
        });
    }
    Ok(())
}

proptest! {
    #[test]
    fn parse_of_random_input_never_panics(text: String, bytes: Vec<u8>) {
        use base64::Engine as _;
        read_without_panic(&text)?;
        read_without_panic(&base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))?;
    }

    #[test]
    fn damaged_checkpoint_never_panics(at in 0..GOLDEN.len(), with in "[A-Za-z0-9_-]") {
        let mut text = GOLDEN.to_owned();
        text.replace_range(at..=at, &with);
        read_without_panic(&text)?;
    }

    #[test]
    fn forged_checkpoint_never_panics(
        v in 0u8..3,
        page_size: u32,
        index in prop_oneof![0usize..5, Just(usize::MAX), any::<usize>()],
        token: Option<String>,
    ) {
        let made_up = changed(json!({"v": v, "page_size": page_size % 1200, "index": index, "token": token}));
        prop_assert_eq!(made_up.to_string().parse::<Checkpoint>().is_ok(), v == 1);
        read_without_panic(&made_up.to_string())?;
    }
}
