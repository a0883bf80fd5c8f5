//! From the tree of a file to its entries: reports each field that is unknown, missing or of another type. An entry with such a
//! problem is left out, because the checks that follow would report the same mistake once more.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};
use serde_saphyr::{Location, Spanned};

use super::super::format::{ArgumentPlaces, ConnectorEntry, SecurityArguments, SubscriptionEntry};
use super::super::tree::{self, Node, NodeValue};
use super::file_check::FileCheck;

/// The entries of a mapping.
type Entries = [(Spanned<String>, Node)];

/// What a file contains. What is missing or invalid has been reported.
pub(super) struct FileContent {
    pub(super) version: Option<Spanned<u64>>,
    pub(super) project: Option<Spanned<String>>,
    pub(super) workspaces: Vec<WorkspaceContent>,
}

/// What a file says about a workspace.
pub(super) struct WorkspaceContent {
    pub(super) place: Location,
    pub(super) id: Option<Spanned<String>>,
    pub(super) label: Option<Spanned<String>>,
    pub(super) organization: Option<Spanned<String>>,
    pub(super) connectors: Option<Vec<Spanned<ConnectorEntry>>>,
    pub(super) subscriptions: Option<Vec<Spanned<SubscriptionEntry>>>,
}

impl FileCheck<'_> {
    pub(super) fn content(&mut self, root: &Node) -> Option<FileContent> {
        let mut fields = self.fields(
            root,
            "the file",
            "a mapping with `version`, `project` and `workspaces`",
        )?;
        let version = fields.version(self);
        let project = fields.required(self, "project");
        let workspaces = fields.list(self, "workspaces");
        if workspaces.is_none() && !fields.is_given("workspaces") {
            fields.missing(self, "workspaces");
        }
        fields.finish(self);
        let workspaces = workspaces.unwrap_or_default().iter();
        Some(FileContent {
            version,
            project,
            workspaces: workspaces.filter_map(|node| self.workspace(node)).collect(),
        })
    }

    fn workspace(&mut self, node: &Node) -> Option<WorkspaceContent> {
        let mut fields = self.fields(node, "the workspace", "a workspace")?;
        let id = fields.required(self, "id");
        let label = fields.string(self, "label");
        let organization = fields.string(self, "organization");
        let connectors = fields.list(self, "connectors");
        let subscriptions = fields.list(self, "webhook_subscriptions");
        fields.finish(self);
        let connectors = connectors.map(|nodes| {
            let entries = nodes.iter().filter_map(|node| self.connector(node));
            entries.collect()
        });
        let subscriptions = subscriptions.map(|nodes| {
            let entries = nodes.iter().filter_map(|node| self.subscription(node));
            entries.collect()
        });
        Some(WorkspaceContent {
            place: self.start(node),
            id,
            label,
            organization,
            connectors,
            subscriptions,
        })
    }

    fn connector(&mut self, node: &Node) -> Option<Spanned<ConnectorEntry>> {
        let known = self.problems.len();
        let mut fields = self.fields(node, "the connector", "a connector")?;
        let (arguments, argument_places) = fields.arguments(self).unzip();
        let entry = ConnectorEntry {
            name: fields.string(self, "name"),
            template: fields.string(self, "template"),
            phone_number_id: fields.string(self, "phone_number_id"),
            phone_number: fields.string(self, "phone_number"),
            message_type: fields.string(self, "message_type"),
            use_case_id: fields.string(self, "use_case_id"),
            waba_id: fields.string(self, "waba_id"),
            phone_id: fields.string(self, "phone_id"),
            access_token: fields.string(self, "access_token"),
            mb_phone_id: fields.string(self, "mb_phone_id"),
            conversational: fields.bool(self, "conversational"),
            invitation_token: fields.string(self, "invitation_token"),
            arguments,
            argument_places: argument_places.unwrap_or_default(),
            security_arguments: fields.security_arguments(self),
        };
        fields.finish(self);
        self.complete(known, node, entry)
    }

    fn subscription(&mut self, node: &Node) -> Option<Spanned<SubscriptionEntry>> {
        let known = self.problems.len();
        let mut fields = self.fields(node, "the subscription", "a webhook subscription")?;
        let entry = SubscriptionEntry {
            service: fields.string(self, "service"),
            event: fields.string(self, "event"),
            url: fields.string(self, "url"),
            filters: fields.strings(self, "filters"),
            signing_key: fields.string(self, "signing_key"),
            status: fields.string(self, "status"),
        };
        fields.finish(self);
        self.complete(known, node, entry)
    }

    /// The entry, unless it has added problems.
    fn complete<T>(&mut self, known: usize, node: &Node, entry: T) -> Option<Spanned<T>> {
        let start = self.start(node);
        (self.problems.len() == known).then(|| Spanned::new(entry, start, node.defined))
    }

    /// The fields of a mapping. `owner` and `expected` are its names in messages.
    fn fields<'n>(
        &mut self,
        node: &'n Node,
        owner: &'static str,
        expected: &str,
    ) -> Option<Fields<'n>> {
        let NodeValue::Map(entries) = &node.value else {
            let what = node.value.kind();
            self.problem_at(
                self.start(node),
                format!("expected {expected}, found {what}"),
            );
            return None;
        };
        self.report_duplicates(entries);
        Some(Fields {
            place: self.start(node),
            owner,
            entries,
            known: Vec::new(),
        })
    }

    fn report_duplicates(&mut self, entries: &Entries) {
        let mut known = HashSet::new();
        for (key, _) in entries {
            if !known.insert(&key.value) {
                let message = format!("duplicate mapping key{}", named(&key.value));
                self.problem_at(key.referenced, message);
            }
        }
    }

    fn wrong_type(&mut self, field: &str, expected: &str, node: &Node) {
        let found = node.value.kind();
        let message = format!("{}: expected {expected}, found {found}", quoted(field));
        self.problem_at(self.start(node), message);
    }

    /// A string. Numbers and booleans are strings as they are written.
    fn string_of(&mut self, field: &str, node: &Node) -> Option<Spanned<String>> {
        let string = match &node.value {
            NodeValue::Null => return None,
            NodeValue::String(string) => Some(string.clone()),
            NodeValue::Bool(_) | NodeValue::Number(_) => {
                tree::raw(self.text(), node).map(str::to_owned)
            }
            NodeValue::List(_) | NodeValue::Map(_) => None,
        };
        if string.is_none() {
            self.wrong_type(field, "a string", node);
        }
        Some(Spanned::new(string?, node.referenced, node.defined))
    }
}

