//! What a scene consists of.

use std::fmt;

use crate::scenario::behavior::Behavior;
use crate::scenario::rate_limits::RateLimits;
use crate::scenario::rule::Rule;
use crate::scenario::script::Script;
use crate::scenario::seeded::{SeededConnector, SeededSubscription};
use crate::state::number::Number;
use crate::state::use_case::UseCase;

/// The version of the JSON format.
pub(super) const VERSION: u64 = 1;

/// The data, scripts, rules and behavior of a sandbox. [`SandboxBuilder::scene`](crate::SandboxBuilder::scene) starts a sandbox
/// with them.
///
/// The page of a sandbox copies its scene, and `bird-connectors sandbox --scene FILE` loads it. A scene contains no access key;
/// signing keys are replaced by a placeholder, and secret arguments are masked. It has no requests, no deliveries and no raw
/// JSON. Times are in milliseconds. Every field is optional.
///
/// ```
/// use bird_connectors_sandbox::{Sandbox, Scene};
///
/// let scene: Scene = r#"{
///     "connectors": [{ "name": "Shop", "template": "sms-messagebird:1", "script": "instant" }],
///     "rules": [{ "operation": "createConnector", "fault": "lost_response" }],
///     "behavior": { "pageTokens": "offset" }
/// }"#
/// .parse()?;
/// let builder = Sandbox::builder().scene(scene);
/// # let _ = builder;
/// # Ok::<(), bird_connectors_sandbox::InvalidScene>(())
/// ```
#[derive(Clone, Default)]
pub struct Scene {
    pub(crate) behavior: Behavior,
    pub(crate) rate_limits: RateLimits,
    /// `None` for the numbers that every sandbox has by default.
    pub(crate) numbers: Option<Vec<Number>>,
    /// `None` for the use case that every sandbox has by default.
    pub(crate) use_cases: Option<Vec<UseCase>>,
    pub(crate) connectors: Vec<SeededConnector>,
    pub(crate) subscriptions: Vec<SeededSubscription>,
    pub(crate) default_script: Option<Script>,
    /// Pairs of template slug and script.
    pub(crate) template_scripts: Vec<(String, Script)>,
    /// Pairs of connector name and script.
    pub(crate) name_scripts: Vec<(String, Script)>,
    pub(crate) next_scripts: Vec<Script>,
    pub(crate) rules: Vec<Rule>,
}

impl Scene {
    /// How many connectors can be listed right after the start.
    pub(super) fn visible_connectors(&self) -> usize {
        let connectors = self.connectors.iter();
        connectors
            .filter(|connector| connector.script.snapshot(std::time::Duration::ZERO).visible)
            .count()
    }
}

impl fmt::Debug for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scene")
            .field("behavior", &self.behavior)
            .field("rate_limits", &self.rate_limits)
            .field("connectors", &self.connectors)
            .field("subscriptions", &self.subscriptions)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

/// The error of reading a document that is not a scene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidScene(pub(super) String);

impl fmt::Display for InvalidScene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid scene: {}", self.0)
    }
}

impl std::error::Error for InvalidScene {}
