//! The journal: one row for each connector, with its claim and its last line.

use std::fmt;
use std::io;
use std::time::Duration;

use bird_connectors::install::{Journal, JournalClaim, SharedJournal};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::database::{Database, Parameter};

/// A journal in the table `bird_connectors_journal`. All processes and machines that use the table create one connector per
/// template.
///
/// `ensure` sends three statements for a connector that it creates, and two for one that exists. A bulk install reads the rows of
/// all its connectors with one statement. In addition, each connector takes three statements in the run that creates it, two in
/// the first run that adopts it, and none in later runs. A row takes 0.6 to 1 kB, and stays: it lets a later run adopt the
/// connector by its id.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::builder().start().await?;
/// # let client = bird_connectors::Client::builder();
/// # let client = client.base_url(sandbox.base_url()).access_key(sandbox.access_key()).build()?;
/// # let workspace = bird_connectors::WorkspaceId::from(sandbox.workspace_id());
/// # let connectors = client.workspace(workspace).connectors();
/// use bird_connectors::templates::Telegram;
/// use bird_connectors_postgres::tokio_postgres::NoTls;
/// use bird_connectors_postgres::{Database, PostgresJournal};
///
/// # let server = bird_connectors_services::Postgres::start()?;
/// # let settings = server.connection_string();
/// // For example "host=localhost dbname=app user=app".
/// let database = Database::new(settings.parse()?, NoTls)?;
/// database.migrate().await?;
/// let journal = PostgresJournal::new(database);
/// let bot = connectors.ensure(Telegram::new("Bot")).journal(journal).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct PostgresJournal {
    database: Database,
    lease: Duration,
}

/// The row is inserted or claimed in one step, and the line is the one that the last holder left.
const ACQUIRE: &str = "
    INSERT INTO bird_connectors_journal AS journal (key, fence, claimed_until)
    VALUES ($1, 1, clock_timestamp() + $2 * interval '1 second')
    ON CONFLICT (key) DO UPDATE
    SET fence = journal.fence + 1, claimed_until = excluded.claimed_until, updated_at = clock_timestamp()
    WHERE journal.claimed_until IS NULL OR journal.claimed_until <= clock_timestamp()
    RETURNING fence, line";

const RENEW: &str = "
    UPDATE bird_connectors_journal
    SET claimed_until = clock_timestamp() + $3 * interval '1 second', updated_at = clock_timestamp()
    WHERE key = $1 AND fence = $2 AND claimed_until IS NOT NULL
    RETURNING 1";

const WRITE: &str = "
    UPDATE bird_connectors_journal
    SET claimed_until = clock_timestamp() + $3 * interval '1 second', updated_at = clock_timestamp(), line = $4
    WHERE key = $1 AND fence = $2 AND claimed_until IS NOT NULL
    RETURNING 1";

/// Succeeds again if it is repeated, because no other run has claimed a row with this fencing number.
const RELEASE: &str = "
    UPDATE bird_connectors_journal
    SET claimed_until = NULL, updated_at = clock_timestamp(), line = coalesce($3, line)
    WHERE key = $1 AND fence = $2
    RETURNING 1";

const LAST_LINES: &str =
    "SELECT line FROM bird_connectors_journal WHERE key = ANY ($1) AND line IS NOT NULL";

const ALL_LINES: &str =
    "SELECT line FROM bird_connectors_journal WHERE line IS NOT NULL ORDER BY updated_at, key";

const SHORTEST_LEASE: Duration = Duration::from_secs(1);

/// Longer times do not fit into a timestamp.
const LONGEST_LEASE: Duration = Duration::from_secs(1_000_000_000);

impl PostgresJournal {
    /// The default of [`lease`](Self::lease).
    pub const LEASE: Duration = Duration::from_secs(30);

    /// A journal with a [lease](Self::lease) of 30 seconds. The tables must exist: see [`Database::migrate`].
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self {
            database,
            lease: Self::LEASE,
        }
    }

    /// Sets the time after which other processes take over the claim of a process that has died or lost its connection. A
    /// running install renews its claim after a third of it. Default: 30 s.
    ///
    /// With less than a second, installs fail with [`ErrorKind::Journal`](bird_connectors::ErrorKind::Journal), and nothing is
    /// sent: a lease must not end while its renewal is on the way.
    #[must_use]
    pub fn lease(mut self, time: Duration) -> Self {
        self.lease = time;
        self
    }

    fn lease_parameter(&self) -> Parameter {
        (
            Box::new(self.lease.min(LONGEST_LEASE).as_secs_f64()),
            Type::FLOAT8,
        )
    }

    /// Sends a statement about the row of a claim. Returns whether the row still belongs to it.
    fn change(
        &self,
        statement: &'static str,
        claim: &JournalClaim,
        more: impl IntoIterator<Item = Parameter>,
    ) -> io::Result<bool> {
        let fence = i64::try_from(claim.fence()).map_err(io::Error::other)?;
        let mut parameters = vec![text(claim.key().to_owned()), (Box::new(fence), Type::INT8)];
        parameters.extend(more);
        let rows = self.database.query_blocking(statement, parameters)?;
        Ok(!rows.is_empty())
    }
}

fn text(value: impl Into<Option<String>>) -> Parameter {
    (Box::new(value.into()), Type::TEXT)
}

fn lines(rows: &[Row]) -> io::Result<Vec<String>> {
    let lines = rows.iter().map(|row| row.try_get(0));
    lines.collect::<Result<_, _>>().map_err(io::Error::other)
}

impl SharedJournal for PostgresJournal {
    fn last_lines(&self, keys: &[String]) -> io::Result<Vec<String>> {
        let keys: Parameter = (Box::new(keys.to_vec()), Type::TEXT_ARRAY);
        lines(&self.database.query_blocking(LAST_LINES, vec![keys])?)
    }

    fn acquire(&self, key: &str) -> io::Result<Option<JournalClaim>> {
        if self.lease < SHORTEST_LEASE {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!(
                    "invalid lease: {:?}; the minimum is {SHORTEST_LEASE:?}",
                    self.lease
                ),
            ));
        }
        let parameters = vec![text(key.to_owned()), self.lease_parameter()];
        let rows = self.database.query_blocking(ACQUIRE, parameters)?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let fence: i64 = row.try_get(0).map_err(io::Error::other)?;
        let fence = u64::try_from(fence).map_err(io::Error::other)?;
        let line = row.try_get(1).map_err(io::Error::other)?;
        let claim = JournalClaim::new(key, fence).with_lease(self.lease);
        Ok(Some(claim.with_last_line(line)))
    }

    fn renew(&self, claim: &JournalClaim) -> io::Result<bool> {
        self.change(RENEW, claim, [self.lease_parameter()])
    }

    fn write(&self, claim: &JournalClaim, line: &str) -> io::Result<bool> {
        let line = text(line.to_owned());
        self.change(WRITE, claim, [self.lease_parameter(), line])
    }

    fn release(&self, claim: &JournalClaim, line: Option<&str>) -> io::Result<bool> {
        self.change(RELEASE, claim, [text(line.map(str::to_owned))])
    }
}

/// The last line of each connector. A line cannot be appended without a claim.
impl Journal for PostgresJournal {
    fn lines(&self) -> io::Result<Vec<String>> {
        lines(&self.database.query_blocking(ALL_LINES, vec![])?)
    }

    fn append(&self, _: &str) -> io::Result<()> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "a line of this journal needs a claim; use the methods of `SharedJournal`",
        ))
    }

    fn shared(&self) -> Option<&dyn SharedJournal> {
        Some(self)
    }
}

impl fmt::Debug for PostgresJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresJournal")
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}
