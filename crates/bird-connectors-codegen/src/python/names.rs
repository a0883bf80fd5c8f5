//! Converts the names of the contract to Python names.

use anyhow::{Result, ensure};

/// The keywords of Python, as in `keyword.kwlist`.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// The other members of every model class.
const TAKEN: [&str; 3] = ["extra", "from_dict", "to_dict"];

/// Returns the attribute name of a property: `createdAt` becomes `created_at`, and `from`, a keyword, becomes `from_`.
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

/// Returns the name of an enum member, from that of the Rust variant: `TollFree` becomes `TOLL_FREE`.
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
