//! The table: what is compared with what, and what it is meant to reach.

/// A line of the table. Lines of one row have its number.
pub(crate) struct Check {
    pub(crate) row: u8,
    pub(crate) work: &'static str,
    pub(crate) group: &'static str,
    /// Which side of the group is ours.
    pub(crate) ours: &'static str,
    pub(crate) goal: Goal,
}

pub(crate) enum Goal {
    /// The other side takes this many times as much, or more.
    Faster(&'static str, f64),
    /// Ours takes this many times as much as the other, or less.
    AtMost(&'static str, f64),
    /// Ours alone stays below.
    Under(f64),
}

impl Goal {
    pub(crate) fn other(&self) -> Option<&'static str> {
        match self {
            Self::Faster(other, _) | Self::AtMost(other, _) => Some(other),
            Self::Under(_) => None,
        }
    }
}

use Goal::{AtMost, Faster, Under};

const OURS: &str = "bird-connectors";

const fn check(row: u8, work: &'static str, group: &'static str, goal: Goal) -> Check {
    Check {
        row,
        work,
        group,
        ours: OURS,
        goal,
    }
}

impl Check {
    /// Ours has a name of its own.
    const fn of(self, ours: &'static str) -> Self {
        Self { ours, ..self }
    }
}

pub(crate) const CHECKS: &[Check] = &[
    check(
        1,
        "Rust: a page of 100 connectors",
        "rust page",
        AtMost("reqwest + serde_json", 1.10),
    ),
    check(
        2,
        "Rust: one connector",
        "rust get",
        AtMost("reqwest + serde_json", 1.10),
    ),
    check(
        3,
        "Python: a page of 100 connectors",
        "python page",
        Faster("httpx + pydantic", 4.0),
    ),
    check(
        4,
        "Python: the same page",
        "python page",
        Faster("openapi-python-client", 4.0),
    ),
    check(
        5,
        "Python: the same page",
        "python page",
        Faster("requests + json", 2.5),
    ),
    check(
        5,
        "Python: the same page",
        "python page",
        Faster("aiohttp + json", 1.2),
    ),
    check(
        6,
        "Python: the same page, asyncio, 16 at a time",
        "python 16 pages",
        Faster("httpx + pydantic", 6.0),
    ),
    check(
        6,
        "Python: the same page, asyncio, 16 at a time",
        "python 16 pages",
        Faster("aiohttp + pydantic", 2.5),
    ),
    check(
        7,
        "Python: the same page, asyncio, one after the other",
        "python async page",
        Faster("aiohttp + json", 1.0),
    ),
    check(
        8,
        "Python: nine attributes of 100 new connectors, read for the first time",
        "first reading",
        Faster("httpx + pydantic", 1.0),
    ),
    check(
        8,
        "Python: the same attributes, read again",
        "second reading",
        Faster("httpx + pydantic", 1.0),
    ),
    check(
        8,
        "Python: the page and its attributes together",
        "page and reading",
        Faster("httpx + pydantic", 1.0),
    ),
    check(
        9,
        "Python: import",
        "import",
        Faster("httpx + pydantic", 10.0),
    ),
    check(
        9,
        "Python: import",
        "import",
        Faster("messagebird-sdk", 10.0),
    ),
    check(9, "Python: import", "import", Under(0.030)),
    check(
        10,
        "Python: memory for a connector, of 100,000 in a list",
        "memory",
        AtMost("httpx + pydantic", 0.5),
    ),
    check(
        11,
        "Rust: 100,000 connectors, 20 ms an answer, 20 ms of work a page",
        "rust paging",
        Faster("without prefetch", 1.7),
    ),
    check(
        11,
        "Python: 25,000 connectors, the same",
        "python paging",
        Faster("without prefetch", 1.7),
    ),
    check(
        12,
        "Rust: GETs while 1,000 installs become active within 60 s, limits kept",
        "wait requests",
        AtMost("a poller each", 0.03),
    ),
    check(
        12,
        "Rust: from active to returned, 95 % of them",
        "wait latency",
        Under(2.0),
    ),
    check(
        12,
        "Rust: refusals for too many requests",
        "wait refusals",
        Under(0.0),
    ),
    check(
        13,
        "Rust: GETs a round of a wait for 1,000",
        "wait round",
        AtMost("10 installs", 1.0),
    )
    .of("1000 installs"),
    check(
        13,
        "Rust: GETs a round of a wait for 10,000",
        "wait round",
        AtMost("1000 installs", 10.0),
    )
    .of("10000 installs"),
    check(
        13,
        "Rust: memory for an install that is waited for, of 10,000",
        "wait memory",
        Under(2048.0),
    )
    .of("10000 installs"),
    check(
        14,
        "Rust: clean release build of a program that lists connectors",
        "consumer",
        AtMost("reqwest + serde_json", 1.25),
    ),
    check(15, "Python: size of the wheel", "wheel", Under(4e6)),
    check(
        15,
        "Python: from Ctrl-C to KeyboardInterrupt",
        "interrupt",
        Under(0.3),
    ),
];
