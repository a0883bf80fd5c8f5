//! Facts for the pages that are taken from the code and the contract. A page includes them like files, as
//! `--8<-- "generated/NAME.md"`.

use anyhow::{Context as _, Result, bail};
use serde_yaml_ng::Value;

const CONTRACT: &str = "openapi/bird-connectors.yaml";
const BUILDER: &str = "crates/bird-connectors/src/client/builder.rs";
const TELEMETRY: &str = "crates/bird-connectors/src/telemetry.rs";
const METRICS: &str = "crates/bird-connectors-otel/src/lib.rs";
const WAIT_OPTIONS: &str = "crates/bird-connectors/src/wait/options.rs";
const DOCTOR: &str = "crates/bird-connectors-doctor/src/checks.rs";
const ENSURE: &str = "crates/bird-connectors/src/install/ensure.rs";
const PYTHON_README: &str = "python/README.md";
const CLI_README: &str = "crates/bird-connectors-cli/README.md";

/// The generated text with this name. `read` returns a file by its path from the root of the repository.
pub(super) fn generate(name: &str, read: &mut dyn FnMut(&str) -> Result<String>) -> Result<String> {
    let (source, header) = match name {
        "permissions.md" => return permissions(&read(CONTRACT)?),
        "page-sizes.md" => return page_sizes(&read(CONTRACT)?),
        "uncertain-facts.md" => return section(&read("openapi/README.md")?, "Uncertain facts"),
        "rust-settings.md" => (BUILDER, "| setting |"),
        "cli-output.md" => (CLI_README, "| option |"),
        "cli-exit-codes.md" => (CLI_README, "| code |"),
        "environment.md" => (BUILDER, "| variable |"),
        "python-settings.md" => (PYTHON_README, "| argument |"),
        "python-loggers.md" => (PYTHON_README, "| logger |"),
        "outcomes.md" => (PYTHON_README, "| `outcome` |"),
        "wait-options.md" => (WAIT_OPTIONS, "| option |"),
        "matching.md" => (ENSURE, "| template |"),
        "telemetry-spans.md" => (TELEMETRY, "| target | name |"),
        "telemetry-events.md" => (TELEMETRY, "| target | message |"),
        "doctor-checks.md" => return checks(&read(DOCTOR)?),
        "telemetry-metrics.md" => (METRICS, "| metric | kind |"),
        "telemetry-fields.md" => return fields(&read(TELEMETRY)?),
        _ => bail!("there is no generated text `{name}`"),
    };
    table(&read(source)?, header).with_context(|| format!("invalid source {source}"))
}

/// The table whose first line starts with `header`, in Markdown or in documentation comments.
fn table(source: &str, header: &str) -> Result<String> {
    let lines = source.lines().map(|line| {
        let line = line.trim_start();
        let comment = line
            .strip_prefix("//!")
            .or_else(|| line.strip_prefix("///"));
        comment.unwrap_or(line).trim_start()
    });
    let table: Vec<String> = lines
        .skip_while(|line| !line.starts_with(header))
        .take_while(|line| line.starts_with('|'))
        .map(|line| without_links(&with_values(line, source)))
        .collect();
    if table.len() < 3 {
        bail!("it has no table that starts with `{header}`");
    }
    Ok(table.join("\n") + "\n")
}

/// Replaces links to string constants of the file, such as ``[`TRANSPORT`]``, with their values.
fn with_values(line: &str, source: &str) -> String {
    let mut line = line.to_owned();
    for constant in source.lines() {
        let Some((name, rest)) = constant
            .strip_prefix("pub const ")
            .and_then(|rest| rest.split_once(": &str = \""))
        else {
            continue;
        };
        if let Some(value) = rest.strip_suffix("\";") {
            line = line.replace(&format!("[`{name}`]"), &format!("`{value}`"));
        }
    }
    line
}

/// Replaces links between items of a crate with their text: the paths mean nothing on a page. Links to web pages stay.
fn without_links(line: &str) -> String {
    let mut result = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('[') {
        result += &rest[..start];
        rest = &rest[start..];
        let Some(end) = rest.find(']') else { break };
        let text = &rest[1..end];
        let after = &rest[end + 1..];
        let target = after
            .strip_prefix('(')
            .and_then(|target| target.find(')').map(|end| &after[..end + 2]));
        match target {
            Some(target) if target.starts_with("(http") => {
                result += &rest[..end + 1 + target.len()]
            }
            _ => result += text,
        }
        rest = &after[target.map_or(0, str::len)..];
    }
    result + rest
}

