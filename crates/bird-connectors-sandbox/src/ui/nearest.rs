//! Why a request was refused, and the nearest request that is not. Pure.

mod body;
pub(super) mod form;
mod query;
mod target;

#[cfg(test)]
mod tests;

use crate::api::error::ApiError;
use crate::api::redaction::Redactor;
use crate::ui::nearest::form::{Known, Refused, ValidForm};

/// The rules of the contract that the request has broken, one by one.
pub(super) fn broken_rules(error: &ApiError) -> Vec<String> {
    error.messages().map(str::to_owned).collect()
}

/// The nearest valid request. `None` if no change of the request would help.
pub(super) fn valid_form(refused: &Refused<'_>, known: &Known) -> Option<ValidForm> {
    let mut form = ValidForm {
        method: refused.method.to_owned(),
        path: refused.path.to_owned(),
        query: refused.query.map(str::to_owned),
        headers: Vec::new(),
        body: refused.body.cloned(),
        changes: Vec::new(),
    };
    match refused.error.code() {
        // Corrected below, whatever was refused first.
        "Unauthorized" | "UnsupportedMediaType" => {}
        "InvalidJson" => {
            let operation = refused.operation?;
            form.body = Some(body::sample(operation, known));
            form.changes
                .push("send a JSON object such as this one".to_owned());
        }
        "MethodNotAllowed" | "ResourceNotFound" => target::correct(&mut form, refused, known)?,
        "InvalidParameter" => {
            query::correct(&mut form, refused.error);
        }
        // The status of invalid data can be chosen, its code cannot.
        "InvalidPayload" => body::correct(&mut form, refused.operation?, refused.error, known),
        "ResourceAlreadyExists" => target::read_existing(&mut form, refused)?,
        _ => return None,
    }
    if let Some(operation) = target::operation_of(&form) {
        target::correct_ids(&mut form, operation, refused, known);
        query::keep_known(&mut form, operation);
        query::keep_valid(&mut form, operation);
        body::complete(&mut form, operation, known);
        if form.body.is_some() && !refused.is_json {
            form.headers.push(("content-type", "application/json"));
            form.changes.push("declare the body as JSON".to_owned());
        }
    }
    if !refused.is_authorized {
        form.headers
            .push(("authorization", "AccessKey YOUR_ACCESS_KEY"));
        form.changes
            .push("send the access key of the sandbox".to_owned());
    }
    // A secret belongs into no query: no parameter of an operation is one.
    form.query = form.query.map(|query| Redactor::default().query(&query));
    (!form.changes.is_empty()).then_some(form)
}
