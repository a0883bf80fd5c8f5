//! The steps of one workspace: first everything that is created, updated or recorded, then the deletes.

use std::collections::HashSet;
use std::pin::pin;

use bird_connectors::install::OwnedJournal;
use bird_connectors::models::SubscriptionId;
use bird_connectors::resources::{NewSubscription, SubscriptionUpdate};
use bird_connectors::templates::Template;
use bird_connectors::wait::WaitOptions;
use bird_connectors::{ConnectorId, Error, NumberId, Workspace, WorkspaceId};
use futures_util::future::{Either, select};
use tokio::sync::mpsc::UnboundedSender;

use super::options::ApplyOptions;
use super::result::{StepOutcome, StepResult};
use super::stop::ApplyStop;
use crate::desired::DesiredWorkspace;
use crate::planner::{Action, ResourceKind, Step, StepKind};
use crate::secret_reference::{ReadSecret, SecretError};

/// A step with everything that it sends.
pub(super) struct PreparedStep {
    index: usize,
    step: Step,
    request: Request,
}

enum Request {
    Install(Box<Template>),
    Subscribe(NewSubscription),
    Update(SubscriptionUpdate),
    None,
}

impl PreparedStep {
    /// Reads the secrets of the step.
    pub(super) fn new(
        index: usize,
        step: &Step,
        workspace: Option<&DesiredWorkspace>,
        read: &ReadSecret<'_>,
    ) -> Result<Self, SecretError> {
        let connector = || workspace?.connectors.as_ref()?.get(step.index?);
        let subscription = || workspace?.subscriptions.as_ref()?.get(step.index?);
        let number = step.number.unwrap_or(NumberId::from_u128(1));
        let request = match (step.action, step.resource) {
            (Action::Create | Action::Replace, ResourceKind::Connector) => match connector() {
                Some(desired) => {
                    Request::Install(Box::new(desired.installable_template(number, read)?))
                }
                None => Request::None,
            },
            (Action::Create, ResourceKind::WebhookSubscription) => match subscription() {
                Some(desired) => Request::Subscribe(desired.request(Some(read))?),
                None => Request::None,
            },
            (Action::Update, ResourceKind::WebhookSubscription) => match subscription() {
                Some(desired) => {
                    let mut update = SubscriptionUpdate::new();
                    if step.kind == StepKind::Differs {
                        update = update.status(desired.status());
                    }
                    if let (true, Some(key)) = (step.sends_signing_key, &desired.signing_key) {
                        update = update.signing_key(read(key)?);
                    }
                    Request::Update(update)
                }
                None => Request::None,
            },
            _ => Request::None,
        };
        Ok(Self {
            index,
            step: step.clone(),
            request,
        })
    }
}

/// A connector to create.
struct PendingInstall {
    index: usize,
    template: Template,
    /// Whether another one was deleted for it.
    replaces: bool,
}

/// The steps of one workspace.
pub(super) struct WorkspaceRun {
    pub(super) workspace: Workspace,
    pub(super) steps: Vec<PreparedStep>,
    pub(super) journal: Option<OwnedJournal>,
    pub(super) options: ApplyOptions,
}

impl WorkspaceRun {
    pub(super) fn id(&self) -> WorkspaceId {
        self.workspace.id()
    }

    fn is_stopped(&self) -> bool {
        let stop = self.options.stop.as_ref();
        stop.is_some_and(ApplyStop::is_stopped)
    }

    async fn stopped(&self) {
        match &self.options.stop {
            Some(stop) => stop.stopped().await,
            None => std::future::pending().await,
        }
    }

    /// Runs the steps, until the apply is stopped. A failed step does not affect the others.
    pub(super) async fn run(mut self, results: UnboundedSender<StepResult>) {
        // The receiver exists as long as the run.
        let report = |result| drop(results.send(result));
        let (mut installs, mut deletes) = (Vec::new(), Vec::new());
        for prepared in std::mem::take(&mut self.steps) {
            if self.is_stopped() {
                break;
            }
            let PreparedStep {
                index,
                step,
                request,
            } = prepared;
            match request {
                Request::Install(template) => {
                    let replaces = step.action == Action::Replace;
                    if replaces && let Err(error) = self.delete(&step).await {
                        report(StepResult::new(index, Err(error)));
                        continue;
                    }
                    installs.push(PendingInstall {
                        index,
                        template: *template,
                        replaces,
                    });
                }
                Request::Subscribe(request) => {
                    let result = self.subscribe(request).await;
                    report(StepResult::new(index, result));
                }
                Request::Update(update) => {
                    let result = self.update(&step, update).await;
                    report(StepResult::new(index, result));
                }
                Request::None if step.action == Action::None => {
                    // If this fails, a later apply records it.
                    let _ = self.own(&step).await;
                }
                Request::None if step.action == Action::Own => {
                    let result = self.own(&step).await;
                    report(StepResult::new(index, result));
                }
                Request::None => deletes.push((index, step)),
            }
        }
        self.install(installs, &results).await;
        for (index, step) in deletes {
            if self.is_stopped() {
                break;
            }
            let result = self.delete(&step).await;
            report(StepResult::new(index, result));
        }
    }

