//! `cargo xtask trace`: the traces of installs from Python, as trees, and the picture of one in the documentation.

use anyhow::Result;

use crate::process::{self, root};
use crate::{python, test};

/// With `picture`, writes the picture of the documentation.
pub(crate) fn run(picture: bool) -> Result<()> {
    let environment = test::environment()?;
    let mut command = environment.command("python", ["drills/trace.py"]);
    if picture {
        command
            .arg("--svg")
            .arg(root().join("docs/assets/trace-install.svg"));
    }
    process::run(command.current_dir(python::sources()))
}
