//! Drills: programs that show what the SDK promises, with figures, against the sandbox and its faults. `cargo xtask` runs
//! them; a drill that finds a promise broken says so and exits with an error. What several drills share is in this library.

pub mod impact;
pub mod operations;
pub mod scene;
pub mod secrets;
