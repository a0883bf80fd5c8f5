//! Writes the files of the site.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// Writes a file, and creates its folder.
pub(super) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}
