use super::Query;

#[test]
fn finish_with_an_unknown_parameter_returns_an_error() {
    let mut query = Query::parse(Some("limit=1&pagetoken=x"));
    assert_eq!(query.string("limit").as_deref(), Some("1"));
    assert!(query.finish().is_err());
}

#[test]
fn finish_with_a_repeated_single_parameter_returns_an_error() {
    let mut query = Query::parse(Some("a=1&a=2&b=3&b=4"));
    assert_eq!(query.strings("b"), ["3", "4"]);
    query.string("a");
    assert!(query.finish().is_err());
}

#[test]
fn parse_decodes_percent_encoding_and_plus() {
    assert_eq!(
        Query::parse(Some("t=a%2Bb%3D+c")).string("t").as_deref(),
        Some("a+b= c")
    );
}