/// The text of a section of a Markdown file, with its subsections one level higher.
fn section(markdown: &str, heading: &str) -> Result<String> {
    let start = format!("\n## {heading}\n");
    let (_, rest) = markdown
        .split_once(&start)
        .with_context(|| format!("there is no section `{heading}`"))?;
    let text = rest.split("\n## ").next().unwrap_or(rest);
    Ok(text.replace("\n### ", "\n## ").trim().to_owned() + "\n")
}

/// The fields of the telemetry, from the constant that lists them.
fn fields(source: &str) -> Result<String> {
    let (_, list) = source
        .split_once("pub const FIELDS: &[&str] = &[")
        .context("there is no constant FIELDS")?;
    let (list, _) = list.split_once("];").context("FIELDS has no end")?;
    let fields: Vec<String> = list
        .split(',')
        .map(|field| field.trim().trim_matches('"'))
        .filter(|field| !field.is_empty())
        .map(|field| format!("- `{field}`\n"))
        .collect();
    Ok(fields.concat())
}

/// The checks of the doctor, from the constant that lists them.
fn checks(source: &str) -> Result<String> {
    let (_, list) = source
        .split_once("pub const CHECKS: &[Check] = &[")
        .context("there is no constant CHECKS")?;
    let (list, _) = list.split_once("\n];").context("CHECKS has no end")?;
    let field = |check: &str, name: &str| {
        let (_, rest) = check.split_once(&format!("{name}: \""))?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let mut rows = String::from("| check | what it checks |\n|---|---|\n");
    for check in list.split("Check {").skip(1) {
        let id = field(check, "id").context("a check has no id")?;
        let about = field(check, "about").with_context(|| format!("{id} has no about"))?;
        rows += &format!("| `{id}` | {about} |\n");
    }
    Ok(rows)
}

/// The permission of each operation of the contract.
fn permissions(contract: &str) -> Result<String> {
    let mut rows = String::from("| operation | permission | request |\n|---|---|---|\n");
    let contract = serde_yaml_ng::from_str(contract).context("invalid contract")?;
    for (request, operation) in operations(&contract)? {
        let name = string(operation, "operationId")?;
        let permission = operation["x-permission"]
            .as_str()
            .map_or_else(|| "not documented".to_owned(), |text| format!("`{text}`"));
        rows += &format!("| `{name}` | {permission} | `{request}` |\n");
    }
    Ok(rows)
}

/// The page size of each list of the contract. The SDK requests pages of the maximum, or of 100 items if no maximum is
/// documented: see `PageSizes` of the SDK.
fn page_sizes(contract: &str) -> Result<String> {
    let mut rows = String::from(
        "| operation | items per request | documented maximum | default of the API |\n|---|---|---|---|\n",
    );
    let contract: Value = serde_yaml_ng::from_str(contract).context("invalid contract")?;
    for (_, operation) in operations(&contract)? {
        let parameters = operation["parameters"].as_sequence();
        let limit = parameters.into_iter().flatten().find_map(|parameter| {
            let reference = parameter["$ref"].as_str()?;
            let name = reference.strip_prefix("#/components/parameters/")?;
            let parameter = &contract["components"]["parameters"][name];
            (parameter["name"].as_str() == Some("limit")).then_some(&parameter["schema"])
        });
        let Some(limit) = limit else { continue };
        let name = string(operation, "operationId")?;
        let default = limit["default"]
            .as_u64()
            .context("a limit has no default")?;
        let (size, max) = match limit["maximum"].as_u64() {
            Some(max) => (max, max.to_string()),
            None => (100, "not documented".to_owned()),
        };
        rows += &format!("| `{name}` | {size} | {max} | {default} |\n");
    }
    Ok(rows)
}

/// The operations of the contract, each with its request, such as `GET /numbers`.
fn operations(contract: &Value) -> Result<Vec<(String, &Value)>> {
    let paths = contract["paths"]
        .as_mapping()
        .context("the contract has no paths")?;
    let mut operations = Vec::new();
    for (path, item) in paths {
        let path = path.as_str().context("a path is not a string")?;
        for method in ["get", "post", "put", "patch", "delete"] {
            if let Some(operation) = item.get(method) {
                operations.push((format!("{} {path}", method.to_uppercase()), operation));
            }
        }
    }
    Ok(operations)
}

fn string<'a>(operation: &'a Value, field: &str) -> Result<&'a str> {
    operation[field]
        .as_str()
        .with_context(|| format!("an operation has no {field}"))
}

#[cfg(test)]
mod tests;
