//! Reads the usual JSON of a response without serde. A page takes 1.9 instead of 2.8 million instructions in Rust: serde reads
//! each value through several generic layers, and looks for large integers and invalid characters in the whole document first.
//!
//! Whatever is unusual fails here without an explanation, for example invalid JSON, an object without its id, an integer of many
//! digits, or deep nesting. Serde then reads the document again and decides what it means, so that there is one set of rules.

use std::array;
use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use super::{
    Entry, Failed, Fields, Items, Object, Results, Scalar, Slot, find_entry, missing_results,
};
use crate::undecoded::{Leftover, Undecoded};

/// The maximum nesting. Serde decodes deeper documents.
const MAX_DEPTH: usize = 64;

/// The maximum number of characters of a number, so that every integer fits in 64 bits.
const MAX_NUMBER: usize = 18;

/// The maximum number of objects for which a page makes room in advance.
const MAX_RESERVED: usize = 1_000;

/// Reads a document into a blank object.
pub(crate) fn read_document(json: &str, object: &mut dyn Object) -> Result<(), Failed> {
    let mut text = Text {
        json,
        at: 0,
        depth: 0,
        orders: Vec::new(),
    };
    text.read_object(object)?;
    match text.next_token() {
        Err(Failed) => Ok(()),
        Ok(_) => Err(Failed),
    }
}

/// A document, and the position of the next character.
struct Text<'a> {
    json: &'a str,
    at: usize,
    /// The number of open objects and lists.
    depth: usize,
    /// The orders of the types of objects so far.
    orders: Vec<FieldOrder>,
}

/// The order in which the fields of a type came. It is the same for the next object, as a rule, so that a name is compared with
/// one entry only.
struct FieldOrder {
    /// Identifies the type. If two types share it, they only disturb each other.
    first_name: &'static str,
    /// The entry that came after each entry. The last one is the entry that came first.
    next: Vec<usize>,
}

impl FieldOrder {
    /// The order of the entries.
    fn new(first_name: &'static str, entries: usize) -> Self {
        let next = (1..=entries).chain([0]).collect();
        Self { first_name, next }
    }
}

