//! Tables for people. Without a terminal, nothing is wrapped, so that a line is an item. On a terminal that is too narrow for a
//! table, each item is a block of lines.

use anstyle::{AnsiColor, Style};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use serde_json::Value;

use super::fields::Column;

const HEADER: Style = Style::new().bold();
const NAME: Style = AnsiColor::Cyan.on_default();

/// The width that a column needs at least, unless its contents are narrower. Ids need all of theirs.
const MIN_WIDTH: usize = 10;

/// The space between two columns.
const SPACING: usize = 2;

/// A table with one row per item, or a block per item if the terminal is too narrow. Styled; the stream removes styles that its reader does not want.
pub(super) fn list(items: &[Value], columns: &[Column], width: Option<u16>) -> String {
    if items.is_empty() && width.is_some() {
        return "no items".to_owned();
    }
    if width.is_some_and(|width| min_width(items, columns) > usize::from(width)) {
        let blocks = items.iter().map(|item| object(item, columns, width));
        return blocks.collect::<Vec<_>>().join("\n\n");
    }
    let mut table = empty(width);
    table.set_header(columns.iter().map(|column| column.title().to_uppercase()));
    for item in items {
        table.add_row(columns.iter().map(|column| column.cell(item)));
    }
    constrain(&mut table, columns, items);
    let mut lines = lines(&table);
    if let Some(header) = lines.first_mut() {
        *header = styled(HEADER, header);
    }
    lines.join("\n")
}

/// A table with one row per field of the item.
pub(super) fn object(item: &Value, columns: &[Column], width: Option<u16>) -> String {
    let name_width = columns.iter().map(|column| column.title().len()).max();
    let name_width = name_width.unwrap_or_default();
    let mut table = empty(width);
    for column in columns {
        table.add_row([column.title().to_owned(), column.cell(item)]);
    }
    if let Some(names) = table.column_mut(0) {
        names.set_constraint(ColumnConstraint::ContentWidth);
    }
    let lines = lines(&table);
    let style = |line: String| match line.get(..name_width) {
        Some(name) if !name.trim().is_empty() => {
            styled(NAME, name) + line.get(name_width..).unwrap_or_default()
        }
        _ => line,
    };
    lines.into_iter().map(style).collect::<Vec<_>>().join("\n")
}

fn empty(width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    match width {
        Some(width) => {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(width);
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    table
}

/// The width of the narrowest table that can be read.
fn min_width(items: &[Value], columns: &[Column]) -> usize {
    let widths = columns.iter().map(|column| {
        let cells = items.iter().map(|item| column.cell(item).chars().count());
        let widest = cells.max().unwrap_or_default();
        let needed = if has_ids(items, column) {
            widest
        } else {
            widest.min(MIN_WIDTH)
        };
        needed.max(column.title().chars().count())
    });
    widths.sum::<usize>() + SPACING * columns.len().saturating_sub(1)
}

fn has_ids(items: &[Value], column: &Column) -> bool {
    let mut cells = items.iter().map(|item| column.cell(item));
    cells.any(|cell| uuid::Uuid::try_parse(&cell).is_ok())
}

/// Never wraps ids, which people copy.
fn constrain(table: &mut Table, columns: &[Column], items: &[Value]) {
    for (index, column) in columns.iter().enumerate() {
        if let (true, Some(column)) = (has_ids(items, column), table.column_mut(index)) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
}

/// The lines without the padding at their ends.
fn lines(table: &Table) -> Vec<String> {
    let text = table.to_string();
    // The left padding of the first column.
    text.lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned())
        .collect()
}

fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests;
