use std::path::PathBuf;

use super::{SecretLocation, secret_variables};

#[test]
fn parse_accepts_the_documented_forms() {
    let parse = |argument| SecretLocation::parse(argument, "--access-token").unwrap();
    assert_eq!(parse("-"), SecretLocation::StandardInput);
    assert_eq!(
        parse("env:TOKEN"),
        SecretLocation::Environment("TOKEN".to_owned())
    );
    assert_eq!(
        parse("file:/run/token"),
        SecretLocation::File(PathBuf::from("/run/token"))
    );
}

#[test]
fn parse_of_a_plain_secret_fails_without_repeating_it() {
    for secret in ["EAAG-plain-secret", "env:", "file:", "https://x?token=EAAG"] {
        let error = SecretLocation::parse(secret, "--access-token").unwrap_err();
        let message = error.to_string();
        assert!(
            message.starts_with("--access-token does not say where"),
            "{message}"
        );
        assert!(!message.contains("EAAG"), "{message}");
    }
}

#[test]
fn profile_accepts_a_command_without_a_shell() {
    let location = SecretLocation::parse_in_profile("command:pass show 'bird key'", "access_key");
    let words = ["pass", "show", "bird key"].map(str::to_owned).to_vec();
    assert_eq!(location.unwrap(), SecretLocation::Command(words));
    let error = SecretLocation::parse_in_profile("a-plain-secret", "access_key").unwrap_err();
    assert!(!error.to_string().contains("a-plain-secret"));
}

#[test]
fn file_is_read_without_its_line_break() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "a-secret\r\n").unwrap();
    let secret = SecretLocation::File(file.path().to_owned()).read("--key-file");
    assert_eq!(secret.unwrap().expose(), "a-secret");
}

#[test]
fn empty_file_is_an_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = SecretLocation::File(file.path().to_owned())
        .read("--key-file")
        .unwrap_err();
    assert_eq!(error.to_string(), "--key-file: the secret is empty");
}

#[test]
fn variables_of_the_arguments_are_secret() {
    let arguments = [
        "--signing-key",
        "env:KEY",
        "--security-argument=a.b=env:TOKEN",
        "env:",
        "env:A=B",
    ];
    let variables = secret_variables(arguments.iter().map(Into::into));
    assert_eq!(variables, ["BIRD_ACCESS_KEY", "KEY", "TOKEN"]);
}
