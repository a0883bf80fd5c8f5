use super::Menu;

fn choices(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("choice {index}")).collect()
}

#[test]
fn short_menu_shows_all_choices_and_wraps_around() {
    let mut menu = Menu::new(3);
    menu.up();
    assert_eq!(menu.selected(), 2);
    menu.down();
    menu.down();
    let lines = menu.lines(&choices(3));
    let lines: Vec<&str> = lines.iter().map(|(_, line)| line.as_str()).collect();
    assert_eq!(lines, ["  choice 0", "> choice 1", "  choice 2"]);
}

#[test]
fn long_menu_shows_the_page_of_the_selected_choice() {
    let mut menu = Menu::new(32);
    for (page, last_line, lines) in [
        (0, "  1 to 15 of 32", 16),
        (15, "  16 to 30 of 32", 16),
        (30, "  31 to 32 of 32", 3),
        (31, "  31 to 32 of 32", 3),
    ] {
        assert_eq!(menu.selected(), page);
        let shown = menu.lines(&choices(32));
        assert_eq!(shown.last().unwrap().1, last_line);
        assert_eq!(shown.len(), lines);
        menu.page_down();
    }
    menu.page_up();
    assert_eq!(menu.selected(), 16);
}
