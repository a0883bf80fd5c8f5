//! Reads the rows of a file: CSV as spreadsheets write it, and JSON lines. Pure.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

/// A row: field names and values. Empty values are left out.
pub(crate) type Row = BTreeMap<String, Value>;

/// A row, and where it begins in the file.
#[derive(Clone, Debug)]
pub(crate) struct FileRow {
    /// Counts from 1.
    pub(crate) line: u64,
    /// The row, or what is wrong with it.
    pub(crate) row: Result<Row, String>,
}

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A record that follows the last one. It becomes a part of the last one if a quote is not closed, which csv accepts.
const END: &str = "\u{1}";

/// Parses a CSV file with a header. Rows without any value are skipped.
///
/// # Errors
/// If the file as a whole is not CSV. A row that cannot be read is an error of that row.
pub(crate) fn parse_csv(original: &[u8]) -> Result<Vec<FileRow>, String> {
    let content = original.strip_prefix(BYTE_ORDER_MARK.as_bytes());
    let mut content = content.unwrap_or(original).to_vec();
    content.extend_from_slice(format!("\n{END}\n").as_bytes());
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .delimiter(delimiter(&content))
        .flexible(true)
        .from_reader(content.as_slice());
    let header = reader.headers().map_err(|_| NOT_UTF8.to_owned())?.clone();
    if header.iter().all(|name| name.is_empty() || name == END) {
        return Err("the file has no header".to_owned());
    }
    let names: Vec<&str> = header.iter().filter(|name| !name.is_empty()).collect();
    let repeated = names.iter().enumerate().find_map(|(index, name)| {
        let earlier = names.get(..index)?;
        earlier.contains(name).then_some(name)
    });
    if let Some(name) = repeated {
        return Err(format!("the column {name} occurs twice"));
    }
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    let mut lines = Lines::new(&content);
    let mut line = 1;
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            // The end is a part of another record.
            Ok(false) => {
                return Err(format!(
                    "a quote is not closed in the row that begins in line {line}"
                ));
            }
            // The reason quotes the content of the file, which can contain anything.
            Err(why) => {
                let line = why.position().map_or(line, |start| lines.of(start));
                let row = Err(NOT_UTF8.to_owned());
                rows.push(FileRow { line, row });
                continue;
            }
        }
        let is_last = reader.position().byte() >= content.len() as u64;
        if is_last && record.iter().eq([END]) {
            return Ok(rows);
        }
        line = record.position().map_or(line, |start| lines.of(start));
        if record.iter().any(|value| !value.is_empty()) {
            rows.push(FileRow {
                line,
                row: csv_row(&header, &record),
            });
        }
    }
}

/// Counts lines. The line numbers of csv are too low after a line break of two characters, and after an empty line.
struct Lines<'a> {
    rest: &'a [u8],
    line: u64,
    length: usize,
}

impl<'a> Lines<'a> {
    fn new(content: &'a [u8]) -> Self {
        Self {
            rest: content,
            line: 1,
            length: content.len(),
        }
    }

    /// The line of a position, which is not before that of the last call. Line breaks at the position come before the record.
    fn of(&mut self, start: &csv::Position) -> u64 {
        let passed = self.length - self.rest.len();
        let start = usize::try_from(start.byte()).unwrap_or(usize::MAX);
        let skipped = start.saturating_sub(passed).min(self.rest.len());
        let breaks = self.rest.iter().skip(skipped);
        let breaks = breaks.take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let (before, rest) = self.rest.split_at(skipped + breaks.count());
        self.rest = rest;
        self.line += before.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.line
    }
}

const NOT_UTF8: &str = "not valid UTF-8: save the file as CSV with the encoding UTF-8";

/// The separator of the header: spreadsheets write semicolons where the comma is the decimal separator.
fn delimiter(content: &[u8]) -> u8 {
    let header = content.split(|byte| *byte == b'\n').next();
    let header = header.unwrap_or_default();
    let others = [b';', b'\t'].into_iter();
    let mut others = others.filter(|delimiter| header.contains(delimiter));
    match others.next() {
        Some(delimiter) if !header.contains(&b',') => delimiter,
        _ => b',',
    }
}

fn csv_row(header: &csv::StringRecord, record: &csv::StringRecord) -> Result<Row, String> {
    if record.len() != header.len() {
        return Err(format!(
            "the row has {} fields, and the header has {}",
            record.len(),
            header.len()
        ));
    }
    let fields = header
        .iter()
        .zip(record)
        .filter(|(_, value)| !value.is_empty());
    fields
        .map(|(name, value)| match name {
            "" => Err("a value is in a column without a name".to_owned()),
            name => Ok((name.to_owned(), Value::from(value))),
        })
        .collect()
}

/// Parses a file with one JSON object per line. Empty lines are skipped.
pub(crate) fn parse_json_lines(content: &str) -> Vec<FileRow> {
    let content = content.strip_prefix(BYTE_ORDER_MARK).unwrap_or(content);
    let lines = content.lines().zip(1..);
    lines
        .filter(|(line, _)| !line.trim().is_empty())
        .map(|(content, line)| FileRow {
            line,
            row: json_row(content),
        })
        .collect()
}

fn json_row(line: &str) -> Result<Row, String> {
    let UniqueFields(mut row) = serde_json::from_str(line).map_err(|why| {
        // Other reasons quote the content of the file.
        let why = why.to_string();
        match why.strip_prefix(REPEATED) {
            Some(field) => format!(
                "{REPEATED}{}",
                field.split(" at line").next().unwrap_or(field)
            ),
            None => "the line is not a JSON object".to_owned(),
        }
    })?;
    for group in ["arguments", "security"] {
        flatten(&mut row, group);
    }
    row.retain(|_, value| !value.is_null());
    Ok(row)
}

/// Turns `{"arguments": {"key": 1}}` into `{"arguments.key": 1}`, the form of a CSV column; secrets are one level deeper.
fn flatten(row: &mut Row, group: &str) {
    let depth = if group == "security" { 2 } else { 1 };
    let Some(Value::Object(_)) = row.get(group) else {
        return;
    };
    let mut fields = vec![(group.to_owned(), row.remove(group).unwrap_or_default())];
    for _ in 0..depth {
        fields = fields
            .into_iter()
            .flat_map(|(path, value)| match value {
                Value::Object(object) => object
                    .into_iter()
                    .map(|(name, value)| (format!("{path}.{name}"), value))
                    .collect(),
                value => vec![(path, value)],
            })
            .collect();
    }
    row.extend(fields);
}

const REPEATED: &str = "the line repeats the field ";

/// An object whose fields are all different. `serde_json` keeps the last of two fields with one name.
struct UniqueFields(Row);

impl<'de> Deserialize<'de> for UniqueFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueFieldsVisitor)
    }
}

struct UniqueFieldsVisitor;

impl<'de> Visitor<'de> for UniqueFieldsVisitor {
    type Value = UniqueFields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut row = Row::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if row.insert(name.clone(), value).is_some() {
                return Err(A::Error::custom(format!("{REPEATED}{name}")));
            }
        }
        Ok(UniqueFields(row))
    }
}

#[cfg(test)]
mod tests;
