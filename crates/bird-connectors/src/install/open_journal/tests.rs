use std::{fs, io};

use bird_connectors_api::types::WorkspaceId;
use serde_json::json;

use super::*;
use crate::clock::now;
use crate::install::FileJournal;
use crate::install::matching::{WantedConnector, identity_of};
use crate::templates::{Template, WhatsApp, WhatsAppAccount};

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(11);
const CONNECTOR: ConnectorId = ConnectorId::from_u128(7);
const ACTION: &str = "test a journal";

fn wanted(name: &str) -> WantedConnector {
    let account = WhatsAppAccount {
        waba_id: "1",
        phone_id: "2",
        phone_number: "+31612345678",
        access_token: "planted",
    };
    let whatsapp = WhatsApp::new(name, account);
    let template = Template::from(whatsapp);
    WantedConnector::new(&template, identity_of(&template))
}

fn unresolved() -> UnresolvedCreate {
    wanted("Support").unresolved(WORKSPACE, now())
}

fn key() -> JournalKey {
    JournalKey::new(WORKSPACE, &wanted("Support"))
}

fn other_key() -> JournalKey {
    JournalKey::new(WorkspaceId::from_u128(12), &wanted("Support"))
}

/// The path of a temporary file, which is removed at the end.
struct TemporaryFile(std::path::PathBuf);

impl TemporaryFile {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("bird-connectors-{}-{name}", std::process::id()));
        let _ = fs::remove_file(&path);
        Self(path)
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

async fn open(file: &TemporaryFile) -> Result<OpenJournal, Error> {
    let journal = FileJournal::open(&file.0)?;
    let keys = vec![key(), other_key()];
    OpenJournal::open(Arc::new(journal), ACTION, Arc::default(), keys).await
}

/// Single writes, each with a claim.
impl OpenJournal {
    async fn claim_now(&self, key: &JournalKey) -> Result<RunClaim<'_>, Error> {
        let claim = self.claim(key, Duration::from_secs(60)).await?;
        Ok(claim.expect("no other run"))
    }

    async fn write_intent(&self, key: &JournalKey, create: UnresolvedCreate) -> Result<(), Error> {
        let claim = self.claim_now(key).await?;
        assert!(claim.write_intent(create).await?);
        claim.release().await;
        Ok(())
    }

    async fn write_result(
        &self,
        key: &JournalKey,
        connector: ConnectorId,
        observed: bool,
    ) -> Result<(), Error> {
        self.claim_now(key).await?.finish(connector, observed).await
    }
}

