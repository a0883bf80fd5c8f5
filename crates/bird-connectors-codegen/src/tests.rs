use super::space_out;

#[test]
fn items_are_separated_and_imports_are_not() {
    let code = "use a;\nuse b;\n/// A.\nstruct A {\n    b: u8,\n}\nimpl A {\n    fn c() {\n        d();\n    }\n}\nx!(A);\nconst E: [u8; 1] = [\n    1,\n];\nstruct F;\n";
    let spaced = "use a;\nuse b;\n\n/// A.\nstruct A {\n    b: u8,\n}\n\nimpl A {\n    fn c() {\n        d();\n    }\n}\n\nx!(A);\n\nconst E: [u8; 1] = [\n    1,\n];\n\nstruct F;\n";
    assert_eq!(space_out(code), spaced);
}
