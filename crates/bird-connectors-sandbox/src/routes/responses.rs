//! The successful responses of the handlers.

use serde_json::Value;

use crate::api::response::Response;
use crate::scenario::behavior::{Behavior, CreateStatus, DeleteResponse};

pub(crate) fn ok(body: Value) -> Response {
    Response::json(200, body)
}

pub(crate) fn created(behavior: &Behavior, body: Value) -> Response {
    let status = match behavior.create_status {
        CreateStatus::Created201 => 201,
        CreateStatus::Ok200 => 200,
    };
    Response::json(status, body)
}

/// `body` is the deleted resource.
pub(crate) fn deleted(behavior: &Behavior, body: Value) -> Response {
    match behavior.delete_response {
        DeleteResponse::NoContent204 => Response::empty(204),
        DeleteResponse::Empty200 => Response::empty(200),
        DeleteResponse::Body200 => Response::json(200, body),
        DeleteResponse::Accepted202 => Response::empty(202),
    }
}
