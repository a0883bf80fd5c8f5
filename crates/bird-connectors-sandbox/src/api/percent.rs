//! Percent-encoding of URLs. Pure.

#[cfg(test)]
mod tests;

/// A string without its percent-encoding, with the place where each byte was.
pub(crate) struct Decoded {
    pub(crate) bytes: Vec<u8>,
    /// For each byte the offset of its source, and at the end the length of the source.
    pub(crate) offsets: Vec<usize>,
}

/// Decodes a string. What is not a valid escape stays as it is.
pub(crate) fn decode(text: &str) -> Decoded {
    let source = text.as_bytes();
    let mut bytes = Vec::with_capacity(source.len());
    let mut offsets = Vec::with_capacity(source.len() + 1);
    let mut at = 0;
    while let Some(first) = source.get(at) {
        offsets.push(at);
        let escaped = source.get(at + 1..at + 3).filter(|_| *first == b'%');
        match escaped.and_then(hex_byte) {
            Some(byte) => {
                bytes.push(byte);
                at += 3;
            }
            None => {
                bytes.push(*first);
                at += 1;
            }
        }
    }
    offsets.push(at);
    Decoded { bytes, offsets }
}

/// A string as people read it. What is not valid UTF-8 is replaced.
#[cfg(feature = "ui")]
pub(crate) fn decode_lossy(text: &str) -> String {
    String::from_utf8_lossy(&decode(text).bytes).into_owned()
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    digits.iter().try_fold(0, |byte, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(byte << 4 | u8::try_from(digit).ok()?)
    })
}
