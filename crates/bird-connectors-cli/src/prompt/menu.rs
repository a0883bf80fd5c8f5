//! The state of a list of choices: which one is selected, and which ones are visible. Pure.

/// The maximum number of visible choices.
const VISIBLE: usize = 15;

/// A list of choices, of which one is selected.
pub(super) struct Menu {
    count: usize,
    selected: usize,
}

impl Menu {
    pub(super) fn new(count: usize) -> Self {
        Self { count, selected: 0 }
    }

    pub(super) fn selected(&self) -> usize {
        self.selected
    }

    pub(super) fn up(&mut self) {
        let last = self.count.saturating_sub(1);
        self.selected = self.selected.checked_sub(1).unwrap_or(last);
    }

    pub(super) fn down(&mut self) {
        self.selected = (self.selected + 1) % self.count.max(1);
    }

    pub(super) fn page_up(&mut self) {
        self.selected = self.selected.saturating_sub(VISIBLE);
    }

    pub(super) fn page_down(&mut self) {
        self.selected = (self.selected + VISIBLE).min(self.count.saturating_sub(1));
    }

    /// The visible lines, and whether each is the selected choice.
    pub(super) fn lines(&self, choices: &[String]) -> Vec<(bool, String)> {
        let first = self.selected / VISIBLE * VISIBLE;
        let visible = choices.iter().enumerate().skip(first).take(VISIBLE);
        let mut lines: Vec<(bool, String)> = visible
            .map(|(index, choice)| {
                let is_selected = index == self.selected;
                let mark = if is_selected { ">" } else { " " };
                (is_selected, format!("{mark} {choice}"))
            })
            .collect();
        if self.count > VISIBLE {
            let last = first + lines.len();
            lines.push((
                false,
                format!("  {} to {last} of {}", first + 1, self.count),
            ));
        }
        lines
    }
}

#[cfg(test)]
mod tests;
