//! Carries a plan out: creates with `ensure` and the journal, replaces, updates, records and deletes. It can be interrupted
//! anywhere and repeated.

mod error;
mod options;
mod result;
mod stop;
mod workspace;

use std::cell::RefCell;

use bird_connectors::Client;
use bird_connectors::install::OwnedJournal;
use bird_connectors::models::SentSecret;
use futures_util::{FutureExt as _, StreamExt as _, future, stream};
use tokio::sync::mpsc::unbounded_channel;

pub use error::ApplyError;
pub use options::ApplyOptions;
pub use result::{StepOutcome, StepResult};
pub use stop::ApplyStop;

use crate::desired::DesiredState;
use crate::planner::{Action, Plan};
use crate::secret_reference::{ReadSecret, SecretReference};
use workspace::{PreparedStep, WorkspaceRun};

/// The maximum number of workspaces that an apply works on at the same time.
const WORKSPACES: usize = 8;

impl Plan {
    /// Whether the plan may be applied with these options. [`apply`](Self::apply) checks this first.
    ///
    /// # Errors
    /// If the plan is another one than [`expect`](ApplyOptions::expect), contains conflicts, or deletes too much.
    pub fn check(&self, options: &ApplyOptions) -> Result<(), ApplyError> {
        if let Some(expected) = &options.expect
            && *expected != self.hash
        {
            return Err(ApplyError::Changed {
                expected: expected.clone(),
                found: self.hash.clone(),
            });
        }
        if !self.conflicts.is_empty() {
            return Err(ApplyError::Conflicts(self.conflicts.clone()));
        }
        match self.large_prune() {
            Some(why) if !options.force => Err(ApplyError::LargePrune(why)),
            _ => Ok(()),
        }
    }

    /// Carries the plan out. `on_result` is called with the result of each step that has an action, as soon as it is known.
    ///
    /// With a journal, the future can be dropped, and the process killed, at any time: plan again, and apply again. Nothing is
    /// created twice, and nothing is lost. Deletes come last, after everything that is created.
    ///
    /// [`ApplyOptions::stop`] ends the apply after the steps that are in progress, so that the outcome of each request is known. A
    /// step that was not started has no result then, and a connector whose channel is still waited for has a result without
    /// [`ready`](StepResult::ready). A replacement that has deleted its connector also creates it. A step in progress takes at
    /// most as long as its requests and the search for a create of unknown outcome: limit the time for which you await the
    /// apply.
    ///
    /// Without a journal, nothing is recorded: a later prune deletes nothing, and a process that is killed right after it sent a
    /// create relies on the list of connectors.
    ///
    /// # Errors
    /// Those of [`check`](Self::check), and if a secret cannot be read. Nothing was sent then. The errors of single steps are
    /// results.
    pub async fn apply(
        &self,
        client: &Client,
        desired: &DesiredState,
        journal: Option<&OwnedJournal>,
        options: &ApplyOptions,
        on_result: impl FnMut(&StepResult),
    ) -> Result<Vec<StepResult>, ApplyError> {
        self.check(options)?;
        let runs = self.prepare(client, desired, journal, options)?;
        Ok(run_all(runs, on_result).await)
    }

    /// The references to the secrets that an apply of this plan reads, each once. No secret is read.
    #[must_use]
    pub fn secret_references(&self, desired: &DesiredState) -> Vec<SecretReference> {
        let found = RefCell::new(Vec::new());
        let record = |reference: &SecretReference| {
            let mut found = found.borrow_mut();
            if !found.contains(reference) {
                found.push(reference.clone());
            }
            Ok(SentSecret::from("placeholder"))
        };
        for (index, step) in self.steps.iter().enumerate() {
            if step.action != Action::None {
                let mut all = desired.workspaces.iter();
                let workspace = all.find(|one| one.id == step.workspace_id);
                // Fails only if a secret cannot be read.
                let _ = PreparedStep::new(index, step, workspace, &record);
            }
        }
        found.into_inner()
    }

    /// The work of each workspace, with all secrets.
    fn prepare(
        &self,
        client: &Client,
        desired: &DesiredState,
        journal: Option<&OwnedJournal>,
        options: &ApplyOptions,
    ) -> Result<Vec<WorkspaceRun>, ApplyError> {
        let read: &ReadSecret<'_> = match &options.secrets {
            Some(resolver) => &**resolver,
            None => &SecretReference::read,
        };
        let mut runs: Vec<WorkspaceRun> = Vec::new();
        let mut missing = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            if step.action == Action::None && (!step.records || journal.is_none()) {
                continue;
            }
            if journal.is_none() && matches!(step.action, Action::Delete | Action::Own) {
                return Err(ApplyError::NoJournal);
            }
            let workspace = desired
                .workspaces
                .iter()
                .find(|one| one.id == step.workspace_id);
            let prepared = match PreparedStep::new(index, step, workspace, read) {
                Ok(prepared) => prepared,
                Err(why) => {
                    missing.push((step.place.clone().unwrap_or_default(), why));
                    continue;
                }
            };
            let known = runs.iter_mut().find(|run| run.id() == step.workspace_id);
            match known {
                Some(run) => run.steps.push(prepared),
                None => {
                    let handle = match workspace {
                        Some(workspace) => crate::observed::workspace(client, workspace),
                        None => client.workspace(step.workspace_id),
                    };
                    runs.push(WorkspaceRun {
                        workspace: handle,
                        steps: vec![prepared],
                        journal: journal.cloned(),
                        options: options.clone(),
                    });
                }
            }
        }
        if missing.is_empty() {
            Ok(runs)
        } else {
            Err(ApplyError::Secrets(missing))
        }
    }
}

/// Runs all workspaces. They own what they need, so that the future can be sent to another thread.
async fn run_all(
    runs: Vec<WorkspaceRun>,
    mut on_result: impl FnMut(&StepResult),
) -> Vec<StepResult> {
    let (sender, mut receiver) = unbounded_channel();
    let runs: Vec<_> = runs
        .into_iter()
        .map(|run| run.run(sender.clone()).boxed())
        .collect();
    drop(sender);
    let work = stream::iter(runs)
        .buffer_unordered(WORKSPACES)
        .collect::<Vec<()>>();
    let mut results = Vec::new();
    let collect = async {
        while let Some(result) = receiver.recv().await {
            on_result(&result);
            results.push(result);
        }
    };
    future::join(work, collect).await;
    results.sort_by_key(|result| result.step);
    results
}

#[cfg(test)]
mod tests;
