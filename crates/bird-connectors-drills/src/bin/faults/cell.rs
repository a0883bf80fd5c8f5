//! One cell of the matrix: an operation meets a fault, and the drill observes the client and the sandbox.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use bird_connectors::{Client, Error};
use bird_connectors_catalogue::{Entry, Ids, Returned};
use bird_connectors_drills::fixture::{Fixture, sandbox_builder};
use bird_connectors_sandbox::{Fault, Operation as Api, Rule, Sandbox};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::row::{COMMIT, Injection, Occurrence, Row};

#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) number: usize,
    pub(crate) row: Arc<Row>,
    pub(crate) occurrence: Occurrence,
    pub(crate) entry: Arc<Entry>,
}

#[derive(Debug)]
pub(crate) struct Observation {
    pub(crate) end: CallEnd,
    /// As the error reports; as the sandbox counted if there is no error, or if the error is about several requests.
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
    /// How many times the sandbox processed the write.
    pub(crate) writes: usize,
    /// Whether the returned value matches the state of the sandbox.
    pub(crate) is_correct: bool,
    /// Whether the client connected to the target of a redirect.
    pub(crate) redirect_followed: bool,
    /// The result of a call that the same client makes after the fault.
    pub(crate) next_call: Result<(), String>,
}

#[derive(Debug)]
pub(crate) enum CallEnd {
    Succeeded(Returned),
    Failed(Error),
    Panicked(String),
    Hung,
}

impl Cell {
    pub(crate) async fn run(&self) -> Result<Observation> {
        let sandbox = sandbox_builder().record_limit(100).start().await?;
        let fixture = Fixture::create(&sandbox).await?;
        let reference = self.read_without_fault(&fixture).await?;
        let timeouts = self.row.timeouts();
        let client = fixture
            .client()
            .attempt_timeout(timeouts.attempt)
            .timeout(timeouts.total)
            .build()?;
        let redirect_target = TcpListener::bind("127.0.0.1:0").await?;
        let uncounted = self
            .inject(&sandbox, &fixture, &client, &redirect_target)
            .await?;

        let writes = self.count_writes(&sandbox, &fixture.ids);
        let requests = sandbox.count(self.entry.operation);
        let start = Instant::now();
        let end = self.call(client.clone(), fixture.ids.clone()).await;
        let elapsed = start.elapsed();
        let requests = sandbox.count(self.entry.operation) - requests + uncounted;

        sandbox.clear_rules();
        sandbox.go_online().await;
        if self.row.injection == Injection::Rule(Fault::SlowCommit(COMMIT)) {
            tokio::time::sleep(COMMIT).await;
        }
        let attempts = match &end {
            CallEnd::Failed(error) if error.attempts() > 0 => error.attempts(),
            // The error of an endless list is about many requests, and reports no attempts.
            _ => u32::try_from(requests)?,
        };
        let writes = self.count_writes(&sandbox, &fixture.ids) - writes;
        let is_correct = match &end {
            CallEnd::Succeeded(returned) => {
                self.is_correct(&sandbox, &fixture.ids, &reference, &returned.value)
            }
            _ => true,
        };
        let redirect_followed = timeout(Duration::ZERO, redirect_target.accept())
            .await
            .is_ok();
        let next_call = next_call(&client, &fixture, timeouts.total * 2).await;
        sandbox.shutdown().await;
        Ok(Observation {
            end,
            attempts,
            elapsed,
            writes,
            is_correct,
            redirect_followed,
            next_call,
        })
    }

    /// The value that a read returns without a fault; null for a write.
    async fn read_without_fault(&self, fixture: &Fixture) -> Result<Value> {
        if self.entry.write.is_some() {
            return Ok(Value::Null);
        }
        let client = fixture.client().build()?;
        let returned = (self.entry.first_call().send)(client, fixture.ids.clone()).await;
        Ok(returned.context("the call failed without a fault")?.value)
    }

