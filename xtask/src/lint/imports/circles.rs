//! Circles of imports.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::resolve::Import;
use super::tree::FileId;

/// The first import of each pair of files.
type Edges<'a> = BTreeMap<FileId, BTreeMap<FileId, &'a Import>>;

/// One message for each group of files that import each other. It shows the shortest circle of the group.
pub(super) fn find(files: &[String], imports: &[Import]) -> Vec<String> {
    let mut edges = Edges::new();
    for import in imports {
        let targets = edges.entry(import.from).or_default();
        targets.entry(import.to).or_insert(import);
    }
    let mut messages = Vec::new();
    let mut seen = BTreeSet::new();
    for file in 0..files.len() {
        if seen.contains(&file) {
            continue;
        }
        let group = group(file, &edges);
        let shortest = group.iter().filter_map(|file| circle(*file, &edges));
        if let Some(circle) = shortest.min_by_key(Vec::len) {
            messages.push(describe(files, &group, &circle));
        }
        seen.extend(group);
    }
    messages
}

/// The files that this file reaches and that reach it, itself included.
fn group(file: FileId, edges: &Edges<'_>) -> BTreeSet<FileId> {
    let reached = reach(file, edges);
    let back = |other: &FileId| *other == file || reach(*other, edges).contains_key(&file);
    let others = reached.keys().copied().filter(back);
    others.chain([file]).collect()
}

/// The shortest way from a file back to itself.
fn circle<'a>(file: FileId, edges: &Edges<'a>) -> Option<Vec<&'a Import>> {
    let reached = reach(file, edges);
    let mut import = *reached.get(&file)?;
    let mut circle = vec![import];
    while import.from != file {
        import = reached.get(&import.from)?;
        circle.push(import);
    }
    circle.reverse();
    Some(circle)
}

/// The files that a file reaches in one step or more, each with the last import of a shortest way.
fn reach<'a>(file: FileId, edges: &Edges<'a>) -> BTreeMap<FileId, &'a Import> {
    let mut reached = BTreeMap::new();
    let mut queue = VecDeque::from([file]);
    while let Some(next) = queue.pop_front() {
        for (to, import) in edges.get(&next).into_iter().flatten() {
            if !reached.contains_key(to) {
                reached.insert(*to, *import);
                queue.push_back(*to);
            }
        }
    }
    reached
}

fn describe(files: &[String], group: &BTreeSet<FileId>, circle: &[&Import]) -> String {
    let mut lines = vec![format!("import circle of {} files:", circle.len())];
    lines.extend(circle.iter().map(|import| {
        format!(
            "  src/{}:{} imports `{}` from src/{}",
            files[import.from], import.line, import.path, files[import.to]
        )
    }));
    if group.len() > circle.len() {
        let names: Vec<_> = group.iter().map(|file| files[*file].as_str()).collect();
        lines.push(format!(
            "  it is the shortest among {} files that import each other: {}",
            names.len(),
            names.join(", ")
        ));
    }
    lines.join("\n")
}
