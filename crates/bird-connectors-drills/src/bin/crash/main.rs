//! SIGKILL during an install: a process is killed at a random moment, once or twice; the next one goes on from the
//! stored token, or runs `ensure` again with the journal. The API answers no create with 409 and lets connectors show
//! late, and there must be exactly one in the end, with an active channel.

mod child;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bird_connectors_sandbox::readings::{Duplicates, Uncommitted};
use bird_connectors_sandbox::{Fault, Operation, Rule, Sandbox, Script};
use clap::{Parser, Subcommand};
use fastrand::Rng;
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use child::{JOURNAL, TOKEN};

/// Kill a process that installs, start it again, and see what there is in the end.
#[derive(Parser)]
struct Options {
    /// How many times.
    #[arg(long, default_value_t = 100)]
    times: u64,
    /// What the moments are drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(subcommand)]
    child: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// The process that is killed.
    #[command(hide = true)]
    Child {
        folder: PathBuf,
        #[arg(long)]
        keeps_token: bool,
    },
}

/// No process takes this long, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let done = match &options.child {
        Some(Role::Child {
            folder,
            keeps_token,
        }) => child::run(folder, *keeps_token).await.map(|()| true),
        None => run(&options).await,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Says whether it was right each time.
async fn run(options: &Options) -> Result<bool> {
    let mut dice = Rng::with_seed(options.seed);
    // How long a process takes that nobody kills.
    let mut whole = PATIENCE;
    for _ in 0..3 {
        let scene = Scene::new(&mut dice, false).await?;
        let start = Instant::now();
        scene.last().await?;
        whole = whole.min(start.elapsed());
    }
    let mut right = 0;
    let mut moments: BTreeMap<Moment, u64> = BTreeMap::new();
    for time in 0..options.times {
        let scene = Scene::new(&mut dice, time % 2 == 0).await?;
        let kills = 1 + dice.u8(0..3) / 2;
        for _ in 0..kills {
            let moment = scene.kill_after(whole.mul_f64(dice.f64())).await?;
            *moments.entry(moment).or_default() += 1;
        }
        match scene.last().await {
            Ok(()) => right += 1,
            Err(error) => println!("WRONG: time {time} of seed {}: {error:#}", options.seed),
        }
    }
    println!("{:<44} {:>6}", "killed", "times");
    for (moment, count) in &moments {
        println!("{:<44} {count:>6}", moment.name());
    }
    println!();
    println!(
        "Right {right} of {} times (seed {}): one connector, and its channel is active.",
        options.times, options.seed
    );
    Ok(right == options.times)
}

/// How far a process had come when it was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    BeforeIntent,
    BeforeCreate,
    BeforeResult,
    BeforeToken,
    BeforeReady,
    Finished,
}

impl Moment {
    fn name(self) -> &'static str {
        match self {
            Self::BeforeIntent => "before the intent was written",
            Self::BeforeCreate => "behind the intent, before the create",
            Self::BeforeResult => "behind the create, before its result",
            Self::BeforeToken => "behind the result, before the token if any",
            Self::BeforeReady => "behind the token, while waiting",
            Self::Finished => "not: it had finished",
        }
    }
}

/// A sandbox, and a folder for what a process writes down.
struct Scene {
    sandbox: Sandbox,
    folder: tempfile::TempDir,
    keeps_token: bool,
}

impl Scene {
    async fn new(dice: &mut Rng, keeps_token: bool) -> Result<Self> {
        let mut some = |millis| Duration::from_millis(dice.u64(0..millis));
        let script = Script::timed(some(100), some(300)).commit_after(some(400));
        let answer = Rule::on(Operation::CreateConnector)
            .always()
            .delay_reply(some(100));
        let look = Rule::on(Operation::ListConnectors).delay(some(100));
        let sandbox = Sandbox::builder()
            .default_script(script)
            .rule(answer)
            .rule(look)
            .readings(|readings| {
                readings.duplicates = Duplicates::Allowed;
                readings.uncommitted = Uncommitted::Overlooked;
            })
            .start()
            .await?;
        if dice.u8(0..5) == 0 {
            sandbox.rule(Rule::on(Operation::CreateConnector).fault(Fault::LostAnswer));
        }
        Ok(Self {
            sandbox,
            folder: tempfile::tempdir()?,
            keeps_token,
        })
    }

    fn start(&self) -> Result<Child> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("child")
            .arg(self.folder.path())
            .args(self.keeps_token.then_some("--keeps-token"))
            .env("BIRD_BASE_URL", self.sandbox.base_url())
            .env("BIRD_ACCESS_KEY", self.sandbox.access_key())
            .env("BIRD_WORKSPACE_ID", self.sandbox.workspace_id().to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command.spawn().context("the process cannot be started")
    }

    /// Starts a process, kills it, and says how far it had come.
    async fn kill_after(&self, delay: Duration) -> Result<Moment> {
        let mut child = self.start()?;
        sleep(delay).await;
        let finished = child.try_wait()?.is_some();
        child.kill().await?;
        if finished {
            return Ok(Moment::Finished);
        }
        let journal = self.read(JOURNAL);
        Ok(if self.folder.path().join(TOKEN).exists() {
            Moment::BeforeReady
        } else if journal.contains(r#""entry":"result""#) {
            Moment::BeforeToken
        } else if self.sandbox.count(Operation::CreateConnector) > 0 {
            Moment::BeforeResult
        } else if journal.contains(r#""entry":"intent""#) {
            Moment::BeforeCreate
        } else {
            Moment::BeforeIntent
        })
    }

    fn read(&self, name: &str) -> String {
        let path: &Path = self.folder.path();
        fs::read_to_string(path.join(name)).unwrap_or_default()
    }

    /// Starts a process and lets it live; then looks.
    async fn last(&self) -> Result<()> {
        let process = self.start()?.wait_with_output();
        let Output {
            status,
            stdout,
            stderr,
        } = timeout(PATIENCE, process)
            .await
            .context("the process hangs")??;
        let said = String::from_utf8_lossy(&stderr);
        ensure!(status.success(), "{status}: {}", said.trim());
        let told: Value = serde_json::from_slice(&stdout)?;
        let channels = self.sandbox.channels();
        let active: Vec<_> = channels
            .iter()
            .filter(|channel| channel["status"] == "active")
            .map(|channel| json!([channel["connectorId"], channel["id"]]))
            .collect();
        let count = self.sandbox.connectors().len();
        ensure!(count == 1, "there are {count} connectors");
        ensure!(
            active == [told],
            "what was told is not what there is: {active:?}"
        );
        Ok(())
    }
}
