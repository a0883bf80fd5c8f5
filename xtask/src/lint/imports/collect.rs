//! Collects the names and paths of one source file: the items and imports of each module, and the paths in its code.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Meta, Token, UseTree};

/// The contents of a module: of a file, or of an inline module.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Names of the functions, types, constants and macros that are defined here.
    pub(super) items: Vec<String>,
    /// Names of the macros that `#[macro_export]` puts into the root of the crate.
    pub(super) exported_macros: Vec<String>,
    /// Names that `extern crate self as …` gives to the crate.
    pub(super) crate_names: Vec<String>,
    /// Names that `use` items bind, each with its path.
    pub(super) bindings: Vec<(String, Vec<String>)>,
    /// Paths of `use …::*`.
    pub(super) globs: Vec<Vec<String>>,
    /// All paths that are imported or mentioned.
    pub(super) mentions: Vec<Mention>,
    /// `mod name;`
    pub(super) files: Vec<String>,
    /// `mod name { … }`
    pub(super) inline: Vec<(String, Contents)>,
    /// Modules that are compiled for tests only.
    pub(super) test_modules: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Mention {
    pub(super) path: Vec<String>,
    pub(super) line: usize,
}

/// Everything outside of test code.
pub(super) fn collect(items: &[Item]) -> Contents {
    let mut collector = Collector::default();
    for item in items {
        collector.top_level(item);
    }
    collector.contents
}

#[derive(Default)]
struct Collector {
    contents: Contents,
}

impl Collector {
    fn top_level(&mut self, item: &Item) {
        if is_test(attributes(item)) {
            if let Item::Mod(module) = item {
                self.contents.test_modules.push(module.ident.to_string());
            }
            return;
        }
        self.define(item);
        self.visit_item(item);
    }

