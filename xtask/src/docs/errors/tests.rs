use super::{anchors, classes, identifiers};

#[test]
fn identifiers_are_those_of_the_match_after_the_start() {
    let source = "
impl Other { fn as_str(self) -> &'static str { match self {
    Self::X => \"x\",
} } }

impl ErrorKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => \"not_found\",
            Self::Api { .. } => \"api\",
        }
    }
}

const OTHER: &str = \"other\";
";
    let found: Vec<_> = identifiers(source, "impl ErrorKind {")
        .into_iter()
        .collect();
    assert_eq!(found, ["api", "not_found"]);
    assert!(identifiers(source, "impl Missing").is_empty());
}

#[test]
fn anchors_are_those_of_headings() {
    let markdown = "## Not found {#not_found}\ntext {#text}\n### Other\n";
    assert_eq!(
        anchors(markdown).into_iter().collect::<Vec<_>>(),
        ["not_found"]
    );
}

#[test]
fn classes_are_the_exceptions_of_a_module() {
    let python = "class Error(Exception):\n    x\nclass NotFoundError(Error):\nclass Helper:\n";
    assert_eq!(
        classes(python).collect::<Vec<_>>(),
        ["Error", "NotFoundError"]
    );
}
