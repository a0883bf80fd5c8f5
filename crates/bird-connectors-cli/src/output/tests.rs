use std::io::{self, Write};

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::{Column, CommandOutput, Renderer};
use crate::args::global::{GlobalOptions, OutputFormat};
use crate::errors::CliError;

const COLUMNS: &[Column] = &[Column::new("id", "id")];

fn renderer(format: OutputFormat, jq: Option<&str>) -> Renderer {
    let global = GlobalOptions {
        output: Some(format),
        jq: jq.map(str::to_owned),
        ..GlobalOptions::default()
    };
    Renderer::new(&global, None).unwrap()
}

fn pages() -> CommandOutput {
    let pages = vec![
        vec![json!({"id": 1}), json!({"id": 2})],
        vec![json!({"id": 3})],
    ];
    CommandOutput::List {
        pages: stream::iter(pages).map(Ok).boxed(),
        columns: COLUMNS,
    }
}

async fn written(renderer: &Renderer, output: CommandOutput) -> String {
    let mut out = Vec::new();
    renderer.write(output, &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

#[tokio::test]
async fn json_is_one_value() {
    let text = written(&renderer(OutputFormat::Json, None), pages()).await;
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value, json!([{"id": 1}, {"id": 2}, {"id": 3}]));
}

#[tokio::test]
async fn jsonl_is_one_value_per_line() {
    let text = written(&renderer(OutputFormat::Jsonl, None), pages()).await;
    assert_eq!(text, "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n");
}

#[tokio::test]
async fn jq_prints_strings_without_quotes() {
    let output = CommandOutput::Json(json!({"name": "a b", "id": 3, "list": [1]}));
    let jq = Some(".name, .id, .list");
    let text = written(&renderer(OutputFormat::Json, jq), output).await;
    assert_eq!(text, "a b\n3\n[1]\n");
}

#[tokio::test]
async fn jq_applies_to_the_whole_list_in_json_and_to_each_item_in_jsonl() {
    let text = written(&renderer(OutputFormat::Json, Some("length")), pages()).await;
    assert_eq!(text, "3\n");
    let text = written(&renderer(OutputFormat::Jsonl, Some(".id")), pages()).await;
    assert_eq!(text, "1\n2\n3\n");
}

#[test]
fn jq_with_a_syntax_error_is_a_usage_error() {
    let global = GlobalOptions {
        jq: Some(".[".to_owned()),
        ..GlobalOptions::default()
    };
    let Err(CliError::Usage(message)) = Renderer::new(&global, None) else {
        panic!("expected a usage error");
    };
    assert!(message.starts_with("invalid jq expression"), "{message}");
}

#[test]
fn jq_syntax_error_says_where_it_is() {
    for (expression, reason) in [
        (".[", "at its end"),
        ("", "at its end"),
        (".id | | .name", "character 7"),
        ("\"é\" | §", "character 7"),
        (".a b", "character 4"),
    ] {
        let global = GlobalOptions {
            jq: Some(expression.to_owned()),
            ..GlobalOptions::default()
        };
        let Err(CliError::Usage(message)) = Renderer::new(&global, None) else {
            panic!("expected a usage error for {expression}");
        };
        assert!(message.contains(reason), "{message}");
    }
}

#[tokio::test]
async fn jq_failure_is_no_usage_error_and_keeps_the_outputs_before_it() {
    let output = CommandOutput::Json(json!({"id": 3, "text": "x".repeat(10_000)}));
    let mut out = Vec::new();
    let renderer = renderer(OutputFormat::Json, Some(".id, (. | ascii_downcase)"));
    let error = renderer.write(output, &mut out).await.unwrap_err();
    let report = error
        .with_progress((Some("token".to_owned()), None))
        .report();
    assert_eq!(out, b"3\n");
    assert_eq!((report.kind.as_str(), report.exit_code), ("jq_failed", 1));
    assert_eq!(report.token.as_deref(), Some("token"));
    assert!(report.message.len() < 300, "{}", report.message);
}

#[tokio::test]
async fn jq_without_end_stops_when_the_pipe_is_closed() {
    let output = CommandOutput::Json(json!({}));
    let result = renderer(OutputFormat::Json, Some("repeat(1)"))
        .write(output, &mut Closed)
        .await;
    assert!(matches!(result, Err(CliError::BrokenPipe)), "{result:?}");
}

#[tokio::test]
async fn jq_formats_rows_as_csv_and_tsv() {
    for (format, expected) in [
        ("@csv", "\"a \"\"b\"\"\\\t\",1,true,,\"\"\n"),
        ("@tsv", "a \"b\"\\\\\\t\t1\ttrue\t\t\n"),
    ] {
        let output = CommandOutput::Json(json!(["a \"b\"\\\t", 1, true, null, ""]));
        let text = written(&renderer(OutputFormat::Json, Some(format)), output).await;
        assert_eq!(text, expected);
    }
}

#[test]
fn jq_cannot_read_the_environment() {
    for expression in ["env", "$ENV", "env.BIRD_ACCESS_KEY"] {
        let global = GlobalOptions {
            jq: Some(expression.to_owned()),
            ..GlobalOptions::default()
        };
        let result = Renderer::new(&global, None);
        assert!(matches!(result, Err(CliError::Usage(_))), "{expression}");
    }
}

#[test]
fn empty_column_is_a_usage_error() {
    for columns in [vec![""], vec!["id", " "]] {
        let global = GlobalOptions {
            columns: columns.into_iter().map(str::to_owned).collect(),
            ..GlobalOptions::default()
        };
        let result = Renderer::new(&global, None);
        assert!(matches!(result, Err(CliError::Usage(_))));
    }
}

/// A pipe whose reader is gone.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn closed_pipe_is_not_a_failure() {
    for format in [OutputFormat::Table, OutputFormat::Json, OutputFormat::Jsonl] {
        let result = renderer(format, None).write(pages(), &mut Closed).await;
        assert!(
            matches!(result, Err(CliError::BrokenPipe)),
            "{format:?}: {result:?}"
        );
    }
}
