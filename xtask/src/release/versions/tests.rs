use super::*;

const MANIFEST: &str = r#"
[workspace.package]
version = "0.2.1"
repository = ""
[workspace.dependencies]
sdk = { path = "crates/sdk", version = "0.2.1" }
"#;

const PYPROJECT: &str = "[project]\ndynamic = [\"version\"]\n";

fn files() -> Files<'static> {
    Files {
        manifest: MANIFEST,
        pyproject: PYPROJECT,
        citation: "title: sdk\nversion: 0.2.1\n",
        changelog: "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A feature.\n".to_owned(),
        readmes: vec![(
            "README.md".to_owned(),
            "```toml\nsdk = \"0.2\"\ntokio = \"1\"\n```\n".to_owned(),
        )],
        packages: vec![Package {
            name: "sdk".to_owned(),
            version: "0.2.1".to_owned(),
            is_library: true,
        }],
    }
}

#[test]
fn equal_versions_pass() {
    let sources = Sources::parse(files()).unwrap();
    assert_eq!(sources.versions().unwrap(), "0.2.1");
}

#[test]
fn each_other_version_is_reported() {
    let with_version = MANIFEST.replace("version = \"0.2.1\" }", "version = \"0.2.0\" }");
    let fixed = PYPROJECT.replace("dynamic = [\"version\"]", "version = \"0.2.1\"");
    let mut package = files().packages;
    package[0].version = "0.3.0".to_owned();
    let readme = vec![(
        "README.md".to_owned(),
        "sdk = { version = \"0.1\", features = [] }\n".to_owned(),
    )];
    for (files, expected) in [
        (
            Files {
                manifest: &with_version,
                ..files()
            },
            "Cargo.toml requires sdk of another version",
        ),
        (
            Files {
                pyproject: &fixed,
                ..files()
            },
            "pyproject.toml has a version",
        ),
        (
            Files {
                citation: "version: 0.2.0\n",
                ..files()
            },
            "CITATION.cff has another version",
        ),
        (
            Files {
                packages: package,
                ..files()
            },
            "sdk has the version 0.3.0",
        ),
        (
            Files {
                readmes: readme,
                ..files()
            },
            "README.md shows the version 0.1",
        ),
    ] {
        let error = Sources::parse(files)
            .unwrap()
            .versions()
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn requirement_accepts_versions_with_its_components() {
    assert!(is_requirement_of("0.2", "0.2.1"));
    assert!(is_requirement_of("0.2.1", "0.2.1"));
    assert!(!is_requirement_of("0.2", "0.20.1"));
    assert!(!is_requirement_of("0.1", "0.2.1"));
}

#[test]
fn changelog_section_is_dated_unreleased_or_missing() {
    for (changelog, expected) in [
        (
            "## [Unreleased]\n\n## [0.2.1] - 2026-12-01\n\n- A feature.\n",
            ChangelogSection::Dated("2026-12-01".to_owned()),
        ),
        (
            "## [Unreleased]\n\n- A feature.\n",
            ChangelogSection::Unreleased,
        ),
        (
            "## [Unreleased]\n\n## [0.2.0] - 2026-11-01\n\n- A feature.\n",
            ChangelogSection::Missing,
        ),
    ] {
        let files = Files {
            changelog: changelog.to_owned(),
            ..files()
        };
        assert_eq!(Sources::parse(files).unwrap().changelog(), expected);
    }
}

#[test]
fn repository_is_absent_until_both_files_have_it() {
    let sources = Sources::parse(files()).unwrap();
    assert_eq!(sources.repository().unwrap(), None);

    let address = "https://example.com/sdk";
    let manifest = MANIFEST.replace("repository = \"\"", &format!("repository = \"{address}\""));
    let pyproject = format!("{PYPROJECT}[project.urls]\nRepository = \"{address}\"\n");
    let both = Files {
        manifest: &manifest,
        pyproject: &pyproject,
        ..files()
    };
    let sources = Sources::parse(both).unwrap();
    assert_eq!(sources.repository().unwrap().as_deref(), Some(address));

    let one = Files {
        manifest: &manifest,
        ..files()
    };
    assert!(Sources::parse(one).unwrap().repository().is_err());
}

#[test]
fn instructions_for_unpublished_packages_are_found() {
    let page = |path: &str, content: &str| (path.to_owned(), content.to_owned());
    let readmes = vec![
        page("README.md", "Until the first\nrelease, run this.\n"),
        page("docs/index.md", "| package | until the first release |\n"),
        page("docs/other.md", "The first release was in 2026.\n"),
    ];
    let sources = Sources::parse(Files { readmes, ..files() }).unwrap();
    assert_eq!(
        sources.instructions_before_release(),
        ["README.md", "docs/index.md"]
    );
}
