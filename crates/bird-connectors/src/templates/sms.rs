//! SMS with a number of the workspace.

use bird_connectors_api::types::{ChannelMessageType, NumberId, UseCaseId};

use super::common::{CommonSettings, common_settings};
use super::syntax::misspelled_value;
use super::template::Template;

const MESSAGE_TYPE: &str = "channelMessageType";

/// SMS with a number of the workspace. The arguments are documented.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
/// use bird_connectors::models::ChannelMessageType;
/// use bird_connectors::templates::Sms;
///
/// let numbers = workspace.numbers().list().first_page().await?;
/// let number = numbers.items.first().ok_or("the workspace has no number")?;
/// let sms = Sms::new("Support NL", number.id, ChannelMessageType::Conversational);
/// let install = workspace.connectors().install(sms.conversational(true)).await?;
/// # assert_eq!(install.connector().map(|connector| connector.name.as_str()), Some("Support NL"));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Sms {
    common: CommonSettings,
    phone_number_id: NumberId,
    message_type: ChannelMessageType,
    use_case_id: Option<UseCaseId>,
}

impl Sms {
    /// The reference of the template.
    pub const TEMPLATE: &str = "sms-messagebird:1";

    /// Creates a template from its required values: the name of the connector, the id of the number, and the kind of messages
    /// that the channel sends.
    ///
    /// The id is the `id` of the number resource, which [`Numbers`](crate::resources::Numbers) lists. It is not the phone
    /// number itself.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        phone_number_id: impl Into<NumberId>,
        message_type: impl Into<ChannelMessageType>,
    ) -> Self {
        Self {
            common: CommonSettings::new(name),
            phone_number_id: phone_number_id.into(),
            message_type: message_type.into(),
            use_case_id: None,
        }
    }

    /// Sets the id of the use case, which [`UseCases`](crate::resources::UseCases) lists. The API requires it for US 10DLC
    /// numbers. These and North American toll-free numbers get their use case by registration; other senders use a generic
    /// one.
    #[must_use]
    pub fn use_case_id(mut self, id: impl Into<UseCaseId>) -> Self {
        self.use_case_id = Some(id.into());
        self
    }

    common_settings!();
}

impl From<Sms> for Template {
    fn from(sms: Sms) -> Self {
        let mut template = Self::new(Sms::TEMPLATE, sms.common);
        template.add_argument("phoneNumberId", sms.phone_number_id.to_string());
        let message_type = sms.message_type.as_str();
        let meant = misspelled_value(message_type, ChannelMessageType::KNOWN);
        template.require(
            meant.is_none(),
            MESSAGE_TYPE,
            format!(
                "`{MESSAGE_TYPE}` is `{message_type}`: did you mean `{}`?",
                meant.unwrap_or_default()
            ),
        );
        template.add_required_string(MESSAGE_TYPE, message_type);
        if let Some(id) = sms.use_case_id {
            template.add_argument("useCaseId", id.to_string());
        }
        template
    }
}
