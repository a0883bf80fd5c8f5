//! Connector templates: typed requests that [`Connectors::install`](crate::resources::Connectors::install) and its relatives
//! send.
//!
//! A template takes its required values in `new`; optional values are methods. Every type of this module converts into
//! [`Template`].
//!
//! | type | reference | arguments |
//! |---|---|---|
//! | [`Sms`] | `sms-messagebird:1` | documented |
//! | [`WhatsApp`] | `whatsapp:1` | keys documented; the nesting of the token is known from public client code |
//! | [`Voice`] | `voice-messagebird:1` | known from public client code |
//! | [`Instagram`], [`Facebook`], [`Telegram`], [`Line`], [`Email`] | `instagram:1` and so on | not documented: pass your own |
//! | [`Custom`] | any | pass your own |

mod common;
mod custom;
mod sms;
mod syntax;
mod template;
mod undocumented;
mod voice;
mod whatsapp;

pub use custom::Custom;
pub use sms::Sms;
pub(crate) use syntax::is_reference;
pub use template::Template;
pub use undocumented::{Email, Facebook, Instagram, Line, Telegram};
pub use voice::Voice;
pub use whatsapp::{WhatsApp, WhatsAppAccount};

#[cfg(test)]
mod tests;
