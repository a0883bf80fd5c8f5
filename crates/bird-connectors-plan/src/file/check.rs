//! From the content of files to the desired state: all checks that need no network.

mod connector;
mod file_check;
mod merged;
mod structure;
mod subscription;

use bird_connectors::WorkspaceId;
use serde_saphyr::Spanned;

use super::format::VERSION;
use super::problem::FileErrors;
use super::source::SourceFile;
use crate::desired::DesiredState;
use file_check::FileCheck;
use merged::Merged;
use structure::{FileContent, WorkspaceContent};

/// Parses and checks all files.
pub(super) fn check(files: &[SourceFile]) -> Result<DesiredState, FileErrors> {
    let mut problems = Vec::new();
    let mut merged = Merged::default();
    for file in files {
        let mut checked = FileCheck::new(file);
        let root = checked.parse();
        if let Some(content) = root.and_then(|root| checked.content(&root)) {
            checked.merge(content, &mut merged);
        }
        problems.extend(checked.into_problems());
    }
    FileErrors::unless_empty(problems)?;
    let project = merged.project.map(|(project, _)| project);
    Ok(DesiredState {
        project: project.unwrap_or_default(),
        workspaces: merged.workspaces,
    })
}

impl FileCheck<'_> {
    fn merge(&mut self, content: FileContent, merged: &mut Merged) {
        if let Some(version) = &content.version
            && version.value != u64::from(VERSION)
        {
            let place = self.place_of(version);
            let message = format!(
                "version {} is not supported by this release: expected {VERSION}",
                version.value
            );
            // The other problems are those of this version.
            self.problems.clear();
            self.problem(&place, message);
            return;
        }
        if let Some(project) = &content.project {
            self.merge_project(project, merged);
        }
        for workspace in content.workspaces {
            self.merge_workspace(workspace, merged);
        }
    }

    fn merge_project(&mut self, project: &Spanned<String>, merged: &mut Merged) {
        let place = self.place_of(project);
        let name = &project.value;
        if !is_project(name) {
            self.problem(
                &place,
                "invalid name of a project: expected up to 64 letters, digits, dots, hyphens and underscores, such as `acme-channels`",
            );
        }
        match &merged.project {
            Some((known, earlier)) if known != name => {
                let message = format!(
                    "the project is `{known}` at {earlier}: all files of one plan belong to the same project"
                );
                self.problem(&place, message);
            }
            Some(_) => {}
            None => merged.project = Some((name.clone(), place)),
        }
    }

    fn merge_workspace(&mut self, entry: WorkspaceContent, merged: &mut Merged) {
        let id = entry.id.as_ref();
        let place = id.map_or_else(|| self.place(entry.place), |id| self.place_of(id));
        let id = id.and_then(|value| self.parsed::<WorkspaceId>("id", value));
        // The problems of its entries are reported even without the id.
        let id = id.unwrap_or_else(|| WorkspaceId::from_u128(place.line.into()));
        let organization = entry.organization.as_ref();
        let organization = organization.and_then(|value| self.parsed("organization", value));
        if let Some(label) = &entry.label {
            self.merge_label(id, label, merged);
        }
        let workspace = merged.workspace(id);
        match (workspace.organization, organization) {
            (Some(known), Some(other)) if known != other => {
                self.problem(
                    &place,
                    format!("the workspace belongs to the organization {known} elsewhere"),
                );
            }
            (None, Some(_)) => workspace.organization = organization,
            _ => {}
        }
        if let Some(connectors) = entry.connectors {
            merged.workspace(id).connectors.get_or_insert_default();
            for connector in connectors {
                let checked = connector::check(self, id, &connector, merged);
                let workspace = merged.workspace(id);
                workspace.connectors.get_or_insert_default().extend(checked);
            }
        }
        if let Some(subscriptions) = entry.subscriptions {
            merged.workspace(id).subscriptions.get_or_insert_default();
            for subscription in subscriptions {
                let checked = subscription::check(self, id, &subscription, merged);
                let workspace = merged.workspace(id);
                workspace
                    .subscriptions
                    .get_or_insert_default()
                    .extend(checked);
            }
        }
    }

    fn merge_label(&mut self, id: WorkspaceId, label: &Spanned<String>, merged: &mut Merged) {
        let place = self.place_of(label);
        let name = label.value.trim();
        if name.is_empty() || name.contains('/') || name.chars().any(char::is_control) {
            self.problem(
                &place,
                "invalid label: expected a name without slashes, such as `production`",
            );
            return;
        }
        if let Some(known) = &merged.workspace(id).label
            && known != name
        {
            let message = format!("the label of this workspace is `{known}` elsewhere");
            self.problem(&place, message);
            return;
        }
        match merged.labels.insert(name.to_owned(), id) {
            Some(other) if other != id => {
                self.problem(&place, format!("the workspace {other} has the same label"));
            }
            _ => merged.workspace(id).label = Some(name.to_owned()),
        }
    }
}

fn is_project(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}
