use super::*;

#[test]
fn summary_has_the_median_and_interpolated_quartiles() {
    let measurement = Measurement::new("group", "variant", "s", vec![4.0, 1.0, 3.0, 2.0]);
    assert_eq!(measurement.median(), 2.5);
    assert_eq!(measurement.summary(), "2.50 s (1.75 s – 3.25 s)");
}

#[test]
fn value_is_formatted_with_a_unit_of_fitting_size() {
    let values = [
        (0.000_048_3, "s"),
        (0.0213, "s"),
        (3_270_000.0, "B"),
        (640.0, "B"),
        (0.0, ""),
        (2_450.0, ""),
        (8.571, ""),
        (1_784_234.0, ""),
        (1_000_000.0, ""),
    ];
    let formatted = values.map(|(value, unit)| format_value(value, unit));
    assert_eq!(
        formatted,
        [
            "48.3 µs", "21.3 ms", "3.27 MB", "640 B", "0", "2450", "8.57", "1.78 M", "1.00 M"
        ]
    );
}

#[test]
fn output_that_is_not_a_measurement_is_an_error() {
    assert!(Measurement::parse("Traceback").is_err());
    assert!(Measurement::parse("").unwrap().is_empty());
}
