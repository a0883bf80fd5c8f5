//! The steps of a plan.

use std::collections::BTreeSet;

use bird_connectors::{NumberId, WorkspaceId};
use serde::Serialize;
use serde_json::Value;

use super::options::PlanOptions;
use crate::desired::DesiredWorkspace;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepKind {
    /// The files describe it, and nothing matches.
    Create,
    /// It exists and matches, and the journal does not say that the project created it. Nothing is sent to it.
    Adopt,
    /// It exists and matches, and the project owns it.
    Unchanged,
    /// It exists and matches, but differs.
    Differs,
    /// The journal says that it was created, and it does not exist.
    Missing,
    /// It exists, and the files do not describe it.
    OnlyLive,
}

impl StepKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::Create,
        Self::Adopt,
        Self::Unchanged,
        Self::Differs,
        Self::Missing,
        Self::OnlyLive,
    ];

    /// The name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Adopt => "adopt",
            Self::Unchanged => "unchanged",
            Self::Differs => "differs",
            Self::Missing => "missing",
            Self::OnlyLive => "only live",
        }
    }
}

/// What an apply does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Nothing.
    None,
    /// Creates it.
    Create,
    /// Deletes and creates a connector.
    Replace,
    /// Updates a webhook subscription.
    Update,
    /// Records in the journal that the project owns it.
    Own,
    /// Deletes it.
    Delete,
}

impl Action {
    /// The stable name: `none`, `create`, `replace`, `update`, `own` or `delete`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Create => "create",
            Self::Replace => "replace",
            Self::Update => "update",
            Self::Own => "own",
            Self::Delete => "delete",
        }
    }
}

/// What a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResourceKind {
    /// A connector.
    Connector,
    /// A webhook subscription.
    WebhookSubscription,
}

/// A field that differs. The values are present only if the API documents the field, because others can be secrets.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// The field, such as `name` or `arguments.channelMessageType`.
    pub field: String,
    /// The value in the files.
    pub wanted: Option<Value>,
    /// The value that exists.
    pub found: Option<Value>,
}

/// One connector or webhook subscription, what was found, and what an apply does.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The name of the workspace: its label, or else its id.
    pub workspace: String,
    /// What the step is about.
    pub resource: ResourceKind,
    /// The workspace, the template or `webhook`, and the name, such as `production/sms-messagebird/Support NL`.
    pub address: String,
    /// The name of the connector, or the event of the subscription.
    pub name: String,
    /// The reference of the template, or the URL of the subscription. `None` if it is not known.
    pub target: Option<String>,
    /// What was found.
    pub kind: StepKind,
    /// What an apply does.
    pub action: Action,
    /// The id of what exists.
    pub id: Option<String>,
    /// Whether the project owns what exists, or what the journal says was created.
    pub owned: bool,
    /// How it differs.
    pub differences: Vec<Difference>,
    /// Which traffic stops, if it is deleted.
    pub stops: Option<String>,
    /// What else there is to know, or to do.
    pub note: Option<String>,
    /// Where the files describe it, as `PATH:LINE:COLUMN`.
    pub place: Option<String>,
    /// A digest of what would be created, without secrets.
    pub content: Option<String>,
    /// The key in the journal.
    #[serde(skip)]
    pub(crate) key: String,
    /// The index in the list of the files.
    #[serde(skip)]
    pub(crate) index: Option<usize>,
    /// The id of the number of the connector, if it was looked up.
    #[serde(skip)]
    pub(crate) number: Option<NumberId>,
    /// Whether an apply also records in the journal that the project owns it, or that the connector was read.
    #[serde(skip)]
    pub(crate) records: bool,
    /// Whether the files name a signing key for the subscription.
    #[serde(skip)]
    pub(crate) has_signing_key: bool,
    /// Whether an update sends that signing key.
    #[serde(skip)]
    pub(crate) sends_signing_key: bool,
}

impl Step {
    /// Whether something is to be done, by an apply or by hand.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.action != Action::None
            || matches!(
                self.kind,
                StepKind::Create | StepKind::Missing | StepKind::Differs
            )
    }
}

impl Step {
    /// Whether an apply deletes something, alone or to create it again.
    pub(super) fn deletes(&self) -> bool {
        matches!(self.action, Action::Delete | Action::Replace)
    }

    fn send_signing_key(&mut self) {
        self.sends_signing_key = true;
        self.records |= self.action == Action::Own;
        self.action = Action::Update;
        self.note = Some(
            "the signing key of the files is sent, and signs the deliveries from then on"
                .to_owned(),
        );
    }

    /// What exists is that of a create of unknown outcome, so that the project owns it.
    pub(super) fn resolve(&mut self) {
        self.records = true;
        if self.action == Action::None {
            self.action = Action::Own;
        }
        self.note.get_or_insert_with(|| {
            "an apply of the project was stopped while it created this: the next one records it"
                .to_owned()
        });
    }
}

