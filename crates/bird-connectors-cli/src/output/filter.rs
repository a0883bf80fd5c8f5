//! `--jq`: a compiled expression. Pure.

use std::fmt;

use jaq_core::data::JustLut;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, unwrap_valr};
use jaq_json::{Val, read};
use serde_json::Value;

use crate::errors::CliError;

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
            .chain(jaq_json::defs());
        let functions = jaq_core::funs()
            .chain(jaq_std::funs())
            .chain(jaq_json::funs());
        let program = File {
            code: expression,
            path: (),
        };
        let arena = Arena::default();
        let modules = Loader::new(definitions)
            .load(&arena, program)
            .map_err(|_| invalid("it is not valid syntax"))?;
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

    /// The outputs for one input, one line each. A string has no quotes, so that a shell can use it.
    ///
    /// # Errors
    /// If the expression fails for this input.
    pub(super) fn apply(&self, input: &Value) -> Result<Vec<String>, CliError> {
        let failed = |why: String| CliError::usage(format!("the jq expression failed: {why}"));
        let input = read::parse_single(input.to_string().as_bytes())
            .map_err(|why| failed(why.to_string()))?;
        let context = Ctx::<JustLut<Val>>::new(&self.0.lut, Vars::new([]));
        self.0
            .id
            .run((context, input))
            .map(unwrap_valr)
            .map(|output| {
                output
                    .map(|output| line(&output))
                    .map_err(|why| failed(why.to_string()))
            })
            .collect()
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
