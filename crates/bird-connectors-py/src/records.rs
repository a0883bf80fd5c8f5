//! Objects of the record classes in `bird_connectors/_records.py`.

use std::sync::OnceLock;

use pyo3::call::PyCallArgs;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// An object of the class with this name, from the positional arguments of its constructor.
pub(crate) fn record<'py>(
    py: Python<'py>,
    class: &str,
    values: impl PyCallArgs<'py>,
) -> PyResult<Py<PyAny>> {
    static MODULE: OnceLock<Py<PyModule>> = OnceLock::new();
    let module = match MODULE.get() {
        Some(module) => module.bind(py).clone(),
        None => {
            let module = py.import(intern!(py, "bird_connectors._records"))?;
            // Fails if another thread has set it meanwhile.
            let _ = MODULE.set(module.clone().unbind());
            module
        }
    };
    let class = module.getattr(PyString::new(py, class))?;
    class.call1(values).map(Bound::unbind)
}
