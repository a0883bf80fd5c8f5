use super::{checks, fields, page_sizes, permissions, section, table};

#[test]
fn table_of_a_documentation_comment_has_values_and_no_item_links() {
    let source = "\
//! Spans:
//!
//! | target | name |
//! |---|---|
//! | [`TRANSPORT`] | the [rate limit](crate::RateLimits) of [the page](https://example.com/a) |
//!
//! Other text.
pub const TRANSPORT: &str = \"crate::transport\";
";
    assert_eq!(
        table(source, "| target |").unwrap(),
        "| target | name |\n|---|---|\n| `crate::transport` | the rate limit of [the page](https://example.com/a) |\n"
    );
    assert!(table(source, "| other |").is_err());
}

#[test]
fn section_ends_at_the_next_heading_and_its_subsections_move_up() {
    let markdown = "# Page\n\n## One\n\nText.\n\n### Sub\n\nMore.\n\n## Two\n\nOther.\n";
    assert_eq!(
        section(markdown, "One").unwrap(),
        "Text.\n\n## Sub\n\nMore.\n"
    );
    assert!(section(markdown, "Three").is_err());
}

#[test]
fn permission_that_the_contract_does_not_have_is_not_documented() {
    let contract = "
paths:
  /a:
    get: { operationId: readA, x-permission: view /a }
    delete: { operationId: deleteA }
";
    assert_eq!(
        permissions(contract).unwrap(),
        "| operation | permission | request |\n|---|---|---|\n\
         | `readA` | `view /a` | `GET /a` |\n| `deleteA` | not documented | `DELETE /a` |\n"
    );
}

#[test]
fn fields_are_listed_in_the_order_of_the_constant() {
    let source = "pub const FIELDS: &[&str] = &[\n    \"a.b\",\n    \"c\",\n];";
    assert_eq!(fields(source).unwrap(), "- `a.b`\n- `c`\n");
}

#[test]
fn page_size_is_the_maximum_or_a_hundred() {
    let contract = "
paths:
  /a:
    get: { operationId: listA, parameters: [{ $ref: '#/components/parameters/a' }] }
  /b:
    get: { operationId: listB, parameters: [{ $ref: '#/components/parameters/b' }] }
  /c:
    get: { operationId: getC, parameters: [{ $ref: '#/components/parameters/c' }] }
components:
  parameters:
    a: { name: limit, schema: { maximum: 99, default: 10 } }
    b: { name: limit, schema: { default: 25 } }
    c: { name: cId, schema: {} }
";
    let table = page_sizes(contract).unwrap();
    let rows: Vec<_> = table.lines().skip(2).collect();
    assert_eq!(
        rows,
        [
            "| `listA` | 99 | 99 | 10 |",
            "| `listB` | 100 | not documented | 25 |"
        ]
    );
}

#[test]
fn checks_have_their_ids_and_what_they_check() {
    let source = "
pub const CHECKS: &[Check] = &[
    Check {
        id: \"dns\",
        about: \"the name resolves\",
        judge: network::dns,
    },
    Check {
        id: \"clock\",
        about: \"the clock agrees\",
        judge: |facts| network::clock(facts, \"x\"),
    },
];
";
    assert_eq!(
        checks(source).unwrap(),
        "| check | what it checks |\n|---|---|\n| `dns` | the name resolves |\n| `clock` | the clock agrees |\n"
    );
    assert!(checks("").is_err());
}
