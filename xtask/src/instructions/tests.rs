use super::*;

fn counts(entries: &[(&str, u64)]) -> Counts {
    let entries = entries.iter();
    entries
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect()
}

#[test]
fn path_within_the_band_passes_and_path_above_it_is_named() {
    let stored = counts(&[("page", 1_000), ("get", 1_000), ("verify", 1_000)]);
    let measured = counts(&[("page", 1_240), ("get", 1_260), ("verify", 700)]);
    let comparison = compare(&measured, &stored);
    assert_eq!(comparison.slower, ["get"]);
    assert!(
        comparison
            .text
            .contains("1260 instructions, 1.26 × of 1000")
    );
    assert!(comparison.text.contains("that is much less"));
}

#[test]
fn path_without_a_stored_number_is_named() {
    let comparison = compare(&counts(&[("page", 1)]), &Counts::new());
    assert_eq!(comparison.slower, ["page"]);
}

#[test]
fn total_is_read_from_the_end_of_a_profile() {
    assert_eq!(
        total("events: Ir\n\nfn=main\n1 20\n\ntotals: 123456\n"),
        Some(123_456)
    );
    assert_eq!(total("events: Ir\n"), None);
}
