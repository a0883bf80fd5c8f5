//! Objects of the record classes in `bird_connectors/_records.py`.

use pyo3::call::PyCallArgs;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::python_module::PythonModule;

/// An object of the class with this name, from the positional arguments of its constructor.
pub(crate) fn record<'py>(
    py: Python<'py>,
    class: &str,
    values: impl PyCallArgs<'py>,
) -> PyResult<Py<PyAny>> {
    static MODULE: PythonModule = PythonModule::new("bird_connectors._records");
    let class = MODULE.get(py)?.getattr(PyString::new(py, class))?;
    class.call1(values).map(Bound::unbind)
}
