use super::*;

#[test]
fn string_is_cut_between_characters() {
    for (max, expected) in [(0, "…"), (1, "a…"), (2, "a…"), (3, "aé…"), (4, "aéb")] {
        let mut string = "aéb".to_owned();
        shorten(&mut string, max);
        assert_eq!(string, expected, "{max}");
    }
}
