//! One entry of the catalogue.

use std::fmt;

use bird_connectors::Client;
use bird_connectors_sandbox::{Operation, Sandbox};
use httpmock::MockServer;
use serde_json::Value;

use crate::call::PendingCall;
use crate::ids::Ids;

/// One operation of the contract.
#[derive(Debug)]
pub struct Entry {
    pub operation: Operation,
    /// Whether it is a list. Calls read lists to the end.
    pub is_list: bool,
    /// For a write: how to check it in the sandbox.
    pub write: Option<Write>,
    /// The calls that send the operation, at least one. The first one succeeds in the sandbox of the drills and carries
    /// every secret that the operation can carry. The others show more of the request.
    pub calls: Vec<Call>,
    /// The call in Python, an expression of `workspace`, `ids` and the package `bc`.
    pub python: &'static str,
    /// The body of a successful response. `None`: the response has no body.
    pub response: Option<fn(&Ids) -> Value>,
}

/// A call of the SDK.
pub struct Call {
    /// How it differs from the other calls of the operation.
    pub note: &'static str,
    /// Sends it.
    pub send: fn(Client, Ids) -> PendingCall,
    /// Adds a typed mock that accepts exactly this call.
    pub mock: fn(&MockServer, &Ids),
}

/// How to check a write in the sandbox.
#[derive(Clone, Copy)]
pub struct Write {
    /// Increases by one each time the sandbox processes the write.
    pub count: fn(&Sandbox, &Ids) -> usize,
    /// Whether the value that the call returned matches the state of the sandbox.
    pub is_correct: fn(&Sandbox, &Ids, &Value) -> bool,
}

impl Entry {
    pub(crate) fn read(operation: Operation, response: fn(&Ids) -> Value) -> Self {
        Self {
            operation,
            is_list: false,
            write: None,
            calls: Vec::new(),
            python: "",
            response: Some(response),
        }
    }

    pub(crate) fn list(operation: Operation, response: fn(&Ids) -> Value) -> Self {
        Self {
            is_list: true,
            ..Self::read(operation, response)
        }
    }

    pub(crate) fn write(operation: Operation, response: fn(&Ids) -> Value, write: Write) -> Self {
        Self {
            write: Some(write),
            ..Self::read(operation, response)
        }
    }

    /// A write whose response has no body.
    pub(crate) fn delete(operation: Operation, count: fn(&Sandbox, &Ids) -> usize) -> Self {
        Self {
            operation,
            is_list: false,
            write: Some(Write {
                count,
                is_correct: |_, _, _| true,
            }),
            calls: Vec::new(),
            python: "",
            response: None,
        }
    }

    /// The call that the drills send.
    ///
    /// # Panics
    /// If the entry has no call, which a test of this crate rules out.
    #[must_use]
    pub fn first_call(&self) -> &Call {
        &self.calls[0]
    }

    pub(crate) fn python(mut self, expression: &'static str) -> Self {
        self.python = expression;
        self
    }

    pub(crate) fn call(
        mut self,
        note: &'static str,
        send: fn(Client, Ids) -> PendingCall,
        mock: fn(&MockServer, &Ids),
    ) -> Self {
        self.calls.push(Call { note, send, mock });
        self
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Call").field(&self.note).finish()
    }
}

impl fmt::Debug for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Write")
    }
}
