//! Writes the result of a command to standard output: as a table, as JSON, as one JSON value per line, or filtered with jq.

mod fields;
mod filter;
pub(crate) mod prose;
mod table;

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard};

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use serde::Serialize;
use serde_json::Value;

pub(crate) use fields::Column;

use crate::args::global::{GlobalOptions, OutputFormat};
use crate::errors::CliError;
use crate::messages;
use filter::Filter;

/// The result of a command.
pub(crate) enum CommandOutput {
    /// One object. In a table, each field is a row.
    Object {
        value: Value,
        columns: &'static [Column],
    },
    /// A list, page by page.
    List {
        pages: BoxStream<'static, Result<Vec<Value>, CliError>>,
        columns: &'static [Column],
    },
    /// The results of a run that continues if the reader of standard output closes it. Those that are finished are written also
    /// if the run is interrupted.
    Rows {
        rows: BoxStream<'static, Result<Vec<Value>, CliError>>,
        columns: &'static [Column],
    },
    /// Text that has no JSON form, such as a completion script.
    Text(String),
    /// JSON that is printed as it is, without columns.
    Json(Value),
    /// A report or a plan that has a text for people, and the error with which the command ends after it.
    Report {
        text: String,
        value: Value,
        end: Result<(), CliError>,
    },
    /// Items without an end, each written as soon as it arrives.
    Live {
        items: BoxStream<'static, Result<Value, CliError>>,
        /// One line for a person.
        line: fn(&Value) -> String,
    },
    /// A server: what a client needs to know, and a future that ends with the server.
    Serving {
        text: String,
        value: Value,
        until: BoxFuture<'static, Result<(), CliError>>,
    },
    Nothing,
}

impl CommandOutput {
    pub(crate) fn object(value: &impl Serialize, columns: &'static [Column]) -> Self {
        Self::Object {
            value: to_json(value),
            columns,
        }
    }
}

/// Converts an object of the SDK. Secrets become null.
pub(crate) fn to_json(value: &impl Serialize) -> Value {
    // The models have string keys and no values that JSON cannot represent.
    serde_json::to_value(value).unwrap_or_default()
}

/// How to write results. Made before the command runs, so that an invalid expression fails before any request.
pub(crate) struct Renderer {
    format: OutputFormat,
    filter: Option<Filter>,
    columns: Option<Vec<Column>>,
    /// Whether warnings are left out.
    quiet: bool,
    /// The width of the terminal; `None` if standard output is not a terminal.
    width: Option<u16>,
    /// The finished rows that have not been written yet.
    finished: Mutex<Option<FinishedRows>>,
}

struct FinishedRows {
    rows: Vec<Value>,
    columns: &'static [Column],
}

impl Renderer {
    pub(crate) fn new(global: &GlobalOptions, width: Option<u16>) -> Result<Self, CliError> {
        let format = global.format();
        if format == OutputFormat::Table && global.jq.is_some() {
            return Err(CliError::usage(
                "--jq filters JSON: use it with --output json or jsonl, or without --output",
            ));
        }
        if format != OutputFormat::Table && !global.columns.is_empty() {
            return Err(CliError::usage(
                "--columns selects the columns of a table: select the fields of JSON with --jq",
            ));
        }
        if global.columns.iter().any(|path| path.trim().is_empty()) {
            return Err(CliError::usage(
                "--columns contains an empty name: separate the names with single commas, such as id,name",
            ));
        }
        let filter = global.jq.as_deref().map(Filter::compile).transpose()?;
        let columns = (!global.columns.is_empty()).then(|| {
            global
                .columns
                .iter()
                .map(|path| Column::custom(path))
                .collect()
        });
        Ok(Self {
            format,
            filter,
            columns,
            quiet: global.quiet,
            width,
            finished: Mutex::default(),
        })
    }

    /// Writes a result. A list is read page by page.
    pub(crate) async fn write(
        &self,
        output: CommandOutput,
        out: &mut impl Write,
    ) -> Result<(), CliError> {
        match output {
            CommandOutput::Nothing => Ok(()),
            CommandOutput::Text(text) => self.text(out, &text),
            CommandOutput::Live { mut items, line } => {
                while let Some(item) = items.next().await {
                    let item = item?;
                    match self.format {
                        OutputFormat::Table => self.text(out, &prose::printable(&line(&item)))?,
                        _ => self.json(out, &item, OutputFormat::Jsonl)?,
                    }
                    out.flush().map_err(write_failed)?;
                }
                Ok(())
            }
            CommandOutput::Serving { text, value, until } => {
                match self.format {
                    OutputFormat::Table => self.text(out, &text)?,
                    format => self.json(out, &value, format)?,
                }
                out.flush().map_err(write_failed)?;
                until.await
            }
            CommandOutput::Report { text, value, end } => {
                match self.format {
                    OutputFormat::Table if text.is_empty() => {}
                    OutputFormat::Table => self.text(out, &text)?,
                    format => self.json(out, &value, format)?,
                }
                out.flush().map_err(write_failed)?;
                end
            }
            CommandOutput::Json(value) => self.json(out, &value, self.format),
            CommandOutput::Object { value, columns } => match self.format {
                OutputFormat::Table => {
                    let columns = self.columns(columns, std::slice::from_ref(&value));
                    self.text(out, &table::object(&value, columns, self.width))
                }
                format => self.json(out, &value, format),
            },
            CommandOutput::List { pages, columns } => self.list(out, pages, columns).await,
            CommandOutput::Rows { rows, columns } => self.rows(out, rows, columns).await,
        }
    }

