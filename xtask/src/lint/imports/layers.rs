//! The layers of the SDK crate, and imports that point upward.

use std::collections::BTreeSet;

use super::resolve::Import;

/// From top to bottom. A module imports only from its own layer and from the layers below. `lib.rs` is above all of them.
const LAYERS: &[(&str, &[&str])] = &[
    ("install", &["install"]),
    ("wait", &["wait"]),
    ("resources", &["resources"]),
    ("list", &["list"]),
    ("client", &["client"]),
    ("transport", &["transport"]),
    ("data", &["config", "webhook", "templates"]),
    ("error", &["error"]),
    ("resume", &["resume"]),
    ("base", &["clock", "future", "lock", "telemetry"]),
];

/// One message for each pair of files with an import that points upward, and for each file that belongs to no layer.
pub(super) fn find(files: &[String], imports: &[Import]) -> Vec<String> {
    let is_root = |file: &str| file == "lib.rs";
    let unknown = files
        .iter()
        .filter(|file| !is_root(file) && layer(file).is_none())
        .map(|file| {
            format!("src/{file} belongs to no layer: add its module to LAYERS in xtask/src/lint/imports/layers.rs")
        });
    let mut pairs = BTreeSet::new();
    let upward = imports.iter().filter_map(|import| {
        let (from, to) = (&files[import.from], &files[import.to]);
        let (lower, upper) = (layer(from)?, if is_root(to) { 0 } else { layer(to)? });
        if lower <= upper && !is_root(to) {
            return None;
        }
        if !pairs.insert((import.from, import.to)) {
            return None;
        }
        let upper = if is_root(to) { "lib.rs" } else { LAYERS[upper].0 };
        Some(format!(
            "src/{from}:{} imports `{}` from src/{to}: layer `{}` must not import from layer `{upper}`, which is above it",
            import.line, import.path, LAYERS[lower].0
        ))
    });
    unknown.chain(upward).collect()
}

/// The place of a file's layer in [`LAYERS`].
fn layer(file: &str) -> Option<usize> {
    let module = file.split('/').next()?.trim_end_matches(".rs");
    LAYERS
        .iter()
        .position(|(_, modules)| modules.contains(&module))
}
