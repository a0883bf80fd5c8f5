//! The stores against a real PostgreSQL server, directly and through PgBouncer in transaction mode. The services run on Unix only.

#![cfg(unix)]

mod dedup;
mod ensure;
mod guide;
mod journal;
mod migration;
mod processes;
mod support;

use support::{TestResult, Via, fresh_database};
