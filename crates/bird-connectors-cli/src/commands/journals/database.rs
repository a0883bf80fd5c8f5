//! The database of a journal. Its URL can contain a password, and appears in no message.

use std::sync::Arc;
use std::time::Duration;

use bird_connectors_postgres::tokio_postgres::Config;
use bird_connectors_postgres::{Database, DatabaseError, PostgresJournal};
use rustls::ClientConfig;
use rustls::crypto::ring::default_provider;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::errors::CliError;
use crate::secrets::SecretLocation;

const OPTION: &str = "--journal";

/// How long to wait for a connection if the URL does not say it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens the journal. If the tables are missing, they are created if `creates` is true, and otherwise this returns `None`.
pub(super) async fn open(
    variable: &str,
    creates: bool,
) -> Result<Option<PostgresJournal>, CliError> {
    let location = SecretLocation::Environment(variable.to_owned());
    let url = location.read(OPTION)?;
    let config = parse(url.expose()).ok_or_else(|| {
        CliError::usage(format!(
            "{OPTION}: the environment variable {variable} does not contain the URL of a PostgreSQL database: expected \
             postgresql://USER:PASSWORD@HOST/DATABASE, with special characters of the password percent-encoded"
        ))
    })?;
    let failed = |why: DatabaseError| {
        CliError::Local(format!("the journal in the database of {variable}: {why}"))
    };
    let database = Database::new(config, tls()?)
        .map_err(|why| CliError::Local(format!("cannot start a thread: {why}")))?;
    if !database.is_migrated().await.map_err(failed)? {
        if !creates {
            return Ok(None);
        }
        database.migrate().await.map_err(failed)?;
    }
    Ok(Some(PostgresJournal::new(database)))
}

/// Parses a connection string. With TLS, certificates are always verified, so that the stricter modes of libpq are the same as
/// `require`.
fn parse(url: &str) -> Option<Config> {
    let url = url
        .replace("sslmode=verify-full", "sslmode=require")
        .replace("sslmode=verify-ca", "sslmode=require");
    let mut config: Config = url.parse().ok()?;
    if config.get_application_name().is_none() {
        config.application_name("bird-connectors");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    Some(config)
}

/// The same certificates as those of the API: the store of the system, or `SSL_CERT_FILE`.
fn tls() -> Result<MakeRustlsConnect, CliError> {
    let unusable = |why: rustls::Error| {
        CliError::Local(format!(
            "cannot set up TLS for the database of the journal: {why}"
        ))
    };
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_platform_verifier()
        .map_err(unusable)?
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests;
