//! Installing channels: a plain create, an idempotent install that adopts an existing connector, and bulk installs.
//!
//! | to | call |
//! |---|---|
//! | create a connector | [`Connectors::install`](crate::resources::Connectors::install) |
//! | create it only if it does not exist | [`Connectors::ensure`](crate::resources::Connectors::ensure) |
//! | do so for many templates | [`Connectors::install_all`](crate::resources::Connectors::install_all) |
//! | find the connector of a create with an unknown outcome | [`Connectors::reconcile`](crate::resources::Connectors::reconcile) |
//! | survive a crash during a create | [`Ensure::journal`] with a [`FileJournal`] or your own [`Journal`] |
//! | install from many machines at once | [`Ensure::journal`] with a [`SharedJournal`], such as that of the crate `bird-connectors-postgres` |

mod before_create;
mod bulk_run;
mod comparison;
mod drift;
mod ensure;
mod ensure_run;
mod ensured;
mod failed_create;
mod file_claims;
mod file_journal;
mod handle;
mod held_claim;
mod install_all;
mod item;
mod journal;
mod journal_lines;
mod lease;
mod lookup_schedule;
mod matching;
mod open_journal;
mod owned_journal;
mod process_claims;
mod reconcile;
mod results;
mod shared_journal;
mod shared_store;
mod snapshot_index;
mod started_installs;
mod store;
mod telemetry;
mod totals;

pub use comparison::{ConnectorIdentity, ConnectorSnapshot, FoundConnector};
pub use drift::Drift;
pub use ensure::Ensure;
pub use ensured::Ensured;
pub use file_journal::FileJournal;
pub use handle::Install;
pub use install_all::InstallAll;
pub use item::InstallItem;
pub use journal::Journal;
pub use matching::MatchedBy;
pub use owned_journal::{JournalRecord, OwnedJournal, RecordedResource, subscription_journal_key};
pub use reconcile::Reconcile;
pub use results::{InstallResult, InstallResults};
pub use shared_journal::{JournalClaim, SharedJournal};
pub use totals::InstallTotals;

pub use crate::resume::UnresolvedCreate;
