//! From files, observed state and journal to a plan. Pure: the same input gives the same plan, and every input gives one.

mod connectors;
mod hash;
mod only_live;
mod options;
mod ownership;
mod step;
mod subscriptions;

pub use options::PlanOptions;
pub use step::{Action, Conflict, Difference, ResourceKind, Step, StepKind};

use crate::desired::{DesiredState, DesiredWorkspace};
use crate::observed::ObservedState;
use ownership::Ownership;
use step::Draft;

/// What an apply would do. Created by [`Plan::new`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// The project.
    pub project: String,
    /// One step for each connector and webhook subscription that the files describe or that exists, by workspace.
    pub steps: Vec<Step>,
    /// Why the plan cannot be applied.
    pub conflicts: Vec<Conflict>,
    /// A digest of what the files describe, of what an apply does, and of the conflicts: 64 hexadecimal digits. Two plans with the
    /// same hash do the same. What the files do not describe and an apply leaves alone is not part of it: it may appear, change
    /// and disappear after a review.
    pub hash: String,
}

impl Plan {
    /// Compares files with what exists.
    #[must_use]
    pub fn new(desired: &DesiredState, observed: &ObservedState, options: &PlanOptions) -> Self {
        let mut draft = Draft::new(options);
        let owned = Ownership::new(&desired.project, &observed.records);
        for workspace in &desired.workspaces {
            let seen = observed.workspaces.get(&workspace.id);
            connectors::plan(&mut draft, workspace, seen, &owned);
            subscriptions::plan(&mut draft, workspace, seen, &owned);
        }
        for (id, seen) in &observed.workspaces {
            if desired.workspaces.iter().any(|one| one.id == *id) {
                continue;
            }
            // The files do not describe it any more: only what the project owns there matters.
            let workspace = DesiredWorkspace {
                id: *id,
                label: None,
                organization: None,
                connectors: Some(Vec::new()),
                subscriptions: Some(Vec::new()),
            };
            let first = draft.steps.len();
            connectors::plan(&mut draft, &workspace, Some(seen), &owned);
            subscriptions::plan(&mut draft, &workspace, Some(seen), &owned);
            let added = draft.steps.split_off(first);
            draft
                .steps
                .extend(added.into_iter().filter(|step| step.owned));
        }
        draft.apply_options(observed.has_journal);
        let (steps, conflicts) = (draft.steps, draft.conflicts);
        Self {
            hash: hash::of(&desired.project, &steps, &conflicts),
            project: desired.project.clone(),
            steps,
            conflicts,
        }
    }

    /// Whether something is to be done: an apply would change something, or a connector differs.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        !self.conflicts.is_empty() || self.steps.iter().any(Step::is_change)
    }

    /// Whether the workspaces contain something that the files do not describe, and that stays.
    #[must_use]
    pub fn has_only_live(&self) -> bool {
        self.steps
            .iter()
            .any(|step| step.kind == StepKind::OnlyLive && step.action == Action::None)
    }

    /// How many steps have this kind.
    #[must_use]
    pub fn count(&self, kind: StepKind) -> usize {
        self.steps.iter().filter(|step| step.kind == kind).count()
    }

    /// The steps that delete something, alone or to create it again: their channels stop sending and receiving.
    pub fn deletes(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.deletes())
    }

    /// Why a prune needs to be forced: the project owns ten or more, and more than 30 % of them would be deleted.
    #[must_use]
    pub fn large_prune(&self) -> Option<String> {
        let owned = self
            .steps
            .iter()
            .filter(|step| step.owned && step.id.is_some());
        let owned = owned.count();
        let deleted = self
            .steps
            .iter()
            .filter(|step| step.action == Action::Delete);
        let deleted = deleted.count();
        (owned >= 10 && deleted * 10 > owned * 3).then(|| {
            format!(
                "the prune would delete {deleted} of the {owned} connectors and webhook subscriptions that the project owns, \
                 which is more than 30 %"
            )
        })
    }
}

#[cfg(test)]
mod tests;
