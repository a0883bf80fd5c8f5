use super::*;

fn files() -> Vec<GeneratedFile> {
    [
        "a/generated/one.rs",
        "a/generated/two.rs",
        "b/generated/three.rs",
        "c/four.py",
    ]
    .map(|path| GeneratedFile {
        path: path.to_owned(),
        content: format!("// {path}\n"),
    })
    .into()
}

#[test]
fn check_passes_after_write() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), &files()).unwrap();
    check(root.path(), &files()).unwrap();
}

#[test]
fn check_names_every_file_that_differs() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), &files()).unwrap();
    fs::write(
        root.path().join("a/generated/one.rs"),
        "// edited by hand\n",
    )
    .unwrap();
    fs::remove_file(root.path().join("a/generated/two.rs")).unwrap();
    fs::write(root.path().join("b/generated/five.rs"), "").unwrap();
    fs::write(root.path().join("c/four.py"), "# edited by hand\n").unwrap();
    fs::write(root.path().join("c/six.py"), "").unwrap();

    let error = check(root.path(), &files()).unwrap_err().to_string();
    for problem in [
        "a/generated/one.rs differs",
        "a/generated/two.rs is missing",
        "b/generated/five.rs is not generated",
        "c/four.py differs",
    ] {
        assert!(error.contains(problem), "{error}");
    }
    assert!(
        !error.contains("three") && !error.contains("six"),
        "{error}"
    );

    write(root.path(), &files()).unwrap();
    check(root.path(), &files()).unwrap();
    assert!(!root.path().join("b/generated/five.rs").exists());
    assert!(root.path().join("c/six.py").exists());
}

#[test]
fn check_names_every_file_of_an_empty_tree() {
    let root = tempfile::tempdir().unwrap();
    let error = check(root.path(), &files()).unwrap_err().to_string();
    assert_eq!(error.matches("is missing").count(), 4, "{error}");
}
