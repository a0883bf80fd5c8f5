//! Checks small packages with planted imports.

use std::fs;

use tempfile::TempDir;

use super::check;

/// A package with these files below `src`.
fn package(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (file, text) in files {
        let path = folder.path().join("src").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn problems(files: &[(&str, &str)]) -> Vec<String> {
    check(package(files).path(), false).unwrap().1
}

fn layer_problems(files: &[(&str, &str)]) -> Vec<String> {
    check(package(files).path(), true).unwrap().1
}

#[test]
fn circle_is_reported_with_its_files_and_imports() {
    let found = problems(&[
        ("lib.rs", "mod a;\nmod b;\nmod c;\n"),
        ("a.rs", "\nuse crate::b::{self, B};\npub struct A;\n"),
        ("b.rs", "pub struct B(super::c::C);\n"),
        (
            "c.rs",
            "use super::a as other;\npub struct C;\nfn f(_: other::A) {}\n",
        ),
    ]);
    assert_eq!(
        found,
        ["import circle of 3 files:\n  \
          src/a.rs:2 imports `crate::b` from src/b.rs\n  \
          src/b.rs:1 imports `super::c::C` from src/c.rs\n  \
          src/c.rs:1 imports `super::a` from src/a.rs"]
    );
}

#[test]
fn shortest_circle_of_a_group_is_shown_and_the_group_is_listed() {
    let found = problems(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use crate::{a::A, b::B}; pub struct C;"),
    ]);
    let [message] = found.as_slice() else {
        panic!("expected one message: {found:?}");
    };
    assert!(message.starts_with("import circle of 2 files:\n  src/b.rs:1 imports"));
    assert!(
        message.ends_with("the shortest among 3 files that import each other: a.rs, b.rs, c.rs")
    );
}

#[test]
fn separate_circles_are_separate_messages() {
    let found = problems(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::a::A; pub struct B;"),
        ("c.rs", "use crate::d::D; use crate::a::A; pub struct C;"),
        ("d.rs", "use crate::c::C; pub struct D;"),
    ]);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn tree_without_circle_passes() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\npub use a::A;\n"),
        (
            "a.rs",
            "mod inner;\npub use inner::A;\nuse std::fmt;\nuse crate::b::B;\n",
        ),
        // Through the re-exports of `lib.rs` and `a.rs`, which are followed.
        ("a/inner.rs", "use super::super::b::B;\npub struct A(B);\n"),
        ("b.rs", "use serde::Serialize;\npub struct B;\n"),
    ];
    assert_eq!(problems(&files), [""; 0]);
}

#[test]
fn import_of_a_re_export_leads_to_the_file_that_defines_it() {
    let siblings = |second: &'static str| {
        problems(&[
            ("lib.rs", "mod a;"),
            ("a.rs", "mod one; mod two; pub use one::One; use two::*;"),
            ("a/one.rs", "pub struct One;"),
            ("a/two.rs", second),
        ])
    };
    assert_eq!(siblings("use super::One; pub struct Two;"), [""; 0]);
    assert_eq!(siblings("use crate::a::One as Other;"), [""; 0]);
    // The name is unknown, so the path counts as an import of the parent, which in turn imports from this file.
    let found = siblings("use super::MadeByAMacro; pub struct Two;");
    assert!(found[0].contains("src/a/two.rs:1 imports `super::MadeByAMacro` from src/a.rs"));
}