    /// Creates connectors, and waits for their channels if the options say so. If the apply is stopped, creates only those for
    /// which others were deleted.
    async fn install(
        &self,
        mut installs: Vec<PendingInstall>,
        results: &UnboundedSender<StepResult>,
    ) {
        loop {
            let is_stopped = self.is_stopped();
            if is_stopped {
                installs.retain(|install| install.replaces);
            }
            if installs.is_empty() {
                return;
            }
            let done = self.install_until_stopped(&installs, is_stopped, results);
            let done = done.await;
            if is_stopped {
                return;
            }
            installs.retain(|install| !done.contains(&install.index));
        }
    }

    /// Returns the steps that are done: all, or those that were in progress when the apply was stopped.
    async fn install_until_stopped(
        &self,
        pending: &[PendingInstall],
        is_stopped: bool,
        results: &UnboundedSender<StepResult>,
    ) -> HashSet<usize> {
        let options = &self.options;
        let templates = pending.iter().map(|install| install.template.clone());
        let installs = self.workspace.connectors().install_all(templates);
        let mut installs = installs
            .concurrency(options.concurrency.max(1))
            .reconcile_window(options.reconcile_window);
        if options.recreate_after_window {
            installs = installs.recreate_after_window();
        }
        if let Some(journal) = &self.journal {
            installs = installs.journal(journal.journal()).owner(journal.owner());
        }
        if let Some((condition, timeout)) = &options.wait
            && !is_stopped
        {
            let wait = WaitOptions::new().until(condition.clone());
            installs = installs.options(wait.timeout(*timeout));
        }
        let mut installed = installs.results();
        let mut stopped = Box::pin(self.stopped());
        let mut stops = !is_stopped;
        let mut done = HashSet::new();
        loop {
            let next = if stops {
                match select(&mut stopped, pin!(installed.next())).await {
                    Either::Left(_) => None,
                    Either::Right((result, _)) => Some(result),
                }
            } else {
                Some(installed.next().await)
            };
            let Some(next) = next else {
                installed.stop();
                stops = false;
                continue;
            };
            let Some(result) = next else {
                return done;
            };
            let Some(install) = pending.get(result.index) else {
                continue;
            };
            let outcome = result.result.map(|ensured| {
                if ensured.adopted() {
                    StepOutcome::AdoptedConnector(ensured.id())
                } else {
                    StepOutcome::CreatedConnector(ensured.id())
                }
            });
            done.insert(install.index);
            let _ = results.send(StepResult {
                step: install.index,
                result: outcome,
                ready: result.ready,
            });
        }
    }

    async fn subscribe(&self, request: NewSubscription) -> Result<StepOutcome, Error> {
        let subscriptions = self.workspace.webhook_subscriptions();
        let options = &self.options;
        let ensured = match &self.journal {
            Some(journal) => {
                let (window, recreate) = (options.reconcile_window, options.recreate_after_window);
                journal
                    .ensure_subscription(&subscriptions, request, window, recreate)
                    .await?
            }
            None => subscriptions.ensure(request).await?,
        };
        let id = ensured.subscription.id;
        Ok(if ensured.adopted {
            StepOutcome::AdoptedSubscription(id)
        } else {
            StepOutcome::CreatedSubscription(id)
        })
    }

    async fn update(&self, step: &Step, update: SubscriptionUpdate) -> Result<StepOutcome, Error> {
        let id: SubscriptionId = id_of(step)?;
        let subscriptions = self.workspace.webhook_subscriptions();
        subscriptions.update(id, update).await?;
        if step.records {
            self.own(step).await?;
        }
        Ok(StepOutcome::Updated)
    }

    async fn own(&self, step: &Step) -> Result<StepOutcome, Error> {
        if let Some(journal) = &self.journal {
            match step.resource {
                ResourceKind::Connector => {
                    let connectors = self.workspace.connectors();
                    let id = id_of(step)?;
                    journal
                        .own_connector(&connectors, &step.key, id, &step.name)
                        .await?;
                }
                ResourceKind::WebhookSubscription => {
                    let subscriptions = self.workspace.webhook_subscriptions();
                    let id = id_of(step)?;
                    journal
                        .own_subscription(&subscriptions, &step.key, id, &step.name)
                        .await?;
                }
            }
        }
        Ok(StepOutcome::Owned)
    }

    async fn delete(&self, step: &Step) -> Result<StepOutcome, Error> {
        if step.records {
            self.own(step).await?;
        }
        match step.resource {
            ResourceKind::Connector => {
                let (connectors, id): (_, ConnectorId) =
                    (self.workspace.connectors(), id_of(step)?);
                match &self.journal {
                    Some(journal) => {
                        journal.delete_connector(&connectors, &step.key, id).await?;
                    }
                    None => drop(connectors.delete(id).missing_ok().await?),
                }
            }
            ResourceKind::WebhookSubscription => {
                let subscriptions = self.workspace.webhook_subscriptions();
                let id: SubscriptionId = id_of(step)?;
                match &self.journal {
                    Some(journal) => {
                        journal
                            .delete_subscription(&subscriptions, &step.key, id)
                            .await?;
                    }
                    None => drop(subscriptions.delete(id).missing_ok().await?),
                }
            }
        }
        Ok(StepOutcome::Deleted)
    }
}

/// The id of what exists. The planner takes it from an object of the API, so that it is valid.
fn id_of<T: std::str::FromStr<Err: Into<Error>>>(step: &Step) -> Result<T, Error> {
    let id = step.id.as_deref().unwrap_or_default();
    id.parse().map_err(Into::into)
}
