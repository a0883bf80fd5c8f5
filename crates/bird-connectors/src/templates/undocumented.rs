//! Templates whose arguments are not documented.

use super::common::{CommonSettings, FreeArguments, common_settings, free_arguments};
use super::template::Template;

macro_rules! undocumented_templates {
    ($($name:ident, $reference:literal, $channel:literal;)*) => {$(
        #[doc = concat!(
            $channel, ". The API documents only the reference `", $reference,
            "`, so you pass the arguments that your account needs."
        )]
        ///
        /// ```
        /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
        /// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
        /// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
        #[doc = concat!("use bird_connectors::templates::", stringify!($name), ";")]
        ///
        #[doc = concat!("let template = ", stringify!($name), "::new(\"Support\")")]
        ///     .argument("key", "value")
        ///     .security_argument("oauth", "accessToken", "a-token");
        /// let install = workspace.connectors().install(template).await?;
        /// # assert_eq!(install.connector().map(|connector| connector.name.as_str()), Some("Support"));
        /// # Ok(()) }
        /// ```
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            common: CommonSettings,
            free: FreeArguments,
        }

        impl $name {
            /// The reference of the template.
            pub const TEMPLATE: &str = $reference;

            /// Creates a template from the name of the connector.
            #[must_use]
            pub fn new(name: impl Into<String>) -> Self {
                Self { common: CommonSettings::new(name), free: FreeArguments::default() }
            }

            free_arguments!();
            common_settings!();
        }

        impl From<$name> for Template {
            fn from(template: $name) -> Self {
                Self::with_free_arguments($name::TEMPLATE, template.common, template.free)
            }
        }
    )*};
}

undocumented_templates! {
    Instagram, "instagram:1", "Instagram";
    Facebook, "facebook:1", "Facebook Messenger";
    Telegram, "telegram:1", "Telegram";
    Line, "line:1", "Line";
    Email, "email-messagebird:1", "Email";
}
