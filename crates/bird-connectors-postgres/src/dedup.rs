//! The store of webhook deliveries.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bird_connectors::webhook::{
    Claim, ClaimTokens, DedupFuture, DedupStore, DedupStoreError, DeliveryKey, Verifier,
};
use tokio_postgres::types::Type;

use crate::database::{Database, Parameter};

/// How often expired rows are deleted: once for so many deliveries.
const DELETE_EVERY: u64 = 256;

/// Remembers webhook deliveries in the table `bird_connectors_deliveries`, for all processes and machines that use it. Pass it to
/// a [`Deduplicator`](bird_connectors::webhook::Deduplicator).
///
/// A delivery takes two statements. Expired rows are deleted in between. Each claim has a random token, so that a worker whose lease
/// has ended cannot release the claim of another one: begin and release a delivery with one store or its clones.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// use bird_connectors::webhook::Deduplicator;
/// use bird_connectors_postgres::tokio_postgres::NoTls;
/// use bird_connectors_postgres::{Database, PostgresDedupStore};
///
/// # let server = bird_connectors_services::Postgres::start()?;
/// # let settings = server.connection_string();
/// // For example "host=localhost dbname=app user=app".
/// let database = Database::new(settings.parse()?, NoTls)?;
/// database.migrate().await?;
/// let deduplicator = Deduplicator::new(PostgresDedupStore::new(database));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct PostgresDedupStore {
    database: Database,
    lease: Duration,
    retention: Duration,
    begun: Arc<AtomicU64>,
    tokens: Arc<ClaimTokens<String>>,
}

/// Returns nothing if another worker has claimed the key while the statement ran. A repetition after a lost response finds its
/// own claim, and is new.
const BEGIN: &str = "
    WITH claimed AS (
        INSERT INTO bird_connectors_deliveries AS deliveries (key, owner, done, expires_at)
        VALUES ($1, $2, false, clock_timestamp() + $3 * interval '1 second')
        ON CONFLICT (key) DO UPDATE
        SET owner = excluded.owner, done = false, expires_at = excluded.expires_at
        WHERE deliveries.expires_at <= clock_timestamp()
            OR (deliveries.owner = excluded.owner AND NOT deliveries.done)
        RETURNING 1
    )
    SELECT true AS claimed, false AS done FROM claimed
    UNION ALL
    SELECT false, done FROM bird_connectors_deliveries
    WHERE key = $1 AND expires_at > clock_timestamp() AND NOT EXISTS (SELECT FROM claimed)";

const COMMIT: &str = "
    INSERT INTO bird_connectors_deliveries (key, owner, done, expires_at)
    VALUES ($1, $2, true, clock_timestamp() + $3 * interval '1 second')
    ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, done = true, expires_at = excluded.expires_at";

const RELEASE: &str =
    "DELETE FROM bird_connectors_deliveries WHERE key = $1 AND owner = $2 AND NOT done";

/// In small parts, and without waiting for another process that deletes them.
const DELETE_EXPIRED: &str = "
    DELETE FROM bird_connectors_deliveries WHERE key IN (
        SELECT key FROM bird_connectors_deliveries WHERE expires_at <= clock_timestamp()
        ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED
    )";

impl PostgresDedupStore {
    /// A store that remembers done deliveries for as long as a [`Verifier`] with default settings accepts them (24 hours and
    /// 5 minutes), and drops claims after a [lease](Self::lease) of 60 seconds. The tables must exist: see [`Database::migrate`].
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self {
            database,
            lease: Duration::from_secs(60),
            retention: Verifier::MAX_AGE + Verifier::TOLERANCE,
            begun: Arc::default(),
            tokens: Arc::default(),
        }
    }

    /// Sets the time after which a claim expires if it is not committed or released. Choose a time longer than the processing
    /// of an event can take. Default: 60 seconds.
    #[must_use]
    pub fn lease(mut self, time: Duration) -> Self {
        self.lease = time;
        self
    }

    /// Sets how long done deliveries are remembered: at least as long as the verifier accepts them. Default: 24 hours and
    /// 5 minutes.
    #[must_use]
    pub fn remember_for(mut self, time: Duration) -> Self {
        self.retention = time;
        self
    }

    async fn claim(&self, key: DeliveryKey) -> Result<Claim, DedupStoreError> {
        let token = new_token()?;
        let parameters = parameters(key, &token, Some(self.lease));
        let rows = self.database.query(BEGIN, parameters).await?;
        let Some(row) = rows.first() else {
            return Ok(Claim::InFlight);
        };
        Ok(match (row.try_get("claimed")?, row.try_get("done")?) {
            (true, _) => {
                self.tokens.insert(key, token);
                Claim::New
            }
            (false, true) => Claim::Done,
            (false, false) => Claim::InFlight,
        })
    }
}

/// 128 random bits.
fn new_token() -> io::Result<String> {
    let mut random = [0; 16];
    let filled = getrandom::fill(&mut random);
    filled.map_err(|error| io::Error::other(format!("no random bytes: {error}")))?;
    Ok(format!("{:032x}", u128::from_be_bytes(random)))
}

fn parameters(key: DeliveryKey, owner: &str, time: Option<Duration>) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = vec![
        (Box::new(key.to_string()), Type::TEXT),
        (Box::new(owner.to_owned()), Type::TEXT),
    ];
    // Longer times do not fit into a timestamp.
    let seconds = |time: Duration| time.as_secs_f64().min(1e10);
    parameters.extend(time.map(|time| -> Parameter { (Box::new(seconds(time)), Type::FLOAT8) }));
    parameters
}

impl DedupStore for PostgresDedupStore {
    fn begin(&self, key: DeliveryKey) -> DedupFuture<'_, Claim> {
        if self.begun.fetch_add(1, Ordering::Relaxed) % DELETE_EVERY == DELETE_EVERY - 1 {
            self.database.query_in_background(DELETE_EXPIRED);
        }
        Box::pin(self.claim(key))
    }

    fn commit(&self, key: DeliveryKey) -> DedupFuture<'_, ()> {
        // Its work has ended, so its claim ends with the lease if the commit fails.
        let token = self.tokens.take_oldest(key);
        Box::pin(async move {
            let owner = token.map_or_else(new_token, Ok)?;
            let parameters = parameters(key, &owner, Some(self.retention));
            self.database.query(COMMIT, parameters).await?;
            Ok(())
        })
    }

    fn release(&self, key: DeliveryKey) -> DedupFuture<'_, ()> {
        let token = self.tokens.take_oldest(key);
        Box::pin(async move {
            if let Some(owner) = token {
                let parameters = parameters(key, &owner, None);
                self.database.query(RELEASE, parameters).await?;
            }
            Ok(())
        })
    }
}

impl fmt::Debug for PostgresDedupStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresDedupStore")
            .field("lease", &self.lease)
            .field("remember_for", &self.retention)
            .finish_non_exhaustive()
    }
}
