//! The spelling of names: as identifiers of Rust, in JSON, and on the command line.

/// `page_tokens` as `pageTokens`.
pub(crate) fn camel_case(snake_case: &str) -> String {
    let mut name = String::with_capacity(snake_case.len());
    let mut capital = false;
    for letter in snake_case.chars() {
        if letter == '_' {
            capital = true;
        } else if std::mem::take(&mut capital) {
            name.extend(letter.to_uppercase());
        } else {
            name.push(letter);
        }
    }
    name
}

/// `CommaSeparated` as `comma-separated`.
pub(crate) fn kebab_case(upper_camel_case: &str) -> String {
    let mut name = String::with_capacity(upper_camel_case.len() + 4);
    for letter in upper_camel_case.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(letter.to_lowercase());
    }
    name
}
