//! Finds the file that defines the target of a path. Follows imports and re-exports.

use super::tree::{FileId, ModuleId, ModuleTree, ROOT};

/// One file uses a name that another file defines.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Import {
    pub(super) from: FileId,
    pub(super) to: FileId,
    pub(super) line: usize,
    /// The path as it is written.
    pub(super) path: String,
}

/// The target of a path.
enum Target {
    Module(ModuleId),
    /// An item in this file.
    Item(FileId),
    /// Something in another crate, or a local name.
    Outside,
}

/// All imports between different files, in the order of their lines.
pub(super) fn imports(tree: &ModuleTree) -> Vec<Import> {
    let resolver = Resolver { tree };
    let mut imports = Vec::new();
    for (id, module) in tree.modules.iter().enumerate() {
        for mention in &module.mentions {
            let to = match resolver.resolve(id, &mention.path, &mut Vec::new()) {
                // An inline module is part of a file that is not imported: its re-exports are followed instead.
                Target::Module(target) if tree.is_inline(target) => continue,
                Target::Module(target) => tree.modules[target].file,
                Target::Item(file) => file,
                Target::Outside => continue,
            };
            if to != module.file {
                imports.push(Import {
                    from: module.file,
                    to,
                    line: mention.line,
                    path: mention.path.join("::"),
                });
            }
        }
    }
    imports.sort_by_key(|import| (import.from, import.line));
    imports
}

struct Resolver<'a> {
    tree: &'a ModuleTree,
}

/// Names that are being resolved, to detect circles of re-exports.
type Followed = Vec<(ModuleId, String)>;

impl Resolver<'_> {
    fn resolve(&self, from: ModuleId, path: &[String], followed: &mut Followed) -> Target {
        let Some((first, rest)) = path.split_first() else {
            return Target::Module(from);
        };
        let mut target = match first.as_str() {
            "crate" => Target::Module(ROOT),
            "self" => Target::Module(from),
            "super" => Target::Module(self.parent(from)),
            name => match self.member(from, name, followed) {
                Some(target) => target,
                None if self.tree.crate_names.contains(name) => Target::Module(ROOT),
                None => Target::Outside,
            },
        };
        for name in rest {
            let Target::Module(module) = target else {
                return target;
            };
            target = match name.as_str() {
                "self" => Target::Module(module),
                "super" => Target::Module(self.parent(module)),
                // An unknown name, such as one that a macro defines, counts as part of the module.
                name => self
                    .member(module, name, followed)
                    .unwrap_or(Target::Item(self.tree.modules[module].file)),
            };
        }
        target
    }

    /// The target of a name in a module.
    fn member(&self, id: ModuleId, name: &str, followed: &mut Followed) -> Option<Target> {
        let module = &self.tree.modules[id];
        if let Some(child) = module.children.get(name) {
            return Some(Target::Module(*child));
        }
        if let Some(file) = module.items.get(name) {
            return Some(Target::Item(*file));
        }
        let step = (id, name.to_owned());
        if followed.contains(&step) {
            return None;
        }
        followed.push(step);
        let found = match module.bindings.get(name) {
            Some(path) => Some(self.resolve(id, path, followed)),
            None => module
                .globs
                .iter()
                .find_map(|path| match self.resolve(id, path, followed) {
                    Target::Module(source) => self.member(source, name, followed),
                    Target::Item(_) | Target::Outside => None,
                }),
        };
        followed.pop();
        found
    }

    fn parent(&self, id: ModuleId) -> ModuleId {
        self.tree.modules[id].parent.unwrap_or(ROOT)
    }
}
