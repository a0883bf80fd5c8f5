//! The trait of journals that several processes or machines share, and the claim of a key.

use std::any::Any;
use std::fmt;
use std::io;
use std::time::Duration;

/// A journal that several processes or machines use at the same time. [`Journal::shared`](crate::install::Journal::shared)
/// returns it.
///
/// For each connector, at most one run in all processes holds the *claim* of its key and may create the connector. Others ask
/// for the claim again until it is free, read the last line of the key, and adopt the connector that it names. A run that
/// finds the create of another run without a result searches for its connector first, for the whole window.
///
/// The key is a digest of the workspace and the identity of the connector, and has 64 hexadecimal digits. A line is one JSON
/// object without line breaks and without secrets. It replaces the lines of its key before it: a store may keep the last one
/// only.
///
/// # Leases
/// The process that holds a claim may be killed, so a claim has a [lease](JournalClaim::with_lease). The SDK renews the claim
/// before the lease ends. The clock of the store decides when a lease has ended, never the clock of a holder. A claim that
/// ends with its process, such as a file lock, needs no lease.
///
/// # Fencing
/// A process can be paused for longer than its lease. So each claim has a fencing number, which grows with every claim of the
/// key: [`renew`](Self::renew), [`write`](Self::write) and [`release`](Self::release) must check in the same atomic step that
/// the claim with this number is still the last one, and change nothing otherwise.
///
/// # Requests
/// A connector that is created takes three calls: `acquire`, `write` for the intent, and `release` with the result. `write`
/// also renews. A bulk install calls [`last_lines`](Self::last_lines) once for all its connectors, and nothing else for those
/// that exist. The methods may block: they are called on a thread for blocking work, and are completed even if the install
/// that called them is dropped. No method waits for a claim.
///
/// A journal in memory, with leases:
///
/// ```
/// use std::collections::HashMap;
/// use std::io;
/// use std::sync::{Arc, Mutex};
/// use std::time::{Duration, Instant};
///
/// use bird_connectors::install::{Journal, JournalClaim, SharedJournal};
///
/// const LEASE: Duration = Duration::from_secs(30);
///
/// #[derive(Clone, Default)]
/// struct Table(Arc<Mutex<HashMap<String, Row>>>);
///
/// #[derive(Default)]
/// struct Row {
///     fence: u64,
///     /// `None` if the key is free.
///     claimed_until: Option<Instant>,
///     line: Option<String>,
/// }
///
/// impl Table {
///     /// Changes the row if its claim is the last one and was not released.
///     fn change(&self, claim: &JournalClaim, change: impl FnOnce(&mut Row)) -> io::Result<bool> {
///         let mut rows = self.0.lock().map_err(|_| io::ErrorKind::Other)?;
///         match rows.get_mut(claim.key()) {
///             Some(row) if row.fence == claim.fence() && row.claimed_until.is_some() => {
///                 row.claimed_until = Some(Instant::now() + LEASE);
///                 change(row);
///                 Ok(true)
///             }
///             _ => Ok(false),
///         }
///     }
/// }
///
/// impl SharedJournal for Table {
///     fn last_lines(&self, keys: &[String]) -> io::Result<Vec<String>> {
///         let rows = self.0.lock().map_err(|_| io::ErrorKind::Other)?;
///         Ok(keys.iter().filter_map(|key| rows.get(key)?.line.clone()).collect())
///     }
///
///     fn acquire(&self, key: &str) -> io::Result<Option<JournalClaim>> {
///         let mut rows = self.0.lock().map_err(|_| io::ErrorKind::Other)?;
///         let row = rows.entry(key.to_owned()).or_default();
///         if row.claimed_until.is_some_and(|end| end > Instant::now()) {
///             return Ok(None);
///         }
///         row.fence += 1;
///         row.claimed_until = Some(Instant::now() + LEASE);
///         let claim = JournalClaim::new(key, row.fence).with_lease(LEASE);
///         Ok(Some(claim.with_last_line(row.line.clone())))
///     }
///
///     fn renew(&self, claim: &JournalClaim) -> io::Result<bool> {
///         self.change(claim, |_| {})
///     }
///
///     fn write(&self, claim: &JournalClaim, line: &str) -> io::Result<bool> {
///         self.change(claim, |row| row.line = Some(line.to_owned()))
///     }
///
///     fn release(&self, claim: &JournalClaim, line: Option<&str>) -> io::Result<bool> {
///         self.change(claim, |row| {
///             row.claimed_until = None;
///             if let Some(line) = line {
///                 row.line = Some(line.to_owned());
///             }
///         })
///     }
/// }
///
/// impl Journal for Table {
///     fn lines(&self) -> io::Result<Vec<String>> {
///         let rows = self.0.lock().map_err(|_| io::ErrorKind::Other)?;
///         Ok(rows.values().filter_map(|row| row.line.clone()).collect())
///     }
///
///     fn append(&self, _: &str) -> io::Result<()> {
///         Err(io::Error::new(io::ErrorKind::Unsupported, "a line needs a claim"))
///     }
///
///     fn shared(&self) -> Option<&dyn SharedJournal> {
///         Some(self)
///     }
/// }
///
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
/// use bird_connectors::templates::Telegram;
///
/// let table = Table::default();
/// let connectors = workspace.connectors();
/// let first = connectors.ensure(Telegram::new("Bot")).journal(table.clone()).await?;
/// let second = connectors.ensure(Telegram::new("Bot")).journal(table.clone()).await?;
/// assert_eq!(first.id(), second.id());
/// # let rows = table.0.lock().unwrap();
/// # let row = rows.values().next().unwrap();
/// # assert_eq!((rows.len(), row.fence, row.claimed_until), (1, 2, None));
/// # assert!(row.line.as_ref().is_some_and(|line| line.contains(&first.id().to_string())));
/// # Ok(()) }
/// ```
pub trait SharedJournal: Send + Sync {
    /// Returns the last line of each of these keys, in any order. Keys without a line are left out.
    ///
    /// # Errors
    /// If they cannot be read. The install then fails without sending a create.
    fn last_lines(&self, keys: &[String]) -> io::Result<Vec<String>>;

