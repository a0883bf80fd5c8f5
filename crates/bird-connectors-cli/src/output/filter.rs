//! `--jq`: a compiled expression. Pure.

use std::fmt;

use jaq_core::data::JustLut;
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, unwrap_valr};
use jaq_json::{Val, read};
use serde_json::Value;

use crate::errors::CliError;

/// The formats of jq that jaq lacks. They turn an array into a row.
const FORMATS: &str = r#"
def @csv: map(if type == "string" then "\"" + (split("\"") | join("\"\"")) + "\"" elif . == null then "" else tojson end) | join(",");
def @tsv: map(if type == "string" then split("\\") | join("\\\\") | split("\t") | join("\\t") | split("\n") | join("\\n")
              | split("\r") | join("\\r") elif . == null then "" else tojson end) | join("\t");
"#;

/// The longest reason of an error, in characters: jaq quotes the whole input.
const MAX_REASON: usize = 200;

/// A compiled jq expression.
pub(super) struct Filter(jaq_core::Filter<JustLut<Val>>);

impl Filter {
    /// # Errors
    /// If the expression is invalid.
    pub(super) fn compile(expression: &str) -> Result<Self, CliError> {
        let invalid =
            |why: &str| CliError::usage(format!("invalid jq expression `{expression}`: {why}"));
        let definitions = jaq_core::defs()
            .chain(jaq_std::defs())
            .chain(jaq_json::defs())
            .chain(load::parse(FORMATS, |parser| parser.defs()).unwrap_or_default());
        let functions = jaq_core::funs()
            .chain(jaq_std::funs())
            .chain(jaq_json::funs())
            // The environment contains the access key, and the output of a command contains no secrets.
            .filter(|(name, ..)| *name != "env");
        let program = File {
            code: expression,
            path: (),
        };
        let arena = Arena::default();
        let modules = Loader::new(definitions)
            .load(&arena, program)
            .map_err(|errors| invalid(&syntax_error(expression, &errors)))?;
        Compiler::default()
            .with_funs(functions)
            .compile(modules)
            .map(Self)
            .map_err(|errors| {
                let names: Vec<&str> = errors
                    .iter()
                    .flat_map(|(_, undefined)| undefined.iter().map(|(name, _)| *name))
                    .collect();
                invalid(&format!("undefined: {}", names.join(", ")))
            })
    }

    /// Passes each output for one input to `write`. A string has no quotes, so that a shell can use it.
    ///
    /// # Errors
    /// If the expression fails for this input, or if `write` fails. The outputs before the failure are written.
    pub(super) fn apply(
        &self,
        input: &Value,
        mut write: impl FnMut(String) -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        let input = read::parse_single(input.to_string().as_bytes())
            .map_err(|why| CliError::filter(&shortened(&why.to_string())))?;
        let context = Ctx::<JustLut<Val>>::new(&self.0.lut, Vars::new([]));
        for output in self.0.id.run((context, input)).map(unwrap_valr) {
            let output =
                output.map_err(|why| CliError::filter(&shortened(&unquoted(why.to_string()))))?;
            write(line(&output))?;
        }
        Ok(())
    }
}

/// Where the expression is not valid.
fn syntax_error(expression: &str, errors: &load::Errors<&str, ()>) -> String {
    let unexpected = errors.iter().find_map(|(_, error)| match error {
        load::Error::Lex(errors) => {
            let (expected, found) = errors.first()?;
            Some((expected.as_str(), *found))
        }
        load::Error::Parse(errors) => {
            let (expected, found) = errors.first()?;
            Some((expected.as_str(), *found))
        }
        load::Error::Io(_) => None,
    });
    match unexpected {
        Some((expected, "")) => format!("expected {expected} at its end"),
        Some((expected, found)) => {
            let position = load::span(expression, found).start;
            let before = expression.get(..position).unwrap_or_default();
            let position = before.chars().count() + 1;
            format!("expected {expected} at character {position}")
        }
        None => "it is not valid syntax".to_owned(),
    }
}

/// An error of jq is a JSON value, mostly a string.
fn unquoted(reason: String) -> String {
    serde_json::from_str(&reason).unwrap_or(reason)
}

fn shortened(reason: &str) -> String {
    match reason.char_indices().nth(MAX_REASON) {
        Some((end, _)) => format!("{}…", reason.get(..end).unwrap_or_default()),
        None => reason.to_owned(),
    }
}

fn line(output: &Val) -> String {
    let json = output.to_string();
    match serde_json::from_str(&json) {
        Ok(Value::String(string)) => string,
        _ => json,
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Filter")
    }
}
