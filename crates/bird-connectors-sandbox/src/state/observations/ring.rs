//! A log that is bounded in two ways: by the number of its items, and by their size.

use std::collections::VecDeque;

#[cfg(test)]
mod tests;

/// Keeps the last items. Items are numbered from 0, and keep their number when earlier items are dropped.
pub(crate) struct Ring<T> {
    max_items: usize,
    max_bytes: usize,
    bytes: usize,
    items: VecDeque<(usize, T)>,
    first: u64,
}

impl<T> Ring<T> {
    pub(crate) const fn new(max_items: usize, max_bytes: usize) -> Self {
        Self {
            max_items,
            max_bytes,
            bytes: 0,
            items: VecDeque::new(),
            first: 0,
        }
    }

    /// Adds an item of this many bytes and returns its number.
    pub(crate) fn push(&mut self, item: T, bytes: usize) -> u64 {
        let number = self.total();
        self.items.push_back((bytes, item));
        self.bytes += bytes;
        self.drop_first();
        number
    }

    /// An item has become larger by this many bytes.
    pub(crate) fn grow(&mut self, number: u64, bytes: usize) {
        let index = number.checked_sub(self.first);
        let index = index.and_then(|index| usize::try_from(index).ok());
        if let Some((size, _)) = index.and_then(|index| self.items.get_mut(index)) {
            *size += bytes;
            self.bytes += bytes;
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        while self.items.len() > self.max_items || self.bytes > self.max_bytes {
            let Some((bytes, _)) = self.items.pop_front() else {
                break;
            };
            self.bytes -= bytes;
            self.first += 1;
        }
    }

    pub(crate) fn get(&self, number: u64) -> Option<&T> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.items.get(index).map(|(_, item)| item)
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.items.get_mut(index).map(|(_, item)| item)
    }

    /// The items with their numbers, the last one first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = (u64, &T)> {
        let last = self.total();
        let items = self.items.iter().rev();
        (0..)
            .zip(items)
            .map(move |(index, (_, item))| (last - 1 - index, item))
    }

    /// How many items were added, including those that were dropped.
    pub(crate) fn total(&self) -> u64 {
        self.first + self.items.len() as u64
    }

    /// The number of the oldest item that is kept.
    pub(crate) const fn first(&self) -> u64 {
        self.first
    }
}
