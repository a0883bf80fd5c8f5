use super::decode;

#[test]
fn valid_escapes_are_decoded_and_others_stay() {
    for (text, expected, offsets) in [
        ("", "", vec![0]),
        ("a%2Fb", "a/b", vec![0, 1, 4, 5]),
        ("%e2%82%ac", "€", vec![0, 3, 6, 9]),
        ("%", "%", vec![0, 1]),
        ("%4", "%4", vec![0, 1, 2]),
        ("%+f%g1", "%+f%g1", vec![0, 1, 2, 3, 4, 5, 6]),
        ("%2525", "%25", vec![0, 3, 4, 5]),
    ] {
        let decoded = decode(text);
        assert_eq!(decoded.bytes, expected.as_bytes(), "{text}");
        assert_eq!(decoded.offsets, offsets, "{text}");
    }
}
