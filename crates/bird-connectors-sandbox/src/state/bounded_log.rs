//! A log that keeps only the last items, so that a long run does not exhaust the memory.

use std::collections::VecDeque;

#[cfg(test)]
mod tests;

/// Keeps the last `limit` items. Items are numbered from 0, and keep their number when earlier items are dropped.
pub(crate) struct BoundedLog<T> {
    limit: usize,
    items: VecDeque<T>,
    /// The number of the first item that is still in the log.
    first: u64,
}

impl<T> BoundedLog<T> {
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            limit,
            items: VecDeque::new(),
            first: 0,
        }
    }

    /// Adds an item and returns its number.
    pub(crate) fn push(&mut self, item: T) -> u64 {
        let number = self.next_number();
        self.items.push_back(item);
        if self.items.len() > self.limit {
            self.items.pop_front();
            self.first += 1;
        }
        number
    }

    /// The item with this number, if it is still in the log.
    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let index = number.checked_sub(self.first)?;
        self.items.get_mut(usize::try_from(index).ok()?)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }

    /// The items with this number or a later one that are still in the log.
    pub(crate) fn since(&self, number: u64) -> impl Iterator<Item = &T> {
        let skipped = number.saturating_sub(self.first);
        self.items
            .iter()
            .skip(usize::try_from(skipped).unwrap_or(usize::MAX))
    }

    /// The number of the next item.
    pub(crate) fn next_number(&self) -> u64 {
        self.first + self.items.len() as u64
    }

    pub(crate) fn clear(&mut self) {
        self.first = self.next_number();
        self.items.clear();
    }
}
