//! The short platform names in the names of events, and the `platformId` of the channels that they stand for.

/// Pairs of a short name and a `platformId`, for the platforms whose `platformId` is documented.
const PLATFORMS: [(&str, &str); 3] = [
    ("sms", "sms-messagebird"),
    ("voice", "voice-messagebird"),
    ("whatsapp", "whatsapp"),
];

/// The `platformId` of the channels that an event is about, from the short platform name in the name of the event. Takes
/// the name of an event, such as `sms.inbound`, or only the short name, such as `sms`.
///
/// `None` if the event names no platform, such as `channel.updated`, or a platform whose `platformId` is not documented.
///
/// ```
/// use bird_connectors::webhook::platform_id_of_event;
///
/// assert_eq!(platform_id_of_event("sms.inbound"), Some("sms-messagebird"));
/// assert_eq!(platform_id_of_event("voice"), Some("voice-messagebird"));
/// assert_eq!(platform_id_of_event("channel.updated"), None);
/// ```
#[must_use]
pub fn platform_id_of_event(event: &str) -> Option<&'static str> {
    let name = event.split_once('.').map_or(event, |(name, _)| name);
    let found = PLATFORMS.iter().find(|(short, _)| *short == name);
    found.map(|(_, platform_id)| *platform_id)
}

/// The short name of a platform in the names of events, from the `platformId` of a channel. The inverse of
/// [`platform_id_of_event`].
///
/// `None` if the short name is not documented. It is not derived from the `platformId`, because the API documents no rule
/// for that.
///
/// ```
/// use bird_connectors::resources::NewSubscription;
/// use bird_connectors::webhook::event_platform;
///
/// let platform = event_platform("sms-messagebird").ok_or("unknown platform")?;
/// let event = format!("{platform}.inbound");
/// # assert_eq!(event, "sms.inbound");
/// let subscription = NewSubscription::new(event, "https://hooks.example.com/bird");
/// # let _ = subscription;
/// # assert_eq!(event_platform("email-sparkpost"), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn event_platform(platform_id: &str) -> Option<&'static str> {
    let found = PLATFORMS.iter().find(|(_, known)| *known == platform_id);
    found.map(|(short, _)| *short)
}

#[cfg(test)]
mod tests;
