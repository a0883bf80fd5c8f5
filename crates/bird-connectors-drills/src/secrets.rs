//! The secrets that drills plant, and the search for them in everything the SDK says.

use std::error::Error as _;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bird_connectors::Error;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The access key.
pub const ACCESS_KEY: &str = "planted-access-key";
/// A value of `securityArguments`.
pub const ACCESS_TOKEN: &str = "planted-access-token";
/// The invitation token.
pub const INVITATION_TOKEN: &str = "planted-invitation-token";
/// The signing key.
pub const SIGNING_KEY: &str = "planted-signing-key";

const ALL: [&str; 4] = [ACCESS_KEY, ACCESS_TOKEN, INVITATION_TOKEN, SIGNING_KEY];

/// The first secret in a text.
#[must_use]
pub fn in_text(text: &str) -> Option<&'static str> {
    ALL.into_iter().find(|secret| text.contains(secret))
}

/// Everything that an error can tell.
#[must_use]
pub fn told_by(error: &Error) -> String {
    let mut text = format!(
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
        text += &format!("\n{cause}\n{cause:?}");
        source = cause.source();
    }
    text
}

/// Hears everything that is logged, traced or said in a panic, at every level, and keeps what holds a secret.
pub struct Listener {
    lines: AtomicU64,
    panics: AtomicUsize,
    leaks: Mutex<Vec<String>>,
}

static LISTENER: Listener = Listener {
    lines: AtomicU64::new(0),
    panics: AtomicUsize::new(0),
    leaks: Mutex::new(Vec::new()),
};

impl Listener {
    /// Listens from now on, for the rest of the process.
    ///
    /// # Errors
    /// Where somebody else listens already: nothing would be heard.
    pub fn install() -> anyhow::Result<&'static Self> {
        log::set_logger(&LISTENER)?;
        log::set_max_level(log::LevelFilter::Trace);
        tracing::subscriber::set_global_default(&LISTENER)?;
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            LISTENER.panics.fetch_add(1, Ordering::Relaxed);
            LISTENER.hear(&panic.to_string());
            usual(panic);
        }));
        Ok(&LISTENER)
    }

    fn hear(&self, text: &str) {
        self.lines.fetch_add(1, Ordering::Relaxed);
        if let Some(secret) = in_text(text) {
            let mut leaks = self.leaks.lock().unwrap_or_else(PoisonError::into_inner);
            leaks.push(format!("{secret} in a log line: {text}"));
        }
    }

    /// How many lines were heard.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines.load(Ordering::Relaxed)
    }

    /// How many panics there were.
    #[must_use]
    pub fn panics(&self) -> usize {
        self.panics.load(Ordering::Relaxed)
    }

    /// What held a secret.
    #[must_use]
    pub fn leaks(&self) -> Vec<String> {
        let leaks = self.leaks.lock().unwrap_or_else(PoisonError::into_inner);
        leaks.clone()
    }
}

impl log::Log for Listener {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.hear(&format!("{} {}", record.target(), record.args()));
    }

    fn flush(&self) {}
}

/// The fields of a span or an event as text.
#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0 += &format!("{field}={value:?} ");
    }
}

impl Subscriber for &'static Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let mut fields = Fields::default();
        span.record(&mut fields);
        self.hear(&fields.0);
        Id::from_u64(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        self.hear(&fields.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.hear(&fields.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener")
            .field("lines", &self.lines())
            .finish_non_exhaustive()
    }
}
