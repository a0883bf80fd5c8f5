//! The connections to a database, and the thread that they run on.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, Error as PostgresError, Row, Socket};

/// The statements that create the tables, for programs that migrate their database themselves. [`Database::migrate`] runs them.
/// They must run as one query or in one transaction, and can run again.
pub const SCHEMA: &str = include_str!("../schema.sql");

const TABLES_EXIST: &str = "
    SELECT 1
    WHERE to_regclass('bird_connectors_journal') IS NOT NULL AND to_regclass('bird_connectors_deliveries') IS NOT NULL";

/// How often a statement is sent if its connection ends or if it conflicts with another one.
const MAX_ATTEMPTS: u32 = 3;

/// A database with the tables of this crate. Cheap to clone; all clones share the connections.
///
/// Connections are opened when they are needed, and again if they end. They run on a thread of their own, so that a database
/// can be used from every tokio runtime, and outlives it.
///
/// Each operation is one statement, and needs no session: it works with
/// [PgBouncer](https://www.pgbouncer.org/) in transaction mode. No statement is prepared, no setting is changed, and all times
/// are those of the server.
///
/// # TLS
/// The second argument of [`new`](Self::new) decides about TLS: [`NoTls`](tokio_postgres::NoTls), or the connector of a crate such as
/// `postgres-native-tls` or `tokio-postgres-rustls`. `sslmode=require` in the configuration makes TLS mandatory.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    /// `None` once it is dropped.
    runtime: Option<Runtime>,
    connect: Connect,
    /// The addresses of the server, for messages.
    addresses: String,
    slots: Vec<Slot>,
    next: AtomicUsize,
    timeout: Duration,
}

type Connect = Box<dyn Fn() -> ClientFuture + Send + Sync>;
type ClientFuture = Pin<Box<dyn Future<Output = Result<Client, PostgresError>> + Send>>;
/// A connection that several statements use at the same time: they are pipelined.
type Slot = Mutex<Option<Arc<Client>>>;

/// A parameter of a statement and its type, so that the statement need not be prepared.
pub(crate) type Parameter = (Box<dyn ToSql + Send + Sync>, Type);

