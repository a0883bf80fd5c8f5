//! The arguments of `channels`.

use bird_connectors::ChannelId;
use clap::{Args, Subcommand, ValueEnum};

use super::list::ListOptions;

#[derive(Debug, Subcommand)]
pub(crate) enum ChannelsCommand {
    /// List the channels of the workspace
    #[command(after_help = "\
Examples:
  bird-connectors channels list
  bird-connectors channels list --platform sms-messagebird --status active --output jsonl")]
    List(ListChannels),
    /// Show one channel
    #[command(after_help = "\
Example:
  bird-connectors channels get 8362fa40-9ff1-5430-a3ab-79ecc61b96b1")]
    Get {
        /// Channel id, a UUID
        id: ChannelId,
    },
    /// Send one text message, to prove that a channel works
    ///
    /// The request is sent once and never repeated, because a repeated message reaches the recipient twice.
    #[command(after_help = "\
Example:
  bird-connectors channels send 8362fa40-9ff1-5430-a3ab-79ecc61b96b1 \\
      --to +31612345678 --text \"It works\"")]
    Send(SendText),
    /// Show or set whether inbound messages open conversations in the Inbox
    #[command(after_help = "\
Examples:
  bird-connectors channels conversational 8362fa40-9ff1-5430-a3ab-79ecc61b96b1
  bird-connectors channels conversational 8362fa40-9ff1-5430-a3ab-79ecc61b96b1 on")]
    Conversational {
        /// Channel id, a UUID
        id: ChannelId,
        /// New setting; without it, the current setting is shown
        setting: Option<Switch>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ListChannels {
    /// Only channels of this platform, such as sms-messagebird; can be repeated
    #[arg(long, value_name = "PLATFORM")]
    pub(crate) platform: Vec<String>,
    /// Only channels with this status, such as active; can be repeated
    #[arg(long, value_name = "STATUS")]
    pub(crate) status: Vec<String>,
    /// Only the channel with this id; can be repeated
    #[arg(long, value_name = "ID")]
    pub(crate) id: Vec<ChannelId>,
    /// Reverse the order
    #[arg(long)]
    pub(crate) reverse: bool,
    #[command(flatten)]
    pub(crate) list: ListOptions,
}

#[derive(Debug, Args)]
pub(crate) struct SendText {
    /// Channel id, a UUID
    pub(crate) id: ChannelId,
    /// Recipient, such as +31612345678
    #[arg(long, value_name = "RECIPIENT", allow_hyphen_values = true)]
    pub(crate) to: String,
    /// Text of the message
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}
