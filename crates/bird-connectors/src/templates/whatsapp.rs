//! WhatsApp with a number of a WhatsApp Business account.

use std::fmt;

use bird_connectors_api::SentSecret;
use bird_connectors_api::types::NumberId;

use super::common::{CommonSettings, common_settings};
use super::syntax::{is_e164, not_a_meta_id, not_a_token};
use super::template::Template;

/// The values of a WhatsApp Business account that [`WhatsApp`] needs. They are named, because the compiler does not notice two
/// strings that are swapped.
///
/// `Debug` does not show the access token.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)]
pub struct WhatsAppAccount<'a> {
    /// The id of the WhatsApp Business account at Meta.
    pub waba_id: &'a str,
    /// The `phone_number_id` at Meta.
    pub phone_id: &'a str,
    /// The number in E.164 format, such as `+31612345678`.
    pub phone_number: &'a str,
    /// The access token from Meta. Secret.
    pub access_token: &'a str,
}

impl fmt::Debug for WhatsAppAccount<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WhatsAppAccount")
            .field("waba_id", &self.waba_id)
            .field("phone_id", &self.phone_id)
            .field("phone_number", &self.phone_number)
            .finish_non_exhaustive()
    }
}

/// WhatsApp with a number of your own WhatsApp Business account. The keys are documented; the nesting of the token is known
/// from public client code.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
/// # let token_from_meta = "a-token";
/// use bird_connectors::templates::{WhatsApp, WhatsAppAccount};
///
/// let account = WhatsAppAccount {
///     waba_id: "102290129340398",
///     phone_id: "106540352242922",
///     phone_number: "+31612345678",
///     access_token: token_from_meta,
/// };
/// let whatsapp = WhatsApp::new("Shop", account);
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

    /// Creates a template from its required values: the name of the connector, and the values of the WhatsApp Business
    /// account.
    #[must_use]
    pub fn new(name: impl Into<String>, account: WhatsAppAccount<'_>) -> Self {
        Self {
            common: CommonSettings::new(name),
            waba_id: account.waba_id.to_owned(),
            phone_id: account.phone_id.to_owned(),
            phone_number: account.phone_number.to_owned(),
            mb_phone_id: None,
            access_token: account.access_token.into(),
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
        template.add_meta_id(
            "wabaId",
            "the id of the WhatsApp Business account at Meta",
            whatsapp.waba_id,
        );
        template.add_meta_id(
            "phoneId",
            "the `phone_number_id` at Meta",
            whatsapp.phone_id,
        );
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
        let problem = not_a_token(whatsapp.access_token.expose());
        template.require(
            problem.is_none(),
            "accessToken",
            format!("`accessToken` {}", problem.unwrap_or_default()),
        );
        template.add_secret("oauth", "accessToken", whatsapp.access_token);
        template
    }
}

impl Template {
    /// Adds an id that Meta assigned.
    fn add_meta_id(&mut self, key: &'static str, meaning: &str, id: String) {
        let given = not_a_meta_id(&id);
        self.require(
            given.is_none(),
            key,
            format!(
                "`{key}` is not an id: expected {meaning}, got {}",
                given.unwrap_or_default()
            ),
        );
        self.add_required_string(key, id);
    }
}