impl Database {
    /// A database with two connections, and a limit of ten seconds for each statement. Opens no connection yet.
    ///
    /// # Errors
    /// If the operating system cannot start a thread.
    pub fn new<T>(config: Config, tls: T) -> io::Result<Self>
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let addresses = addresses(&config);
        let connect = move || -> ClientFuture {
            let (config, tls) = (config.clone(), tls.clone());
            Box::pin(async move {
                let (client, connection) = config.connect(tls).await?;
                // Its error is that of the statements that it fails.
                tokio::spawn(async move { drop(connection.await) });
                Ok(client)
            })
        };
        Self::start(Box::new(connect), addresses, 2, Duration::from_secs(10))
    }

    fn start(
        connect: Connect,
        addresses: String,
        connections: usize,
        timeout: Duration,
    ) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(4)
            .thread_name("bird-connectors-postgres")
            .enable_all()
            .build()?;
        let slots = std::iter::repeat_with(Slot::default).take(connections.max(1));
        Ok(Self(Arc::new(Inner {
            runtime: Some(runtime),
            connect,
            addresses,
            slots: slots.collect(),
            next: AtomicUsize::new(0),
            timeout,
        })))
    }

    /// Creates the tables that are missing, as [`SCHEMA`] does. Several processes can call it at the same time.
    ///
    /// # Errors
    /// If the database cannot be reached, or the role may not create tables in the first schema of its search path. If a
    /// migration tool creates the tables, do not call this: the role then needs only `SELECT`, `INSERT`, `UPDATE` and `DELETE`.
    pub async fn migrate(&self) -> Result<(), DatabaseError> {
        self.spawn(|database| async move { database.migrate_once().await })
            .await
    }

    /// Whether the tables exist, in the search path of the role.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn is_migrated(&self) -> Result<bool, DatabaseError> {
        let rows = self.query(TABLES_EXIST, vec![]).await?;
        Ok(!rows.is_empty())
    }

    /// Sends a statement, and waits for its rows without a runtime. Blocks the thread.
    pub(crate) fn query_blocking(
        &self,
        statement: &'static str,
        parameters: Vec<Parameter>,
    ) -> io::Result<Vec<Row>> {
        let (sender, receiver) = sync_channel(1);
        let inner = Arc::clone(&self.0);
        self.runtime()?.spawn(async move {
            let result = inner.query(statement, parameters).await;
            // Here, so that the thread that waits drops the last clone.
            drop(inner);
            let _ = sender.send(result);
        });
        match receiver.recv() {
            Ok(result) => result.map_err(io::Error::from),
            Err(_) => Err(io::Error::other("the thread of the database has ended")),
        }
    }

    /// Sends a statement. It is completed even if this future is dropped.
    pub(crate) async fn query(
        &self,
        statement: &'static str,
        parameters: Vec<Parameter>,
    ) -> Result<Vec<Row>, DatabaseError> {
        self.spawn(move |database| async move { database.query(statement, parameters).await })
            .await
    }

    /// Sends a statement whose result is not needed.
    pub(crate) fn query_in_background(&self, statement: &'static str) {
        let inner = Arc::clone(&self.0);
        if let Ok(runtime) = self.runtime() {
            runtime.spawn(async move { drop(inner.query(statement, vec![]).await) });
        }
    }

    async fn spawn<T, F>(&self, work: impl FnOnce(Arc<Inner>) -> F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, DatabaseError>> + Send + 'static,
    {
        let runtime = self.runtime().map_err(|why| DatabaseError::new(&why))?;
        let task = runtime.spawn(work(Arc::clone(&self.0)));
        task.await
            .unwrap_or_else(|why| Err(DatabaseError::new(&why)))
    }

    fn runtime(&self) -> io::Result<&Runtime> {
        let ended = || io::Error::other("the thread of the database has ended");
        self.0.runtime.as_ref().ok_or_else(ended)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // To drop it here would block, which tokio forbids in asynchronous code.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Inner {
    async fn query(
        self: &Arc<Self>,
        statement: &str,
        parameters: Vec<Parameter>,
    ) -> Result<Vec<Row>, DatabaseError> {
        let typed: Vec<_> = parameters
            .iter()
            .map(|(value, kind)| (&**value as &(dyn ToSql + Sync), kind.clone()))
            .collect();
        let mut attempt = 1;
        loop {
            let slot = &self.slots[self.next.fetch_add(1, Ordering::Relaxed) % self.slots.len()];
            let mut used = None;
            let run = async {
                let client = used.insert(self.client(slot).await?);
                client.query_typed(statement, &typed).await
            };
            let error = match timeout(self.timeout, run).await {
                Ok(Ok(rows)) => return Ok(rows),
                Ok(Err(error)) => error,
                Err(_) => {
                    // The statement may still be running there.
                    if let Ok(mut client) = slot.try_lock() {
                        *client = None;
                    }
                    return Err(self.timed_out());
                }
            };
            if !may_repeat(&error) || attempt == MAX_ATTEMPTS {
                return Err(self.failed(error, used.is_some()));
            }
            if error.code().is_none() {
                // The task of the connection may notice its end later than this statement.
                let mut client = slot.lock().await;
                if client
                    .as_ref()
                    .zip(used.as_ref())
                    .is_some_and(|(client, used)| Arc::ptr_eq(client, used))
                {
                    *client = None;
                }
            }
            attempt += 1;
        }
    }

    async fn migrate_once(self: &Arc<Self>) -> Result<(), DatabaseError> {
        let mut used = None;
        let run = async {
            let client = used.insert(self.client(&self.slots[0]).await?);
            client.batch_execute(SCHEMA).await
        };
        match timeout(self.timeout, run).await {
            Ok(result) => result.map_err(|error| self.failed(error, used.is_some())),
            Err(_) => Err(self.timed_out()),
        }
    }

    fn failed(&self, error: PostgresError, is_connected: bool) -> DatabaseError {
        let mut error = DatabaseError::from(error);
        if !is_connected {
            let Self { addresses, .. } = self;
            error.message = format!(
                "cannot connect to PostgreSQL at {addresses}: {}",
                error.message
            );
        }
        error
    }

    fn timed_out(&self) -> DatabaseError {
        let message = format!(
            "PostgreSQL at {} did not respond within {:?}",
            self.addresses, self.timeout
        );
        DatabaseError {
            message,
            kind: io::ErrorKind::TimedOut,
        }
    }

    /// The connection of a slot, which is opened if it has ended.
    async fn client(&self, slot: &Slot) -> Result<Arc<Client>, PostgresError> {
        let mut slot = slot.lock().await;
        if let Some(client) = &*slot
            && !client.is_closed()
        {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new((self.connect)().await?);
        *slot = Some(Arc::clone(&client));
        Ok(client)
    }
}

/// The addresses of the server, without user and password.
fn addresses(config: &Config) -> String {
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate();
    let shown: Vec<_> = hosts
        .map(|(index, host)| {
            let port = ports.get(index).or(ports.first()).unwrap_or(&5432);
            match host {
                Host::Tcp(name) => format!("{name}:{port}"),
                #[cfg(unix)]
                Host::Unix(path) => path.display().to_string(),
            }
        })
        .collect();
    match config.get_hostaddrs() {
        addresses if shown.is_empty() => addresses
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", "),
        _ => shown.join(", "),
    }
}

/// Whether a statement can be sent again. Every statement of this crate has the same effect if it runs twice, except that a
/// claim of a journal whose confirmation was lost is busy until its lease ends.
fn may_repeat(error: &PostgresError) -> bool {
    match error.code() {
        Some(code) => {
            *code == SqlState::T_R_SERIALIZATION_FAILURE
                || *code == SqlState::T_R_DEADLOCK_DETECTED
                || *code == SqlState::ADMIN_SHUTDOWN
        }
        None => error.is_closed() || source_is_io(error),
    }
}

fn source_is_io(error: &PostgresError) -> bool {
    error.source().is_some_and(|why| why.is::<io::Error>())
}

/// Why the database did not do what it should. The message contains no passwords.
#[derive(Clone, Debug)]
pub struct DatabaseError {
    message: String,
    /// Whether a repetition can help depends on it.
    kind: io::ErrorKind,
}

impl DatabaseError {
    fn new(why: &dyn fmt::Display) -> Self {
        Self {
            message: why.to_string(),
            kind: io::ErrorKind::Other,
        }
    }
}

impl From<PostgresError> for DatabaseError {
    fn from(error: PostgresError) -> Self {
        let (kind, help) = match error.code() {
            Some(code) if *code == SqlState::UNDEFINED_TABLE => (
                io::ErrorKind::NotFound,
                "; create the tables with `Database::migrate` or the file schema.sql",
            ),
            Some(code)
                if [
                    SqlState::UNDEFINED_COLUMN,
                    SqlState::UNDEFINED_FUNCTION,
                    SqlState::DATATYPE_MISMATCH,
                ]
                .contains(code) =>
            {
                (
                    io::ErrorKind::InvalidData,
                    "; the table is not the one of this version: compare it with the file schema.sql",
                )
            }
            Some(code)
                if [
                    SqlState::INSUFFICIENT_PRIVILEGE,
                    SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
                    SqlState::INVALID_PASSWORD,
                ]
                .contains(code) =>
            {
                (io::ErrorKind::PermissionDenied, "")
            }
            _ => (io::ErrorKind::Other, ""),
        };
        let message = match error.as_db_error() {
            Some(reported) => format!("PostgreSQL reports: {}{help}", reported.message()),
            None => match error.source() {
                Some(source) => format!("{error}: {source}").replace("\n", " "),
                None => error.to_string(),
            },
        };
        Self { message, kind }
    }
}

impl From<DatabaseError> for io::Error {
    fn from(error: DatabaseError) -> Self {
        Self::new(error.kind, error)
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for DatabaseError {}
