//! Fault drills: programs that run the SDK against the sandbox while something fails, and check its guarantees. A drill
//! that finds a broken guarantee reports it and exits with an error; `cargo xtask` runs them. This library contains the
//! code that several drills share; each drill is a program below `src/bin`.

pub mod fixture;
pub mod impact;
pub mod secrets;
