#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod database;
mod dedup;
mod journal;

pub use database::{Database, DatabaseError, SCHEMA};
pub use dedup::PostgresDedupStore;
pub use journal::PostgresJournal;
pub use tokio_postgres;
