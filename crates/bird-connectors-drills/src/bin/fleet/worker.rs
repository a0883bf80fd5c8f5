//! A worker: one process after the other, each of which takes batches from the queue and installs them with the SDK, until it
//! crashes. A crash loses everything but what the journal, the queue and the store of results have.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Result, bail};
use bird_connectors::client::RateLimits;
use bird_connectors::install::Ensured;
use bird_connectors::templates::Sms;
use bird_connectors::wait::{Ready, WaitError, WaitOptions};
use bird_connectors::{Client, Error, Workspace};
use futures_util::{StreamExt as _, stream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::api::ApiClient;
use crate::fleet::Fleet;
use crate::journal::{LEASE, ProcessJournal};
use crate::lock::lock;
use crate::queue::Delivery;
use crate::random::{self, between, exponential};
use crate::scenario::{
    PROCESS_LIMITS, Pattern, PlantedFault, RECONCILE_WINDOW, VISIBILITY, WAIT_TIMEOUT,
};
use crate::workspace::{InstallEnd, SimulatedWorkspace, install_name};

/// How often an install is repeated after an error.
const MAX_RUNS: u32 = 10;

/// The pause before it is repeated.
const PAUSE: Duration = Duration::from_secs(5);

/// Works until all batches are complete, and starts again after each crash.
pub(crate) async fn run(fleet: Arc<Fleet>, worker: u32) -> Result<()> {
    for life in 0.. {
        let purpose = [5, u64::from(worker), life];
        let mut random = random::source(fleet.scenario.seed, &purpose);
        // A deployment starts the workers one after the other.
        sleep(between(&mut random, 0.0, 5.0)).await;
        let process = Arc::new(Process::start(&fleet, worker, life)?);
        let Some(mean) = fleet.scenario.crash_after else {
            return process.run().await;
        };
        let lifetime = exponential(&mut random, mean);
        if let Some(result) = process.run_for(lifetime).await {
            return result;
        }
        sleep(between(&mut random, 10.0, 60.0)).await;
    }
    Ok(())
}

/// One life of a worker.
struct Process {
    fleet: Arc<Fleet>,
    client: Client,
    killed: Arc<AtomicBool>,
    deliveries: Mutex<HashSet<Delivery>>,
}

impl Process {
    fn start(fleet: &Arc<Fleet>, worker: u32, life: u64) -> Result<Self> {
        let unlimited = fleet.scenario.has(PlantedFault::RateUnlimited);
        let limits: Option<RateLimits> = (!unlimited).then_some(PROCESS_LIMITS);
        let client = Client::builder()
            .base_url(fleet.base_url(worker, life))
            .access_key("simulated")
            .rate_limit(limits)
            .http_client(ApiClient(Arc::clone(&fleet.api)))
            .build()?;
        Ok(Self {
            fleet: Arc::clone(fleet),
            client,
            killed: Arc::default(),
            deliveries: Mutex::default(),
        })
    }

    /// Installs several batches at the same time, until none is left.
    async fn run(self: Arc<Self>) -> Result<()> {
        let mut slots = JoinSet::new();
        for _ in 0..self.fleet.scenario.batches {
            slots.spawn(Arc::clone(&self).take_batches());
        }
        while let Some(slot) = slots.join_next().await {
            slot??;
        }
        Ok(())
    }

    /// Runs until the process crashes, which drops everything that it does. Returns the result if it ends before.
    async fn run_for(self: Arc<Self>, lifetime: Duration) -> Option<Result<()>> {
        let mut running = pin!(Arc::clone(&self).run());
        let ended = timeout(lifetime, running.as_mut()).await;
        if ended.is_err() {
            // Before the tasks are dropped: the calls of a killed process have no effect.
            self.crash();
        }
        ended.ok()
    }

    async fn take_batches(self: Arc<Self>) -> Result<()> {
        while !self.fleet.is_complete() {
            let Some(delivery) = self.fleet.take() else {
                sleep(Duration::from_secs(1)).await;
                continue;
            };
            lock(&self.deliveries).insert(delivery);
            self.install_batch(delivery).await?;
            lock(&self.deliveries).remove(&delivery);
            self.fleet.complete(delivery);
        }
        Ok(())
    }

    fn crash(&self) {
        self.killed.store(true, Ordering::SeqCst);
        let deliveries = std::mem::take(&mut *lock(&self.deliveries));
        let forgets = self.fleet.scenario.has(PlantedFault::BatchesForgotten);
        self.fleet.count_crash();
        for delivery in deliveries {
            if forgets {
                self.fleet.complete(delivery);
            }
        }
    }

    /// Installs a batch, and reports to the queue meanwhile.
    async fn install_batch(&self, delivery: Delivery) -> Result<()> {
        let workspace = self.fleet.open(delivery.workspace);
        let mut work = pin!(async {
            match workspace.pattern {
                Pattern::Bulk => self.install_in_bulk(&workspace).await,
                Pattern::Single => self.install_one_by_one(&workspace).await,
            }
        });
        loop {
            match timeout(VISIBILITY / 3, work.as_mut()).await {
                Ok(result) => return result,
                Err(_) => self.fleet.extend(delivery),
            }
        }
    }

    /// Repeats `install_all` with the installs that have no result.
    async fn install_in_bulk(&self, workspace: &SimulatedWorkspace) -> Result<()> {
        for _ in 0..MAX_RUNS {
            let installs = workspace.unfinished();
            let templates: Vec<_> = installs
                .iter()
                .map(|install| self.template(workspace, *install))
                .collect();
            let bulk = self.sdk(workspace).connectors().install_all(templates);
            let mut results = bulk
                .concurrency(self.fleet.scenario.bulk_concurrency)
                .journal(self.journal(workspace))
                .reconcile_window(RECONCILE_WINDOW)
                .recreate_after_window()
                .options(self.options(workspace))
                .results();
            let mut is_finished = true;
            while let Some(result) = results.next().await {
                let install = installs[result.index];
                let end = match (result.result, result.ready) {
                    (Ok(ensured), Some(ready)) => end_of_wait(&ensured, ready),
                    (Ok(_), None) => bail!("an install without a wait"),
                    (Err(error), _) => Err(error.to_string()),
                };
                is_finished &= self.record(workspace, install, end);
            }
            if is_finished {
                break;
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Ensures each connector and waits for it, some at the same time.
    async fn install_one_by_one(&self, workspace: &SimulatedWorkspace) -> Result<()> {
        let installs = workspace
            .unfinished()
            .into_iter()
            .map(|install| async move {
                for _ in 0..MAX_RUNS {
                    let end = self.install_one(workspace, install).await;
                    if self.record(workspace, install, end) {
                        break;
                    }
                    sleep(PAUSE).await;
                }
            });
        let concurrency = self.fleet.scenario.single_concurrency;
        let mut running = stream::iter(installs).buffer_unordered(concurrency);
        while running.next().await.is_some() {}
        Ok(())
    }

    async fn install_one(
        &self,
        workspace: &SimulatedWorkspace,
        install: u32,
    ) -> Result<InstallEnd, String> {
        let template = self.template(workspace, install);
        let ensure = self.sdk(workspace).connectors().ensure(template);
        let ensured = ensure
            .journal(self.journal(workspace))
            .reconcile_window(RECONCILE_WINDOW)
            .recreate_after_window()
            .await
            .map_err(|error: Error| error.to_string())?;
        let ready = ensured.until_ready().options(self.options(workspace)).await;
        end_of_wait(&ensured, ready)
    }

    /// Stores the result of an install. Returns `false` if it must be repeated.
    fn record(
        &self,
        workspace: &SimulatedWorkspace,
        install: u32,
        end: Result<InstallEnd, String>,
    ) -> bool {
        match end {
            Ok(end) => workspace.record(install, end),
            Err(_) => self.fleet.count_repeated(),
        }
        end.is_ok()
    }

    fn sdk(&self, workspace: &SimulatedWorkspace) -> Workspace {
        self.client.workspace(workspace.id())
    }

    fn template(&self, workspace: &SimulatedWorkspace, install: u32) -> Sms {
        let mut name = install_name(install);
        if self.fleet.scenario.has(PlantedFault::LongNames) {
            name += &"x".repeat(16 * 1024);
        }
        Sms::new(name, workspace.number_id(install), "conversational")
    }

    fn options(&self, workspace: &SimulatedWorkspace) -> WaitOptions {
        let options = WaitOptions::new().timeout(WAIT_TIMEOUT);
        if self.fleet.scenario.has(PlantedFault::SlowPolls) {
            let minute = Duration::from_secs(60);
            return options.interval(minute, minute);
        }
        options.signal(workspace.signals.events())
    }

    fn journal(&self, workspace: &SimulatedWorkspace) -> ProcessJournal {
        let short = self.fleet.scenario.has(PlantedFault::ShortLeases);
        ProcessJournal {
            table: Arc::clone(&workspace.journal),
            gate: self.fleet.gate.clone(),
            meter: Arc::clone(&self.fleet.meter),
            killed: Arc::clone(&self.killed),
            lease: if short { Duration::from_secs(1) } else { LEASE },
            ignores_claims: self.fleet.scenario.has(PlantedFault::ClaimsIgnored),
        }
    }
}

/// An error if the wait must be repeated.
fn end_of_wait(ensured: &Ensured, ready: Result<Ready, WaitError>) -> Result<InstallEnd, String> {
    match ready {
        Ok(ready) => Ok(InstallEnd::Ready(ensured.id(), ready.channel_id)),
        Err(WaitError::Failed { .. }) => Ok(InstallEnd::Failed(ensured.id())),
        Err(WaitError::TimedOut(_)) => Ok(InstallEnd::TimedOut(ensured.id())),
        Err(error) => Err(error.to_string()),
    }
}