impl<'a> Text<'a> {
    /// The next character that is not white space. It is not consumed. The end of the document is an error.
    #[inline]
    fn next_token(&mut self) -> Result<u8, Failed> {
        loop {
            match self.json.as_bytes().get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(token) => return Ok(*token),
                None => return Err(Failed),
            }
        }
    }

    #[inline]
    fn expect(&mut self, token: u8) -> Result<(), Failed> {
        if self.next_token()? != token {
            return Err(Failed);
        }
        self.at += 1;
        Ok(())
    }

    fn literal<T>(&mut self, literal: &str, value: T) -> Result<T, Failed> {
        let rest = self.json.as_bytes().get(self.at..).ok_or(Failed)?;
        if !rest.starts_with(literal.as_bytes()) {
            return Err(Failed);
        }
        self.at += literal.len();
        Ok(value)
    }

    /// Enters an object or a list.
    fn open(&mut self, bracket: u8) -> Result<(), Failed> {
        self.expect(bracket)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Failed);
        }
        Ok(())
    }

    /// Moves to the next field or item. Leaves the object or list and returns false after the last one.
    #[inline]
    fn advance(&mut self, is_first: &mut bool, end: u8) -> Result<bool, Failed> {
        let token = self.next_token()?;
        if token == end {
            self.at += 1;
            self.depth -= 1;
            return Ok(false);
        }
        if std::mem::take(is_first) {
            return Ok(true);
        }
        self.expect(b',')?;
        // A comma before the bracket is invalid.
        if self.next_token()? == end {
            return Err(Failed);
        }
        Ok(true)
    }

    /// Takes out the order of the fields of a type.
    fn take_order(&mut self, entries: &[Entry<'_>]) -> FieldOrder {
        let first_name = entries.first().map_or("", |entry| entry.name);
        let is_same = |order: &FieldOrder| {
            std::ptr::eq(order.first_name, first_name) && order.next.len() == entries.len() + 1
        };
        match self.orders.iter().position(is_same) {
            Some(index) => self.orders.swap_remove(index),
            None => FieldOrder::new(first_name, entries.len()),
        }
    }

    /// Moves past the comma before a field, and past its key, if they follow without white space. One comparison, instead of one for
    /// each character around the name, saves 3 % of the instructions of a page.
    #[inline]
    fn skip_key(&mut self, is_first: bool, key: &str) -> bool {
        let rest = self.json.as_bytes().get(self.at..).unwrap_or_default();
        let rest = if is_first {
            Some(rest)
        } else {
            rest.strip_prefix(b",")
        };
        let is_next = rest.is_some_and(|rest| rest.starts_with(key.as_bytes()));
        if is_next {
            self.at += usize::from(!is_first) + key.len();
        }
        is_next
    }

    /// The name of the next field. A name with escapes is unusual.
    fn name(&mut self) -> Result<&'a str, Failed> {
        self.next_token()?;
        let name = self.plain_string().ok_or(Failed)?;
        self.expect(b':')?;
        Ok(name)
    }

    /// A string, which is cut from the document if it has no escapes.
    fn string(&mut self) -> Result<Cow<'a, str>, Failed> {
        match self.plain_string() {
            Some(string) => Ok(Cow::Borrowed(string)),
            None => self.escaped_string().map(Cow::Owned),
        }
    }

    /// A string, if it has no escapes. Otherwise nothing is consumed.
    #[inline]
    fn plain_string(&mut self) -> Option<&'a str> {
        let bytes = self.json.as_bytes();
        if bytes.get(self.at) != Some(&b'"') {
            return None;
        }
        let start = self.at + 1;
        let end = plain_end(bytes, start);
        if bytes.get(end) != Some(&b'"') {
            return None;
        }
        self.at = end + 1;
        self.json.get(start..end)
    }

    #[cold]
    fn escaped_string(&mut self) -> Result<String, Failed> {
        let start = self.at;
        self.expect(b'"')?;
        let bytes = self.json.as_bytes();
        let mut end = plain_end(bytes, self.at);
        while bytes.get(end) == Some(&b'\\') {
            // The escaped character can be a quotation mark.
            end = plain_end(bytes, end + 2);
        }
        self.at = end + 1;
        serde_json::from_str(self.json.get(start..self.at).ok_or(Failed)?).map_err(|_| Failed)
    }

    fn number(&mut self) -> Result<Number, Failed> {
        let rest = self.json.get(self.at..).ok_or(Failed)?;
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.bytes().take_while(is_part).count();
        if length > MAX_NUMBER {
            return Err(Failed);
        }
        self.at += length;
        serde_json::from_str(rest.get(..length).ok_or(Failed)?).map_err(|_| Failed)
    }

    fn value(&mut self) -> Result<Value, Failed> {
        Ok(match self.next_token()? {
            b'"' => Value::String(self.string()?.into_owned()),
            b'{' => Value::Object(self.json()?),
            b'[' => Value::Array(List::open(self)?.json()?),
            b'n' => self.literal("null", Value::Null)?,
            b't' => self.literal("true", Value::Bool(true))?,
            b'f' => self.literal("false", Value::Bool(false))?,
            _ => Value::Number(self.number()?),
        })
    }

    /// For how many items to make room, if all are about as long as the one that began at this position: a sixteenth more, and one
    /// for the attempt to read an item after the last one. Too little room would cost a copy of all items, 5 % of the instructions
    /// of a page.
    fn similar_items(&self, start: usize) -> usize {
        let rest = self.json.len().saturating_sub(self.at);
        let items = rest / self.at.saturating_sub(start).max(1);
        items.min(MAX_RESERVED) * 17 / 16 + 1
    }

    /// Reads a value into its place. Inlined, which saves 2 % of the instructions of a page: most of them copied a leftover, which
    /// there rarely is.
    #[inline(always)]
    fn read_value(&mut self, slot: &mut dyn Slot) -> Result<Option<Leftover>, Failed> {
        let scalar = match self.next_token()? {
            b'"' => {
                return Ok(match self.plain_string() {
                    Some(string) => slot.read_string(string),
                    None => slot.read_string(&self.escaped_string()?),
                });
            }
            b'{' => return slot.read_object(self),
            b'[' => return slot.read_list(&mut List::open(self)?),
            b'n' => self.literal("null", Scalar::Null)?,
            b't' => self.literal("true", Scalar::Bool(true))?,
            b'f' => self.literal("false", Scalar::Bool(false))?,
            _ => Scalar::Number(self.number()?),
        };
        Ok(slot.read_scalar(scalar))
    }

    fn read_object(&mut self, object: &mut dyn Object) -> Result<(), Failed> {
        if self.next_token()? != b'{' {
            return Err(Failed);
        }
        object.read(self)
    }
}