/// Why a plan cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Conflict {
    /// What it is about: the address of a step, or the name of a field of [`PlanOptions`](crate::PlanOptions).
    pub subject: String,
    /// Where the files describe it, as `PATH:LINE:COLUMN`.
    pub place: Option<String>,
    /// What is wrong, and what to do.
    pub message: String,
}

/// A plan that is being made.
pub(super) struct Draft<'a> {
    options: &'a PlanOptions,
    pub(super) steps: Vec<Step>,
    pub(super) conflicts: Vec<Conflict>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(options: &'a PlanOptions) -> Self {
        Self {
            options,
            steps: Vec::new(),
            conflicts: Vec::new(),
        }
    }

    pub(super) fn prunes(&self) -> bool {
        self.options.prune
    }

    pub(super) fn conflict(&mut self, subject: &str, place: Option<String>, message: String) {
        self.conflicts.push(Conflict {
            subject: subject.to_owned(),
            place,
            message,
        });
    }

    /// Applies the options that select steps, and reports names that the files do not know, or that select several. A name of the
    /// files whose step needs nothing more does not conflict: an interrupted apply is repeated with the same options.
    pub(super) fn apply_options(&mut self, has_journal: bool) {
        let options = self.options;
        for name in &options.replace {
            self.select(&Selection {
                option: "replace",
                name,
                action: Action::Replace,
                what: "connector",
                is_known: |step| step.resource == ResourceKind::Connector,
                is_candidate: |step| step.kind == StepKind::Differs,
            });
        }
        for name in &options.own {
            if !has_journal {
                self.conflict("own", None, "it needs a journal".to_owned());
                break;
            }
            self.select(&Selection {
                option: "own",
                name,
                action: Action::Own,
                what: "connector or webhook subscription",
                is_known: |_| true,
                is_candidate: |step| !step.owned && step.id.is_some(),
            });
        }
        for name in &options.update_signing_key {
            let is_named = |step: &&mut Step| {
                step.has_signing_key
                    && [Some(&step.name), Some(&step.address), step.target.as_ref()]
                        .contains(&Some(name))
            };
            let mut is_known = false;
            for step in self.steps.iter_mut().filter(is_named) {
                is_known = true;
                // A create sends the signing key, too.
                if step.id.is_some() {
                    step.send_signing_key();
                }
            }
            if !is_known {
                let message = format!(
                    "`{name}`: the files describe no webhook subscription with a signing key that has this event, address or URL"
                );
                self.conflict("update_signing_key", None, message);
            }
        }
    }

    fn select(&mut self, selection: &Selection<'_>) {
        let (name, action) = (selection.name, selection.action);
        let named = |step: &Step| {
            step.index.is_some()
                && (selection.is_known)(step)
                && (step.name == name || step.address == name)
        };
        let is_known = self.steps.iter().any(named);
        let mut selected: Vec<_> = self
            .steps
            .iter_mut()
            .filter(|step| named(step) && (selection.is_candidate)(step))
            .collect();
        let distinct: BTreeSet<_> = selected.iter().map(|step| step.address.clone()).collect();
        let message = match (&mut selected[..], distinct.len()) {
            ([], _) if is_known => return,
            ([], _) => format!(
                "`{name}`: the files describe no {} with this name or address",
                selection.what
            ),
            ([step], _)
                if [Action::None, action].contains(&step.action) || action == Action::Replace =>
            {
                step.action = action;
                return;
            }
            ([step], _) => format!(
                "`{name}`: the plan contains the action {} already",
                step.action.as_str()
            ),
            (several, distinct) if distinct == several.len() => {
                let addresses: Vec<_> = distinct_addresses(several);
                format!("`{name}` is ambiguous: use one of {}", addresses.join(", "))
            }
            _ => format!("`{name}` is ambiguous: several have the same address"),
        };
        self.conflict(selection.option, None, message);
    }
}

/// An option that gives an action to one step of the files.
struct Selection<'a> {
    option: &'a str,
    name: &'a str,
    action: Action,
    /// What the option is about, for messages.
    what: &'a str,
    is_known: fn(&Step) -> bool,
    /// Whether the step needs the action.
    is_candidate: fn(&Step) -> bool,
}

fn distinct_addresses(steps: &[&mut Step]) -> Vec<String> {
    let addresses = steps.iter().map(|step| format!("`{}`", step.address));
    addresses.collect()
}

/// The address of a step.
pub(super) fn address(workspace: &DesiredWorkspace, kind: &str, name: &str) -> String {
    format!("{}/{kind}/{name}", workspace.name())
}