#[tokio::test]
async fn reopened_journal_has_the_same_states() {
    let file = TemporaryFile::new("again");
    let (first, other) = (key(), other_key());
    let journal = open(&file).await.unwrap();
    assert_eq!(journal.state(&first), JournalState::None);
    let unresolved = unresolved();
    journal
        .write_intent(&first, unresolved.clone())
        .await
        .unwrap();
    journal
        .write_intent(&other, unresolved.clone())
        .await
        .unwrap();
    let intent = JournalState::Intent(Box::new(unresolved));
    assert_eq!(journal.state(&first), intent);
    drop(journal);

    let reopened = open(&file).await.unwrap();
    assert_eq!(
        (reopened.state(&first), reopened.state(&other)),
        (intent.clone(), intent.clone())
    );
    reopened
        .write_result(&first, CONNECTOR, false)
        .await
        .unwrap();
    let claim = reopened.claim_now(&other).await.unwrap();
    claim.finish_refused().await.unwrap();
    drop(claim);
    drop(reopened);

    let completed = open(&file).await.unwrap();
    let done = JournalState::Result {
        connector: CONNECTOR,
        observed: false,
    };
    assert_eq!(
        (completed.state(&first), completed.state(&other)),
        (done, JournalState::None)
    );
    let content = fs::read_to_string(&file.0).unwrap();
    assert_eq!(content.lines().count(), 4);
    assert!(
        content.ends_with('\n') && !content.contains("planted"),
        "{content}"
    );
    assert!(
        content
            .lines()
            .all(|line| line.starts_with(r#"{"v":1,"at":""#)),
        "{content}"
    );
}

#[tokio::test]
async fn incomplete_last_line_is_ignored() {
    let file = TemporaryFile::new("torn");
    let journal = open(&file).await.unwrap();
    journal.write_intent(&key(), unresolved()).await.unwrap();
    journal.write_result(&key(), CONNECTOR, true).await.unwrap();
    drop(journal);
    let bytes = fs::read(&file.0).unwrap();
    let first = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    for cut in 0..bytes.len() {
        fs::write(&file.0, &bytes[..cut]).unwrap();
        let torn = open(&file).await.unwrap();
        let is_intent = matches!(torn.state(&key()), JournalState::Intent(_));
        assert_eq!(is_intent, cut >= first, "{cut}");
        // The journal can be continued.
        torn.write_result(&key(), CONNECTOR, true).await.unwrap();
        drop(torn);
        let state = open(&file).await.unwrap().state(&key());
        assert_eq!(
            state,
            JournalState::Result {
                connector: CONNECTOR,
                observed: true
            },
            "{cut}"
        );
    }
}

#[tokio::test]
async fn process_that_gets_the_claim_knows_the_lines_of_the_last_holder() {
    let file = TemporaryFile::new("shared");
    // Without common claims in memory, as in two processes.
    let (first, second) = (open(&file).await.unwrap(), open(&file).await.unwrap());
    let limit = Duration::from_secs(60);
    let claim = first.claim(&key(), limit).await.unwrap();
    let refused = second.claim(&key(), Duration::from_millis(50)).await;
    assert!(refused.unwrap().is_none());
    let claim = claim.unwrap();
    assert!(claim.write_intent(unresolved()).await.unwrap());
    assert_eq!(second.state(&key()), JournalState::None);
    drop(claim);
    let claim = second.claim(&key(), limit).await.unwrap().unwrap();
    assert!(matches!(second.state(&key()), JournalState::Intent(_)));
    claim.finish(CONNECTOR, true).await.unwrap();
    drop(claim);
    let _claim = first.claim(&key(), limit).await.unwrap();
    assert!(matches!(first.state(&key()), JournalState::Result { .. }));
}

#[tokio::test]
async fn invalid_line_of_another_process_can_be_read_but_prevents_installs() {
    let file = TemporaryFile::new("invalid-line");
    let journal = FileJournal::open(&file.0).unwrap();
    let other = FileJournal::open(&file.0).unwrap();
    other.append(r#"{"v":1}"#).unwrap();
    assert_eq!(journal.lines().unwrap(), [r#"{"v":1}"#]);
    for journal in [journal, other] {
        let open = OpenJournal::open(Arc::new(journal), ACTION, Arc::default(), vec![]);
        let open = open.await.unwrap();
        let error = open.claim(&key(), Duration::from_secs(60)).await.err();
        let error = error.unwrap().to_string();
        assert!(
            error.contains("line 1 of the journal is invalid"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn incomplete_line_of_a_killed_process_is_removed_by_the_next_append() {
    use io::Write as _;
    let file = TemporaryFile::new("killed");
    let journal = open(&file).await.unwrap();
    journal.write_intent(&key(), unresolved()).await.unwrap();
    let mut other = fs::OpenOptions::new().append(true).open(&file.0).unwrap();
    other.write_all(br#"{"v":1,"at":"2026"#).unwrap();
    journal.write_result(&key(), CONNECTOR, true).await.unwrap();
    let content = fs::read_to_string(&file.0).unwrap();
    assert_eq!(content.lines().count(), 2);
    drop(journal);
    open(&file).await.unwrap();
}

#[tokio::test]
async fn file_that_is_not_a_journal_is_rejected_unchanged() {
    let file = TemporaryFile::new("other");
    // The last one is UTF-16, whose end looks like a line that a crash cut off.
    for text in [
        "a list of\nthings",
        "things\n",
        "{\"a\":1}",
        "\u{fffd}",
        "a\0,\0b\0\n\0",
    ] {
        fs::write(&file.0, text).unwrap();
        let refused = FileJournal::open(&file.0).unwrap_err();
        assert!(refused.to_string().contains("not a journal"), "{refused}");
        assert_eq!(fs::read_to_string(&file.0).unwrap(), text);
    }
    fs::write(&file.0, "{\"v\":1}\n").unwrap();
    let refused = FileJournal::open(&file.0).unwrap_err().to_string();
    assert!(refused.contains("line 1 of the journal"), "{refused}");
    assert!(refused.contains(&file.0.display().to_string()), "{refused}");
    assert!(
        FileJournal::open("/nowhere/at/all")
            .unwrap_err()
            .to_string()
            .contains("/nowhere/at/all")
    );
}

#[tokio::test]
async fn zero_bytes_after_a_power_loss_are_an_incomplete_line() {
    let file = TemporaryFile::new("zeros");
    let journal = open(&file).await.unwrap();
    journal.write_intent(&key(), unresolved()).await.unwrap();
    drop(journal);
    let bytes = fs::read(&file.0).unwrap();
    for torn in [&b""[..], b"{\"v\":1,\"at\"", b"{"] {
        let content = [&bytes[..], torn, &[0; 5000]].concat();
        fs::write(&file.0, content).unwrap();
        let journal = open(&file).await.unwrap();
        assert!(matches!(journal.state(&key()), JournalState::Intent(_)));
        drop(journal);
        assert_eq!(fs::read(&file.0).unwrap(), bytes);
    }
    fs::write(&file.0, [0; 100]).unwrap();
    drop(open(&file).await.unwrap());
    assert!(fs::read(&file.0).unwrap().is_empty());
    // Zero bytes elsewhere are not the trace of a power loss.
    fs::write(&file.0, [&[0; 3], &bytes[..]].concat()).unwrap();
    assert!(open(&file).await.is_err());
}

#[tokio::test]
async fn byte_order_mark_and_long_incomplete_line_are_read() {
    let file = TemporaryFile::new("mark");
    let journal = open(&file).await.unwrap();
    journal.write_intent(&key(), unresolved()).await.unwrap();
    drop(journal);
    let bytes = fs::read(&file.0).unwrap();
    let long = format!("{{\"v\":1,\"at\":\"{}", "a".repeat(1 << 20));
    for content in [
        [BOM, &bytes].concat(),
        [&bytes[..], long.as_bytes()].concat(),
        [BOM, &bytes, long.as_bytes()].concat(),
    ] {
        fs::write(&file.0, content).unwrap();
        for _ in 0..2 {
            let journal = open(&file).await.unwrap();
            assert!(matches!(journal.state(&key()), JournalState::Intent(_)));
            journal.write_intent(&key(), unresolved()).await.unwrap();
        }
    }
    for content in [BOM.to_vec(), [BOM, long.as_bytes()].concat()] {
        fs::write(&file.0, content).unwrap();
        let journal = open(&file).await.unwrap();
        assert_eq!(journal.state(&key()), JournalState::None);
        journal.write_intent(&key(), unresolved()).await.unwrap();
        drop(journal);
        open(&file).await.unwrap();
    }
}

const BOM: &[u8] = "\u{feff}".as_bytes();

#[cfg(unix)]
#[test]
fn file_that_is_not_regular_is_rejected_without_reading_it() {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let pipe = directory.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let link = directory.path().join("link");
    std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
    for (path, why) in [
        (directory.path(), "it is a directory"),
        ("/dev/zero".as_ref(), "it is not a regular file"),
        ("/dev/null".as_ref(), "it is not a regular file"),
        (&link, "it is not a regular file"),
        (&socket, "it is not a regular file"),
        (&pipe, "it is not a regular file"),
    ] {
        let refused = FileJournal::open(path).unwrap_err().to_string();
        assert!(
            refused.contains(why) && refused.contains(path.to_str().unwrap()),
            "{refused}"
        );
    }
}

#[cfg(unix)]
#[tokio::test]
async fn deleted_replaced_or_changed_file_is_noticed_at_the_next_append() {
    type Change = fn(&TemporaryFile);
    let changes: [(&str, Change); 4] = [
        ("deleted or replaced", |file| {
            fs::remove_file(&file.0).unwrap()
        }),
        ("deleted or replaced", |file| {
            let content = fs::read(&file.0).unwrap();
            fs::remove_file(&file.0).unwrap();
            fs::write(&file.0, content).unwrap();
        }),
        ("another program has changed", |file| {
            fs::write(&file.0, "").unwrap();
        }),
        ("another program has changed", |file| {
            let content = fs::read_to_string(&file.0).unwrap();
            fs::write(&file.0, content + "more\n").unwrap();
        }),
    ];
    for (why, change) in changes {
        let file = TemporaryFile::new("changed");
        let journal = open(&file).await.unwrap();
        let claim = journal.claim_now(&key()).await.unwrap();
        assert!(claim.write_intent(unresolved()).await.unwrap());
        change(&file);
        let error = claim.finish(CONNECTOR, true).await;
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("the journal cannot be written") && error.contains(why),
            "{error}"
        );
        assert!(matches!(journal.state(&key()), JournalState::Intent(_)));
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn full_disk_is_reported_with_the_code_of_the_system() {
    struct FullDisk;
    impl Journal for FullDisk {
        fn lines(&self) -> io::Result<Vec<String>> {
            Ok(Vec::new())
        }
        fn append(&self, line: &str) -> io::Result<()> {
            use io::Write as _;
            let mut full = fs::OpenOptions::new().write(true).open("/dev/full")?;
            full.write_all(line.as_bytes())
        }
    }
    let journal = OpenJournal::open(Arc::new(FullDisk), ACTION, Arc::default(), vec![])
        .await
        .unwrap();
    let error = journal
        .write_intent(&key(), unresolved())
        .await
        .unwrap_err();
    assert_eq!(error.raw_os_error(), Some(28));
    assert!(
        error.to_string().contains("No space left on device"),
        "{error}"
    );
    let missing = FileJournal::open("/nowhere/at/all").unwrap_err();
    assert_eq!(missing.raw_os_error(), Some(2));
}

#[test]
fn invalid_line_is_rejected_unless_it_is_an_incomplete_last_line() {
    let line = |entry: serde_json::Value| {
        let mut line = json!({"v": 1, "at": now(), "key": key()});
        line.as_object_mut()
            .unwrap()
            .extend(entry.as_object().unwrap().clone());
        line.to_string()
    };
    let intent = line(json!({"entry": "intent", "unresolved": unresolved()}));
    let later = line(json!({"v": 2, "entry": "refused"}));
    let other = line(json!({"entry": "something"}));
    let torn = intent[..intent.len() / 2].to_owned();
    for (lines, expected) in [
        (vec![torn.clone()], Ok(0)),
        (vec![intent.clone(), torn.clone()], Ok(1)),
        (vec![intent.clone(), String::new()], Ok(1)),
        (vec![format!("\u{feff}{intent}")], Ok(1)),
        (vec![intent.clone(), "\0\0".to_owned()], Ok(1)),
        (vec![intent.clone(), format!("{torn}\0\0")], Ok(1)),
        (
            vec![intent.clone(), format!("\u{feff}{intent}")],
            Err("line 2"),
        ),
        (vec!["\0".to_owned(), intent.clone()], Err("line 1")),
        (vec![torn, intent.clone()], Err("line 1")),
        (
            vec![intent.clone(), later],
            Err("version 2 is not supported"),
        ),
        (vec![intent, other], Err("line 2")),
    ] {
        match (replay(&lines), expected) {
            (Ok(states), Ok(keys)) => assert_eq!(states.len(), keys),
            (Err(why), Err(expected)) => assert!(why.contains(expected), "{why}"),
            (got, expected) => panic!("{got:?} instead of {expected:?}"),
        }
    }
}

#[test]
fn unresolved_create_round_trips_in_both_forms_without_secrets() {
    let unresolved = unresolved();
    let text = serde_json::to_string(&unresolved).unwrap();
    for stored in [&text, &unresolved.to_string()] {
        assert_eq!(stored.parse::<UnresolvedCreate>().unwrap(), unresolved);
    }
    assert!(
        !text.contains("planted") && !format!("{unresolved:?}").contains("+316"),
        "{text}"
    );
    assert!(
        unresolved
            .what()
            .contains("`phoneId` 2 or `phoneNumber` +31612345678"),
        "{}",
        unresolved.what()
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
    fn arbitrary_lines_do_not_panic(lines in proptest::collection::vec(".{0,80}", 0..5)) {
        let _ = replay(&lines);
    }
}
