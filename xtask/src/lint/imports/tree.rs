//! The modules of a crate, read from its files by following the `mod` declarations from `lib.rs`, `main.rs` and `bin/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use super::collect::{Contents, Mention, collect};

/// Index of a file in [`ModuleTree::files`].
pub(super) type FileId = usize;

/// Index of a module in [`ModuleTree::modules`]. The root is the first.
pub(super) type ModuleId = usize;

pub(super) const ROOT: ModuleId = 0;

#[derive(Debug)]
pub(super) struct Module {
    pub(super) file: FileId,
    pub(super) parent: Option<ModuleId>,
    pub(super) children: BTreeMap<String, ModuleId>,
    /// The items of this module, each with its file. Only an exported macro can have a different file than the module.
    pub(super) items: BTreeMap<String, FileId>,
    pub(super) bindings: BTreeMap<String, Vec<String>>,
    pub(super) globs: Vec<Vec<String>>,
    pub(super) mentions: Vec<Mention>,
}

/// The modules of one target, such as the library or one program.
#[derive(Debug, Default)]
pub(super) struct ModuleTree {
    pub(super) modules: Vec<Module>,
    /// Names that refer to this crate in its own paths, in addition to `crate`.
    pub(super) crate_names: BTreeSet<String>,
    files: Vec<String>,
    /// Files and folders of test modules, without `.rs`.
    tests: Vec<PathBuf>,
}

impl ModuleTree {
    /// The files, relative to the folder `src`.
    pub(super) fn files(&self) -> &[String] {
        &self.files
    }

    /// Whether a module is a part of its parent's file.
    pub(super) fn is_inline(&self, id: ModuleId) -> bool {
        let module = &self.modules[id];
        module
            .parent
            .is_some_and(|parent| self.modules[parent].file == module.file)
    }

    fn add_file(&mut self, src: &Path, path: &Path, parent: Option<ModuleId>) -> Result<ModuleId> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let parsed =
            syn::parse_file(&text).with_context(|| format!("cannot parse {}", path.display()))?;
        let relative = path.strip_prefix(src).unwrap_or(path);
        self.files
            .push(relative.to_string_lossy().replace('\\', "/"));
        let file = self.files.len() - 1;
        let folder = match path.file_stem().and_then(|stem| stem.to_str()) {
            Some(stem) if parent.is_some() && stem != "mod" => path.with_file_name(stem),
            _ => path.with_file_name(""),
        };
        self.add(src, file, &folder, parent, collect(&parsed.items))
    }

    fn add(
        &mut self,
        src: &Path,
        file: FileId,
        folder: &Path,
        parent: Option<ModuleId>,
        contents: Contents,
    ) -> Result<ModuleId> {
        let id = self.modules.len();
        self.modules.push(Module {
            file,
            parent,
            children: BTreeMap::new(),
            items: contents
                .items
                .into_iter()
                .map(|name| (name, file))
                .collect(),
            bindings: contents.bindings.into_iter().collect(),
            globs: contents.globs,
            mentions: contents.mentions,
        });
        let exported = contents.exported_macros.into_iter();
        self.modules[ROOT]
            .items
            .extend(exported.map(|name| (name, file)));
        self.crate_names.extend(contents.crate_names);
        let tests = contents.test_modules.iter().map(|name| folder.join(name));
        self.tests.extend(tests);
        for (name, contents) in contents.inline {
            let child = self.add(src, file, &folder.join(&name), Some(id), contents)?;
            self.modules[id].children.insert(name, child);
        }
        for name in contents.files {
            let candidates = [
                folder.join(format!("{name}.rs")),
                folder.join(&name).join("mod.rs"),
            ];
            let Some(path) = candidates.iter().find(|path| path.is_file()) else {
                bail!("found no file for `mod {name};` in {}", self.files[file]);
            };
            let child = self.add_file(src, path, Some(id))?;
            self.modules[id].children.insert(name, child);
        }
        Ok(id)
    }
}

/// The targets of a package below its folder `src`. Fails if a file does not belong to any target, because it would not be
/// checked.
pub(super) fn parse(src: &Path) -> Result<Vec<ModuleTree>> {
    let all = sources(src)?;
    let is_root = |path: &Path| {
        let relative = path.strip_prefix(src).unwrap_or(path);
        let parts: Vec<_> = relative.iter().filter_map(|part| part.to_str()).collect();
        matches!(
            parts.as_slice(),
            ["lib.rs" | "main.rs"] | ["bin", _] | ["bin", _, "main.rs"]
        )
    };
    let mut trees = Vec::new();
    for path in all.iter().filter(|path| is_root(path)) {
        let mut tree = ModuleTree::default();
        tree.add_file(src, path, None)?;
        trees.push(tree);
    }
    ensure!(!trees.is_empty(), "{} has no crate root", src.display());
    let unknown: Vec<_> = all
        .iter()
        .filter(|path| !trees.iter().any(|tree| tree.knows(src, path)))
        .collect();
    ensure!(
        unknown.is_empty(),
        "no `mod` declaration includes these files: {unknown:?}"
    );
    Ok(trees)
}

impl ModuleTree {
    /// Whether a file is part of this tree or of its tests.
    fn knows(&self, src: &Path, path: &Path) -> bool {
        let parsed = self.files.iter().any(|file| src.join(file) == path);
        let module = path.with_extension("");
        parsed || self.tests.iter().any(|test| module.starts_with(test))
    }
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
