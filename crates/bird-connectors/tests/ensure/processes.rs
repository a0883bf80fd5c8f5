//! Several processes that ensure the same templates at the same time with one file journal, against an API that accepts
//! duplicates.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::pin::pin;
use std::process::Child;

use bird_connectors::ClientBuilder;
use bird_connectors::install::{FileJournal, Journal};
use tokio::task::JoinSet;

use super::support::{child, until};
use super::*;

const TEMPLATES: u128 = 100;

/// A file journal without claims.
struct Unclaimed(FileJournal);

impl Journal for Unclaimed {
    fn lines(&self) -> io::Result<Vec<String>> {
        self.0.lines()
    }

    fn append(&self, line: &str) -> io::Result<()> {
        self.0.append(line)
    }
}

/// What a process does.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// Installs all templates.
    Claimed,
    /// Installs all templates without claims.
    Unclaimed,
    /// Ensures one template.
    One,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Unclaimed => "unclaimed",
            Self::One => "one",
        }
    }
}

/// Runs in a process of its own, and prints the id of each connector, in the order of the templates.
#[tokio::test]
async fn child() -> TestResult {
    let Some(part) = child::part() else {
        return Ok(());
    };
    let client = ClientBuilder::from_env()?.rate_limit(None).build()?;
    let connectors = client.default_workspace()?.connectors();
    let journal = FileJournal::open(std::env::var("JOURNAL")?)?;
    if part == Part::One.name() {
        let ensured = with_window(connectors.ensure(sms("Support")))
            .journal(journal)
            .await?;
        println!("id {}", ensured.id());
        return Ok(());
    }
    let voices =
        (1..=TEMPLATES).map(|number| Voice::new(format!("Shop {number}"), Uuid::from_u128(number)));
    let installs = connectors
        .install_all(voices)
        .reconcile_window(Duration::from_secs(60));
    let mut results = match part == Part::Claimed.name() {
        true => installs.journal(journal).await,
        false => installs.journal(Unclaimed(journal)).await,
    };
    results.sort_by_key(|install| install.index);
    for install in results {
        match install.result {
            Ok(ensured) => println!("id {}", ensured.id()),
            // A later lookup finds the duplicates.
            Err(error) if part == Part::Unclaimed.name() && error.is_conflict() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn start(part: Part, sandbox: &Sandbox, journal: &Path) -> io::Result<Child> {
    let workspace = sandbox.workspace_id().to_string();
    let journal = journal.to_str().ok_or(io::ErrorKind::InvalidInput)?;
    child::start(
        "processes::child",
        part.name(),
        &[
            ("BIRD_BASE_URL", &sandbox.base_url()),
            ("BIRD_ACCESS_KEY", sandbox.access_key()),
            ("BIRD_WORKSPACE_ID", &workspace),
            ("JOURNAL", journal),
        ],
    )
}

/// Waits for the end of a process, which must succeed, and returns the ids that it prints.
async fn ids_of(child: Child) -> Result<Vec<String>, Box<dyn StdError + Send + Sync>> {
    let output = tokio::task::spawn_blocking(|| child.wait_with_output()).await??;
    let (stdout, stderr) = (
        String::from_utf8(output.stdout)?,
        String::from_utf8_lossy(&output.stderr),
    );
    if !output.status.success() {
        return Err(format!("{stdout}\n{stderr}").into());
    }
    // The first line starts with the name of the test.
    Ok(stdout
        .lines()
        .filter_map(|line| Some(line.split_once("id ")?.1.to_owned()))
        .collect())
}

/// Runs this many processes at once. Returns the ids that each prints, and the number of creates.
async fn run(
    processes: usize,
    part: Part,
) -> Result<(Vec<Vec<String>>, u64), Box<dyn StdError + Send + Sync>> {
    let sandbox = late_sandbox().await?;
    let directory = tempfile::tempdir()?;
    let journal = directory.path().join("installs.journal");
    let mut running = JoinSet::new();
    for _ in 0..processes {
        running.spawn(ids_of(start(part, &sandbox, &journal)?));
    }
    let mut all = Vec::new();
    while let Some(ids) = running.join_next().await {
        all.push(ids??);
    }
    let left: Vec<_> = std::fs::read_dir(directory.path())?.collect::<Result<_, _>>()?;
    if part == Part::Claimed && cfg!(unix) {
        assert_eq!(left.len(), 1, "only the journal remains: {left:?}");
    }
    Ok((all, sandbox.count(Operation::CreateConnector)))
}

#[tokio::test]
async fn processes_with_one_file_journal_create_one_connector_per_template() -> TestResult {
    for processes in [2, 8] {
        let (all, creates) = run(processes, Part::Claimed)
            .await
            .map_err(|why| why.to_string())?;
        let different: BTreeSet<_> = all.iter().collect();
        assert_eq!((all.len(), different.len()), (processes, 1));
        assert_eq!(
            all[0].iter().collect::<BTreeSet<_>>().len(),
            TEMPLATES as usize
        );
        assert_eq!(creates, TEMPLATES as u64, "with {processes} processes");

        // The same without claims shows that the test can fail.
        let (_, creates) = run(processes, Part::Unclaimed)
            .await
            .map_err(|why| why.to_string())?;
        println!(
            "{processes} processes without claims: {} duplicates",
            creates - TEMPLATES as u64
        );
    }
    Ok(())
}

#[tokio::test]
async fn successor_of_a_killed_process_reconciles_its_create() -> TestResult {
    let sandbox = late_sandbox().await?;
    let directory = tempfile::tempdir()?;
    let journal = directory.path().join("installs.journal");
    sandbox.rule(Rule::on(Operation::CreateConnector).delay_response(Duration::from_secs(600)));
    let mut killed = start(Part::One, &sandbox, &journal)?;
    until("the create", || {
        sandbox.count(Operation::CreateConnector) == 1
    })
    .await;
    let ensure = with_window(connectors(&sandbox)?.ensure(sms("Support")));
    let mut successor = pin!(ensure.journal(FileJournal::open(&journal)?).into_future());
    let waiting = tokio::time::timeout(ms(300), &mut successor).await;
    assert!(waiting.is_err(), "it did not wait: {waiting:?}");
    killed.kill()?;
    killed.wait()?;
    assert!(successor.await?.adopted());
    assert_eq!(sandbox.count(Operation::CreateConnector), 1);
    Ok(())
}
