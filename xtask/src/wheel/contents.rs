//! What a wheel contains, and what it must not contain. Pure.

use crate::archive::Entry;

/// The folder with the metadata of a wheel.
pub(super) fn dist_info(entries: &[Entry]) -> Option<&str> {
    entries.iter().find_map(|entry| {
        let (folder, _) = entry.path.split_once('/')?;
        folder.ends_with(".dist-info").then_some(folder)
    })
}

/// Missing and unexpected files.
pub(super) fn problems(entries: &[Entry]) -> Vec<String> {
    let Some(info) = dist_info(entries) else {
        return vec!["the wheel has no metadata".to_owned()];
    };
    let required = [
        "bird_connectors/__init__.py".to_owned(),
        "bird_connectors/_native.pyi".to_owned(),
        "bird_connectors/py.typed".to_owned(),
        "pytest_bird_connectors/__init__.py".to_owned(),
        "pytest_bird_connectors/py.typed".to_owned(),
        format!("{info}/METADATA"),
        format!("{info}/RECORD"),
        format!("{info}/WHEEL"),
        format!("{info}/entry_points.txt"),
        format!("{info}/licenses/LICENSE-APACHE"),
        format!("{info}/licenses/LICENSE-MIT"),
    ];
    let has = |found: &dyn Fn(&str) -> bool| entries.iter().any(|entry| found(&entry.path));
    let mut problems: Vec<String> = required
        .iter()
        .filter(|path| !has(&|found| found == path.as_str()))
        .map(|path| format!("{path} is missing"))
        .collect();
    if !has(&is_native) {
        problems.push("the native module is missing".to_owned());
    }
    if !has(&|path| is_bill_of_materials(path, info)) {
        problems.push("the software bill of materials is missing".to_owned());
    }
    for Entry { path, .. } in entries {
        let is_python = ["bird_connectors/", "pytest_bird_connectors/"]
            .iter()
            .any(|folder| path.starts_with(folder))
            && [".py", ".pyi", "/py.typed"]
                .iter()
                .any(|end| path.ends_with(end));
        let is_expected = required.contains(path)
            || is_python
            || is_native(path)
            || is_bill_of_materials(path, info);
        if !is_expected {
            problems.push(format!("{path} is unexpected"));
        }
    }
    problems
}

fn is_native(path: &str) -> bool {
    path.starts_with("bird_connectors/_native.")
        && (path.ends_with(".so") || path.ends_with(".pyd"))
}

/// A list of all crates in the native module, with their licences, in CycloneDX format.
fn is_bill_of_materials(path: &str, info: &str) -> bool {
    path.strip_prefix(info)
        .is_some_and(|path| path.starts_with("/sboms/") && path.ends_with(".cyclonedx.json"))
}

/// The largest files, and the total of the others.
pub(super) fn summary(entries: &[Entry]) -> String {
    let is_small = |entry: &&Entry| entry.path.ends_with(".py") || entry.path.ends_with(".pyi");
    let (sources, others): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(is_small);
    let mut lines: Vec<String> = others
        .iter()
        .map(|entry| format!("{:>10}  {}", entry.size, entry.path))
        .collect();
    let total: u64 = sources.iter().map(|entry| entry.size).sum();
    lines.push(format!(
        "{total:>10}  Python sources and stubs ({} files)",
        sources.len()
    ));
    lines.join("\n")
}

#[cfg(test)]
mod tests;
