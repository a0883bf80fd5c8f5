//! A sandbox with many workspaces, and a folder with a file of channels for all of them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use bird_connectors::{Client, WorkspaceId};
use bird_connectors_catalogue::{ACCESS_KEY, ACCESS_TOKEN, INVITATION_TOKEN, SIGNING_KEY};
use bird_connectors_sandbox::behavior::{Duplicates, UncommittedCreates};
use bird_connectors_sandbox::{Sandbox, Script};
use uuid::Uuid;

/// The file of channels.
pub(crate) const FILE: &str = "channels.yaml";
/// The default journal of that file.
pub(crate) const JOURNAL: &str = "channels.yaml.journal";
/// A file with a secret, next to the file of channels.
pub(crate) const SECRET_FILE: &str = "token";
/// The environment variables with the other secrets.
pub(crate) const SECRET_VARIABLES: [(&str, &str); 2] = [
    ("DRILL_INVITATION_TOKEN", INVITATION_TOKEN),
    ("DRILL_SIGNING_KEY", SIGNING_KEY),
];
/// The number of connectors in each workspace.
pub(crate) const CONNECTORS: usize = 10;
/// When a create is listed. The search for a create of unknown outcome takes far longer.
const COMMIT: Duration = Duration::from_millis(50);

pub(crate) struct Scenario {
    pub(crate) sandbox: Sandbox,
    pub(crate) folder: tempfile::TempDir,
    /// `None` if no command is run.
    pub(crate) program: Option<PathBuf>,
    workspaces: Vec<Uuid>,
}

impl Scenario {
    pub(crate) async fn start(program: Option<&Path>, workspaces: usize) -> Result<Self> {
        // Fixed, so that all scenarios end in the same state.
        let id = |index: u128| Uuid::from_u128(0xb1_0000 + index);
        let workspaces: Vec<_> = (0..workspaces as u128).map(id).collect();
        let mut builder = Sandbox::builder()
            .access_key(ACCESS_KEY)
            .default_script(Script::instant().commit_after(COMMIT))
            .behavior(|behavior| {
                behavior.duplicates = Duplicates::Allowed;
                behavior.uncommitted_creates = UncommittedCreates::Missed;
            });
        for (index, id) in workspaces.iter().enumerate() {
            builder = if index == 0 {
                builder.workspace_id(*id)
            } else {
                builder.add_workspace(*id, Uuid::from_u128(0x0a))
            };
        }
        // Not relative, because the process runs in another folder.
        let program = program.map(|program| {
            fs::canonicalize(program).with_context(|| format!("cannot find {}", program.display()))
        });
        let scenario = Self {
            sandbox: builder.start().await?,
            folder: tempfile::tempdir()?,
            program: program.transpose()?,
            workspaces,
        };
        fs::write(scenario.path(SECRET_FILE), ACCESS_TOKEN)?;
        scenario.write(CONNECTORS)?;
        Ok(scenario)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn workspaces(&self) -> impl Iterator<Item = WorkspaceId> {
        self.workspaces.iter().copied().map(WorkspaceId::from)
    }

    pub(crate) fn connectors(&self) -> usize {
        self.workspaces.len() * CONNECTORS
    }

    /// Everything that the file describes: the connectors, and a webhook subscription of each workspace.
    pub(crate) fn resources(&self) -> usize {
        self.connectors() + self.workspaces.len()
    }

    /// What a person who works with the API directly uses.
    pub(crate) fn client(&self) -> Result<Client> {
        let client = Client::builder().base_url(self.sandbox.base_url());
        Ok(client.access_key(self.sandbox.access_key()).build()?)
    }

    /// Writes the file, with the first connectors of each workspace.
    pub(crate) fn write(&self, connectors: usize) -> Result<()> {
        let mut text = "version: 1\nproject: drill\nworkspaces:\n".to_owned();
        for (workspace, id) in self.workspaces.iter().enumerate() {
            writeln!(
                text,
                "  - id: {id}\n    label: w{workspace}\n    connectors:"
            )?;
            for index in 0..connectors {
                writeln!(text, "      - {{ {} }}", entry(workspace, index))?;
            }
            writeln!(
                text,
                "    webhook_subscriptions:\n      - {{ event: channel.updated, url: 'https://hooks.example.com/bird', \
                 signing_key: 'env:DRILL_SIGNING_KEY' }}"
            )?;
        }
        fs::write(self.path(FILE), text).context("cannot write the file")
    }
}

/// The name of the SMS connector whose message type is changed by hand.
pub(crate) const SMS: &str = "sms 0";

/// A connector as one line of YAML.
fn entry(workspace: usize, index: usize) -> String {
    let number = Uuid::from_u128((workspace * CONNECTORS + index + 1) as u128);
    match index % 5 {
        0 => format!(
            "name: sms {index}, template: sms, phone_number_id: {number}, message_type: conversational"
        ),
        1 => format!("name: voice {index}, template: voice, phone_number_id: {number}"),
        2 => format!(
            "name: whatsapp {index}, template: whatsapp, waba_id: '1', phone_id: 'p{workspace}-{index}', \
             phone_number: '+3161000{workspace:02}{index:02}', access_token: 'file:{SECRET_FILE}'"
        ),
        3 => format!(
            "name: telegram {index}, template: telegram, invitation_token: 'env:DRILL_INVITATION_TOKEN', \
             arguments: {{ botToken: 'file:{SECRET_FILE}', language: nl }}, \
             security_arguments: {{ oauth: {{ accessToken: 'file:{SECRET_FILE}' }} }}"
        ),
        _ => format!("name: line {index}, template: line"),
    }
}
