//! WhatsApp with a number of a WhatsApp Business account.

use bird_connectors_api::SentSecret;
use bird_connectors_api::types::NumberId;

use super::common::{CommonSettings, common_settings};
use super::syntax::is_e164;
use super::template::Template;

/// WhatsApp with a number of your own WhatsApp Business account. The keys are documented; the nesting of the token is known
/// from public client code.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
/// # let token_from_meta = "a-token";
/// use bird_connectors::templates::WhatsApp;
///
/// let whatsapp = WhatsApp::new("Shop", "102290129340398", "106540352242922", "+31612345678", token_from_meta);
/// let install = workspace.connectors().install(whatsapp).await?;
/// # assert_eq!(install.connector().map(|connector| connector.name.as_str()), Some("Shop"));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct WhatsApp {
    common: CommonSettings,
    waba_id: String,
    phone_id: String,
    phone_number: String,
    mb_phone_id: Option<NumberId>,
    access_token: SentSecret,
}

impl WhatsApp {
    /// The reference of the template.
    pub const TEMPLATE: &str = "whatsapp:1";

    /// Creates a template from its required values:
    ///
    /// - `name`: the name of the connector;
    /// - `waba_id`: the id of the WhatsApp Business account;
    /// - `phone_id`: the `phone_number_id` at Meta;
    /// - `phone_number`: the number in E.164 format, such as `+31612345678`;
    /// - `access_token`: the access token from Meta. Secret.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        waba_id: impl Into<String>,
        phone_id: impl Into<String>,
        phone_number: impl Into<String>,
        access_token: impl Into<SentSecret>,
    ) -> Self {
        Self {
            common: CommonSettings::new(name),
            waba_id: waba_id.into(),
            phone_id: phone_id.into(),
            phone_number: phone_number.into(),
            mb_phone_id: None,
            access_token: access_token.into(),
        }
    }

    /// Sets the id of the number resource. Only for a number that was bought from Bird.
    #[must_use]
    pub fn mb_phone_id(mut self, id: impl Into<NumberId>) -> Self {
        self.mb_phone_id = Some(id.into());
        self
    }

    common_settings!();
}

impl From<WhatsApp> for Template {
    fn from(whatsapp: WhatsApp) -> Self {
        let mut template = Self::new(WhatsApp::TEMPLATE, whatsapp.common);
        template.add_required_string("wabaId", whatsapp.waba_id);
        template.add_required_string("phoneId", whatsapp.phone_id);
        let number = &whatsapp.phone_number;
        template.require(
            number.trim().is_empty() || is_e164(number),
            "phoneNumber",
            "`phoneNumber` is not in E.164 format: expected a `+` and 7 to 15 digits, such as `+31612345678`",
        );
        template.add_required_string("phoneNumber", whatsapp.phone_number);
        if let Some(id) = whatsapp.mb_phone_id {
            template.add_argument("mbPhoneId", id.to_string());
        }
        template.require(
            !whatsapp.access_token.expose().trim().is_empty(),
            "accessToken",
            "`accessToken` is empty",
        );
        template.add_secret("oauth", "accessToken", whatsapp.access_token);
        template
    }
}
