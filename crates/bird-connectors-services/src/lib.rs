//! Starts the services that tests and drills need, each on a free port and in a temporary folder. They stop when they are
//! dropped, and also when this process is killed. The crate is empty on Windows.

#![cfg(unix)]

mod pgbouncer;
mod postgres;
mod programs;
mod redis;
mod service;

pub use pgbouncer::PgBouncer;
pub use postgres::Postgres;
pub use programs::find_program;
pub use redis::Redis;
