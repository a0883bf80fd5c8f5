//! Why a plan is not applied. Nothing was sent then.

use std::fmt;

use crate::planner::Conflict;
use crate::secret_reference::SecretError;

/// Why a plan is not applied. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApplyError {
    /// The plan is not the one that was reviewed: the files, the workspaces or the journal have changed since.
    Changed {
        /// The hash that was expected.
        expected: String,
        /// The hash of the plan.
        found: String,
    },
    /// The plan contains conflicts.
    Conflicts(Vec<Conflict>),
    /// The prune deletes more than 30 % of ten or more.
    LargePrune(String),
    /// The plan deletes or records something, and there is no journal.
    NoJournal,
    /// Secrets cannot be read: where the files name each, and why.
    Secrets(Vec<(String, SecretError)>),
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { expected, found } => write!(
                f,
                "nothing was sent: the plan is {found} and not the reviewed {expected}; review the new plan"
            ),
            Self::Conflicts(conflicts) => {
                f.write_str("nothing was sent: the plan contains conflicts")?;
                for conflict in conflicts {
                    write!(f, "; {}: {}", conflict.subject, conflict.message)?;
                }
                Ok(())
            }
            Self::LargePrune(why) => write!(f, "nothing was sent: {why}"),
            Self::NoJournal => f.write_str(
                "nothing was sent: the plan deletes or records something, which needs a journal",
            ),
            Self::Secrets(secrets) => {
                f.write_str("nothing was sent")?;
                for (place, why) in secrets {
                    write!(f, "; {place}: {why}")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ApplyError {}
