use std::fs;

use serde_json::json;

use super::*;
use crate::install::FileJournal;
use crate::install::same::identity_of;
use crate::templates::{Template, WhatsApp};

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(11);
const CONNECTOR: ConnectorId = ConnectorId::from_u128(7);

fn wanted(name: &str) -> Wanted {
    let whatsapp = WhatsApp::new(name, "1", "2", "+31612345678", "planted");
    let template = Template::from(whatsapp);
    Wanted::new(&template, identity_of(&template))
}

fn left() -> UnresolvedCreate {
    wanted("Support").unresolved(WORKSPACE, now())
}

fn key() -> Key {
    Key::new(WORKSPACE, &wanted("Support"))
}

/// A place of its own for a file, removed at the end.
struct Place(std::path::PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("bird-connectors-{}-{name}", std::process::id()));
        let _ = fs::remove_file(&path);
        Self(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

async fn ledger(place: &Place) -> Result<Ledger, Error> {
    let journal = FileJournal::open(&place.0)?;
    Ledger::open(Arc::new(journal)).await
}

#[tokio::test]
async fn it_says_the_same_after_it_was_opened_again() {
    let place = Place::new("again");
    let (first, other) = (
        key(),
        Key::new(WorkspaceId::from_u128(12), &wanted("Support")),
    );
    let ledger_one = ledger(&place).await.unwrap();
    assert_eq!(ledger_one.past(&first), Past::Nothing);
    let left = left();
    ledger_one.intent(&first, left.clone()).await.unwrap();
    ledger_one.intent(&other, left.clone()).await.unwrap();
    let open = Past::Open(Box::new(left));
    assert_eq!(ledger_one.past(&first), open);
    drop(ledger_one);

    let ledger_two = ledger(&place).await.unwrap();
    assert_eq!(
        (ledger_two.past(&first), ledger_two.past(&other)),
        (open.clone(), open.clone())
    );
    ledger_two.result(&first, CONNECTOR, false).await.unwrap();
    ledger_two.refused(&other).await.unwrap();
    drop(ledger_two);

    let ledger_three = ledger(&place).await.unwrap();
    let done = Past::Done {
        connector: CONNECTOR,
        seen: false,
    };
    assert_eq!(
        (ledger_three.past(&first), ledger_three.past(&other)),
        (done, Past::Nothing)
    );
    let text = fs::read_to_string(&place.0).unwrap();
    assert_eq!(text.lines().count(), 4);
    assert!(text.ends_with('\n') && !text.contains("planted"), "{text}");
    assert!(
        text.lines()
            .all(|line| line.starts_with(r#"{"v":1,"at":""#)),
        "{text}"
    );
}

#[tokio::test]
async fn a_torn_last_line_is_as_if_it_had_not_been_written() {
    let place = Place::new("torn");
    let whole = ledger(&place).await.unwrap();
    whole.intent(&key(), left()).await.unwrap();
    whole.result(&key(), CONNECTOR, true).await.unwrap();
    drop(whole);
    let bytes = fs::read(&place.0).unwrap();
    let first = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    for cut in 0..bytes.len() {
        fs::write(&place.0, &bytes[..cut]).unwrap();
        let torn = ledger(&place).await.unwrap();
        let open = matches!(torn.past(&key()), Past::Open(_));
        assert_eq!(open, cut >= first, "{cut}");
        // And it can be written on.
        torn.result(&key(), CONNECTOR, true).await.unwrap();
        drop(torn);
        let past = ledger(&place).await.unwrap().past(&key());
        assert_eq!(
            past,
            Past::Done {
                connector: CONNECTOR,
                seen: true
            },
            "{cut}"
        );
    }
}

#[tokio::test]
async fn one_file_has_one_user() {
    let place = Place::new("lock");
    let journal = FileJournal::open(&place.0).unwrap();
    let clone = journal.clone();
    drop(journal);
    let refused = FileJournal::open(&place.0).unwrap_err();
    assert!(refused.to_string().contains("another process"), "{refused}");
    assert_eq!(refused.outcome(), Some(crate::RequestOutcome::NotSent));
    drop(clone);
    FileJournal::open(&place.0).unwrap();
}

#[tokio::test]
async fn what_is_no_journal_is_left_alone() {
    let place = Place::new("other");
    for text in ["a list of\nthings", "{\"a\":1}", "\u{fffd}"] {
        fs::write(&place.0, text).unwrap();
        let refused = FileJournal::open(&place.0).unwrap_err();
        assert!(refused.to_string().contains("not a journal"), "{refused}");
        assert_eq!(fs::read_to_string(&place.0).unwrap(), text);
    }
    fs::write(&place.0, "things\n").unwrap();
    let refused = ledger(&place).await.unwrap_err();
    assert!(
        refused.to_string().contains("line 1 of the journal"),
        "{refused}"
    );
    assert!(
        FileJournal::open("/nowhere/at/all")
            .unwrap_err()
            .to_string()
            .contains("/nowhere/at/all")
    );
}

#[test]
fn a_line_that_cannot_be_read_may_be_an_intent() {
    let line = |entry: serde_json::Value| {
        let mut line = json!({"v": 1, "at": now(), "key": key()});
        line.as_object_mut()
            .unwrap()
            .extend(entry.as_object().unwrap().clone());
        line.to_string()
    };
    let intent = line(json!({"entry": "intent", "unresolved": left()}));
    let later = line(json!({"v": 2, "entry": "refused"}));
    let other = line(json!({"entry": "something"}));
    let torn = intent[..intent.len() / 2].to_owned();
    for (lines, expected) in [
        (vec![torn.clone()], Ok(0)),
        (vec![intent.clone(), torn.clone()], Ok(1)),
        (vec![intent.clone(), String::new()], Ok(1)),
        (vec![torn, intent.clone()], Err("line 1")),
        (
            vec![intent.clone(), later],
            Err("version 2 is not supported"),
        ),
        (vec![intent, other], Err("line 2")),
    ] {
        match (fold(&lines), expected) {
            (Ok(past), Ok(keys)) => assert_eq!(past.len(), keys),
            (Err(why), Err(expected)) => assert!(why.contains(expected), "{why}"),
            (got, expected) => panic!("{got:?} instead of {expected:?}"),
        }
    }
}

#[test]
fn unresolved_create_round_trips_in_both_forms_without_secrets() {
    let left = left();
    let text = serde_json::to_string(&left).unwrap();
    for stored in [&text, &left.to_string()] {
        assert_eq!(stored.parse::<UnresolvedCreate>().unwrap(), left);
    }
    assert!(
        !text.contains("planted") && !format!("{left:?}").contains("+316"),
        "{text}"
    );
    assert!(
        left.what()
            .contains("`phoneId` 2 or `phoneNumber` +31612345678"),
        "{}",
        left.what()
    );
    let newer = text.replacen(r#""v":1"#, r#""v":2"#, 1);
    assert!(
        newer
            .parse::<UnresolvedCreate>()
            .unwrap_err()
            .to_string()
            .contains("version 2")
    );
}

proptest::proptest! {
    #[test]
    fn no_lines_panic(lines in proptest::collection::vec(".{0,80}", 0..5)) {
        let _ = fold(&lines);
    }
}
