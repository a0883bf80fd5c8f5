//! From the names of the contract to Python names.

use anyhow::{Result, ensure};

/// What a property cannot be called in Python, from `keyword.kwlist`.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// The members that every model class has.
const TAKEN: [&str; 3] = ["extra", "from_dict", "to_dict"];

/// The attribute for a property: `createdAt` becomes `created_at`, and a keyword gets an underscore after it.
pub(crate) fn attribute(property: &str) -> Result<String> {
    let mut name = snake_case(property);
    if KEYWORDS.contains(&name.as_str()) {
        name.push('_');
    }
    ensure!(
        !TAKEN.contains(&name.as_str()),
        "the property {property} cannot be an attribute: every model class has a member {name}"
    );
    ensure!(
        syn::parse_str::<syn::Ident>(&name).is_ok()
            || syn::parse_str::<syn::Ident>(&format!("r#{name}")).is_ok(),
        "the property {property} cannot be an attribute: {name} is not an identifier"
    );
    Ok(name)
}

/// The member of an enum for a Rust variant: `TollFree` becomes `TOLL_FREE`.
pub(crate) fn member(variant: &str) -> String {
    snake_case(variant).to_ascii_uppercase()
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests;
