//! The `repr` of free JSON, without the values whose names suggest that they are secrets.

use bird_connectors_api::looks_secret;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyMapping, PyMappingProxy, PyString};

/// The `repr` of an attribute of a model.
pub(crate) fn masked_repr(object: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(masked(object)?.repr()?.to_string())
}

/// A copy of dicts, views of dicts and lists, with a placeholder in place of each such value.
fn masked<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    if let Ok(view) = object.cast_exact::<PyMappingProxy>() {
        let shown = masked(&view.call_method0("copy")?)?;
        return Ok(PyMappingProxy::new(py, shown.cast::<PyMapping>()?).into_any());
    }
    if let Ok(fields) = object.cast_exact::<PyDict>() {
        let shown = PyDict::new(py);
        for (name, value) in fields {
            let secret = name
                .cast::<PyString>()
                .is_ok_and(|name| looks_secret(&name.to_string_lossy()));
            if secret && !value.is_none() {
                shown.set_item(name, "[redacted]")?;
            } else {
                shown.set_item(name, masked(&value)?)?;
            }
        }
        return Ok(shown.into_any());
    }
    if let Ok(items) = object.cast_exact::<PyList>() {
        let shown = PyList::empty(py);
        for item in items {
            shown.append(masked(&item)?)?;
        }
        return Ok(shown.into_any());
    }
    Ok(object.clone())
}
