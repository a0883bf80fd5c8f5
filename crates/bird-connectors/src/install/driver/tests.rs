//! In paused time, against connectors that show when the test says.

mod journaled;

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

use bird_connectors_api::types::WorkspaceId;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::install::journal::Journal;
use crate::install::same::identity_of;
use crate::templates::Sms;

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(11);
const WINDOW: Duration = Duration::from_secs(30);

/// What a POST does, and what its caller gets to know.
#[derive(Clone, Debug)]
struct Post {
    /// Whether it makes a connector, and when that shows.
    shows: Option<Duration>,
    answer: Answer,
}

#[derive(Clone, Debug)]
enum Answer {
    Created,
    Lost,
    NotSent,
    Invalid,
    Conflict(Option<Uuid>),
}

fn post(shows: impl Into<Option<u64>>, answer: Answer) -> Post {
    let shows = shows.into().map(Duration::from_secs);
    Post { shows, answer }
}

#[derive(Default)]
struct World {
    shown: Mutex<Vec<(Instant, Connector)>>,
    posts: Mutex<VecDeque<Post>>,
    /// What the next lists fail with.
    broken: Mutex<VecDeque<Error>>,
    journal: Lines,
    sent: Mutex<u32>,
    looks: Mutex<Vec<Instant>>,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>, Arc<Mutex<bool>>);

impl Journal for Lines {
    fn lines(&self) -> io::Result<Vec<String>> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn append(&self, line: &str) -> io::Result<()> {
        if *self.1.lock().unwrap() {
            return Err(io::Error::other("the disk is full"));
        }
        self.0.lock().unwrap().push(line.to_owned());
        Ok(())
    }
}

fn template() -> Template {
    Sms::new("Support", Uuid::from_u128(3), "2fa").into()
}

fn connector(id: u128, name: &str) -> Connector {
    serde_json::from_value(json!({
        "id": Uuid::from_u128(id), "name": name, "createdAt": "2026-01-01T00:00:00Z",
        "connectorTemplateRef": "sms-messagebird:1", "arguments": template().arguments(),
    }))
    .unwrap()
}

impl World {
    fn new(posts: impl IntoIterator<Item = Post>) -> Self {
        let world = Self::default();
        world.posts.lock().unwrap().extend(posts);
        world
    }

    fn show(&self, after: u64, connector: Connector) {
        let at = Instant::now() + Duration::from_secs(after);
        self.shown.lock().unwrap().push((at, connector));
    }

    fn sent(&self) -> u32 {
        *self.sent.lock().unwrap()
    }

    async fn run(&self, settings: Settings, with_journal: bool) -> Result<End, Error> {
        let template = template();
        let wanted = Wanted::new(&template, identity_of(&template));
        let ledger = match with_journal {
            true => Some(Ledger::open(Arc::new(self.journal.clone())).await?),
            false => None,
        };
        ensure(self, &template, &wanted, settings, None, ledger.as_ref()).await
    }

    async fn ensure(&self) -> Result<End, Error> {
        self.run(plain(), false).await
    }

    async fn journaled(&self) -> Result<End, Error> {
        self.run(plain(), true).await
    }

    fn entries(&self) -> Vec<String> {
        let lines = self.journal.0.lock().unwrap();
        let entry = |line: &String| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["entry"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        lines.iter().map(entry).collect()
    }
}

fn plain() -> Settings {
    Settings {
        window: WINDOW,
        recreate: false,
    }
}

fn recreating() -> Settings {
    Settings {
        recreate: true,
        ..plain()
    }
}

fn error(kind: ErrorKind) -> Error {
    Error::new(kind, "create a connector", "no answer")
}

impl Store for World {
    fn workspace(&self) -> WorkspaceId {
        WORKSPACE
    }

    async fn all(&self) -> Result<Arc<Snapshot>, Error> {
        self.looks.lock().unwrap().push(Instant::now());
        if let Some(error) = self.broken.lock().unwrap().pop_front() {
            return Err(error);
        }
        let shown = self.shown.lock().unwrap();
        let now = Instant::now();
        Ok(Arc::new(Snapshot {
            connectors: shown
                .iter()
                .filter(|(at, _)| *at <= now)
                .map(|(_, one)| one.clone())
                .collect(),
            undecodable: vec![],
        }))
    }

