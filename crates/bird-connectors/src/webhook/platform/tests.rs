use super::*;

#[test]
fn short_names_and_platform_ids_map_in_both_directions() {
    for (short, platform_id) in PLATFORMS {
        assert_eq!(event_platform(platform_id), Some(short));
        for event in ["", ".inbound", ".outbound", ".interaction"] {
            let event = format!("{short}{event}");
            assert_eq!(platform_id_of_event(&event), Some(platform_id), "{event}");
        }
    }
}

#[test]
fn undocumented_names_are_not_derived() {
    for event in [
        "",
        ".",
        "channel.created",
        "email.inbound",
        "email-messagebird",
        "SMS.inbound",
        "sms-messagebird.inbound",
        "smsx",
    ] {
        assert_eq!(platform_id_of_event(event), None, "{event}");
    }
    for platform_id in ["", "sms", "email-messagebird", "email-sparkpost", "line"] {
        assert_eq!(event_platform(platform_id), None, "{platform_id}");
    }
}