/// The fields of a mapping.
struct Fields<'n> {
    place: Location,
    owner: &'static str,
    entries: &'n Entries,
    /// The fields that were asked for: all that the mapping can have.
    known: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    fn is_given(&self, field: &str) -> bool {
        self.entries
            .iter()
            .any(|(key, node)| key.value == field && !matches!(node.value, NodeValue::Null))
    }

    /// The value of a field, unless it is null.
    fn get(&mut self, field: &'static str) -> Option<&'n Node> {
        self.known.push(field);
        let mut entries = self.entries.iter();
        let (_, node) = entries.find(|(key, _)| key.value == field)?;
        (!matches!(node.value, NodeValue::Null)).then_some(node)
    }

    fn missing(&self, file: &mut FileCheck<'_>, field: &str) {
        file.problem_at(self.place, format!("{} has no `{field}`", self.owner));
    }

    fn string(&mut self, file: &mut FileCheck<'_>, field: &'static str) -> Option<Spanned<String>> {
        let node = self.get(field)?;
        file.string_of(field, node)
    }

    fn required(
        &mut self,
        file: &mut FileCheck<'_>,
        field: &'static str,
    ) -> Option<Spanned<String>> {
        let value = self.string(file, field);
        if !self.is_given(field) {
            self.missing(file, field);
        }
        value
    }

    fn version(&mut self, file: &mut FileCheck<'_>) -> Option<Spanned<u64>> {
        let Some(node) = self.get("version") else {
            self.missing(file, "version");
            return None;
        };
        let version = match &node.value {
            NodeValue::Number(Some(number)) => number.as_u64(),
            _ => None,
        };
        if version.is_none() {
            file.wrong_type("version", "a whole number", node);
        }
        Some(Spanned::new(version?, node.referenced, node.defined))
    }

    fn bool(&mut self, file: &mut FileCheck<'_>, field: &'static str) -> Option<Spanned<bool>> {
        let node = self.get(field)?;
        let NodeValue::Bool(value) = node.value else {
            file.wrong_type(field, "true or false", node);
            return None;
        };
        Some(Spanned::new(value, node.referenced, node.defined))
    }

    fn list(&mut self, file: &mut FileCheck<'_>, field: &'static str) -> Option<&'n [Node]> {
        let node = self.get(field)?;
        let NodeValue::List(items) = &node.value else {
            file.wrong_type(field, "a list", node);
            return None;
        };
        Some(items)
    }

    fn map(
        &mut self,
        file: &mut FileCheck<'_>,
        field: &'static str,
    ) -> Option<(&'n Node, &'n Entries)> {
        let node = self.get(field)?;
        let NodeValue::Map(entries) = &node.value else {
            file.wrong_type(field, "a mapping", node);
            return None;
        };
        file.report_duplicates(entries);
        Some((node, entries))
    }

    fn strings(
        &mut self,
        file: &mut FileCheck<'_>,
        field: &'static str,
    ) -> Option<BTreeMap<String, String>> {
        let (_, entries) = self.map(file, field)?;
        let mut strings = BTreeMap::new();
        for (key, node) in entries {
            match file.string_of(&key.value, node) {
                Some(value) => drop(strings.insert(key.value.clone(), value.value)),
                None if matches!(node.value, NodeValue::Null) => {
                    file.wrong_type(&key.value, "a string", node);
                }
                None => {}
            }
        }
        Some(strings)
    }

    fn arguments(
        &mut self,
        file: &mut FileCheck<'_>,
    ) -> Option<(Spanned<Map<String, Value>>, ArgumentPlaces)> {
        let (node, entries) = self.map(file, "arguments")?;
        let mut places = ArgumentPlaces::default();
        for (key, node) in entries {
            file.find_places(&format!("/{}", key.value), node, &mut places);
        }
        let Some(Value::Object(arguments)) = tree::to_json(node) else {
            file.wrong_type("arguments", "values that JSON has", node);
            return None;
        };
        let start = file.start(node);
        Some((Spanned::new(arguments, start, node.defined), places))
    }

    fn security_arguments(
        &mut self,
        file: &mut FileCheck<'_>,
    ) -> Option<Spanned<SecurityArguments>> {
        let (node, schemes) = self.map(file, "security_arguments")?;
        let mut arguments = SecurityArguments::new();
        for (scheme, names) in schemes {
            let NodeValue::Map(entries) = &names.value else {
                file.wrong_type(&scheme.value, "a mapping", names);
                continue;
            };
            file.report_duplicates(entries);
            let references = arguments.entry(scheme.value.clone()).or_default();
            for (name, value) in entries {
                match file.string_of(&name.value, value) {
                    Some(value) => drop(references.insert(name.value.clone(), value)),
                    None if matches!(value.value, NodeValue::Null) => {
                        file.wrong_type(&name.value, "a string", value);
                    }
                    None => {}
                }
            }
        }
        let start = file.start(node);
        Some(Spanned::new(arguments, start, node.defined))
    }

    /// Reports the fields that nothing has asked for.
    fn finish(self, file: &mut FileCheck<'_>) {
        for (key, _) in self.entries {
            if self.known.iter().any(|known| *known == key.value) {
                continue;
            }
            let names: Vec<_> = self.known.iter().map(|name| format!("`{name}`")).collect();
            let message = format!(
                "unknown field{}: expected one of {}",
                named(&key.value),
                names.join(", ")
            );
            file.problem_at(key.referenced, message);
        }
    }
}

impl FileCheck<'_> {
    /// Where each argument is, at any depth.
    fn find_places(&mut self, path: &str, node: &Node, places: &mut ArgumentPlaces) {
        places.0.insert(path.to_owned(), self.start(node));
        match &node.value {
            NodeValue::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.find_places(&format!("{path}/{index}"), item, places);
                }
            }
            NodeValue::Map(entries) => {
                self.report_duplicates(entries);
                for (key, node) in entries {
                    self.find_places(&format!("{path}/{}", key.value), node, places);
                }
            }
            _ => {}
        }
    }
}

/// A name of the file, if it can be a name. Something else may be a value in the wrong place.
fn quoted(name: &str) -> String {
    if is_name(name) {
        format!("`{name}`")
    } else {
        "the value".to_owned()
    }
}

fn named(name: &str) -> String {
    if is_name(name) {
        format!(" `{name}`")
    } else {
        String::new()
    }
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}
