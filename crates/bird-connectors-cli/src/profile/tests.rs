use std::fs;
use std::path::PathBuf;

use super::load;
use crate::secrets::SecretLocation;

const FILE: &str = r#"
default_profile = "test"

[profiles.test]
access_key = "env:BIRD_TEST_KEY"
workspace_id = "2d7a1e03-25e4-401e-bf1e-0ace545673d7"

[profiles.production]
access_key = "file:/run/secrets/bird"
base_url = "https://api.bird.com"
"#;

fn file(content: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, content).unwrap();
    (folder, path)
}

#[test]
fn default_profile_is_used_without_a_selection() {
    let (_folder, path) = file(FILE);
    let profile = load(Some(&path), None).unwrap().unwrap();
    assert_eq!(profile.name, "test");
    assert_eq!(
        profile.access_key,
        Some(SecretLocation::Environment("BIRD_TEST_KEY".to_owned()))
    );
}

#[test]
fn selected_profile_wins() {
    let (_folder, path) = file(FILE);
    let profile = load(Some(&path), Some("production")).unwrap().unwrap();
    assert_eq!(profile.base_url.as_deref(), Some("https://api.bird.com"));
    assert!(profile.workspace_id.is_none());
}

#[test]
fn unknown_profile_lists_the_known_ones() {
    let (_folder, path) = file(FILE);
    let error = load(Some(&path), Some("prod")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown profile prod: known profiles: production, test"
    );
}

#[test]
fn missing_file_is_no_profile() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    assert!(load(Some(&path), None).unwrap().is_none());
    let message = load(Some(&path), Some("test")).unwrap_err().to_string();
    assert!(message.contains(path.to_str().unwrap()), "{message}");
}

#[test]
fn secret_in_the_file_is_refused_without_repeating_it() {
    for content in [
        "default_profile = \"a\"\n[profiles.a]\naccess_key = \"planted-secret\"\n",
        "default_profile = \"a\"\n[profiles.a]\nkey = \"planted-secret\"\n",
        "default_profile = \"a\"\n[profiles.a]\naccess_key = planted-secret\n",
    ] {
        let (_folder, path) = file(content);
        let message = load(Some(&path), None).unwrap_err().to_string();
        assert!(!message.contains("planted-secret"), "{message}");
    }
}

#[cfg(unix)]
#[test]
fn file_that_others_can_write_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let (_folder, path) = file(FILE);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let message = load(Some(&path), None).unwrap_err().to_string();
    assert!(message.contains("run chmod 600"), "{message}");
}

#[test]
fn invalid_workspace_id_is_reported_with_what_is_expected() {
    let (_folder, path) = file("[profiles.a]\nworkspace_id = \"shop\"\n");
    let message = load(Some(&path), Some("a")).unwrap_err().to_string();
    assert!(
        message.starts_with("workspace_id of the profile a: "),
        "{message}"
    );
    assert!(message.contains("expected a UUID"), "{message}");
}