    /// Claims a key, unless another claim of it is neither released nor past its lease. Never waits: returns `None` then.
    ///
    /// The claim contains the last line of the key, which must be read after the claim was made, or in the same atomic step.
    ///
    /// # Errors
    /// If the store is not available. The install then fails without sending a create.
    fn acquire(&self, key: &str) -> io::Result<Option<JournalClaim>>;

    /// Starts the lease of a claim again. Returns `false` if the key was released or claimed since. A claim that is past its
    /// lease can be renewed if no other run has claimed the key since.
    ///
    /// # Errors
    /// If the store is not available. The SDK tries again until the lease ends.
    fn renew(&self, claim: &JournalClaim) -> io::Result<bool>;

    /// Writes a line of the claimed key and [renews](Self::renew) the claim, in one atomic step. Returns once the line would
    /// survive a crash of the store, or `false` without writing it if the claim was lost.
    ///
    /// # Errors
    /// If the line may not survive a crash. The install then fails without sending a create.
    fn write(&self, claim: &JournalClaim, line: &str) -> io::Result<bool>;

    /// Releases a claim, after it has written the last line, if there is one. Returns `false` without writing it if the claim
    /// was lost.
    ///
    /// # Errors
    /// If the store is not available. The key is then free after the lease.
    fn release(&self, claim: &JournalClaim, line: Option<&str>) -> io::Result<bool>;
}

/// The exclusive right to create the connector of a key, until it is released or its lease ends.
pub struct JournalClaim {
    key: String,
    fence: u64,
    lease: Option<Duration>,
    last_line: Option<String>,
    guard: Option<Box<dyn Any + Send + Sync>>,
}

impl JournalClaim {
    /// A claim of this key with this fencing number, without a lease.
    #[must_use]
    pub fn new(key: impl Into<String>, fence: u64) -> Self {
        Self {
            key: key.into(),
            fence,
            lease: None,
            last_line: None,
            guard: None,
        }
    }

    /// Sets how long the claim is valid unless it is renewed. The SDK renews it after a third of that time. Choose a time that
    /// is much longer than the pauses of your processes, and at least a second. Default: a claim that cannot be lost.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = Some(lease);
        self
    }

    /// Sets the last line of the key. Default: none.
    #[must_use]
    pub fn with_last_line(mut self, line: Option<String>) -> Self {
        self.last_line = line;
        self
    }

    /// Adds a value that is dropped when the claim has been released, such as a lock.
    #[must_use]
    pub fn with_guard(mut self, guard: impl Any + Send + Sync) -> Self {
        self.guard = Some(Box::new(guard));
        self
    }

    /// The claimed key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The fencing number: higher than that of every earlier claim of the key.
    #[must_use]
    pub fn fence(&self) -> u64 {
        self.fence
    }

    /// How long the claim is valid unless it is renewed. `None` if it cannot be lost.
    #[must_use]
    pub fn lease(&self) -> Option<Duration> {
        self.lease
    }

    /// The last line of the key when it was claimed.
    #[must_use]
    pub fn last_line(&self) -> Option<&str> {
        self.last_line.as_deref()
    }

    pub(super) fn take_last_line(&mut self) -> Option<String> {
        self.last_line.take()
    }
}

impl fmt::Debug for JournalClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JournalClaim")
            .field("key", &self.key)
            .field("fence", &self.fence)
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}
