use super::*;

#[test]
fn doubts_are_appended_to_every_description() {
    let mut document = json!({
        "paths": {"/a": {"get": {
            "description": "Reads.", "x-uncertain": "The path.",
            "parameters": [{"description": "A flag.", "x-uncertain": "Its name.", "schema": {}}],
        }}},
        "components": {"schemas": {"A": {"properties": {
            "doubtful": {"description": "Text.\n", "x-uncertain": "Its values. \n"},
            "plain": {"description": "Text."},
        }}}},
    });
    append_doubts(&mut document).unwrap();
    let get = &document["paths"]["/a"]["get"];
    assert_eq!(get["description"], "Reads.\n\nNot certain: The path.");
    assert_eq!(
        get["parameters"][0]["description"],
        "A flag. Not certain: Its name."
    );
    let properties = &document["components"]["schemas"]["A"]["properties"];
    assert_eq!(
        properties["doubtful"]["description"],
        "Text.\n\nNot certain: Its values."
    );
    assert_eq!(properties["plain"]["description"], "Text.");
}