#[test]
fn re_export_is_an_import_of_the_parent() {
    let found = problems(&[
        ("lib.rs", "mod a;"),
        (
            "a.rs",
            "mod child; pub use child::Child; pub struct Parent;",
        ),
        ("a/child.rs", "pub struct Child(super::Parent);"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("src/a.rs:1 imports `child::Child` from src/a/child.rs"));
}

#[test]
fn module_declaration_is_not_an_import() {
    let found = problems(&[
        ("lib.rs", "mod a; pub struct Root;"),
        ("a.rs", "mod child; pub struct Parent;"),
        ("a/child.rs", "use super::Parent; use crate::Root;"),
    ]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn circle_through_code_macros_and_attributes_is_found() {
    for code in [
        "fn f() { crate::a::f(); }",
        "fn f(_: &dyn super::a::T) {}",
        "fn f() { println!(\"{}\", crate::a::f()); }",
        "macro_rules! m { () => { $crate::a::f() } }",
        "struct B { #[serde(with = \"crate::a\")] field: u8 }",
        "fn f() { use crate::a::f; f(); }",
        "use crate::a; fn f() { a::f(); }",
        "mod inline { fn f() { super::super::a::f(); } }",
        "fn f() { ::named::a::f(); }",
    ] {
        let found = problems(&[
            ("lib.rs", "extern crate self as named; mod a; mod b;"),
            ("a.rs", "use crate::b::B; pub fn f() {} pub trait T {}"),
            ("b.rs", code),
        ]);
        assert_eq!(found.len(), 1, "{code}: {found:?}");
    }
}

#[test]
fn inline_module_of_re_exports_is_followed() {
    let found = problems(&[
        (
            "lib.rs",
            "mod a; mod b; pub use b::B; pub mod names { pub use crate::a::*; }",
        ),
        ("a.rs", "pub struct A;"),
        ("b.rs", "use crate::names; pub struct B(names::A);"),
    ]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn generated_code_in_a_quotation_is_not_an_import() {
    let found = problems(&[
        ("lib.rs", "mod a; pub use a::make; pub struct Root;"),
        (
            "a.rs",
            "pub fn make() -> T { quote::quote! { crate::Root } }",
        ),
    ]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn local_names_and_visibilities_are_not_imports() {
    let found = problems(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::B; pub fn f() {}"),
        (
            "b.rs",
            "pub(in crate::a) struct B; /// See [`crate::a::f`].\nfn f(a: u8) -> u8 { a }",
        ),
    ]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn test_code_is_skipped() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        (
            "a.rs",
            "use crate::b::B; pub fn f() {} #[cfg(test)] mod tests;",
        ),
        ("a/tests.rs", "mod more; use super::*;"),
        ("a/tests/more.rs", "use super::super::f;"),
        (
            "b.rs",
            "pub struct B; #[cfg(all(test, unix))] use crate::a::f; \
             #[cfg(test)] mod tests { use crate::a::f; } \
             impl B { #[cfg(test)] fn f() { crate::a::f(); } }",
        ),
    ];
    assert_eq!(problems(&files), [""; 0]);
    // Code that is also compiled outside of tests is not skipped.
    let found = problems(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::B; pub fn f() {}"),
        (
            "b.rs",
            "pub struct B; #[cfg(any(test, unix))] use crate::a::f;",
        ),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn each_program_is_a_separate_tree() {
    let found = problems(&[
        ("lib.rs", "pub mod shared;"),
        ("shared.rs", "pub struct Shared;"),
        ("bin/one/main.rs", "mod a; use a::A; struct Main;"),
        ("bin/one/a.rs", "pub struct A(crate::Main);"),
        ("bin/two.rs", "use named::shared::Shared;"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("src/bin/one/main.rs:1"));
}

#[test]
fn file_without_a_declaration_is_an_error() {
    let package = package(&[("lib.rs", ""), ("forgotten.rs", "use crate::a::A;")]);
    let error = check(package.path(), false).unwrap_err().to_string();
    assert!(error.contains("forgotten.rs"), "{error}");
}

#[test]
fn upward_import_is_reported_with_file_line_and_both_layers() {
    let found = layer_problems(&[
        ("lib.rs", "mod client; mod error; mod wait;"),
        ("client.rs", "use crate::error::Error; use std::fmt;"),
        (
            "error.rs",
            "\n\nuse crate::wait::many::Many;\npub struct Error(Many, crate::wait::many::Many);",
        ),
        ("wait.rs", "mod many;"),
        ("wait/many.rs", "pub struct Many;"),
    ]);
    assert_eq!(
        found,
        [
            "src/error.rs:3 imports `crate::wait::many::Many` from src/wait/many.rs: \
          layer `error` must not import from layer `wait`, which is above it"
        ]
    );
}

#[test]
fn import_from_the_root_points_upward() {
    let found = layer_problems(&[
        ("lib.rs", "mod error; pub fn now() {}"),
        ("error.rs", "use crate::now;"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("layer `error` must not import from layer `lib.rs`"));
}

#[test]
fn module_without_a_layer_is_reported() {
    let found = layer_problems(&[("lib.rs", "mod extra;"), ("extra.rs", "")]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("src/extra.rs belongs to no layer"));
}
