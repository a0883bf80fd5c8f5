//! Warnings about values that the API documentation does not list. The lists are open: the API decides.

use crate::context::Context;

/// Warns if the value of an option is not a known one, which is most likely misspelled. It is sent as it is.
pub(super) fn check(context: &Context, option: &str, value: &str, known: &[&str]) {
    if let Some(warning) = warning(option, value, known) {
        context.warn_once(&warning);
    }
}

/// The webhook events that this program is about.
pub(super) const EVENT_EXAMPLES: &[&str] = &["channel.created", "channel.updated"];

/// Warns if the value of an option resembles one of `examples`, which the API documentation shows. It may be right, because the
/// documentation does not list all values.
pub(super) fn suggest(context: &Context, option: &str, value: &str, examples: &[&str]) {
    if let Some(suggestion) = suggestion(option, value, examples) {
        context.warn_once(&suggestion);
    }
}

fn suggestion(option: &str, value: &str, examples: &[&str]) -> Option<String> {
    let nearest = nearest(value, examples).filter(|nearest| *nearest != value)?;
    Some(format!(
        "{option} has the value {value:?}: did you mean {nearest}?"
    ))
}

fn warning(option: &str, value: &str, known: &[&str]) -> Option<String> {
    if known.contains(&value) {
        return None;
    }
    let list = known.join(", ");
    let hint = match nearest(value, known) {
        Some(nearest) => format!("did you mean {nearest}? The known values are {list}"),
        None => format!("the known values are {list}"),
    };
    Some(format!(
        "{option} has the unknown value {value:?}, which is sent as it is: {hint}"
    ))
}

/// The known value that is similar enough to be meant.
pub(super) fn nearest<'a>(value: &str, known: &[&'a str]) -> Option<&'a str> {
    /// That of the suggestions of clap.
    const SIMILAR: f64 = 0.7;
    let value = value.to_lowercase();
    let similarities = known
        .iter()
        .map(|known| (strsim::jaro(&value, known), *known));
    let similar = similarities.filter(|(similarity, _)| *similarity > SIMILAR);
    let nearest = similar.max_by(|(first, _), (second, _)| first.total_cmp(second));
    nearest.map(|(_, known)| known)
}

#[cfg(test)]
mod tests;
