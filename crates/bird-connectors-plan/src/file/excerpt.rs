//! The line of a file that an error is about, without anything that could be a secret. Pure.

use std::ops::Range;

use super::tree::{self, Node, NodeValue};

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

/// The longest value of a field that is true, false or a number, such as `maybe`.
const LONGEST_WORD: usize = 8;

/// The longest part of a line that is shown, in characters.
const LONGEST: usize = 160;

/// The mappings whose values the template defines. Any of them can be a secret.
const FREE: [&str; 2] = ["arguments", "security_arguments"];

/// What an excerpt of a valid file may show: its scalars, in their order.
pub(super) struct VisibleText(Vec<Scalar>);

/// A key or a value.
struct Scalar {
    bytes: Range<usize>,
    is_shown: bool,
}

impl VisibleText {
    /// `None` if the places of the scalars are not known.
    pub(super) fn of(text: &str, root: &Node) -> Option<Self> {
        let mut scalars = Vec::new();
        collect(text, root, Context::Item, &mut scalars)?;
        scalars.sort_by_key(|scalar| scalar.bytes.start);
        Some(Self(scalars))
    }

    /// The scalar with this byte.
    fn at(&self, byte: usize) -> Option<&Scalar> {
        let after = self.0.partition_point(|scalar| scalar.bytes.start <= byte);
        let scalar = self.0.get(after.checked_sub(1)?)?;
        scalar.bytes.contains(&byte).then_some(scalar)
    }
}

/// Where a value is.
#[derive(Clone, Copy)]
enum Context<'a> {
    /// The value of a field, or the value of a filter.
    Field(&'a str),
    /// In a list, or the whole file.
    Item,
    /// In the arguments of a template.
    Free,
}

fn collect(text: &str, node: &Node, context: Context<'_>, scalars: &mut Vec<Scalar>) -> Option<()> {
    // The definition of an alias is collected where it is.
    if node.referenced != node.defined {
        return Some(());
    }
    match &node.value {
        NodeValue::Map(entries) => {
            for (key, value) in entries {
                if key.referenced == key.defined {
                    let name = Node::new(
                        NodeValue::String(key.value.clone()),
                        key.referenced,
                        key.defined,
                    );
                    scalars.push(scalar(text, &name, is_name(&key.value))?);
                }
                let inner = match context {
                    Context::Free => Context::Free,
                    _ if FREE.contains(&&*key.value) => Context::Free,
                    Context::Field("filters") => context,
                    _ => Context::Field(&key.value),
                };
                collect(text, value, inner, scalars)?;
            }
        }
        NodeValue::List(items) => {
            let inner = match context {
                Context::Free => Context::Free,
                _ => Context::Item,
            };
            for item in items {
                collect(text, item, inner, scalars)?;
            }
        }
        NodeValue::Null => {}
        value => {
            let is_shown = match (value, context) {
                (NodeValue::String(string), _) if is_reference(string) => true,
                (_, Context::Field(field)) => SHOWN.contains(&field) && has_form(field, value),
                _ => false,
            };
            scalars.push(scalar(text, node, is_shown)?);
        }
    }
    Some(())
}

/// Whether a value has the form of its field. Something else may have been written in the wrong field.
fn has_form(field: &str, value: &NodeValue) -> bool {
    let NodeValue::String(string) = value else {
        return true;
    };
    let consists_of = |allowed: fn(char) -> bool| string.chars().all(allowed);
    match field {
        "conversational" | "version" => string.len() <= LONGEST_WORD,
        "phone_number" | "waba_id" | "phone_id" => {
            consists_of(|letter| letter.is_ascii_digit() || "+-. ()".contains(letter))
        }
        "id" | "organization" => consists_of(|letter| letter.is_ascii_hexdigit() || letter == '-'),
        field if field.ends_with("_id") => {
            consists_of(|letter| letter.is_ascii_hexdigit() || letter == '-')
        }
        _ => true,
    }
}

