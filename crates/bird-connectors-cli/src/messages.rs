//! Lines on standard error.

use std::fmt::Display;
use std::io::Write as _;

/// Prints a line to standard error. A reader that has closed it must not end the command: `eprintln` would panic then.
pub(crate) fn print(line: impl Display) {
    let _ = writeln!(anstream::stderr(), "{line}");
}
