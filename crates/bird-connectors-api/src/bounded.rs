//! The length of messages. Not part of the public API: the SDK and the Python package share it.

/// Marks the end of a string that is longer than this many bytes, and cuts it there.
pub fn shorten(string: &mut String, max: usize) {
    if string.len() > max {
        cut(string, max);
        string.push('…');
    }
}

/// Cuts a string after this many bytes at most.
pub fn cut(string: &mut String, max: usize) {
    let mut end = string.len().min(max);
    while !string.is_char_boundary(end) {
        end -= 1;
    }
    string.truncate(end);
    // The memory of a long string is of no further use.
    string.shrink_to_fit();
}

#[cfg(test)]
mod tests;
