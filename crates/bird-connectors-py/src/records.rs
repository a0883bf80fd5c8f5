//! Objects of the record classes in `bird_connectors/_records.py`.

use pyo3::call::PyCallArgs;
use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

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

/// An object of a record class, from the values of its `__match_args__`, without a call of its constructor. For 13 values, this takes
/// less than half the time of the constructor with keyword arguments.
pub(crate) fn filled_record<'py>(
    class: &Bound<'py, PyAny>,
    values: Vec<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    let setters = class.getattr(intern!(py, "_setters"))?;
    let setters = setters.cast::<PyTuple>()?;
    if setters.len() != values.len() {
        return Err(PyRuntimeError::new_err(format!(
            "{class} has {} attributes, but the native module has {} values: install the package again",
            setters.len(),
            values.len()
        )));
    }
    let object = class.call_method1(intern!(py, "__new__"), (class,))?;
    for (setter, value) in setters.iter().zip(values) {
        setter.call1((&object, value))?;
    }
    Ok(object)
}
