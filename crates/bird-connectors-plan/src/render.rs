//! A plan as text, JSON or Markdown. Pure. None of them contains a secret.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::planner::{Action, Difference, Plan, Step, StepKind};

/// How a step is marked, like in a diff.
fn mark(step: &Step) -> char {
    match (step.action, step.kind) {
        (Action::Create, _) => '+',
        (Action::Delete, _) => '-',
        (Action::Replace, _) => '±',
        (Action::Update | Action::Own, _) | (_, StepKind::Differs) => '~',
        (_, StepKind::OnlyLive) => '?',
        _ => '=',
    }
}

impl Plan {
    /// The plan as JSON, for programs. `hash` is that of [`ApplyOptions::expect`](crate::ApplyOptions::expect).
    #[must_use]
    pub fn to_json(&self) -> Value {
        let counts =
            StepKind::ALL.map(|kind| (kind.label().replace(' ', "_"), json!(self.count(kind))));
        let counts: serde_json::Map<_, _> = counts.into_iter().collect();
        json!({
            "project": self.project,
            "hash": self.hash,
            "has_changes": self.has_changes(),
            "has_only_live": self.has_only_live(),
            "counts": counts,
            "conflicts": self.conflicts,
            "steps": self.steps,
        })
    }

    /// One line with the number of steps of each kind.
    #[must_use]
    pub fn summary(&self) -> String {
        let counts = StepKind::ALL.into_iter().filter_map(|kind| {
            let count = self.count(kind);
            (count > 0).then(|| format!("{count} {}", kind.label()))
        });
        let mut parts: Vec<_> = counts.collect();
        let deletes = self.deletes().count();
        if deletes > 0 {
            parts.push(format!("{deletes} to delete"));
        }
        if !self.conflicts.is_empty() {
            parts.push(format!("{} in conflict", self.conflicts.len()));
        }
        if parts.is_empty() {
            return "nothing is described and nothing exists".to_owned();
        }
        parts.join(", ")
    }

    /// The plan for a terminal. What goes dead is listed first. Steps without an action are left out unless `all` is true.
    #[must_use]
    pub fn to_text(&self, all: bool) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write_text(&mut text, all);
        text
    }

    fn write_text(&self, text: &mut String, all: bool) -> std::fmt::Result {
        for conflict in &self.conflicts {
            writeln!(
                text,
                "conflict: {}: {}",
                printable(&conflict.subject),
                printable(&conflict.message)
            )?;
            if let Some(place) = &conflict.place {
                writeln!(text, "  {}", printable(place))?;
            }
        }
        let mut deletes = self.deletes().peekable();
        if deletes.peek().is_some() {
            writeln!(text, "These stop:")?;
            for step in deletes {
                let stops = step.stops.as_deref().unwrap_or_default();
                writeln!(text, "  {}: {}", printable(&step.address), printable(stops))?;
            }
            writeln!(text)?;
        }
        let mut workspace = None;
        for step in self.shown(all) {
            if workspace != Some(step.workspace_id) {
                workspace = Some(step.workspace_id);
                writeln!(text, "{}", printable(&step.workspace))?;
            }
            let target = step.target.as_deref().unwrap_or("unknown template");
            writeln!(
                text,
                "  {} {:<9} {} ({})",
                mark(step),
                what(step),
                printable(&step.name),
                printable(target)
            )?;
            for difference in &step.differences {
                writeln!(text, "      {}", printable(&describe(difference)))?;
            }
            if let Some(note) = &step.note {
                writeln!(text, "      {}", printable(note))?;
            }
        }
        writeln!(text, "{}: {}", printable(&self.project), self.summary())?;
        writeln!(text, "hash: {}", self.hash)
    }

    /// The plan as Markdown, for a comment on a pull request. `url` links to the run, if there is one.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write_markdown(&mut text);
        text
    }

    fn write_markdown(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "### Channels of {}", cell(&self.project))?;
        writeln!(text, "\n{}.", cell(&self.summary()))?;
        if !self.conflicts.is_empty() {
            writeln!(text, "\n**The plan cannot be applied:**\n")?;
            for conflict in &self.conflicts {
                writeln!(
                    text,
                    "- {}: {}",
                    cell(&conflict.subject),
                    cell(&conflict.message)
                )?;
            }
        }
        let mut deletes = self.deletes().peekable();
        if deletes.peek().is_some() {
            writeln!(text, "\n**These stop:**\n")?;
            for step in deletes {
                let stops = step.stops.as_deref().unwrap_or_default();
                writeln!(text, "- {}: {}", cell(&step.address), cell(stops))?;
            }
        }
        let mut shown = self.shown(false).peekable();
        if shown.peek().is_some() {
            writeln!(text, "\n| | workspace | name | template or URL | details |")?;
            writeln!(text, "|---|---|---|---|---|")?;
            for step in shown {
                let mut details: Vec<_> = step.differences.iter().map(describe).collect();
                details.extend(step.note.clone());
                writeln!(
                    text,
                    "| {} {} | {} | {} | {} | {} |",
                    mark(step),
                    what(step),
                    cell(&step.workspace),
                    cell(&step.name),
                    cell(step.target.as_deref().unwrap_or_default()),
                    cell(&details.join("; "))
                )?;
            }
        }
        writeln!(text, "\nPlan `{}`", self.hash)
    }

    /// The steps that a reviewer has to see, or all of them.
    fn shown(&self, all: bool) -> impl Iterator<Item = &Step> {
        let is_shown =
            move |step: &&Step| all || step.is_change() || step.kind == StepKind::OnlyLive;
        self.steps.iter().filter(is_shown)
    }
}

/// The action, or else what was found.
fn what(step: &Step) -> &'static str {
    match (step.action, step.kind) {
        (Action::None, kind) | (Action::Create, kind) => kind.label(),
        (action, _) => action.as_str(),
    }
}

fn describe(difference: &Difference) -> String {
    match (&difference.wanted, &difference.found) {
        (Some(wanted), Some(found)) => {
            format!("{} is {found} instead of {wanted}", difference.field)
        }
        _ => format!("{} has another value", difference.field),
    }
}

/// Without control characters, which could change what a terminal shows.
fn printable(string: &str) -> String {
    let letters = string.chars();
    letters
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

/// A string that cannot be Markdown, HTML, a mention or the end of a cell.
fn cell(string: &str) -> String {
    let mut escaped = String::new();
    for letter in printable(string).chars() {
        match letter {
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '&' => escaped += "&amp;",
            '@' => escaped += "@\u{200b}",
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '!' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
