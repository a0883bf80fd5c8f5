//! Voice with a number of the workspace.

use bird_connectors_api::types::NumberId;

use super::common::{CommonSettings, common_settings};
use super::template::Template;

/// Voice with a number of the workspace. The argument is known from public client code.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
/// use bird_connectors::templates::Voice;
///
/// let numbers = workspace.numbers().list().first_page().await?;
/// let number = numbers.items.first().ok_or("the workspace has no number")?;
/// let install = workspace.connectors().install(Voice::new("Reception", number.id)).await?;
/// # assert_eq!(install.connector().map(|connector| connector.name.as_str()), Some("Reception"));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Voice {
    common: CommonSettings,
    phone_number_id: NumberId,
}

impl Voice {
    /// The reference of the template.
    pub const TEMPLATE: &str = "voice-messagebird:1";

    /// Creates a template from its required values: the name of the connector and the id of the number.
    ///
    /// The id is the `id` of the number resource, which [`Numbers`](crate::resources::Numbers) lists. It is not the phone
    /// number itself.
    #[must_use]
    pub fn new(name: impl Into<String>, phone_number_id: impl Into<NumberId>) -> Self {
        Self {
            common: CommonSettings::new(name),
            phone_number_id: phone_number_id.into(),
        }
    }

    common_settings!();
}

impl From<Voice> for Template {
    fn from(voice: Voice) -> Self {
        let mut template = Self::new(Voice::TEMPLATE, voice.common);
        template.add_argument("phoneNumberId", voice.phone_number_id.to_string());
        template
    }
}
