//! Repairs JSON that is nearly valid, so that one damaged character does not make a response unreadable. Used only after
//! decoding has failed.

/// The maximum depth of a repaired document. A deeper one is rejected, because decoding it would use too much stack.
const MAX_DEPTH: usize = 512;

/// The largest exponent of ten that always fits in a 64-bit float.
const MAX_MAGNITUDE: i64 = 307;

/// The number of digits from which an integer may not fit in 64 bits.
const LONG: usize = 19;

/// A document that can be decoded although the original could not.
pub(crate) struct Repaired {
    pub(crate) json: String,
    /// The depth of the deepest list or object.
    pub(crate) depth: usize,
}

/// Removes a byte order mark, replaces invalid UTF-8 and lone surrogate escapes by U+FFFD, and puts integers that do not fit in
/// 64 bits and numbers above the range of a float into quotes. `None` if the document is too deep.
pub(crate) fn repair(json: &[u8]) -> Option<Repaired> {
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    let json = String::from_utf8_lossy(json);
    let mut repaired = String::with_capacity(json.len());
    let mut rest = &*json;
    let (mut depth, mut deepest) = (0_usize, 0);
    while let Some(first) = rest.bytes().next() {
        let length = match first {
            b'"' => {
                let length = string_length(rest);
                repair_string(rest.get(..length)?, &mut repaired);
                rest = rest.get(length..)?;
                continue;
            }
            b'-' | b'0'..=b'9' => {
                let length = number_length(rest);
                let number = rest.get(..length)?;
                if is_too_large(number) || is_large_integer(number) {
                    repaired.push('"');
                    repaired.push_str(number);
                    repaired.push('"');
                } else {
                    repaired.push_str(number);
                }
                rest = rest.get(length..)?;
                continue;
            }
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
                1
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                1
            }
            _ => rest.chars().next()?.len_utf8(),
        };
        repaired.push_str(rest.get(..length)?);
        rest = rest.get(length..)?;
    }
    (deepest <= MAX_DEPTH).then_some(Repaired {
        json: repaired,
        depth: deepest,
    })
}

/// The length of the string at the start, with its quotes. An unterminated string reaches to the end.
fn string_length(json: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in json.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    json.len()
}

fn number_length(json: &str) -> usize {
    let is_part = |byte: u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    json.bytes().take_while(|byte| is_part(*byte)).count()
}

/// Whether a 64-bit float overflows.
fn is_too_large(number: &str) -> bool {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let digits = mantissa.split('.').next().unwrap_or_default().len();
    let exponent = exponent.parse().unwrap_or(i64::MAX);
    exponent.saturating_add(i64::try_from(digits).unwrap_or(i64::MAX)) > MAX_MAGNITUDE
        && number.parse::<f64>().is_ok_and(f64::is_infinite)
}

/// Whether it is an integer that does not fit in 64 bits. serde_json would round it to a float.
fn is_large_integer(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    digits.len() >= LONG
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && number.parse::<i64>().is_err()
        && number.parse::<u64>().is_err()
}

/// Whether the document may contain an integer that does not fit in 64 bits, even inside a string. Such an integer has at least
/// 19 digits, so every 19th byte is enough to find it. Testing all bytes took a twelfth of the instructions of a page.
pub(crate) fn may_have_large_integer(json: &[u8]) -> bool {
    let mut samples = json.iter().enumerate().step_by(LONG);
    samples.any(|(at, byte)| byte.is_ascii_digit() && is_long(json, at))
}

/// Whether at least 19 digits surround a position.
fn is_long(json: &[u8], at: usize) -> bool {
    let before = json.iter().take(at).rev();
    let after = json.iter().skip(at);
    let run = |byte: &&u8| byte.is_ascii_digit();
    before.take_while(run).count() + after.take_while(run).count() >= LONG
}

/// Replaces each surrogate escape without its other half.
fn repair_string(string: &str, repaired: &mut String) {
    let mut rest = string;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        repaired.push_str(before);
        let length = match surrogate(escape) {
            Some(0xd800..=0xdbff)
                if matches!(escape.get(6..).and_then(surrogate), Some(0xdc00..=0xdfff)) =>
            {
                12
            }
            Some(0xd800..=0xdfff) => {
                repaired.push_str("\\ufffd");
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            _ => 1 + escape.chars().nth(1).map_or(0, char::len_utf8),
        };
        let (escape, after) = escape.split_at(length);
        repaired.push_str(escape);
        rest = after;
    }
    repaired.push_str(rest);
}

/// The code unit of an escape such as `\ud83d` at the start.
fn surrogate(escape: &str) -> Option<u16> {
    u16::from_str_radix(escape.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests;
