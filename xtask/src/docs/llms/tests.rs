use super::generate;
use crate::docs::pages::Page;

const CONFIGURATION: &str = "
site_name: name
site_description: About it.
nav:
  - Home: index.md
  - Section:
      - First: section/first.md
";

fn page(path: &str) -> Page {
    Page {
        path: path.to_owned(),
        text: format!("---\ndescription: About {path}.\n---\n\n# Heading\n\nText.\n"),
        description: format!("About {path}."),
    }
}

#[test]
fn files_follow_the_navigation() {
    let pages = [page("section/first.md"), page("index.md")];
    let (index, full) = generate(&pages, CONFIGURATION).unwrap();
    assert_eq!(
        index,
        "# name\n\n> About it.\n\n- [Home](index.md): About index.md.\n\n## Section\n\n\
         - [First](section/first.md): About section/first.md.\n"
    );
    assert_eq!(
        full,
        "# name\n\n> About it.\n\n---\n\nPage: index.md\n\n# Heading\n\nText.\n\
         \n---\n\nPage: section/first.md\n\n# Heading\n\nText.\n"
    );
}

#[test]
fn page_outside_of_the_navigation_is_an_error() {
    let pages = [page("section/first.md"), page("index.md"), page("other.md")];
    let error = generate(&pages, CONFIGURATION).unwrap_err();
    assert!(error.to_string().contains("other.md"));
    let error = generate(&[page("index.md")], CONFIGURATION).unwrap_err();
    assert!(error.to_string().contains("section/first.md"));
}
