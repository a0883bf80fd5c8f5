//! The client, its settings, and the handles of workspaces and organizations.
//!
//! A [`Client`] holds the connections and the access key. [`Client::workspace`] returns the handle of one workspace, whose
//! methods lead to its [resources](crate::resources). [`CallOptions`] change timeouts and attempts without a new client.

mod builder;
mod diagnosis;
mod handle;
mod options;
mod request;
mod workspace;

pub use builder::ClientBuilder;
pub use diagnosis::{CertificateSource, ProxyInUse, SettingsDiagnosis};
pub use handle::Client;
pub use options::CallOptions;
pub use request::{RawRequest, RawResponse};
pub use workspace::{Organization, Workspace};

pub use crate::transport::{
    HttpClient, HttpClientError, HttpRequest, HttpResponse, HttpResponseFuture, RateLimits,
    TraceContext,
};
/// The HTTP method of a [`RawRequest`].
pub use http::Method;