/// A scalar is shown only if its place contains nothing else.
fn scalar(text: &str, node: &Node, may_be_shown: bool) -> Option<Scalar> {
    let span = node.defined.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    let length = usize::try_from(span.byte_len()?).ok()?;
    let raw = tree::raw(text, node)?;
    let is_exact = match &node.value {
        NodeValue::String(string) => raw.trim_matches(['"', '\'']) == string,
        _ => raw
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "+-._".contains(letter)),
    };
    Some(Scalar {
        bytes: start..start + length,
        is_shown: may_be_shown && is_exact,
    })
}

fn is_name(key: &str) -> bool {
    key.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// Renders the line with this number, from 1, and a mark below the column. A value is shown only if its field never contains a
/// secret: somebody may have written the secret itself in place of a reference. Without `visible`, the file is not valid YAML, and
/// only lines with a single field are shown.
pub(super) fn render(
    text: &str,
    visible: Option<&VisibleText>,
    line: u64,
    column: u64,
) -> Option<String> {
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    let mut start = 0;
    let mut lines = text.split_inclusive('\n');
    for skipped in lines.by_ref().take(index) {
        start += skipped.len();
    }
    let content = lines.next()?.trim_end_matches(['\n', '\r']);
    let column = usize::try_from(column).unwrap_or(0);
    let (shown, mark) = match visible {
        Some(visible) => shown_tokens(content, start, visible, column),
        None => {
            let shown = shown_part(content);
            let mark = (1..=shown.chars().count() + 1).contains(&column);
            (shown, mark.then(|| column - 1))
        }
    };
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    let mut excerpt = format!("{margin} |\n{number} | {shown}\n{margin} |");
    if let Some(mark) = mark {
        let indent: String = shown
            .chars()
            .take(mark)
            .map(|letter| if letter == '\t' { '\t' } else { ' ' })
            .collect();
        excerpt += &format!(" {indent}^");
    }
    Some(excerpt)
}

/// A part of a line that is hidden.
struct HiddenPart {
    /// The number of characters before it.
    position: usize,
    /// Whether it is an anchor, an alias or a tag.
    is_property: bool,
}

impl HiddenPart {
    /// Whether it ends there. A comment ends with the line.
    fn ends_before(&self, letter: char) -> bool {
        self.is_property && (letter.is_whitespace() || ",]}".contains(letter))
    }
}

/// The line with its scalars as far as they may be shown, and how many characters are before the column. `start`: the byte at which
/// the line starts.
fn shown_tokens(
    line: &str,
    start: usize,
    visible: &VisibleText,
    column: usize,
) -> (String, Option<usize>) {
    let mut shown = String::new();
    let (mut length, mut mark) = (0, None);
    // The part that is hidden, while it continues.
    let mut hidden: Option<HiddenPart> = None;
    // The scalar of the last character.
    let mut last = None;
    for (index, (offset, letter)) in line.char_indices().enumerate().take(LONGEST) {
        let scalar = visible.at(start + offset);
        let current = scalar.map(|scalar| scalar.bytes.start);
        let ends = hidden.as_ref().is_some_and(|part| part.ends_before(letter));
        if current != last || (scalar.is_none() && ends) {
            (hidden, last) = (None, current);
        }
        let is_shown = match scalar {
            Some(scalar) => scalar.is_shown,
            // Comments, anchors and tags can contain anything.
            None => hidden.is_none() && (letter.is_whitespace() || "{}[],:-?'\"".contains(letter)),
        };
        let position = hidden.as_ref().map_or(length, |part| part.position);
        if index + 1 == column {
            mark = Some(position);
        }
        if is_shown {
            // A control character could change what a terminal shows.
            let harmless = letter == '\t' || !letter.is_control();
            shown.push(if harmless { letter } else { ' ' });
            length += 1;
        } else if hidden.is_none() {
            hidden = Some(HiddenPart {
                position: length,
                is_property: scalar.is_none() && "&*!".contains(letter),
            });
            shown += HIDDEN;
            length += HIDDEN.len();
        }
    }
    if mark.is_none() && column == line.chars().count() + 1 {
        mark = Some(length);
    }
    (shown, mark)
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