    /// Injects the fault. Returns the number of attempts that the sandbox will not count.
    async fn inject(
        &self,
        sandbox: &Sandbox,
        fixture: &Fixture,
        client: &Client,
        redirect_target: &TcpListener,
    ) -> Result<u64> {
        let rule = match self.occurrence {
            Occurrence::Once => Rule::on(self.entry.operation),
            Occurrence::Always => Rule::on(self.entry.operation).always(),
        };
        match &self.row.injection {
            Injection::Rule(fault) => sandbox.rule(fault_rule(rule, fault)),
            Injection::Redirect => {
                let target = format!("http://{}", redirect_target.local_addr()?);
                sandbox.rule(rule.fault(Fault::Redirect(target)));
            }
            Injection::ServerDown => sandbox.go_offline().await,
            Injection::StaleConnection => {
                // This call leaves a connection in the pool that the server no longer reads.
                let idle = Fault::CloseIdle(Duration::from_secs(60));
                sandbox.rule(Rule::on(Api::GetConnectorStatus).fault(idle));
                let workspace = client.workspace(fixture.ids.workspace);
                workspace
                    .connectors()
                    .readiness(fixture.ids.connector)
                    .await?;
                return Ok(1);
            }
        }
        Ok(0)
    }

    async fn call(&self, client: Client, ids: Ids) -> CallEnd {
        let call = tokio::spawn((self.entry.first_call().send)(client, ids));
        // Twice the timeout distinguishes a call that hangs from one that is late.
        match timeout(self.row.timeouts().total * 2, call).await {
            Err(_) => CallEnd::Hung,
            Ok(Err(panicked)) => CallEnd::Panicked(panicked.to_string()),
            Ok(Ok(Ok(returned))) => CallEnd::Succeeded(returned),
            Ok(Ok(Err(error))) => CallEnd::Failed(error),
        }
    }

    fn count_writes(&self, sandbox: &Sandbox, ids: &Ids) -> usize {
        let write = self.entry.write;
        write.map_or(0, |write| (write.count)(sandbox, ids))
    }

    fn is_correct(&self, sandbox: &Sandbox, ids: &Ids, reference: &Value, value: &Value) -> bool {
        if let Some(write) = self.entry.write {
            return (write.is_correct)(sandbox, ids, value);
        }
        let mut expected = reference.clone();
        if self.row.injection == Injection::Rule(Fault::DuplicateItems)
            && let Some(items) = expected["items"].as_array_mut()
            && let Some(first) = items.first().cloned()
        {
            items.push(first);
        }
        *value == expected
    }
}

/// Adds the fault to a rule. The sandbox processes a request whose successful response is unusable, except where the
/// response imitates one from a proxy.
fn fault_rule(rule: Rule, fault: &Fault) -> Rule {
    let rule = rule.fault(fault.clone());
    match fault {
        Fault::WrongShape | Fault::NotUtf8 | Fault::Empty | Fault::GzipBomb | Fault::Huge => {
            rule.after_processing()
        }
        _ => rule,
    }
}

/// Calls another operation with the same client and its pooled connections, which must work after the fault.
async fn next_call(client: &Client, fixture: &Fixture, limit: Duration) -> Result<(), String> {
    let call = async {
        let workspace = client.workspace(fixture.ids.workspace);
        workspace.numbers().list().first_page().await
    };
    match timeout(limit, call).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("it hung".to_owned()),
    }
}

impl Observation {
    /// The outcome of the request.
    pub(crate) fn outcome(&self) -> &'static str {
        match &self.end {
            CallEnd::Succeeded(_) => "success",
            CallEnd::Failed(error) => error.outcome().map_or("-", |outcome| outcome.as_str()),
            CallEnd::Panicked(_) => "panic",
            CallEnd::Hung => "hang",
        }
    }

    /// The result that the caller received, in one line.
    pub(crate) fn result(&self) -> String {
        match &self.end {
            CallEnd::Succeeded(returned) => match returned.value["items"].as_array() {
                Some(items) => format!("{} items", items.len()),
                None if returned.value.is_null() => "no value".to_owned(),
                None => "a value".to_owned(),
            },
            CallEnd::Failed(error) => format!("{:?}: {error}", error.kind()),
            CallEnd::Panicked(panic) => panic.clone(),
            CallEnd::Hung => "nothing".to_owned(),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {:?} × {}",
            self.row.name, self.occurrence, self.entry.operation
        )
    }
}
