//! Documentation comments: one attribute for each line, which prettyplease prints as `///` lines.

use syn::{Attribute, Expr, ExprLit, Lit, Meta, parse_quote, visit_mut::VisitMut};

/// The length of a line, after which it is broken. The lines of the contract are not longer.
const WIDTH: usize = 120;

/// Rewrites every documentation comment.
pub(crate) struct Tidy;

impl VisitMut for Tidy {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        let mut tidied = Vec::new();
        for attribute in attributes.drain(..) {
            match doc(&attribute) {
                // Inner comments are from progenitor; prettyplease prints them as they are.
                Some(doc) if matches!(attribute.style, syn::AttrStyle::Outer) => {
                    tidied.extend(lines(&doc));
                }
                _ => tidied.push(attribute),
            }
        }
        *attributes = tidied;
    }
}

/// Whether there is a documentation comment.
pub(crate) fn is_documented(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("doc"))
}

/// Creates a documentation comment.
pub(crate) fn comment(doc: &str) -> Attribute {
    parse_quote!(#[doc = #doc])
}

fn doc(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(doc), ..
            }) => Some(doc.value()),
            _ => None,
        },
        _ => None,
    }
}

fn lines(doc: &str) -> Vec<Attribute> {
    let doc = doc.trim_end();
    // The compiler turns `/// one line` into `#[doc = " one line"]`.
    let doc = if doc.contains('\n') {
        doc
    } else {
        doc.strip_prefix(' ').unwrap_or(doc)
    };
    let lines = wrap(doc, WIDTH);
    lines
        .iter()
        .map(|line| match line.as_str() {
            "" => comment(""),
            line => comment(&format!(" {line}")),
        })
        .collect()
}

/// Breaks the lines of a Markdown text that are longer than `width`. The lines of code blocks are never broken.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut verbatim = false;
    let mut lines = Vec::new();
    for line in text.split('\n').map(str::trim_end) {
        let is_fence = line.trim_start().starts_with("```");
        verbatim ^= is_fence;
        if verbatim || is_fence || line.len() <= width {
            lines.push(line.to_owned());
        } else {
            wrap_line(line, width, &mut lines);
        }
    }
    lines
}

/// Breaks a line between words. The continuation of a list item is indented.
fn wrap_line(line: &str, width: usize, lines: &mut Vec<String>) {
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
mod tests;
