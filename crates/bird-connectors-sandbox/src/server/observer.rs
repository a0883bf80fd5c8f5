//! Reports the course of a request to the page of the sandbox. Without the feature `ui`, and while the page is switched off, it
//! does nothing.

use axum::http::request::Parts;
use hyper::body::Bytes;

use crate::api::error::ApiError;
use crate::api::operation::Operation;
use crate::scenario::rule::RuleEffect;
use crate::state::State;
#[cfg(feature = "ui")]
use crate::state::observations::{NewRequest, ObservedRequest};

#[derive(Clone, Copy)]
pub(super) struct RequestObserver {
    /// The number of the request, if the page is switched on.
    #[cfg(feature = "ui")]
    number: Option<u64>,
}

#[cfg(not(feature = "ui"))]
impl RequestObserver {
    pub(super) const fn start(
        _: &mut State,
        _: &Parts,
        _: &[u8],
        _: Option<Operation>,
        _: &RuleEffect,
    ) -> Self {
        Self {}
    }

    pub(super) const fn refused(self, _: &mut State, _: &ApiError) {}

    pub(super) fn answered(self, _: &mut State, _: impl FnOnce() -> Bytes) {}

    pub(super) const fn finish(self, _: &mut State, _: Option<u16>) {}
}

#[cfg(feature = "ui")]
impl RequestObserver {
    pub(super) fn start(
        state: &mut State,
        parts: &Parts,
        body: &[u8],
        operation: Option<Operation>,
        effect: &RuleEffect,
    ) -> Self {
        let (at, real_time) = (state.clock.elapsed(), state.clock.real_elapsed());
        let Some(observations) = &mut state.observations else {
            return Self { number: None };
        };
        let request = NewRequest {
            operation,
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query(),
            headers: &parts.headers,
            body,
            at,
        };
        let number = observations.add_request(request, real_time);
        if let Some(injected) = describe(effect) {
            observations.change_request(number, |request| request.injected = Some(injected));
        }
        Self {
            number: Some(number),
        }
    }

    /// The sandbox has refused the request.
    pub(super) fn refused(self, state: &mut State, error: &ApiError) {
        self.change(state, |request| request.error = Some(error.clone()));
    }

    /// The body of the response is known. It is only computed if the page is switched on.
    pub(super) fn answered(self, state: &mut State, body: impl FnOnce() -> Bytes) {
        if let (Some(observations), Some(number)) = (&mut state.observations, self.number) {
            observations.add_response(number, &body());
        }
    }

    /// The response is sent, or the connection ends without one.
    pub(super) fn finish(self, state: &mut State, status: Option<u16>) {
        self.change(state, |request| request.finish(status));
    }

    fn change(self, state: &mut State, change: impl FnOnce(&mut ObservedRequest)) {
        if let (Some(observations), Some(number)) = (&mut state.observations, self.number) {
            observations.change_request(number, change);
        }
    }
}

/// What the rules do to a request.
#[cfg(feature = "ui")]
fn describe(effect: &RuleEffect) -> Option<String> {
    let mut effects = Vec::new();
    if let Some(fault) = &effect.fault {
        effects.push(format!("fault {fault}"));
    }
    if let Some(response) = &effect.response {
        effects.push(format!("scripted response {}", response.status_code()));
    }
    for (name, delay) in [
        ("delay", effect.delay),
        ("delayed response", effect.response_delay),
    ] {
        if !delay.is_zero() {
            effects.push(format!("{name} {} ms", delay.as_millis()));
        }
    }
    (!effects.is_empty()).then(|| effects.join(", "))
}