    /// The selected columns, or else those of the command.
    fn columns<'a>(&'a self, columns: &'a [Column], items: &[Value]) -> &'a [Column] {
        let Some(selected) = self.columns.as_deref() else {
            return columns;
        };
        let warnings = selected.iter().filter_map(|column| column.warning(items));
        for warning in warnings.filter(|_| !self.quiet) {
            messages::print(warning);
        }
        selected
    }

    async fn list(
        &self,
        out: &mut impl Write,
        mut pages: BoxStream<'static, Result<Vec<Value>, CliError>>,
        columns: &'static [Column],
    ) -> Result<(), CliError> {
        if self.format == OutputFormat::Jsonl {
            while let Some(page) = pages.next().await {
                self.lines(out, &page?)?;
            }
            return Ok(());
        }
        let mut items = Vec::new();
        let mut failure = None;
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => items.extend(page),
                // The rows are complete.
                Err(error @ CliError::Bulk { .. }) => failure = Some(error),
                Err(error) => return Err(error),
            }
        }
        self.items(out, items, columns)?;
        failure.map_or(Ok(()), Err)
    }

    /// Reads all rows, even after the output was closed. The error of the run takes precedence over a closed pipe.
    async fn rows(
        &self,
        out: &mut impl Write,
        mut rows: BoxStream<'static, Result<Vec<Value>, CliError>>,
        columns: &'static [Column],
    ) -> Result<(), CliError> {
        let at_once = self.format == OutputFormat::Jsonl;
        if !at_once {
            let rows = Vec::new();
            *self.finished() = Some(FinishedRows { rows, columns });
        }
        let mut failure = None;
        let mut closed = false;
        while let Some(page) = rows.next().await {
            let page = match page {
                Ok(page) => page,
                Err(error) => {
                    failure = Some(error);
                    continue;
                }
            };
            if !at_once {
                if let Some(finished) = self.finished().as_mut() {
                    finished.rows.extend(page);
                }
                continue;
            }
            if closed {
                continue;
            }
            match self.lines(out, &page) {
                Err(CliError::BrokenPipe) => {
                    closed = true;
                    if !self.quiet {
                        messages::print("standard output is closed: the run continues without it");
                    }
                }
                written => written?,
            }
        }
        let written = self.write_finished(out);
        match (failure, written) {
            (Some(failure), Ok(()) | Err(CliError::BrokenPipe)) => Err(failure),
            (_, written) => written,
        }
    }

    /// Writes one JSON value per line.
    fn lines(&self, out: &mut impl Write, items: &[Value]) -> Result<(), CliError> {
        for item in items {
            self.json(out, item, OutputFormat::Jsonl)?;
        }
        out.flush().map_err(write_failed)
    }

    /// Writes the rows that are finished and have not been written, such as those of a run that was interrupted.
    pub(crate) fn write_finished(&self, out: &mut impl Write) -> Result<(), CliError> {
        let Some(FinishedRows { rows, columns }) = self.finished().take() else {
            return Ok(());
        };
        if rows.is_empty() && self.format == OutputFormat::Table {
            return Ok(());
        }
        self.items(out, rows, columns)?;
        out.flush().map_err(write_failed)
    }

    fn finished(&self) -> MutexGuard<'_, Option<FinishedRows>> {
        self.finished
            .lock()
            .unwrap_or_else(|broken| broken.into_inner())
    }

    /// Writes all items as one JSON value or one table.
    fn items(
        &self,
        out: &mut impl Write,
        items: Vec<Value>,
        columns: &'static [Column],
    ) -> Result<(), CliError> {
        if self.format == OutputFormat::Json {
            return self.json(out, &Value::Array(items), OutputFormat::Json);
        }
        let columns = self.columns(columns, &items);
        self.text(out, &table::list(&items, columns, self.width))
    }

    fn json(
        &self,
        out: &mut impl Write,
        value: &Value,
        format: OutputFormat,
    ) -> Result<(), CliError> {
        if let Some(filter) = &self.filter {
            return filter.apply(value, |line| writeln!(out, "{line}").map_err(write_failed));
        }
        // `{value:#}` is indented.
        let written = if format == OutputFormat::Jsonl {
            writeln!(out, "{value}")
        } else {
            writeln!(out, "{value:#}")
        };
        written.map_err(write_failed)
    }

    fn text(&self, out: &mut impl Write, text: &str) -> Result<(), CliError> {
        let end = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        write!(out, "{text}{end}").map_err(write_failed)
    }
}

/// A reader that has seen enough closes the pipe, which is not a failure.
pub(crate) fn write_failed(error: io::Error) -> CliError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        CliError::BrokenPipe
    } else {
        CliError::output(format!("cannot write to standard output: {error}"))
    }
}

#[cfg(test)]
mod tests;
