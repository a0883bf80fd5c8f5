//! The Python enums of the open enums.

use std::fmt::Write as _;

use anyhow::Result;

use super::names::member;
use crate::open_enums::OpenEnum;
use crate::syntax::docs::wrap;

/// The line length of the Python sources.
const WIDTH: usize = 120;

/// Writes the source of `_enums.py`, without its header.
pub(crate) fn source(enums: &[OpenEnum]) -> Result<String> {
    let mut source = "\
\"\"\"The values that this version knows of each open enum. The SDK returns any other value as a plain ``str``.\"\"\"

from __future__ import annotations

from ._str_enum import StrEnum
"
    .to_owned();
    for open in enums {
        write!(source, "\n\nclass {}(StrEnum):\n", open.name)?;
        source.push_str(&docstring(&open.description, 4));
        source.push('\n');
        for (variant, value) in &open.variants {
            writeln!(source, "    {} = {}", member(variant), literal(value))?;
        }
    }
    Ok(source)
}

/// Writes a docstring. If the text does not fit on one line, the first line is its first sentence.
fn docstring(text: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let text = escaped(text);
    let mut paragraphs = text.split("\n\n").map(one_line);
    let first = paragraphs.next().unwrap_or_default();
    let mut rest: Vec<String> = paragraphs.collect();
    let is_short = indent + first.len() + 6 <= WIDTH;
    if is_short && rest.is_empty() {
        return format!("{margin}\"\"\"{first}\"\"\"\n");
    }
    let summary = match first.split_once(". ") {
        Some((summary, more)) if !is_short => {
            rest.insert(0, more.to_owned());
            format!("{summary}.")
        }
        _ => first,
    };
    let mut lines = vec![format!("{margin}\"\"\"{summary}")];
    for paragraph in rest {
        lines.push(String::new());
        let wrapped = wrap(&paragraph, WIDTH - indent);
        lines.extend(wrapped.iter().map(|line| format!("{margin}{line}")));
    }
    lines.push(format!("{margin}\"\"\""));
    lines.join("\n") + "\n"
}

fn one_line(paragraph: &str) -> String {
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Writes a Python string literal.
fn literal(value: &str) -> String {
    format!("\"{}\"", escaped(value))
}

#[cfg(test)]
mod tests;
