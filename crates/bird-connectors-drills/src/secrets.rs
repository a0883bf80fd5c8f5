//! The secrets that drills plant, and the search for them in every string that the SDK exposes.

use std::error::Error as _;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bird_connectors::Error;
use bird_connectors_catalogue::SECRETS;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The first planted secret that the string contains.
#[must_use]
pub fn find(string: &str) -> Option<&'static str> {
    SECRETS.into_iter().find(|secret| string.contains(secret))
}

/// Every string that an error exposes: its own, those of its accessors and those of its sources.
#[must_use]
pub fn exposed_by(error: &Error) -> String {
    let mut exposed = format!(
        "{error}\n{error:?}\n{error:#?}\n{:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        error.message(),
        error.code(),
        error.details(),
        error.request_id(),
        error.raw(),
        error.action(),
        error.checkpoint(),
    );
    let mut source = error.source();
    while let Some(cause) = source {
        exposed += &format!("\n{cause}\n{cause:?}");
        source = cause.source();
    }
    exposed
}

/// Searches every log record, trace event, span and panic message of the process for planted secrets, at every level.
pub struct LogScanner {
    lines: AtomicU64,
    panics: AtomicUsize,
    leaks: Mutex<Vec<String>>,
}

static SCANNER: LogScanner = LogScanner {
    lines: AtomicU64::new(0),
    panics: AtomicUsize::new(0),
    leaks: Mutex::new(Vec::new()),
};

impl LogScanner {
    /// Installs the scanner for the rest of the process.
    ///
    /// # Errors
    /// If the process already has a logger or a trace subscriber: the scanner would receive nothing.
    pub fn install() -> anyhow::Result<&'static Self> {
        log::set_logger(&SCANNER)?;
        log::set_max_level(log::LevelFilter::Trace);
        tracing::subscriber::set_global_default(&SCANNER)?;
        let default_hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            SCANNER.panics.fetch_add(1, Ordering::Relaxed);
            SCANNER.scan(&panic.to_string());
            default_hook(panic);
        }));
        Ok(&SCANNER)
    }

    fn scan(&self, line: &str) {
        self.lines.fetch_add(1, Ordering::Relaxed);
        if let Some(secret) = find(line) {
            let mut leaks = self.leaks.lock().unwrap_or_else(PoisonError::into_inner);
            leaks.push(format!("{secret} in a log line: {line}"));
        }
    }

    /// Number of lines scanned.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines.load(Ordering::Relaxed)
    }

    /// Number of panics in the process.
    #[must_use]
    pub fn panics(&self) -> usize {
        self.panics.load(Ordering::Relaxed)
    }

    /// The lines that contained a secret.
    #[must_use]
    pub fn leaks(&self) -> Vec<String> {
        let leaks = self.leaks.lock().unwrap_or_else(PoisonError::into_inner);
        leaks.clone()
    }
}

impl log::Log for LogScanner {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.scan(&format!("{} {}", record.target(), record.args()));
    }

    fn flush(&self) {}
}

/// Formats the fields of a span or an event.
#[derive(Default)]
struct FieldFormatter(String);

impl Visit for FieldFormatter {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0 += &format!("{field}={value:?} ");
    }
}

impl Subscriber for &'static LogScanner {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let mut fields = FieldFormatter::default();
        span.record(&mut fields);
        self.scan(&fields.0);
        Id::from_u64(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut fields = FieldFormatter::default();
        values.record(&mut fields);
        self.scan(&fields.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = FieldFormatter::default();
        event.record(&mut fields);
        self.scan(&fields.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Debug for LogScanner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogScanner")
            .field("lines", &self.lines())
            .finish_non_exhaustive()
    }
}