    fn define(&mut self, item: &Item) {
        let name = match item {
            Item::Const(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::TraitAlias(item) => &item.ident,
            Item::Type(item) => &item.ident,
            Item::Union(item) => &item.ident,
            Item::Macro(item) => {
                let Some(name) = &item.ident else { return };
                let exported = |attribute: &Attribute| attribute.path().is_ident("macro_export");
                if item.attrs.iter().any(exported) {
                    self.contents.exported_macros.push(name.to_string());
                }
                name
            }
            Item::ExternCrate(item) if item.ident == "self" => {
                let renamed = item.rename.iter().map(|(_, name)| name.to_string());
                self.contents.crate_names.extend(renamed);
                return;
            }
            Item::Use(item) => {
                let mut leaves = Vec::new();
                flatten(&item.tree, &mut Vec::new(), &mut leaves);
                for leaf in leaves {
                    match leaf.name {
                        Some(name) => self.contents.bindings.push((name, leaf.path)),
                        None => self.contents.globs.push(leaf.path),
                    }
                }
                return;
            }
            _ => return,
        };
        self.contents.items.push(name.to_string());
    }

    fn mention(&mut self, path: Vec<String>, line: usize) {
        self.contents.mentions.push(Mention { path, line });
    }

    /// Paths in tokens that are not parsed: `$crate::a::b`, `super::c`, `d::e`.
    fn scan(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut rest = tokens.as_slice();
        while let Some((token, after)) = rest.split_first() {
            rest = after;
            match token {
                TokenTree::Group(group) => self.scan(group.stream()),
                TokenTree::Ident(first) => {
                    let mut path = vec![first.to_string()];
                    while let [
                        TokenTree::Punct(one),
                        TokenTree::Punct(two),
                        TokenTree::Ident(next),
                        after @ ..,
                    ] = rest
                        && one.as_char() == ':'
                        && two.as_char() == ':'
                    {
                        path.push(next.to_string());
                        rest = after;
                    }
                    if path.len() > 1 {
                        self.mention(path, line(first));
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Const(item) => &item.attrs,
            syn::ImplItem::Fn(item) => &item.attrs,
            syn::ImplItem::Type(item) => &item.attrs,
            syn::ImplItem::Macro(item) => &item.attrs,
            _ => return,
        };
        if !is_test(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let name = module.ident.to_string();
        match &module.content {
            Some((_, items)) => self.contents.inline.push((name, collect(items))),
            None => self.contents.files.push(name),
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut leaves = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut leaves);
        for leaf in leaves {
            self.mention(leaf.path, leaf.line);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let Some(first) = path.segments.first()
            && path.segments.len() > 1
        {
            let segments = path.segments.iter();
            let names = segments.map(|segment| segment.ident.to_string());
            self.mention(names.collect(), line(&first.ident));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invocation: &'ast syn::Macro) {
        self.visit_path(&invocation.path);
        if !makes_code(&invocation.path) {
            self.scan(invocation.tokens.clone());
        }
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        self.visit_path(attribute.path());
        if let Meta::List(list) = &attribute.meta {
            self.scan(list.tokens.clone());
            self.quoted_paths(list.tokens.clone());
        }
    }

    /// `pub(in crate::a)` names a module without importing from it.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}

impl Collector {
    /// Paths in strings, as in `#[serde(with = "crate::time")]`.
    fn quoted_paths(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.quoted_paths(group.stream()),
                TokenTree::Literal(literal) => {
                    let line = literal.span().start().line;
                    if let syn::Lit::Str(string) = syn::Lit::new(literal)
                        && let Ok(path) = string.parse::<syn::Path>()
                        && path.segments.len() > 1
                    {
                        let segments = path.segments.iter();
                        let names = segments.map(|segment| segment.ident.to_string());
                        self.mention(names.collect(), line);
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}

/// Whether the tokens of a macro become code of another file, in which `crate` is another crate.
fn makes_code(path: &syn::Path) -> bool {
    const MACROS: [&str; 4] = [
        "quote",
        "quote_spanned",
        "parse_quote",
        "parse_quote_spanned",
    ];
    let name = path
        .segments
        .last()
        .map(|segment| segment.ident.to_string());
    name.is_some_and(|name| MACROS.contains(&name.as_str()))
}

/// One name of a `use` item, or a glob, which has no name.
struct Leaf {
    name: Option<String>,
    path: Vec<String>,
    line: usize,
}

fn flatten(tree: &UseTree, prefix: &mut Vec<String>, leaves: &mut Vec<Leaf>) {
    let mut leaf = |name: Option<String>, ident: &Ident| {
        let mut path = prefix.clone();
        if ident != "self" || path.is_empty() {
            path.push(ident.to_string());
        }
        let name = name.or_else(|| path.last().cloned());
        let line = line(ident);
        leaves.push(Leaf { name, path, line });
    };
    match tree {
        UseTree::Path(tree) => {
            prefix.push(tree.ident.to_string());
            flatten(&tree.tree, prefix, leaves);
            prefix.pop();
        }
        UseTree::Name(tree) => leaf(None, &tree.ident),
        UseTree::Rename(tree) => leaf(Some(tree.rename.to_string()), &tree.ident),
        UseTree::Glob(tree) => leaves.push(Leaf {
            name: None,
            path: prefix.clone(),
            line: tree.star_token.spans[0].start().line,
        }),
        UseTree::Group(tree) => {
            for tree in &tree.items {
                flatten(tree, prefix, leaves);
            }
        }
    }
}

fn line(ident: &Ident) -> usize {
    ident.span().start().line
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether `#[cfg(…)]` removes an item from every build that is not a test.
fn is_test(attributes: &[Attribute]) -> bool {
    let conditions = attributes.iter().filter(|one| one.path().is_ident("cfg"));
    conditions
        .filter_map(|one| one.parse_args::<Meta>().ok())
        .any(|condition| needs_test(&condition))
}

fn needs_test(condition: &Meta) -> bool {
    let Meta::List(list) = condition else {
        return condition.path().is_ident("test");
    };
    let parts = Punctuated::<Meta, Token![,]>::parse_terminated;
    let Ok(parts) = list.parse_args_with(parts) else {
        return false;
    };
    match list.path.get_ident() {
        Some(all) if all == "all" => parts.iter().any(needs_test),
        Some(any) if any == "any" => !parts.is_empty() && parts.iter().all(needs_test),
        _ => false,
    }
}
