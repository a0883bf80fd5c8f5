//! The client, its settings, and the workspaces that it leads to. This module knows no resource: each resource adds its
//! own method to [`Workspace`].

mod builder;
mod handle;
mod options;
mod request;
mod workspace;

pub use builder::ClientBuilder;
pub use handle::Client;
pub use options::CallOptions;
pub use request::{RawRequest, RawResponse};
pub use workspace::{Organization, Workspace};