impl Fields for Text<'_> {
    fn read(
        &mut self,
        entries: &mut [Entry<'_>],
        undecoded: &mut Undecoded,
        extra: &mut Map<String, Value>,
    ) -> Result<(), Failed> {
        self.open(b'{')?;
        let mut order = self.take_order(entries);
        let (mut is_first, mut last) = (true, entries.len());
        loop {
            let next = order.next.get_mut(last).ok_or(Failed)?;
            let expected = entries.get(*next);
            if expected.is_some_and(|entry| self.skip_key(is_first, entry.key)) {
                is_first = false;
            } else {
                if !self.advance(&mut is_first, b'}')? {
                    break;
                }
                let name = self.name()?;
                let Some(index) = find_entry(entries, *next, name) else {
                    extra.insert(name.to_owned(), self.value()?);
                    continue;
                };
                *next = index;
            }
            last = *next;
            let entry = entries.get_mut(last).ok_or(Failed)?;
            let leftover = self.read_value(&mut *entry.slot)?;
            undecoded.keep(entry.name, leftover);
        }
        self.orders.push(order);
        let is_rejected = entries.iter().any(|entry| entry.slot.rejected().is_some());
        if is_rejected { Err(Failed) } else { Ok(()) }
    }

    fn read_page(
        &mut self,
        next_page_token: &mut Option<String>,
        results: &mut dyn Results,
        extra: &mut Map<String, Value>,
    ) -> Result<(), Failed> {
        self.open(b'{')?;
        let (mut is_first, mut has_results) = (true, false);
        while self.advance(&mut is_first, b'}')? {
            let name = self.name()?;
            match (name, self.next_token()?) {
                ("nextPageToken", b'"') => *next_page_token = Some(self.string()?.into_owned()),
                ("nextPageToken", b'n') => *next_page_token = self.literal("null", None)?,
                ("results", b'[') => {
                    results.clear();
                    let mut list = List::open(self)?;
                    let start = list.text.at;
                    if results.read_next(&mut list)? {
                        // Objects are large, and would be copied whenever the list grows.
                        results.reserve(list.text.similar_items(start));
                        while results.read_next(&mut list)? {}
                    }
                    has_results = true;
                }
                ("nextPageToken" | "results", _) => return Err(Failed),
                _ => {
                    extra.insert(name.to_owned(), self.value()?);
                }
            }
        }
        if has_results {
            return Ok(());
        }
        missing_results::<serde_json::Error>(next_page_token.as_deref(), !extra.is_empty())
            .map_err(|_| Failed)
    }

    fn json(&mut self) -> Result<Map<String, Value>, Failed> {
        self.open(b'{')?;
        let (mut is_first, mut fields) = (true, Map::new());
        while self.advance(&mut is_first, b'}')? {
            let name = self.name()?;
            // serde_json has a name for internal use, which starts like this.
            if name.starts_with('$') {
                return Err(Failed);
            }
            let value = self.value()?;
            fields.insert(name.to_owned(), value);
        }
        Ok(fields)
    }
}

/// A list that is being read.
struct List<'t, 'a> {
    text: &'t mut Text<'a>,
    is_first: bool,
}

impl<'t, 'a> List<'t, 'a> {
    fn open(text: &'t mut Text<'a>) -> Result<Self, Failed> {
        text.open(b'[')?;
        Ok(Self {
            text,
            is_first: true,
        })
    }

    fn advance(&mut self) -> Result<bool, Failed> {
        self.text.advance(&mut self.is_first, b']')
    }
}

impl Items for List<'_, '_> {
    fn read(&mut self, slot: &mut dyn Slot) -> Result<Option<Option<Leftover>>, Failed> {
        if !self.advance()? {
            return Ok(None);
        }
        self.text.read_value(slot).map(Some)
    }

    fn read_object(&mut self, object: &mut dyn Object) -> Result<bool, Failed> {
        if !self.advance()? {
            return Ok(false);
        }
        self.text.read_object(object)?;
        Ok(true)
    }

    fn json(&mut self) -> Result<Vec<Value>, Failed> {
        let mut items = Vec::new();
        while self.advance()? {
            items.push(self.text.value()?);
        }
        Ok(items)
    }
}

/// The position of the first quotation mark, backslash or control character, or the end of the document. Sixteen bytes are compared
/// without a branch, so that the compiler uses vector instructions. That takes fewer instructions than `memchr2`, because most
/// strings are short.
#[inline]
fn plain_end(json: &[u8], mut at: usize) -> usize {
    let (blocks, _) = json.get(at..).unwrap_or_default().as_chunks::<16>();
    for block in blocks {
        let mark = |index| if is_special(block[index]) { u8::MAX } else { 0 };
        let special = u128::from_le_bytes(array::from_fn(mark));
        if special != 0 {
            return at + special.trailing_zeros() as usize / 8;
        }
        at += block.len();
    }
    last_plain_end(json, at)
}

/// Like [`plain_end`], for the last bytes of a document.
#[cold]
fn last_plain_end(json: &[u8], at: usize) -> usize {
    let last = json.get(at..).unwrap_or_default();
    let plain = last.iter().position(|byte| is_special(*byte));
    at + plain.unwrap_or(last.len())
}

#[inline]
fn is_special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

#[cfg(test)]
mod tests;
