use super::*;

#[test]
fn comments_are_split_into_lines() {
    let mut file: syn::File = parse_quote! {
        #[doc = "One.\n\n    Two. \n"]
        #[derive(Debug)]
        struct A {
            /// Three.
            b: u8,
        }
    };
    Tidy.visit_file_mut(&mut file);
    let source = prettyplease::unparse(&file);
    assert_eq!(
        source,
        "/// One.\n///\n///     Two.\n#[derive(Debug)]\nstruct A {\n    /// Three.\n    b: u8,\n}\n"
    );
}

#[test]
fn long_lines_are_broken_except_in_code_blocks() {
    let long = "word ".repeat(40);
    let markdown = format!("{long}\n- {long}\n```text\n{long}\n```");
    let lines: Vec<String> = lines(&markdown)
        .iter()
        .map(|line| doc(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 7);
    assert!(lines[..4].iter().all(|line| line.len() <= WIDTH + 1));
    assert!(lines[2].starts_with(" - word") && lines[3].starts_with("   word"));
    assert_eq!(lines[5].trim(), long.trim());
}
