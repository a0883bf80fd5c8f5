//! Several processes install the same templates at the same time, and share a journal in a file or in PostgreSQL. The sandbox
//! accepts duplicate creates instead of rejecting them with 409. In the end there must be exactly one connector for each
//! template, and every process must report the same ids. Without a journal, the same processes create duplicates, which shows
//! that the drill can fail. With `--python`, Rust and Python share a table. With `--chaos`, workers in both languages are killed
//! and paused, and responses are lost.

#[cfg(unix)]
mod chaos;
#[cfg(unix)]
mod child;
#[cfg(unix)]
mod languages;
#[cfg(unix)]
mod observed_journal;
#[cfg(unix)]
mod parent;
#[cfg(unix)]
mod python;

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    parent::main()
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    eprintln!("error: this drill starts PostgreSQL, which it can do on Unix only");
    ExitCode::FAILURE
}
