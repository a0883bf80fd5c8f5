//! Reads secrets from where an option or a profile says they are. A secret is never an argument of the process, and no error
//! repeats one, or what was given in its place.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use bird_connectors::models::SentSecret;

use crate::args::template::SecretArgument;
use crate::errors::CliError;

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SecretLocation {
    Environment(String),
    File(PathBuf),
    StandardInput,
    /// A program and its arguments, whose output is the secret. It is not run by a shell.
    Command(Vec<String>),
}

impl SecretLocation {
    /// Parses `env:NAME`, `file:PATH` or `-`. `option` names the option in errors.
    pub(crate) fn parse(argument: &str, option: &str) -> Result<Self, CliError> {
        if argument == "-" {
            return Ok(Self::StandardInput);
        }
        match argument.split_once(':') {
            Some(("env", name)) if !name.is_empty() => Ok(Self::Environment(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(expand_home(path))),
            _ => Err(CliError::usage(format!(
                "{option} does not say where the secret is: expected env:NAME, file:PATH, or - for standard input; \
                 a secret itself must not be an argument, because other users of the machine can read arguments"
            ))),
        }
    }

    /// The value of `--key-file`.
    pub(crate) fn of_key_file(path: &Path) -> Self {
        if path.as_os_str() == "-" {
            Self::StandardInput
        } else {
            Self::File(path.to_owned())
        }
    }

    /// Parses `env:NAME`, `file:PATH` or `command:PROGRAM ARGUMENTS`, the forms of a profile.
    pub(crate) fn parse_in_profile(value: &str, setting: &str) -> Result<Self, CliError> {
        let location = match value.split_once(':') {
            Some(("command", line)) => match shell_words::split(line) {
                Ok(words) if !words.is_empty() => Some(Self::Command(words)),
                _ => None,
            },
            Some(("env" | "file", rest)) if !rest.is_empty() => Self::parse(value, setting).ok(),
            _ => None,
        };
        location.ok_or_else(|| {
            CliError::usage(format!(
                "{setting} does not say where the secret is: expected env:NAME, file:PATH or \
                 command:PROGRAM ARGUMENTS; a configuration file must not contain the secret itself"
            ))
        })
    }

    /// Reads the secret, without line breaks at its end. `option` names the option in errors.
    pub(crate) fn read(&self, option: &str) -> Result<SentSecret, CliError> {
        let content = match self {
            Self::Environment(name) => match std::env::var(name) {
                Ok(value) => value,
                Err(std::env::VarError::NotPresent) => {
                    return Err(CliError::usage(format!(
                        "{option}: {}",
                        unset_variable(name)
                    )));
                }
                Err(std::env::VarError::NotUnicode(_)) => {
                    return Err(CliError::usage(format!(
                        "{option}: the environment variable {name} is not valid UTF-8"
                    )));
                }
            },
            Self::File(path) => read_file(path, option)?,
            Self::StandardInput => read_standard_input(option)?,
            Self::Command(words) => run(words, option)?,
        };
        let secret = without_line_ends(&content);
        if secret.trim().is_empty() {
            return Err(CliError::usage(format!("{option}: the secret is empty")));
        }
        Ok(SentSecret::from(secret))
    }
}

/// Where the secret is, for messages.
impl fmt::Display for SecretLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::StandardInput => f.write_str("standard input"),
            // Its arguments can be anything.
            Self::Command(words) => {
                let program = words.first().map_or("", String::as_str);
                write!(f, "command {program}")
            }
        }
    }
}

/// A secret without the line breaks at its end, which editors and `echo` add.
pub(crate) fn without_line_ends(content: &str) -> &str {
    content.trim_end_matches(['\r', '\n'])
}

/// The text of a file or a pipe: UTF-8, or UTF-16 with a byte order mark, as PowerShell writes it.
fn decode(bytes: &[u8]) -> Option<String> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        rest.is_empty().then(|| String::from_utf16(&units).ok())?
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        plain => String::from_utf8(plain.to_vec()).ok(),
    }
}

/// Says that a variable is not set. Its name is left out if it does not look like one: a shell replaces `env:$TOKEN` with the
/// secret.
fn unset_variable(name: &str) -> String {
    let usual = |byte: u8| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit();
    let is_name = name.bytes().all(usual)
        && (name.contains('_') || !name.bytes().any(|byte| byte.is_ascii_digit()));
    if is_name {
        return format!("the environment variable {name} is not set");
    }
    format!(
        "the environment variable is not set; its name, which has {} characters, is not shown, because it may be a secret: \
         write env:NAME, without the $ of a shell",
        name.chars().count()
    )
}

