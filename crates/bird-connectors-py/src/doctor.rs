//! The doctor: finds out why requests fail. Python reads its report as JSON.

use bird_connectors as sdk;
use bird_connectors_doctor::{Doctor, Report};
use pyo3::prelude::*;
use sdk::{ClientBuilder, WorkspaceId};

use crate::call::call;
use crate::convert::{Arg, Count, Id, Str, arguments};
use crate::errors::invalid;
use crate::hints::{CallOf, Texts, Typed};

/// Checks the client with these settings. Returns the report as JSON and as text, and the form for an issue, which can be empty.
#[pyfunction]
#[pyo3(signature = (*, access_key, base_url, workspace_id, proxy, no_proxy, root_certificate, sample))]
#[allow(clippy::too_many_arguments)]
pub(crate) fn diagnose(
    py: Python<'_>,
    access_key: Option<Arg<Str>>,
    base_url: Option<Arg<Str>>,
    workspace_id: Option<Arg<Id<WorkspaceId>>>,
    proxy: Option<Arg<Str>>,
    no_proxy: Arg<bool>,
    root_certificate: Option<Arg<Str>>,
    sample: Arg<Count<u32>>,
) -> PyResult<Typed<CallOf<Texts>>> {
    arguments!(
        access_key,
        base_url,
        workspace_id,
        proxy,
        no_proxy,
        root_certificate,
        sample
    );
    if !(1..=100).contains(&sample.0) {
        return Err(invalid(
            py,
            format!("sample is {}: expected 1 to 100", sample.0),
        ));
    }
    let (mut settings, problem) = match access_key {
        Some(key) => (sdk::Client::builder().access_key(key.0), None),
        None => match ClientBuilder::from_env() {
            Ok(settings) => (settings, None),
            Err(error) => (ClientBuilder::default(), Some(error.message().to_owned())),
        },
    };
    if let Some(url) = base_url {
        settings = settings.base_url(url.0);
    }
    if let Some(id) = workspace_id {
        settings = settings.workspace_id(id.0);
    }
    if let Some(url) = proxy {
        settings = settings.proxy(url.0);
    }
    if no_proxy {
        settings = settings.no_proxy();
    }
    if let Some(pem) = root_certificate {
        settings = settings.root_certificate(pem.0);
    }
    let mut doctor = Doctor::new(settings).sample(sample.0);
    if let Some(problem) = problem {
        doctor = doctor.problem(problem);
    }
    call(
        py,
        async move { Ok::<Report, sdk::Error>(doctor.run().await) },
        |py, report| {
            // A report has only strings, numbers and booleans.
            let json = serde_json::to_string(&report).unwrap_or_default();
            let form = report.issue_form().unwrap_or_default();
            let texts = (json, report.to_string(), form).into_pyobject(py)?;
            Ok(texts.into_any().unbind())
        },
    )
}
