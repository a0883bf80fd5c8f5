use super::super::Behavior;

#[test]
fn every_variant_of_every_setting_can_be_selected_by_its_name() {
    let mut behavior = Behavior::default();
    for setting in Behavior::default().settings() {
        let count = setting.values().count();
        assert!(count > 1, "{} has no alternative", setting.field);
        for variant in 0..count {
            assert!(behavior.set(setting.field, variant));
            let changed = behavior.settings();
            let changed = changed.iter().find(|known| known.field == setting.field);
            assert_eq!(changed.map(|changed| changed.current), Some(variant));
        }
        assert!(!behavior.set(setting.field, count));
    }
    assert!(!behavior.set("page_token", 0));
}

#[cfg(feature = "cli")]
#[test]
fn names_of_settings_and_variants_are_those_of_the_command_line() {
    let command = <Behavior as clap::Args>::augment_args(clap::Command::new("test"));
    for setting in Behavior::default().settings() {
        let mut arguments = command.get_arguments();
        let argument = arguments.find(|known| known.get_id() == setting.field);
        let possible = argument
            .map(clap::Arg::get_possible_values)
            .unwrap_or_default();
        let possible: Vec<_> = possible
            .iter()
            .map(|value| value.get_name().to_owned())
            .collect();
        let values: Vec<_> = setting.values().map(|(name, _)| name).collect();
        assert_eq!(values, possible, "{}", setting.field);
    }
}
