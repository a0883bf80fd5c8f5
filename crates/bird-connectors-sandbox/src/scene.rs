//! A scene: the data, scripts, faults and behavior of a sandbox as one value, which can be written as JSON, as Rust code and as
//! a pytest fixture.

pub(crate) mod capture;
pub(crate) mod data;
mod format;
mod parse;
mod python_code;
pub(crate) mod rule_json;
mod rust_code;
mod script_json;
mod write;

#[cfg(test)]
mod tests;
