use super::{outside_elements, outside_urls};

#[test]
fn element_that_loads_another_host_is_found() {
    let html = "<a href=\"https://a.example\">a</a><img src=\"b.svg\"><link rel=\"canonical\" href=\"https://c.example\">";
    assert!(outside_elements(html).is_empty());
    let html = "<p><script src=\"https://d.example/x.js\"></script><img src=\"//e.example/y.png\">";
    assert_eq!(
        outside_elements(html),
        [
            "<script src=\"https://d.example/x.js\">",
            "<img src=\"//e.example/y.png\">"
        ]
    );
}

#[test]
fn style_sheet_that_loads_another_host_is_found() {
    let css =
        "a{background:url(data:image/svg+xml;x)}@font-face{src:url(\"https://f.example/g.woff2\")}";
    assert_eq!(outside_urls(css), ["https://f.example/g.woff2"]);
}
