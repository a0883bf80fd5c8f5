//! The line of a file that an error is about, without anything that could be a secret. Pure.

/// The fields whose values an excerpt may show.
const SHOWN: [&str; 19] = [
    "version",
    "project",
    "id",
    "label",
    "organization",
    "name",
    "template",
    "phone_number_id",
    "phone_number",
    "message_type",
    "use_case_id",
    "waba_id",
    "phone_id",
    "mb_phone_id",
    "conversational",
    "service",
    "event",
    "status",
    "filters",
];

const HIDDEN: &str = "[redacted]";

/// The longest part of a line that is shown, in characters.
const LONGEST: usize = 160;

/// Renders the line with this number, from 1, and a mark below the column. A value is shown only if its field never contains a
/// secret: somebody may have written the secret itself in place of a reference.
pub(super) fn render(text: &str, line: u64, column: u64) -> Option<String> {
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    let shown = shown_part(text.lines().nth(index)?);
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    let mut excerpt = format!("{margin} |\n{number} | {shown}\n{margin} |");
    let column = usize::try_from(column).unwrap_or(0);
    if (1..=shown.chars().count() + 1).contains(&column) {
        let indent: String = shown
            .chars()
            .take(column - 1)
            .map(|letter| if letter == '\t' { '\t' } else { ' ' })
            .collect();
        excerpt += &format!(" {indent}^");
    }
    Some(excerpt)
}

fn shown_part(line: &str) -> String {
    // A control character could change what a terminal shows.
    let line: String = line
        .chars()
        .map(|letter| match letter {
            '\t' => '\t',
            letter if letter.is_control() => ' ',
            letter => letter,
        })
        .take(LONGEST)
        .collect();
    let content = line.trim_start_matches([' ', '\t', '-']);
    let indent = &line[..line.len() - content.len()];
    if content.is_empty() {
        return line;
    }
    let key_length = content
        .find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_' || letter == '-'))
        .unwrap_or(content.len());
    let (key, rest) = content.split_at(key_length);
    match rest.strip_prefix(':') {
        Some(value) if value.trim().is_empty() => line,
        Some(value) if SHOWN.contains(&key) && !value.contains(['{', '[', '&', '*', '#']) => line,
        Some(value) if is_reference(value.trim()) => line,
        Some(_) => format!("{indent}{key}: {HIDDEN}"),
        None => format!("{indent}{HIDDEN}"),
    }
}

/// Whether this can only be a reference to a secret.
fn is_reference(value: &str) -> bool {
    value.strip_prefix("env:").is_some_and(|name| {
        name.bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    })
}

#[cfg(test)]
mod tests;
