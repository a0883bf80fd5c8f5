//! The environment variables that select the trusted certificates. The library that reads them ignores what it cannot read,
//! so this module checks them first.

use std::env::split_paths;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::error::Error;

const FILE: &str = "SSL_CERT_FILE";
const DIRECTORIES: &str = "SSL_CERT_DIR";

/// Rejects a variable that names nothing readable. `variable` reads an environment variable.
pub(crate) fn check_certificate_variables(
    variable: impl Fn(&'static str) -> Option<OsString>,
) -> Result<(), Error> {
    // Other platforms use their own store, and no variables.
    if !cfg!(all(
        unix,
        not(target_vendor = "apple"),
        not(target_os = "android")
    )) {
        return Ok(());
    }
    let directories = variable(DIRECTORIES).unwrap_or_default();
    let directories: Vec<_> = split_paths(&directories)
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    match variable(FILE) {
        // The library reads the directories in spite of an empty file name, but not the system's certificates.
        Some(file) if file.is_empty() && directories.is_empty() => {
            return Err(Error::configuration(format!(
                "the environment variable {FILE} is empty: unset it, or set it to a file with certificates in PEM format"
            )));
        }
        Some(file) if !file.is_empty() => check_file(Path::new(&file))?,
        _ => {}
    }
    directories
        .iter()
        .try_for_each(|path| check_directory(path))
}

fn check_file(path: &Path) -> Result<(), Error> {
    let reject = |reason: &str| {
        Error::configuration(format!(
            "the environment variable {FILE} names {}, which {reason}: set it to a file with certificates in PEM format, \
             or unset it",
            path.display()
        ))
    };
    let unreadable = |error: std::io::Error| reject(&format!("cannot be read ({error})"));
    // A named pipe would block, and a device might never end.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(reject("is not a regular file"));
    }
    let content = fs::read(path).map_err(unreadable)?;
    if !CertificateDer::pem_slice_iter(&content).any(|certificate| certificate.is_ok()) {
        return Err(reject("contains no certificate"));
    }
    Ok(())
}

fn check_directory(path: &Path) -> Result<(), Error> {
    let reject = |reason: &str| {
        Error::configuration(format!(
            "the environment variable {DIRECTORIES} names {}, which {reason}: set it to directories with certificates, \
             separated by colons, or unset it",
            path.display()
        ))
    };
    match fs::read_dir(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(reject(&format!("cannot be read ({error})"))),
    }
}

#[cfg(test)]
mod tests;
