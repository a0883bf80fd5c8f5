//! A sandbox, and files for its workspace.

use std::path::Path;

use bird_connectors::install::{FileJournal, OwnedJournal};
use bird_connectors::{Client, WorkspaceId};
use bird_connectors_sandbox::{Sandbox, SandboxBuilder, Script};

use crate::apply::{ApplyOptions, StepResult};
use crate::desired::DesiredState;
use crate::file::SourceFile;
use crate::observed::ObservedState;
use crate::planner::{Plan, PlanOptions};

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
    pub(crate) journal: OwnedJournal,
    pub(crate) folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    pub(crate) async fn with(configure: impl FnOnce(SandboxBuilder) -> SandboxBuilder) -> Self {
        let builder = Sandbox::builder().default_script(Script::instant());
        let sandbox = configure(builder).start().await.unwrap();
        let client = Client::builder()
            .base_url(sandbox.base_url())
            .access_key(sandbox.access_key())
            .build()
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let journal = FileJournal::open(folder.path().join("journal")).unwrap();
        Self {
            journal: OwnedJournal::new(journal, "acme"),
            sandbox,
            client,
            folder,
        }
    }

    pub(crate) fn workspace(&self) -> WorkspaceId {
        WorkspaceId::from(self.sandbox.workspace_id())
    }

    /// A file with these connectors and webhook subscriptions, each as a line of YAML.
    pub(crate) fn file(&self, connectors: &[&str], subscriptions: &[&str]) -> DesiredState {
        let list = |items: &[&str]| {
            let items = items.iter().map(|item| format!("      - {item}\n"));
            items.collect::<String>()
        };
        let text = format!(
            "version: 1\nproject: acme\nworkspaces:\n  - id: {}\n    label: test\n    connectors:\n{}    webhook_subscriptions:\n{}",
            self.workspace(),
            if connectors.is_empty() {
                "      []\n".to_owned()
            } else {
                list(connectors)
            },
            if subscriptions.is_empty() {
                "      []\n".to_owned()
            } else {
                list(subscriptions)
            },
        );
        let path = self.folder.path().join("channels.yaml");
        DesiredState::parse(&[SourceFile::new(path, text)]).unwrap_or_else(|why| panic!("{why}"))
    }

    pub(crate) async fn observe(&self, desired: &DesiredState) -> ObservedState {
        let observed = ObservedState::read(&self.client, desired, Some(&self.journal)).await;
        observed.unwrap()
    }

    pub(crate) async fn plan(&self, desired: &DesiredState, options: &PlanOptions) -> Plan {
        Plan::new(desired, &self.observe(desired).await, options)
    }

    pub(crate) async fn apply(&self, desired: &DesiredState, plan: &Plan) -> Vec<StepResult> {
        let options = ApplyOptions::default();
        let results = plan.apply(&self.client, desired, Some(&self.journal), &options, |_| {});
        let results = results.await.unwrap_or_else(|why| panic!("{why}"));
        for result in &results {
            assert!(result.error().is_none(), "{result:?}");
        }
        results
    }

    /// Reads the whole journal.
    pub(crate) fn journal_text(&self) -> String {
        std::fs::read_to_string(Path::new(self.folder.path()).join("journal")).unwrap()
    }
}

pub(crate) fn prune() -> PlanOptions {
    PlanOptions {
        prune: true,
        ..PlanOptions::default()
    }
}
