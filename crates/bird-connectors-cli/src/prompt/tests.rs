use super::{checked, contains_words, one_line, visible_choices};

#[test]
fn answer_is_one_line_that_can_be_converted() {
    let any = |answer: &str| Ok(answer.to_owned());
    for answer in ["", "  ", "a\nb", "a\u{1b}[31mb"] {
        assert!(checked(answer, any).is_err(), "{answer:?}");
    }
    assert_eq!(checked(" Ä \n", any).unwrap(), "Ä");
    let none = |_: &str| Err("no".to_owned());
    assert_eq!(checked("Support NL", none).unwrap_err(), "no");
}

#[test]
fn choice_matches_if_it_contains_each_typed_word() {
    let choice = "+31612345678  NL  mobile";
    for typed in ["", "+316", "nl mobile", "MOBILE 3161"] {
        assert!(contains_words(choice, typed), "{typed}");
    }
    assert!(!contains_words(choice, "nl landline"));
}

#[test]
fn list_of_choices_fits_the_terminal() {
    for (rows, columns, visible) in [
        (0, 80, 1),
        (4, 80, 1),
        (10, 80, 7),
        (24, 80, 15),
        (10, 20, 5),
    ] {
        let count = visible_choices("Phone number", rows, columns);
        assert_eq!(count, visible, "{rows} {columns}");
    }
    assert_eq!(one_line("0123456789", 13), "0123456789");
    assert_eq!(one_line("0123456789", 12), "01234567…");
}
