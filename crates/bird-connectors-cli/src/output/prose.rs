//! Messages on a terminal: lines that are broken at spaces, and commands that can be copied. Pure, except for the width.

use std::io::IsTerminal as _;

/// The width of the terminal of standard error, if it is one.
pub(crate) fn error_width() -> Option<usize> {
    let is_terminal = std::io::stderr().is_terminal();
    is_terminal.then(|| usize::from(console::Term::stderr().size().1))
}

/// Replaces control characters: a string of the API must not move the cursor or break a row.
pub(crate) fn printable(string: &str) -> String {
    string
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

/// Breaks a message that does not fit the width. A command at its end has its own line, and neither it nor a long word such as a
/// token is broken: a terminal breaks them itself, so that they are copied whole.
pub(crate) fn wrap(message: &str, width: Option<usize>) -> String {
    let Some(width) = width.filter(|width| message.chars().count() > *width) else {
        return message.to_owned();
    };
    let (prose, command) = match message.find(COMMAND) {
        Some(colon) => {
            let (prose, command) = message.split_at(colon + 1);
            (prose, Some(command.trim_start().to_owned()))
        }
        None => (message, None),
    };
    let mut lines: Vec<String> = Vec::new();
    for word in prose.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.extend(command);
    lines.join("\n")
}

/// Where a command begins that ends a message.
const COMMAND: &str = ": bird-connectors ";

#[cfg(test)]
mod tests;
