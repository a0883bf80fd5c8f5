//! What the drill prints: one line per cell, or one per fault.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::cell::{Cell, Observation};
use crate::row::Occurrence;

/// A cell that was run, and what is wrong with it.
pub(crate) struct CheckedCell {
    pub(crate) cell: Cell,
    pub(crate) observation: Observation,
    pub(crate) violations: Vec<String>,
}

pub(crate) fn count_distinct(checked: &[CheckedCell], key: impl Fn(&Cell) -> String) -> usize {
    let distinct: BTreeSet<_> = checked.iter().map(|checked| key(&checked.cell)).collect();
    distinct.len()
}

/// Prints one line per cell.
pub(crate) fn print_cells(checked: &[CheckedCell]) {
    for CheckedCell {
        cell, observation, ..
    } in checked
    {
        let occurrence = match cell.occurrence {
            Occurrence::Once => "once",
            Occurrence::Always => "always",
        };
        println!(
            "{:<22} {:<6} {:<44} {:<8} {} attempt{} {:>6.0} ms  {}",
            cell.row.name,
            occurrence,
            cell.entry.operation.id(),
            observation.outcome(),
            observation.attempts,
            if observation.attempts == 1 { " " } else { "s" },
            observation.elapsed.as_secs_f64() * 1000.0,
            observation.result(),
        );
    }
}

/// Prints one line per fault: how many operations ended in which way, and the longest duration.
pub(crate) fn print_rows(checked: &[CheckedCell]) {
    let mut rows: BTreeMap<(usize, String), (BTreeMap<String, usize>, Duration)> = BTreeMap::new();
    for CheckedCell {
        cell, observation, ..
    } in checked
    {
        let name = format!("{} {:?}", cell.row.name, cell.occurrence);
        let (outcomes, longest) = rows.entry((cell.row.number, name)).or_default();
        let attempts = observation.attempts;
        *outcomes
            .entry(format!("{} in {attempts}", observation.outcome()))
            .or_default() += 1;
        *longest = (*longest).max(observation.elapsed);
    }
    for ((_, name), (outcomes, longest)) in rows {
        let outcomes: Vec<_> = outcomes
            .iter()
            .map(|(outcome, count)| format!("{count}× {outcome}"))
            .collect();
        println!(
            "{name:<30} {} (longest {:.1} s)",
            outcomes.join(", "),
            longest.as_secs_f64()
        );
    }
}
