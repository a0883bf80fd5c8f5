//! The last of many: a record with a bound, so that a long run does not fill the memory.

use std::collections::VecDeque;

/// Keeps the last items. Each has a number that it keeps, counted from 0.
pub(crate) struct Recent<T> {
    limit: usize,
    items: VecDeque<T>,
    /// The number of the first item that is kept.
    first: u64,
}

impl<T> Recent<T> {
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            limit,
            items: VecDeque::new(),
            first: 0,
        }
    }

    /// Adds an item and gives its number.
    pub(crate) fn push(&mut self, item: T) -> u64 {
        let number = self.end();
        self.items.push_back(item);
        if self.items.len() > self.limit {
            self.items.pop_front();
            self.first += 1;
        }
        number
    }

    /// The item with this number, as long as it is kept.
    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let index = number.checked_sub(self.first)?;
        self.items.get_mut(usize::try_from(index).ok()?)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }

    /// What is kept of the items from this number on.
    pub(crate) fn since(&self, number: u64) -> impl Iterator<Item = &T> {
        let skipped = number.saturating_sub(self.first);
        self.items
            .iter()
            .skip(usize::try_from(skipped).unwrap_or(usize::MAX))
    }

    /// The number that the next item gets.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.items.len() as u64
    }

    pub(crate) fn clear(&mut self) {
        self.first = self.end();
        self.items.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_items_keep_their_numbers() {
        let mut recent = Recent::new(2);
        for item in ['a', 'b', 'c'] {
            recent.push(item);
        }
        assert_eq!(recent.iter().collect::<String>(), "bc");
        assert_eq!(recent.get_mut(0), None);
        assert_eq!(recent.get_mut(1), Some(&mut 'b'));
        assert_eq!(recent.since(0).collect::<String>(), "bc");
        assert_eq!(recent.since(2).collect::<String>(), "c");
        recent.clear();
        assert_eq!(recent.get_mut(2), None);
        assert_eq!(recent.push('d'), 3);
        assert_eq!(recent.since(3).collect::<String>(), "d");
    }

    #[test]
    fn none_may_be_kept() {
        let mut recent = Recent::new(0);
        assert_eq!((recent.push('a'), recent.push('b')), (0, 1));
        assert_eq!(recent.iter().count(), 0);
    }
}
