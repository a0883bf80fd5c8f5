//! Signed wait tokens. The class that users see is in `python/src/bird_connectors/_wait_token.py`.

use bird_connectors as sdk;
use pyo3::prelude::*;
use sdk::wait::WaitToken;

use crate::convert::Str;
use crate::sdk_errors::sdk_error;

#[pyfunction]
#[pyo3(signature = (token, key))]
pub(crate) fn sign_wait_token(py: Python<'_>, token: Str, key: &[u8]) -> PyResult<String> {
    let signed = token
        .0
        .parse::<WaitToken>()
        .and_then(|token| token.sign(key));
    signed.map_err(|error| sdk_error(py, &error))
}

/// Returns the token without its signature.
#[pyfunction]
#[pyo3(signature = (signed, key))]
pub(crate) fn verify_wait_token(py: Python<'_>, signed: Str, key: &[u8]) -> PyResult<String> {
    match WaitToken::verify(&signed.0, key) {
        Ok(token) => Ok(token.to_string()),
        Err(error) => Err(sdk_error(py, &error)),
    }
}
