//! Which of the four sources of a wait the access key may read.

use std::sync::Arc;

use crate::error::{Error, ErrorKind};

/// The access to each source.
#[derive(Debug, Default)]
pub(super) struct SourceAccess {
    pub(super) connector: Access,
    pub(super) readiness: Access,
    pub(super) channel: Access,
    pub(super) list: Access,
}

/// Whether a source can still be read.
#[derive(Debug, Default)]
pub(super) enum Access {
    #[default]
    Open,
    /// The API returned 403: the source is not read again.
    Denied(Arc<Error>),
    /// The template does not have this endpoint: the source is not read again.
    Absent,
}

impl Access {
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    /// Closes the source if the error is a 403.
    pub(super) fn update(&mut self, error: &Arc<Error>) {
        if error.kind() == ErrorKind::PermissionDenied {
            *self = Self::Denied(Arc::clone(error));
        }
    }
}