/// Says that a file with a secret cannot be read. The path is shown only if it exists, because a secret that is passed instead
/// of a path must not appear in an error.
fn unreadable(path: &Path, why: &std::io::Error) -> String {
    if fs::symlink_metadata(path).is_ok() {
        return format!("cannot read {}: {why}", path.display());
    }
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => "has no folder",
        Some(folder) if folder.is_dir() => "is in a folder that exists",
        Some(_) => "is in a folder that does not exist",
        None => "has no folder",
    };
    format!(
        "cannot read the file: {why}; its path, which has {} characters and {folder}, is not shown, because it may be a \
         secret: pass the path of a file that contains the secret",
        path.to_string_lossy().chars().count()
    )
}

/// Reads the secret whose location an option gives. `option` names the option in errors.
pub(crate) fn read(argument: &str, option: &str) -> Result<SentSecret, CliError> {
    SecretLocation::parse(argument, option)?.read(option)
}

/// Reads the secret of the option `--signing-key`.
pub(crate) fn signing_key(
    argument: Option<&SecretArgument>,
) -> Result<Option<SentSecret>, CliError> {
    argument
        .map(|argument| read(argument.as_str(), "--signing-key"))
        .transpose()
}

fn read_file(path: &Path, option: &str) -> Result<String, CliError> {
    let content = fs::read(path)
        .map_err(|why| CliError::usage(format!("{option}: {}", unreadable(path, &why))))?;
    decode(&content).ok_or_else(|| {
        CliError::usage(format!(
            "{option}: the file {} is not valid UTF-8",
            path.display()
        ))
    })
}

fn read_standard_input(option: &str) -> Result<String, CliError> {
    if std::io::stdin().is_terminal() {
        return Err(CliError::usage(format!(
            "{option}: standard input is a terminal, which would show the secret: redirect a file or a pipe"
        )));
    }
    let content = standard_input(option)?;
    decode(&content)
        .ok_or_else(|| CliError::usage(format!("{option}: standard input is not valid UTF-8")))
}

/// Reads a file, or standard input for `-`.
pub(crate) fn input(path: &Path, option: &str) -> Result<Vec<u8>, CliError> {
    if path.as_os_str() == "-" {
        return standard_input(option);
    }
    fs::read(path)
        .map_err(|why| CliError::usage(format!("{option}: cannot read {}: {why}", path.display())))
}

/// The option that has read standard input.
static READ_BY: Mutex<Option<String>> = Mutex::new(None);

/// Reads standard input to its end, which only one option can do.
fn standard_input(option: &str) -> Result<Vec<u8>, CliError> {
    let mut read_by = READ_BY.lock().unwrap_or_else(|broken| broken.into_inner());
    if let Some(other) = read_by.as_deref() {
        return Err(CliError::usage(format!(
            "{option}: standard input is already read for {other}: pass a file, or env:NAME for a secret"
        )));
    }
    *read_by = Some(option.to_owned());
    let mut content = Vec::new();
    std::io::stdin()
        .read_to_end(&mut content)
        .map_err(|why| CliError::usage(format!("{option}: cannot read standard input: {why}")))?;
    Ok(content)
}

fn run(words: &[String], option: &str) -> Result<String, CliError> {
    let fail = |why: String| CliError::usage(format!("{option}: the command {} {why}", words[0]));
    let mut command = Command::new(&words[0]);
    // The program is for one secret, and does not get the others.
    for name in secret_variables(std::env::args_os()) {
        command.env_remove(name);
    }
    let output = command
        .args(&words[1..])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|why| fail(format!("cannot be run: {why}")))?;
    if !output.status.success() {
        return Err(fail(format!("failed: {}", output.status)));
    }
    decode(&output.stdout).ok_or_else(|| fail("printed text that is not UTF-8".to_owned()))
}

/// The environment variables that contain secrets: that of the access key, and those that an argument refers to.
fn secret_variables(arguments: impl Iterator<Item = OsString>) -> Vec<String> {
    let referenced = arguments.flat_map(|argument| {
        let argument = argument.to_string_lossy();
        // A value in JSON ends with a quote. The standard library panics on a name that no variable can have.
        let references = argument.split("env:").skip(1);
        let names = references.filter_map(|rest| rest.split(['"', '=', '\0']).next());
        names.map(str::to_owned).collect::<Vec<_>>()
    });
    let is_name = |name: &String| !name.is_empty();
    std::iter::once("BIRD_ACCESS_KEY".to_owned())
        .chain(referenced)
        .filter(is_name)
        .collect()
}

/// Replaces `~/` at the start, which no shell does after `file:`.
fn expand_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), etcetera::home_dir()) {
        (Some(rest), Ok(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

#[cfg(test)]
mod tests;
