//! A Python module of the package, imported once.

use std::sync::OnceLock;

use pyo3::prelude::*;

/// The module is not cached in a cell of pyo3: setting one releases the interpreter for a moment, and a process that forks in that
/// moment has a child whose cell is never set.
pub(crate) struct PythonModule {
    name: &'static str,
    module: OnceLock<Py<PyModule>>,
}

impl PythonModule {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self {
            name,
            module: OnceLock::new(),
        }
    }

    pub(crate) fn get<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyModule>> {
        if let Some(module) = self.module.get() {
            return Ok(module.bind(py).clone());
        }
        let module = py.import(self.name)?;
        // Fails if another thread has set it meanwhile.
        let _ = self.module.set(module.clone().unbind());
        Ok(module)
    }
}
