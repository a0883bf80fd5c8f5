//! Runs all checks.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use bird_connectors::client::ClientBuilder;

use crate::checks::CHECKS;
use crate::drift;
use crate::facts::Facts;
use crate::gather::gather;
use crate::report::{Finding, Report};

/// Finds out why requests fail. It sends only reads, each once.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let builder = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let builder = builder.workspace_id(sandbox.workspace_id());
/// use bird_connectors_doctor::Doctor;
///
/// // `Doctor::from_env()` reads BIRD_ACCESS_KEY and BIRD_WORKSPACE_ID instead.
/// let report = Doctor::new(builder).run().await;
/// print!("{report}");
/// assert!(report.ok);
/// # Ok(()) }
/// ```
#[must_use = "nothing is checked until `run` is awaited"]
pub struct Doctor {
    builder: ClientBuilder,
    problems: Vec<String>,
    sources: BTreeMap<&'static str, String>,
    sample: u32,
    slow_after: Duration,
}

impl Doctor {
    /// Checks the client that these settings describe. They may be invalid: that is a finding.
    pub fn new(builder: ClientBuilder) -> Self {
        Self {
            builder,
            problems: Vec::new(),
            sources: BTreeMap::new(),
            sample: 50,
            slow_after: Duration::from_secs(2),
        }
    }

    /// Checks the client that the environment variables describe: see
    /// [`ClientBuilder::from_env`](bird_connectors::ClientBuilder::from_env).
    pub fn from_env() -> Self {
        match ClientBuilder::from_env() {
            Ok(builder) => Self::new(builder),
            Err(error) => Self::new(ClientBuilder::default()).problem(error.message()),
        }
    }

    /// Reports that the configuration cannot be read, and why. Then nothing is sent. For programs with a configuration file.
    pub fn problem(mut self, why: impl Into<String>) -> Self {
        self.problems.push(why.into());
        self
    }

    /// Says where a setting is from, such as `("access_key", "profile production")`. For programs with a configuration file.
    pub fn source(mut self, setting: &'static str, source: impl Into<String>) -> Self {
        self.sources.insert(setting, source.into());
        self
    }

    /// The number of connectors, channels, numbers and use cases whose form is compared with the contract, from 1 to 100.
    /// Default: 50.
    pub fn sample(mut self, items: u32) -> Self {
        self.sample = items.clamp(1, 100);
        self
    }

    /// The median latency from which the check `latency` warns. Default: 2 s.
    pub fn slow_after(mut self, latency: Duration) -> Self {
        self.slow_after = latency;
        self
    }

    /// Gathers the facts, and runs all checks. Needs a tokio runtime with time and I/O enabled. It takes one to three seconds,
    /// and at most 20 seconds for each request that is not answered: after the first one, no further request is sent.
    ///
    /// There is no error: whatever fails is a finding.
    pub async fn run(self) -> Report {
        let mut facts = Facts {
            problems: self.problems,
            settings: self.builder.diagnose(),
            sources: self.sources,
            lookup: None,
            reads: Vec::new(),
            slow_after: self.slow_after,
        };
        gather(self.builder, &mut facts, self.sample).await;
        report(&facts)
    }
}

/// Runs all checks on the facts.
fn report(facts: &Facts) -> Report {
    let findings = CHECKS.iter().map(|check| {
        let verdict = (check.judge)(facts);
        Finding {
            check: check.id.to_owned(),
            status: verdict.status,
            seen: verdict.seen,
            action: verdict.action,
        }
    });
    let findings = findings.collect();
    let differences = if facts.obstacle().is_none() {
        drift::differences(facts)
    } else {
        Vec::new()
    };
    Report::new(findings, differences)
}

/// Omits secrets.
impl fmt::Debug for Doctor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doctor")
            .field("builder", &self.builder)
            .field("sample", &self.sample)
            .field("slow_after", &self.slow_after)
            .finish_non_exhaustive()
    }
}
