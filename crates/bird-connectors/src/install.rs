//! Installing channels: one create, or an idempotent install that adopts what exists, for one template or many.

mod aftermath;
mod all;
mod all_ready;
mod driver;
mod ensure;
mod file_journal;
mod handle;
mod journal;
mod reconcile;
mod same;
mod shared;
mod store;

pub use all::{InstallAll, InstallAllResults, InstallTotals};
pub use all_ready::{InstallAllUntilReady, OnboardError, OnboardResults, Onboarded};
pub use ensure::{Ensure, Ensured};
pub use file_journal::FileJournal;
pub use handle::Install;
pub use journal::Journal;
pub use reconcile::Reconcile;
pub use same::{Drift, MatchedBy};

pub use crate::resume::UnresolvedCreate;
