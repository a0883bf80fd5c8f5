//! Documentation comments, one attribute a line, so that they come out as `///` lines.

use syn::{Attribute, Expr, ExprLit, Lit, Meta, parse_quote, visit_mut::VisitMut};

/// How long a line gets before it is broken. The contract's own lines are not longer.
const WIDTH: usize = 120;

/// Rewrites every documentation comment.
pub(crate) struct Tidy;

impl VisitMut for Tidy {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        let mut tidied = Vec::new();
        for attribute in attributes.drain(..) {
            match text(&attribute) {
                // An inner comment is progenitor's own; prettyplease prints it well.
                Some(text) if matches!(attribute.style, syn::AttrStyle::Outer) => {
                    tidied.extend(lines(&text));
                }
                _ => tidied.push(attribute),
            }
        }
        *attributes = tidied;
    }
}

/// Whether there is any documentation.
pub(crate) fn is_documented(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|one| one.path().is_ident("doc"))
}

/// A documentation comment.
pub(crate) fn comment(text: &str) -> Attribute {
    parse_quote!(#[doc = #text])
}

fn text(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn lines(text: &str) -> Vec<Attribute> {
    let text = text.trim_end();
    // `#[doc = " one line"]` is what `/// one line` already was.
    let text = if text.contains('\n') {
        text
    } else {
        text.strip_prefix(' ').unwrap_or(text)
    };
    let lines = wrap_text(text, WIDTH);
    lines
        .iter()
        .map(|line| match line.as_str() {
            "" => comment(""),
            line => comment(&format!(" {line}")),
        })
        .collect()
}

/// Breaks the lines of a Markdown text that are longer than `width`. Code blocks stay as they are.
pub(crate) fn wrap_text(text: &str, width: usize) -> Vec<String> {
    let mut verbatim = false;
    let mut lines = Vec::new();
    for line in text.split('\n').map(str::trim_end) {
        let is_fence = line.trim_start().starts_with("```");
        verbatim ^= is_fence;
        if verbatim || is_fence || line.len() <= width {
            lines.push(line.to_owned());
        } else {
            wrap(line, width, &mut lines);
        }
    }
    lines
}

/// Breaks a line that is too long between words. What belongs to an item of a list stays indented under it.
fn wrap(line: &str, width: usize, lines: &mut Vec<String>) {
    let indent = if line.starts_with("- ") { "  " } else { "" };
    let mut current = String::new();
    for word in line.split(' ') {
        if current.len() + word.len() >= width && !current.trim().is_empty() {
            lines.push(std::mem::replace(&mut current, indent.to_owned()));
            current.push_str(word);
        } else {
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
    }
    lines.push(current);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_become_lines() {
        let mut file: syn::File = parse_quote! {
            #[doc = "One.\n\n    Two. \n"]
            #[derive(Debug)]
            struct A {
                /// Three.
                b: u8,
            }
        };
        Tidy.visit_file_mut(&mut file);
        let source = prettyplease::unparse(&file);
        assert_eq!(
            source,
            "/// One.\n///\n///     Two.\n#[derive(Debug)]\nstruct A {\n    /// Three.\n    b: u8,\n}\n"
        );
    }

    #[test]
    fn long_lines_are_broken_and_lists_and_code_kept() {
        let long = "word ".repeat(40);
        let text = format!("{long}\n- {long}\n```text\n{long}\n```");
        let lines: Vec<String> = lines(&text)
            .iter()
            .map(|one| super::text(one).unwrap())
            .collect();
        assert_eq!(lines.len(), 7);
        assert!(lines[..4].iter().all(|line| line.len() <= WIDTH + 1));
        assert!(lines[2].starts_with(" - word") && lines[3].starts_with("   word"));
        assert_eq!(lines[5].trim(), long.trim());
    }
}
