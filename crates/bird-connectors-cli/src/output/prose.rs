//! Messages on a terminal: lines that are broken at spaces, and commands that can be copied. Pure, except for the width.

use std::io::IsTerminal as _;

/// The width of the terminal of standard error, if it is one.
pub(crate) fn error_width() -> Option<usize> {
    let is_terminal = std::io::stderr().is_terminal();
    is_terminal.then(|| usize::from(console::Term::stderr().size().1))
}

/// Replaces control characters, and escapes those that are not seen: a string of the API must not move the cursor, break a row, or
/// change the direction of what follows.
pub(crate) fn printable(string: &str) -> String {
    let mut printable = String::with_capacity(string.len());
    for letter in string.chars() {
        if letter.is_control() {
            printable.push(' ');
        } else if is_format_character(letter) {
            printable.extend(letter.escape_unicode());
        } else {
            printable.push(letter);
        }
    }
    printable
}

/// Whether a character is of the general category Cf, or separates lines or paragraphs.
const fn is_format_character(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
        | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}' | '\u{e0020}'..='\u{e007f}')
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
