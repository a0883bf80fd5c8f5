//! Any template, by its reference.

use bird_connectors_api::given::Given;

use super::common::{CommonSettings, FreeArguments, common_settings, free_arguments};
use super::syntax::is_reference;
use super::template::Template;

/// Any other template, or another version of a known one. Only the name and the syntax of the reference are checked.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
/// use bird_connectors::templates::{Custom, Template};
///
/// let telegram = Custom::new("telegram:1", "Bot").security_argument("bot", "token", "a-token");
/// let install = workspace.connectors().install(telegram).await?;
/// # assert_eq!(install.connector().map(|connector| connector.name.as_str()), Some("Bot"));
///
/// let error = Template::from(Custom::new("telegram", "Bot")).validate().unwrap_err();
/// assert!(error.message().contains("slug:version"));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Custom {
    reference: String,
    common: CommonSettings,
    free: FreeArguments,
}

impl Custom {
    /// Creates a template from its reference, `slug:version`, and the name of the connector.
    #[must_use]
    pub fn new(reference: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            reference: reference.into(),
            common: CommonSettings::new(name),
            free: FreeArguments::default(),
        }
    }

    free_arguments!();
    common_settings!();
}

impl From<Custom> for Template {
    fn from(custom: Custom) -> Self {
        let valid = is_reference(&custom.reference);
        let given = Given::of(&custom.reference);
        let mut template = Self::with_free_arguments(custom.reference, custom.common, custom.free);
        let mut problem =
            "the reference is not of the form `slug:version`, such as `sms-messagebird:1`"
                .to_owned();
        if given.is_recognized() {
            problem += &format!(", but {given}");
        }
        template.require(valid, "reference", problem);
        template
    }
}
