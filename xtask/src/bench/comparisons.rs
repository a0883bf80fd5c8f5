//! The comparisons of the table, each with its target.

/// A line of the table. Several lines can have the same row number.
pub(crate) struct Comparison {
    pub(crate) row: u8,
    pub(crate) work: &'static str,
    pub(crate) group: &'static str,
    /// The variant of the group that is ours.
    pub(crate) ours: &'static str,
    pub(crate) target: Target,
}

pub(crate) enum Target {
    /// The other variant takes at least this many times as long as ours.
    Faster(&'static str, f64),
    /// Our value is at most this many times the value of the other variant.
    AtMost(&'static str, f64),
    /// Our value is at most this.
    Under(f64),
    /// No target: our value is only compared with that of the other variant.
    None(&'static str),
}

impl Target {
    /// The variant that ours is compared with.
    pub(crate) fn other(&self) -> Option<&'static str> {
        match self {
            Self::Faster(other, _) | Self::AtMost(other, _) | Self::None(other) => Some(other),
            Self::Under(_) => None,
        }
    }
}

use Target::{AtMost, Faster, Under};

/// The variant of the SDK with its default features, in the rows about builds.
pub(super) const DEFAULT_FEATURES: &str = "bird-connectors, default features";

/// The size of the wheel in bytes. A release may be larger, see [`crate::wheel::MAX_SIZE`].
const WHEEL_TARGET: f64 = 4e6;

const OURS: &str = "bird-connectors";

const fn compare(row: u8, work: &'static str, group: &'static str, target: Target) -> Comparison {
    Comparison {
        row,
        work,
        group,
        ours: OURS,
        target,
    }
}

impl Comparison {
    /// A name that no other comparison has. It changes with everything that gives the figure another meaning, except the target.
    pub(crate) fn name(&self) -> String {
        let Self {
            row,
            work,
            group,
            ours,
            target,
        } = self;
        let figure = match target {
            Faster(other, _) => format!("{other} / {ours}"),
            AtMost(other, _) | Target::None(other) => format!("{ours} / {other}"),
            Under(_) => (*ours).to_owned(),
        };
        format!("{row} {work}, {group}: {figure}")
    }

    const fn with_variant(self, ours: &'static str) -> Self {
        Self { ours, ..self }
    }
}

pub(crate) const COMPARISONS: &[Comparison] = &[
    compare(
        1,
        "Rust: a page of 100 connectors",
        "rust page",
        AtMost("reqwest + serde_json", 1.10),
    ),
    compare(
        2,
        "Rust: one connector",
        "rust get",
        AtMost("reqwest + serde_json", 1.05),
    ),
    compare(
        3,
        "Python: a page of 100 connectors",
        "python page",
        Faster("httpx + pydantic", 4.0),
    ),
    compare(
        3,
        "Python: the same page",
        "python page",
        Faster("http.client + msgspec", 1.4),
    ),
    compare(
        3,
        "Python: the same page",
        "python page",
        Faster("http.client + orjson", 1.15),
    ),
    compare(
        4,
        "Python: the same page",
        "python page",
        Faster("openapi-python-client", 4.0),
    ),
    compare(
        5,
        "Python: the same page",
        "python page",
        Faster("requests + json", 2.5),
    ),
    compare(
        5,
        "Python: the same page",
        "python page",
        Faster("aiohttp + json", 1.2),
    ),
    compare(
        6,
        "Python: the same page, asyncio, 16 concurrent calls",
        "python 16 pages",
        Faster("httpx + pydantic", 6.0),
    ),
    compare(
        6,
        "Python: the same page, asyncio, 16 concurrent calls",
        "python 16 pages",
        Faster("aiohttp + pydantic", 2.5),
    ),
    compare(
        6,
        "Python: the same page, asyncio, 16 concurrent calls",
        "python 16 pages",
        Faster("aiohttp + msgspec", 1.5),
    ),
    compare(
        7,
        "Python: the same page, asyncio, sequential",
        "python async page",
        Faster("aiohttp + json", 1.0),
    ),
    compare(
        8,
        "Python: nine attributes of 100 new connectors, first read",
        "first read",
        AtMost("httpx + pydantic", 1.5),
    ),
    compare(
        8,
        "Python: the same attributes, first read",
        "first read",
        Target::None("http.client + msgspec"),
    ),
    compare(
        8,
        "Python: the same attributes, second read",
        "second read",
        Faster("httpx + pydantic", 1.0),
    ),
    compare(
        8,
        "Python: the same attributes, second read",
        "second read",
        Target::None("http.client + msgspec"),
    ),
    compare(
        8,
        "Python: the page and its attributes together",
        "page and read",
        Faster("httpx + pydantic", 3.0),
    ),
    compare(
        8,
        "Python: the page and its attributes together",
        "page and read",
        Faster("http.client + msgspec", 1.0),
    ),
    compare(
        8,
        "Python: the page and its attributes together",
        "page and read",
        Target::None("http.client + orjson"),
    ),
    compare(
        9,
        "Python: import",
        "import",
        Faster("httpx + pydantic", 10.0),
    ),
    compare(
        9,
        "Python: import",
        "import",
        Faster("messagebird-sdk", 10.0),
    ),
    compare(9, "Python: import", "import", Under(0.030)),
    compare(
        10,
        "Python: memory per connector, in a list of 100,000",
        "memory",
        AtMost("httpx + pydantic", 0.5),
    ),
    compare(
        10,
        "Python: the same after nine attributes of each connector were read",
        "memory after reading",
        Target::None("httpx + pydantic"),
    ),
    compare(
        11,
        "Rust: 100,000 connectors, 20 ms per response, 20 ms of work per page",
        "rust paging",
        Faster("without prefetch", 1.7),
    ),
    compare(
        11,
        "Python: 25,000 connectors, 20 ms per response, 20 ms of work per page",
        "python paging",
        Faster("without prefetch", 1.7),
    ),
    compare(
        12,
        "Rust: GET requests while 1,000 installs become active within 60 s, with rate limits",
        "wait requests",
        AtMost("one poller per install", 0.03),
    ),
    compare(
        12,
        "Rust: delay from active to returned, 95th percentile",
        "wait latency",
        Under(2.0),
    ),
    compare(
        12,
        "Rust: the same delay",
        "wait latency",
        Target::None("one poller per install"),
    ),
    compare(12, "Rust: 429 responses", "wait 429s", Under(0.0)),
    compare(
        13,
        "Rust: GET requests per round of a wait for 1,000 installs",
        "wait round",
        AtMost("10 installs", 1.0),
    )
    .with_variant("1000 installs"),
    compare(
        13,
        "Rust: GET requests per round of a wait for 10,000 installs",
        "wait round",
        AtMost("1000 installs", 10.0),
    )
    .with_variant("10000 installs"),
    compare(
        13,
        "Rust: memory per install of a wait for 10,000 installs",
        "wait memory",
        Under(1500.0),
    )
    .with_variant("10000 installs"),
    compare(
        14,
        "Rust: clean release build of a program that lists connectors",
        "consumer",
        AtMost("reqwest + serde_json", 1.20),
    ),
    compare(
        14,
        "Rust: the same with the default features of the SDK",
        "consumer",
        AtMost("reqwest + serde_json", 1.20),
    )
    .with_variant(DEFAULT_FEATURES),
    compare(
        14,
        "Rust: clean dev build of the same program",
        "consumer dev",
        AtMost("reqwest + serde_json", 1.15),
    ),
    compare(
        14,
        "Rust: the same with the default features of the SDK",
        "consumer dev",
        AtMost("reqwest + serde_json", 1.15),
    )
    .with_variant(DEFAULT_FEATURES),
    compare(
        14,
        "Rust: crates in the build of the same program",
        "consumer crates",
        AtMost("reqwest + serde_json", 1.15),
    ),
    compare(
        14,
        "Rust: the same with the default features of the SDK",
        "consumer crates",
        AtMost("reqwest + serde_json", 1.15),
    )
    .with_variant(DEFAULT_FEATURES),
    compare(15, "Python: wheel size", "wheel", Under(WHEEL_TARGET)),
    compare(
        15,
        "Python: from Ctrl-C to KeyboardInterrupt",
        "interrupt",
        Under(0.3),
    ),
    compare(
        16,
        "Rust: size of the program of row 14, release, stripped",
        "consumer size",
        AtMost("reqwest + serde_json", 1.3),
    ),
    compare(
        16,
        "Rust: the same with the default features of the SDK",
        "consumer size",
        AtMost("reqwest + serde_json", 1.3),
    )
    .with_variant(DEFAULT_FEATURES),
    compare(
        17,
        "Rust: requests for 1,000 templates, of which 990 exist",
        "ensure requests",
        AtMost("reqwest + serde_json", 1.1),
    ),
    compare(
        17,
        "Rust: time for 1,000 templates, of which 990 exist",
        "ensure",
        AtMost("reqwest + serde_json", 1.2),
    ),
    compare(
        18,
        "Rust: a webhook receiver in axum, time per delivery",
        "webhook receiver",
        // 0.95 times the requests per second.
        AtMost("hmac by hand", 1.0 / 0.95),
    ),
    compare(
        18,
        "Python: a webhook receiver in FastAPI, time per delivery",
        "webhook receiver",
        AtMost("hmac by hand, FastAPI", 1.0 / 0.95),
    )
    .with_variant("bird-connectors, FastAPI"),
    compare(
        19,
        "Python: a page of 100 connectors, OpenTelemetry installed but off",
        "telemetry page",
        AtMost("without OpenTelemetry", 1.03),
    )
    .with_variant("off"),
    compare(
        19,
        "Python: the same page, with spans and metrics",
        "telemetry page",
        AtMost("without OpenTelemetry", 2.0),
    )
    .with_variant("on"),
    compare(
        19,
        "Python: instructions of the page, OpenTelemetry installed but off",
        "telemetry instructions",
        AtMost("without OpenTelemetry", 1.02),
    )
    .with_variant("off"),
    compare(
        19,
        "Python: instructions of the page, with spans and metrics",
        "telemetry instructions",
        AtMost("without OpenTelemetry", 1.5),
    )
    .with_variant("on"),
];
