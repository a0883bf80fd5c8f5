//! One cell: an operation meets a fault, and what can be seen of it from both sides.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use bird_connectors::{Client, Error};
use bird_connectors_drills::operations::{Brought, Operation};
use bird_connectors_drills::scene::{Place, furnish, sandbox};
use bird_connectors_sandbox::{Fault, Operation as Api, Rule, Sandbox};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::row::{COMMIT, Row, Trouble, When};

#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) number: usize,
    pub(crate) row: Arc<Row>,
    pub(crate) when: When,
    pub(crate) operation: Arc<Operation>,
}

/// What was seen.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) end: End,
    /// As the error says, or as the sandbox counted.
    pub(crate) attempts: u32,
    pub(crate) took: Duration,
    /// How often the sandbox did what was asked.
    pub(crate) done: usize,
    /// Whether the answer tells of what is there.
    pub(crate) is_true: bool,
    /// Whether the host behind a redirect was spoken to.
    pub(crate) went_astray: bool,
    /// Why the same client could not be used afterwards.
    pub(crate) afterwards: Result<(), String>,
}

#[derive(Debug)]
pub(crate) enum End {
    Brought(Brought),
    Failed(Error),
    Panicked(String),
    Hung,
}

impl Cell {
    pub(crate) async fn play(&self) -> Result<Seen> {
        let sandbox = sandbox().record_limit(100).start().await?;
        let place = furnish(&sandbox).await?;
        let usual = self.usual(&place).await?;
        let patience = self.row.patience();
        let client = place
            .client()
            .attempt_timeout(patience.attempt)
            .timeout(patience.total)
            .build()?;
        let elsewhere = TcpListener::bind("127.0.0.1:0").await?;
        let unheard = self.arrange(&sandbox, &place, &client, &elsewhere).await?;

        let before = self.done(&sandbox, &place);
        let calls = sandbox.count(self.operation.id);
        let start = Instant::now();
        let end = self.call(client.clone(), place.clone()).await;
        let took = start.elapsed();
        let calls = sandbox.count(self.operation.id) - calls + unheard;

        sandbox.clear_rules();
        sandbox.come_up().await;
        if self.row.trouble == Trouble::Fault(Fault::SlowCommit(COMMIT)) {
            tokio::time::sleep(COMMIT).await;
        }
        let attempts = match &end {
            // A list without an end is about many calls.
            End::Failed(error) if error.attempts() > 0 => error.attempts(),
            _ => u32::try_from(calls)?,
        };
        let done = self.done(&sandbox, &place) - before;
        let is_true = match &end {
            End::Brought(brought) => self.is_true(&sandbox, &place, &usual, &brought.value),
            _ => true,
        };
        let went_astray = timeout(Duration::ZERO, elsewhere.accept()).await.is_ok();
        let afterwards = afterwards(&client, &place, patience.total * 2).await;
        sandbox.shutdown().await;
        Ok(Seen {
            end,
            attempts,
            took,
            done,
            is_true,
            went_astray,
            afterwards,
        })
    }

    /// What a read brings where nothing is wrong.
    async fn usual(&self, place: &Place) -> Result<Value> {
        if self.operation.write.is_some() {
            return Ok(Value::Null);
        }
        let client = place.client().build()?;
        let brought = (self.operation.call)(client, place.clone()).await;
        Ok(brought.context("without a fault")?.value)
    }

    /// Brings the trouble about. Gives the number of attempts that the sandbox will not hear of.
    async fn arrange(
        &self,
        sandbox: &Sandbox,
        place: &Place,
        client: &Client,
        elsewhere: &TcpListener,
    ) -> Result<u64> {
        let rule = match self.when {
            When::Once => Rule::on(self.operation.id),
            When::Always => Rule::on(self.operation.id).always(),
        };
        match &self.row.trouble {
            Trouble::Fault(fault) => sandbox.rule(self.processed(rule.fault(fault.clone()), fault)),
            Trouble::Redirect => {
                let other = format!("http://{}", elsewhere.local_addr()?);
                sandbox.rule(rule.fault(Fault::Redirect(other)));
            }
            Trouble::Refused => sandbox.go_down().await,
            Trouble::GivenUp => {
                // A first call leaves a connection behind that the server no longer listens to.
                let idle = Fault::CloseIdle(Duration::from_secs(60));
                sandbox.rule(Rule::on(Api::GetConnectorStatus).fault(idle));
                let workspace = client.workspace(place.workspace)?;
                workspace.connectors().status(place.connector).await?;
                return Ok(1);
            }
        }
        Ok(0)
    }

    /// A success that nobody can read has a call behind it that was done, except where a stranger answers.
    fn processed(&self, rule: Rule, fault: &Fault) -> Rule {
        match fault {
            Fault::WrongShape | Fault::NotUtf8 | Fault::Empty | Fault::GzipBomb | Fault::Huge => {
                rule.after_processing()
            }
            _ => rule,
        }
    }

    async fn call(&self, client: Client, place: Place) -> End {
        let call = tokio::spawn((self.operation.call)(client, place));
        // Long enough to tell a hang from a call that is a little late.
        match timeout(self.row.patience().total * 2, call).await {
            Err(_) => End::Hung,
            Ok(Err(panicked)) => End::Panicked(panicked.to_string()),
            Ok(Ok(Ok(brought))) => End::Brought(brought),
            Ok(Ok(Err(error))) => End::Failed(error),
        }
    }

    fn done(&self, sandbox: &Sandbox, place: &Place) -> usize {
        let write = self.operation.write;
        write.map_or(0, |write| (write.done)(sandbox, place))
    }

    fn is_true(&self, sandbox: &Sandbox, place: &Place, usual: &Value, value: &Value) -> bool {
        if let Some(write) = self.operation.write {
            return (write.is_true)(sandbox, place, value);
        }
        let mut expected = usual.clone();
        if self.row.trouble == Trouble::Fault(Fault::DuplicateItems)
            && let Some(items) = expected["items"].as_array_mut()
            && let Some(first) = items.first().cloned()
        {
            items.push(first);
        }
        *value == expected
    }
}

/// A fault must not outlive its call: the same client, with the connections it has, goes on.
async fn afterwards(client: &Client, place: &Place, limit: Duration) -> Result<(), String> {
    let check = async {
        let workspace = client.workspace(place.workspace)?;
        workspace.numbers().list().first_page().await
    };
    match timeout(limit, check).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("it hung".to_owned()),
    }
}

impl Seen {
    /// What is known of the request.
    pub(crate) fn outcome(&self) -> &'static str {
        match &self.end {
            End::Brought(_) => "success",
            End::Failed(error) => error.outcome().map_or("-", |outcome| outcome.as_str()),
            End::Panicked(_) => "panic",
            End::Hung => "hang",
        }
    }

    /// What the user got, in one line.
    pub(crate) fn got(&self) -> String {
        match &self.end {
            End::Brought(brought) => match brought.value["items"].as_array() {
                Some(items) => format!("{} items", items.len()),
                None if brought.value.is_null() => "done".to_owned(),
                None => "the answer".to_owned(),
            },
            End::Failed(error) => format!("{:?}: {error}", error.kind()),
            End::Panicked(panic) => panic.clone(),
            End::Hung => "nothing".to_owned(),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {:?} × {}",
            self.row.name, self.when, self.operation.id
        )
    }
}
