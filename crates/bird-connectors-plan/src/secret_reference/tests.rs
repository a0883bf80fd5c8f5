//! References to secrets.

use super::*;

fn parse(reference: &str) -> Result<SecretReference, String> {
    SecretReference::parse(reference, Path::new("."))
}

#[test]
fn string_that_is_not_a_reference_is_refused_without_repeating_it() {
    for secret in [
        "planted-secret",
        "env:",
        "file:",
        "env:planted secret",
        "env:1PLANTED",
        "https://planted.example.com",
        "",
    ] {
        let why = parse(secret).unwrap_err();
        assert!(
            !why.contains("planted") && !why.contains("PLANTED"),
            "{why}"
        );
    }
}

#[test]
fn file_is_read_relative_to_the_file_that_names_it_without_its_line_break() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("token"), "planted-secret\r\n").unwrap();
    let reference = SecretReference::parse("file:token", folder.path()).unwrap();
    assert_eq!(reference.read().unwrap().expose(), "planted-secret");
    assert_eq!(
        format!("{reference} {reference:?}"),
        "file:token SecretReference(file:token)"
    );
}

#[test]
fn secret_that_cannot_be_read_is_an_error_with_its_reference() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("empty"), " \n").unwrap();
    let read = |reference| {
        let reference = SecretReference::parse(reference, folder.path()).unwrap();
        reference.read().unwrap_err().to_string()
    };
    assert_eq!(read("file:empty"), "the secret file:empty is empty");
    assert!(read("file:missing").starts_with("the secret file:missing cannot be read: "));
    assert_eq!(
        read("env:BIRD_PLAN_TEST_UNSET"),
        "the secret env:BIRD_PLAN_TEST_UNSET is not set"
    );
}