    async fn get(&self, id: ConnectorId) -> Result<Connector, Error> {
        let shown = self.shown.lock().unwrap();
        let found = shown
            .iter()
            .find(|(at, one)| one.id == id && *at <= Instant::now());
        found
            .map(|(_, one)| one.clone())
            .ok_or_else(|| error(ErrorKind::NotFound))
    }

    async fn create(&self, _: Template) -> Result<Connector, Error> {
        *self.sent.lock().unwrap() += 1;
        let next = self.posts.lock().unwrap().pop_front();
        let post = next.expect("a create that was not expected");
        let made = connector(100 + u128::from(self.sent()), "Support");
        if let Some(after) = post.shows {
            self.shown
                .lock()
                .unwrap()
                .push((Instant::now() + after, made.clone()));
        }
        match post.answer {
            Answer::Created => Ok(made),
            Answer::Lost => Err(error(ErrorKind::Timeout)),
            Answer::NotSent => {
                Err(error(ErrorKind::Transport).with_outcome(RequestOutcome::NotSent))
            }
            Answer::Invalid => Err(error(ErrorKind::Validation)),
            Answer::Conflict(id) => Err(match id {
                Some(id) => error(ErrorKind::Conflict).with_details(json!({"id": id})),
                None => error(ErrorKind::Conflict),
            }),
        }
    }
}

#[track_caller]
fn adopted(end: Result<End, Error>) -> Box<Found> {
    match end.unwrap().done {
        Done::Adopted(found) => found,
        Done::Created(connector) => panic!("created {}", connector.id),
    }
}

#[track_caller]
fn created(end: Result<End, Error>) {
    assert!(matches!(end.unwrap().done, Done::Created(_)));
}

#[tokio::test(start_paused = true)]
async fn what_is_there_is_adopted_and_nothing_is_sent() {
    let world = World::new([]);
    world.show(0, connector(1, "Renamed"));
    let found = adopted(world.ensure().await);
    assert_eq!(
        (found.connector.id, world.sent()),
        (ConnectorId::from_u128(1), 0)
    );
    created(World::new([post(0, Answer::Created)]).ensure().await);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_looked_for_until_it_shows() {
    for (after, looks) in [(0, 2), (3, 6), (30, 12)] {
        let world = World::new([post(after, Answer::Lost)]);
        let start = Instant::now();
        let found = adopted(world.ensure().await);
        assert_eq!(
            (found.connector.id, world.sent()),
            (ConnectorId::from_u128(101), 1)
        );
        assert!(start.elapsed() <= WINDOW, "{:?}", start.elapsed());
        assert_eq!(world.looks.lock().unwrap().len(), looks, "after {after} s");
    }
}

#[tokio::test(start_paused = true)]
async fn beyond_the_window_the_outcome_stays_unknown() {
    let world = World::new([post(31, Answer::Lost)]);
    let start = Instant::now();
    let error = world.ensure().await.unwrap_err();
    assert_eq!(start.elapsed(), WINDOW);
    assert_eq!(
        (error.kind(), error.outcome(), world.sent()),
        (ErrorKind::Timeout, Some(RequestOutcome::Unknown), 1)
    );
    let text = error.to_string();
    for part in [
        "may have been created",
        "within 30s",
        "`phoneNumberId` 00000000",
        "`recreate_after_window`",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let left = error.unresolved().unwrap();
    assert_eq!(
        (left.workspace(), left.template(), left.name()),
        (WORKSPACE, "sms-messagebird:1", "Support")
    );
    // Later it shows.
    let found = find(&world, &Wanted::from(left), WINDOW)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.connector.id, ConnectorId::from_u128(101));
}

#[tokio::test(start_paused = true)]
async fn creating_again_is_the_callers_choice_and_happens_once() {
    let world = World::new([post(None, Answer::Lost), post(0, Answer::Created)]);
    created(world.run(recreating(), false).await);
    assert_eq!(world.sent(), 2);
    let world = World::new([post(None, Answer::Lost), post(None, Answer::Lost)]);
    let error = world.run(recreating(), false).await.unwrap_err();
    assert_eq!(
        (error.outcome(), world.sent()),
        (Some(RequestOutcome::Unknown), 2)
    );
    // Where the last look did not succeed, nothing is known, and nothing created.
    let world = World::new([post(None, Answer::Lost)]);
    world
        .broken
        .lock()
        .unwrap()
        .extend(std::iter::repeat_n(error_after_first(), 99));
    world.broken.lock().unwrap().pop_front();
    let settings = recreating();
    let template = template();
    let wanted = Wanted::new(&template, identity_of(&template));
    let known = Snapshot::default();
    let error = ensure(&world, &template, &wanted, settings, Some(&known), None)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("looking for it did not succeed"),
        "{error}"
    );
    assert_eq!(
        (error.outcome(), world.sent()),
        (Some(RequestOutcome::Unknown), 1)
    );
}

fn error_after_first() -> Error {
    error(ErrorKind::Server)
}

#[tokio::test(start_paused = true)]
async fn trouble_while_looking_passes_but_a_refusal_ends_it() {
    let world = World::new([post(5, Answer::Lost)]);
    let known = Snapshot::default();
    let template = template();
    let wanted = Wanted::new(&template, identity_of(&template));
    world
        .broken
        .lock()
        .unwrap()
        .extend([error(ErrorKind::Server), error(ErrorKind::Decode)]);
    adopted(ensure(&world, &template, &wanted, plain(), Some(&known), None).await);

    let world = World::new([post(5, Answer::Lost)]);
    world
        .broken
        .lock()
        .unwrap()
        .push_back(error(ErrorKind::PermissionDenied));
    let start = Instant::now();
    let refused = ensure(&world, &template, &wanted, plain(), Some(&known), None)
        .await
        .unwrap_err();
    assert_eq!(
        (start.elapsed(), refused.outcome()),
        (Duration::ZERO, Some(RequestOutcome::Unknown))
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_conflict_names_is_read_and_compared() {
    // Not listed yet, and its id 404 for a moment.
    let world = World::new([post(None, Answer::Conflict(Some(Uuid::from_u128(1))))]);
    world.show(2, connector(1, "Support"));
    assert_eq!(
        adopted(world.ensure().await).connector.id,
        ConnectorId::from_u128(1)
    );
    // Another number: the API counts the name, and we do not.
    let world = World::new([post(None, Answer::Conflict(Some(Uuid::from_u128(1))))]);
    let mut other = connector(1, "Support");
    other
        .arguments
        .as_mut()
        .unwrap()
        .insert("phoneNumberId".to_owned(), json!(Uuid::from_u128(4)));
    world.show(0, other);
    let start = Instant::now();
    let error = world.ensure().await.unwrap_err();
    assert_eq!(
        (start.elapsed(), error.kind()),
        (Duration::ZERO, ErrorKind::Conflict)
    );
    assert!(
        error
            .to_string()
            .contains("what exists is connector 00000000-0000-0000-0000-000000000001"),
        "{error}"
    );
    assert_eq!(error.details(), Some(&json!({"id": Uuid::from_u128(1)})));
    // Without an id, the list is all there is.
    let world = World::new([post(None, Answer::Conflict(None))]);
    world.show(7, connector(1, "Support"));
    assert_eq!(
        adopted(world.ensure().await).connector.id,
        ConnectorId::from_u128(1)
    );
    let error = World::new([post(None, Answer::Conflict(None))])
        .ensure()
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Conflict, Some(RequestOutcome::Answered))
    );
    assert!(
        error.to_string().contains("shows none within 30s"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_not_processed_is_told_at_once() {
    for answer in [Answer::NotSent, Answer::Invalid] {
        let world = World::new([post(None, answer.clone()), post(0, Answer::Created)]);
        let start = Instant::now();
        let error = world.journaled().await.unwrap_err();
        assert!(
            error.unresolved().is_none() && start.elapsed().is_zero(),
            "{answer:?}"
        );
        assert_eq!(world.entries(), ["intent", "refused"]);
        created(world.journaled().await);
    }
}

#[tokio::test(start_paused = true)]
async fn several_after_a_lost_answer_are_listed() {
    let world = World::new([post(1, Answer::Lost)]);
    world.show(1, connector(1, "Support"));
    let error = world.ensure().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("2 connectors are the wanted one"),
        "{error}"
    );
    assert!(error.unresolved().is_some());
}
