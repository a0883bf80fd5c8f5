//! A question and the keys that answer it. Blocks the thread. A question that the user ends fails with
//! `ErrorKind::Interrupted`.

use std::io;

use console::{Key, Term, style};

use crate::output::prose;

use super::menu::Menu;

/// What a terminal sends for Ctrl-D.
const END_OF_INPUT: char = '\u{4}';

pub(super) fn confirm(question: &str) -> io::Result<bool> {
    let question = Question::ask(question, "(y/N)")?;
    let answer = loop {
        match question.key()? {
            Key::Char('y' | 'Y') => break true,
            Key::Char('n' | 'N') | Key::Enter | Key::Escape => break false,
            _ => {}
        }
    };
    question.answered(if answer { "yes" } else { "no" })?;
    Ok(answer)
}

pub(super) fn text(prompt: &str) -> io::Result<String> {
    let question = Question::ask(prompt, "")?;
    let mut answer = String::new();
    loop {
        match question.key()? {
            Key::Enter if !answer.trim().is_empty() => break,
            Key::Backspace if answer.pop().is_some() => {}
            Key::Char(letter) if !letter.is_control() => answer.push(letter),
            _ => continue,
        }
        question.show(&answer)?;
    }
    let answer = answer.trim().to_owned();
    question.answered(&answer)?;
    Ok(answer)
}

pub(super) fn choose(prompt: &str, choices: &[String]) -> io::Result<usize> {
    let question = Question::ask(prompt, "(arrow keys and Enter)")?;
    let terminal = &question.terminal;
    let mut menu = Menu::new(choices.len());
    terminal.write_line("")?;
    terminal.hide_cursor()?;
    let index = loop {
        let lines = menu.lines(choices);
        for (is_selected, line) in &lines {
            // A line that wraps could not be removed again.
            let width = usize::from(terminal.size().1).saturating_sub(1);
            let line = prose::printable(line);
            let line = style(console::truncate_str(&line, width, "…")).for_stderr();
            let line = if *is_selected { line.cyan() } else { line };
            terminal.write_line(&line.to_string())?;
        }
        let key = question.key()?;
        terminal.clear_last_lines(lines.len())?;
        match key {
            Key::Enter | Key::Char(' ') => break menu.selected(),
            Key::ArrowUp | Key::BackTab | Key::Char('k') => menu.up(),
            Key::ArrowDown | Key::Tab | Key::Char('j') => menu.down(),
            Key::PageUp | Key::ArrowLeft => menu.page_up(),
            Key::PageDown | Key::ArrowRight => menu.page_down(),
            _ => {}
        }
    };
    terminal.clear_last_lines(1)?;
    terminal.show_cursor()?;
    question.answered(choices.get(index).map_or("", String::as_str))?;
    Ok(index)
}

/// A question that is shown on the terminal.
struct Question {
    terminal: Term,
    /// The question without its hint.
    line: String,
}

impl Question {
    fn ask(prompt: &str, hint: &str) -> io::Result<Self> {
        let mark = style("?").yellow().bold().for_stderr();
        let prompt = style(prompt).bold().for_stderr();
        let line = format!("{mark} {prompt} ");
        let terminal = Term::stderr();
        terminal.write_str(&line)?;
        if !hint.is_empty() {
            let hint = style(hint).dim().for_stderr();
            terminal.write_str(&format!("{hint} "))?;
        }
        Ok(Self { terminal, line })
    }

    /// Waits for a key. Fails if the user ends the question, or the terminal is closed.
    fn key(&self) -> io::Result<Key> {
        match self.terminal.read_key_raw() {
            Ok(Key::CtrlC | Key::Char(END_OF_INPUT)) => Err(io::ErrorKind::Interrupted.into()),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(io::ErrorKind::Interrupted.into())
            }
            key => key,
        }
    }

    /// Shows what has been typed so far.
    fn show(&self, answer: &str) -> io::Result<()> {
        self.terminal.clear_line()?;
        self.terminal.write_str(&format!("{}{answer}", self.line))
    }

    /// Replaces the question with its answer.
    fn answered(self, answer: &str) -> io::Result<()> {
        self.terminal.clear_line()?;
        let answer = style(prose::printable(answer)).cyan().for_stderr();
        self.terminal.write_line(&format!("{}{answer}", self.line))
    }
}
