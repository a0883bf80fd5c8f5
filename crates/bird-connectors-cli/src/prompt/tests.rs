use inquire::validator::Validation;

use super::{check_answer, contains_words, one_line, visible_choices};

#[test]
fn empty_answer_and_answer_with_control_characters_are_invalid() {
    for answer in ["", "  ", "a\nb", "a\u{1b}[31mb"] {
        let checked = check_answer(answer).unwrap();
        assert!(matches!(checked, Validation::Invalid(_)), "{answer:?}");
    }
    for answer in ["Support NL", " Ä \n"] {
        assert_eq!(check_answer(answer).unwrap(), Validation::Valid);
    }
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
    for (rows, visible) in [(0, 1), (4, 1), (10, 7), (24, 15)] {
        assert_eq!(visible_choices(rows), visible, "{rows}");
    }
    assert_eq!(one_line("0123456789", 13), "0123456789");
    assert_eq!(one_line("0123456789", 12), "01234567…");
}
