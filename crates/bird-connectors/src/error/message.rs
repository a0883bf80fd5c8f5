//! The form of messages: in one line, and no longer than a log can take.

/// A string without line breaks and control characters.
pub(crate) fn one_line(string: &str) -> String {
    let parts: Vec<&str> = string
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(" ")
}

/// Marks the end of a string that is longer than this many bytes, and cuts it there.
pub(crate) fn shorten(string: &mut String, max: usize) {
    if string.len() > max {
        cut(string, max);
        string.push('…');
    }
}

/// Cuts a string after this many bytes at most.
pub(super) fn cut(string: &mut String, max: usize) {
    let mut end = string.len().min(max);
    while !string.is_char_boundary(end) {
        end -= 1;
    }
    string.truncate(end);
    // The memory of a long string is of no further use.
    string.shrink_to_fit();
}
