use super::request_target;

#[test]
fn request_target_of_a_url_is_its_path_and_query() {
    assert_eq!(request_target("https://example.com"), "/");
    assert_eq!(request_target("https://example.com?a=1"), "/?a=1");
    assert_eq!(request_target("https://example.com/a/?b=/c#d"), "/a/?b=/c");
}
