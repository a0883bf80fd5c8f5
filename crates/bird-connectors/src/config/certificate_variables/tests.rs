use super::*;

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

fn check(variables: &[(&str, &str)]) -> Result<(), String> {
    let variable = |name: &'static str| {
        let found = variables.iter().find(|(other, _)| *other == name);
        found.map(|(_, value)| OsString::from(value))
    };
    check_certificate_variables(variable).map_err(|error| error.to_string())
}

#[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
#[test]
fn certificate_variable_that_names_nothing_readable_is_rejected_with_the_path() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().to_str().unwrap();
    let at = |name: &str| format!("{root}/{name}");
    let (good, other) = (at("good.pem"), at("other.pem"));
    fs::write(&good, CERTIFICATE).unwrap();
    fs::write(&other, "things").unwrap();
    for variables in [
        &[][..],
        &[(FILE, good.as_str())],
        &[(FILE, good.as_str()), (DIRECTORIES, root)],
        &[(DIRECTORIES, "")],
        &[(DIRECTORIES, ":")],
        &[(FILE, ""), (DIRECTORIES, root)],
    ] {
        assert_eq!(check(variables), Ok(()), "{variables:?}");
    }
    let (missing, both) = (at("missing"), format!("{root}:{}", at("missing")));
    for (variables, message) in [
        (&[(FILE, "")][..], "SSL_CERT_FILE is empty".to_owned()),
        (
            &[(FILE, ""), (DIRECTORIES, ":")],
            "SSL_CERT_FILE is empty".to_owned(),
        ),
        (
            &[(FILE, &missing)],
            format!("SSL_CERT_FILE names {missing}, which cannot be read (No such file"),
        ),
        (
            &[(FILE, root)],
            format!("SSL_CERT_FILE names {root}, which is not a regular file"),
        ),
        (
            &[(FILE, "/dev/zero")],
            "SSL_CERT_FILE names /dev/zero, which is not a regular file".to_owned(),
        ),
        (
            &[(FILE, &other)],
            format!("SSL_CERT_FILE names {other}, which contains no certificate"),
        ),
        (
            &[(DIRECTORIES, &missing)],
            format!("SSL_CERT_DIR names {missing}, which cannot be read (No such file"),
        ),
        (
            &[(DIRECTORIES, &both)],
            format!("SSL_CERT_DIR names {missing}, which cannot be read"),
        ),
        (
            &[(DIRECTORIES, &good)],
            format!("SSL_CERT_DIR names {good}, which cannot be read"),
        ),
    ] {
        let error = check(variables).unwrap_err();
        assert!(error.contains(&message), "{error}");
    }
}
