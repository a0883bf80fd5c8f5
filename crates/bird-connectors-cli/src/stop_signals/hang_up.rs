//! Whether the process was started to continue after its terminal is closed, as `nohup` does: it ignores SIGHUP then, and a handler
//! would make it end.

use std::fs;
use std::io::IsTerminal as _;

pub(super) fn is_ignored() -> bool {
    match fs::read_to_string("/proc/self/status") {
        Ok(status) => is_ignored_in(&status),
        // Not Linux: `nohup` redirects standard error if it is a terminal.
        Err(_) => !std::io::stderr().is_terminal(),
    }
}

/// Reads the line `SigIgn`, a hexadecimal number with one bit for each signal that is ignored. SIGHUP is the first one.
fn is_ignored_in(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 != 0)
}

#[cfg(test)]
mod tests;
