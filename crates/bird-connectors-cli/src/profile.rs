//! Profiles: named connections in a configuration file. A profile says where the access key is; it never contains it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bird_connectors::WorkspaceId;
use etcetera::base_strategy::{BaseStrategy as _, choose_native_strategy};
use serde::Deserialize;

use crate::errors::CliError;
use crate::secrets::SecretLocation;

/// The environment variable that selects a profile.
pub(crate) const ENV_PROFILE: &str = "BIRD_PROFILE";

/// The configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigurationFile {
    /// The profile that is used if none is selected.
    default_profile: Option<String>,
    #[serde(default)]
    profiles: BTreeMap<String, ProfileTable>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileTable {
    access_key: Option<String>,
    /// Parsed later, for an error that says what a workspace id is.
    workspace_id: Option<String>,
    base_url: Option<String>,
}

/// A connection. Every value can be missing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) access_key: Option<SecretLocation>,
    pub(crate) workspace_id: Option<WorkspaceId>,
    pub(crate) base_url: Option<String>,
}

/// The configuration file of this user: below `XDG_CONFIG_HOME` on Linux, in the usual folder on other systems.
pub(crate) fn configuration_path() -> Option<PathBuf> {
    let folders = choose_native_strategy().ok()?;
    Some(folders.config_dir().join("bird-connectors/config.toml"))
}

/// Loads the selected profile, or else the default one, or else none.
///
/// # Errors
/// If the file is invalid, if others can change it, or if it has no profile with the selected name.
pub(crate) fn load(
    path: Option<&Path>,
    selected: Option<&str>,
) -> Result<Option<Profile>, CliError> {
    let file = match path.map(|path| (path, fs::read_to_string(path))) {
        Some((path, Ok(content))) => {
            check_mode(path)?;
            parse(&content).map_err(|why| {
                CliError::usage(format!(
                    "invalid configuration file {}: {why}",
                    path.display()
                ))
            })?
        }
        Some((path, Err(why))) if why.kind() != std::io::ErrorKind::NotFound => {
            return Err(CliError::usage(format!(
                "cannot read the configuration file {}: {why}",
                path.display()
            )));
        }
        _ => {
            return match selected {
                None => Ok(None),
                Some(name) => Err(no_file(path, name)),
            };
        }
    };
    select(&file, selected)
}

fn no_file(path: Option<&Path>, name: &str) -> CliError {
    let path = path.map_or_else(
        || "bird-connectors/config.toml".into(),
        Path::to_string_lossy,
    );
    CliError::usage(format!(
        "unknown profile {name}: there is no configuration file {path}"
    ))
}

/// Parses the file. The reason of an error does not quote the file, which contains a secret if it was written by mistake.
fn parse(content: &str) -> Result<ConfigurationFile, String> {
    toml::from_str(content).map_err(|error| {
        let line = error.span().map(|span| {
            let before = content.get(..span.start).unwrap_or_default();
            before.matches('\n').count() + 1
        });
        match line {
            Some(line) => format!("line {line}: {}", error.message()),
            None => error.message().to_owned(),
        }
    })
}

fn select(file: &ConfigurationFile, selected: Option<&str>) -> Result<Option<Profile>, CliError> {
    let Some(name) = selected.or(file.default_profile.as_deref()) else {
        return Ok(None);
    };
    let Some(table) = file.profiles.get(name) else {
        let known: Vec<&str> = file.profiles.keys().map(String::as_str).collect();
        let known = if known.is_empty() {
            "the configuration file has no profiles".to_owned()
        } else {
            format!("known profiles: {}", known.join(", "))
        };
        return Err(CliError::usage(format!("unknown profile {name}: {known}")));
    };
    let setting = format!("access_key of the profile {name}");
    let access_key = table
        .access_key
        .as_deref()
        .map(|value| SecretLocation::parse_in_profile(value, &setting))
        .transpose()?;
    let workspace_id = table.workspace_id.as_deref();
    let workspace_id = workspace_id
        .map(str::parse)
        .transpose()
        .map_err(|error| CliError::usage(format!("workspace_id of the profile {name}: {error}")))?;
    Ok(Some(Profile {
        name: name.to_owned(),
        access_key,
        workspace_id,
        base_url: table.base_url.clone(),
    }))
}

/// Fails if others can write to the file: it can name programs that are run, and the server that receives the access key.
#[cfg(unix)]
fn check_mode(path: &Path) -> Result<(), CliError> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = fs::metadata(path).map(|metadata| metadata.permissions().mode());
    match mode {
        Ok(mode) if mode & 0o022 != 0 => Err(CliError::usage(format!(
            "other users can write to the configuration file {0}: run chmod 600 {0}",
            path.display()
        ))),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn check_mode(_: &Path) -> Result<(), CliError> {
    Ok(())
}

#[cfg(test)]
mod tests;
