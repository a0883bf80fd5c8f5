//! A scene as a Rust file.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Map, Number as JsonNumber, Value};
use uuid::Uuid;

use crate::api::object_reader::whole_milliseconds;
use crate::api::response::{Content, Response};
use crate::scenario::fault::Fault;
use crate::scenario::rule::{Rule, SelectedCalls};
use crate::scenario::script::{Script, Step};
use crate::scenario::seeded::{SeededConnector, SeededSubscription};
use crate::scene::data::Scene;
use crate::scene::script_json;
use crate::state::number::Number;

/// The start of a line with a call of a seeded resource.
const CHAIN: &str = "\n                ";

/// A deeper value is not written with the macro `json!`, because the compiler would refuse it.
const MACRO_DEPTH: usize = 100;

/// The calls of the builder, and the names that they import.
#[derive(Default)]
struct Code {
    calls: Vec<String>,
    names: BTreeSet<&'static str>,
    uses_json: bool,
    uses_duration: bool,
}

pub(super) fn file(scene: &Scene) -> String {
    let mut code = Code::default();
    code.names.extend(["Sandbox", "SandboxBuilder"]);
    code.scene(scene);
    let names: Vec<_> = code.names.iter().copied().collect();
    let mut file = String::from("//! A scene of the sandbox, copied from its page.\n\n");
    if code.uses_duration {
        file.push_str("use std::time::Duration;\n\n");
    }
    let _ = writeln!(
        file,
        "use bird_connectors_sandbox::{{{}}};",
        names.join(", ")
    );
    if code.uses_json {
        file.push_str("use serde_json::json;\n");
    }
    file.push_str("\nfn scene() -> SandboxBuilder {\n    Sandbox::builder()\n");
    for call in &code.calls {
        let _ = writeln!(file, "        {call}");
    }
    file.push_str("}\n\n#[tokio::test]\nasync fn scene_starts() -> std::io::Result<()> {\n");
    file.push_str("    let sandbox = scene().start().await?;\n");
    file.push_str(
        "    // Point a client at sandbox.base_url(), with sandbox.access_key() and sandbox.workspace_id().\n",
    );
    let visible = scene.visible_connectors();
    let _ = writeln!(
        file,
        "    assert_eq!(sandbox.connectors().len(), {visible});"
    );
    file.push_str("    sandbox.shutdown().await;\n    Ok(())\n}\n");
    file
}

impl Code {
    fn scene(&mut self, scene: &Scene) {
        let settings = scene.behavior.settings();
        let changed: Vec<_> = settings
            .iter()
            .filter(|setting| setting.current > 0)
            .collect();
        if !changed.is_empty() {
            self.names.insert("behavior");
            let lines = changed.iter().map(|setting| {
                let (field, kind, variant) = (setting.field, setting.kind, setting.variant());
                format!("            settings.{field} = behavior::{kind}::{variant};\n")
            });
            let lines: String = lines.collect();
            self.calls
                .push(format!(".behavior(|settings| {{\n{lines}        }})"));
        }
        let limits = scene.rate_limits;
        if limits != crate::scenario::rate_limits::RateLimits::default() {
            self.names.insert("RateLimits");
            let (get, post, other) = (limits.get, limits.post, limits.other);
            self.calls.push(format!(
                ".rate_limits(RateLimits {{ get: {get:?}, post: {post:?}, other: {other:?} }})"
            ));
        }
        self.numbers(scene);
        self.scripts(scene);
        for connector in &scene.connectors {
            let connector = self.connector(connector);
            self.calls
                .push(format!(".connector(\n            {connector},\n        )"));
        }
        for subscription in &scene.subscriptions {
            let subscription = self.subscription(subscription);
            self.calls.push(format!(
                ".subscription(\n            {subscription},\n        )"
            ));
        }
        for rule in &scene.rules {
            let call = match self.rule(rule) {
                Some(rule) => format!(".rule({rule})"),
                None => "// A rule with a condition in code is not copied.".to_owned(),
            };
            self.calls.push(call);
        }
    }

    fn numbers(&mut self, scene: &Scene) {
        if let Some(numbers) = &scene.numbers {
            if numbers.is_empty() {
                self.calls.push(".no_numbers()".to_owned());
            } else {
                self.names.insert("Number");
            }
            self.calls.extend(
                numbers
                    .iter()
                    .map(|known| format!(".number({})", number(known))),
            );
        }
        if let Some(use_cases) = &scene.use_cases {
            if use_cases.is_empty() {
                self.calls.push(".no_use_cases()".to_owned());
            } else {
                self.names.insert("UseCase");
            }
            for use_case in use_cases {
                let (name, status, case_type) = use_case.parts();
                let id = id(use_case.id());
                self.calls.push(format!(
                    ".use_case(UseCase::new({name:?}).with_id({id}).status({status:?}).case_type({case_type:?}))"
                ));
            }
        }
    }

    fn scripts(&mut self, scene: &Scene) {
        if let Some(script) = &scene.default_script {
            let script = self.script(script, 3);
            self.calls.push(format!(".default_script({script})"));
        }
        for (method, scripts) in [
            ("script_for_template", &scene.template_scripts),
            ("script_for_name", &scene.name_scripts),
        ] {
            for (key, script) in scripts {
                let script = self.script(script, 3);
                self.calls.push(format!(".{method}({key:?}, {script})"));
            }
        }
        for script in &scene.next_scripts {
            let script = self.script(script, 3);
            self.calls.push(format!(".next_install({script})"));
        }
    }

    fn connector(&mut self, connector: &SeededConnector) -> String {
        self.names.insert("SeededConnector");
        let (name, template) = (&connector.name, &connector.template);
        let mut code = format!("SeededConnector::new({name:?}, {template:?})");
        if let Some(known) = connector.id {
            let _ = write!(code, "{CHAIN}.with_id({})", id(known));
        }
        if let Some(arguments) = &connector.arguments {
            let _ = write!(
                code,
                "{CHAIN}.arguments({})",
                self.json(&Value::Object(arguments.clone()))
            );
        }
        if connector.script != Script::instant() {
            let _ = write!(
                code,
                "{CHAIN}.script({})",
                self.script(&connector.script, 5)
            );
        }
        code
    }

    fn subscription(&mut self, subscription: &SeededSubscription) -> String {
        self.names.insert("SeededSubscription");
        let (event, url) = (&subscription.event, &subscription.url);
        let mut code = format!("SeededSubscription::new({event:?}, {url:?})");
        if let Some(known) = subscription.id {
            let _ = write!(code, "{CHAIN}.with_id({})", id(known));
        }
        if let Some(key) = &subscription.signing_key {
            let _ = write!(code, "{CHAIN}.signing_key({key:?})");
        }
        for (key, value) in &subscription.filters {
            let _ = write!(code, "{CHAIN}.filter({key:?}, {value:?})");
        }
        if !subscription.active {
            let _ = write!(code, "{CHAIN}.inactive()");
        }
        code
    }

    /// The steps are indented by this many levels.
    fn script(&mut self, script: &Script, levels: usize) -> String {
        let chain = format!("\n{}", "    ".repeat(levels));
        self.names.insert("Script");
        let named = script_json::named();
        if let Some((name, _)) = named.iter().find(|(_, known)| known == script) {
            return format!("Script::{name}()");
        }
        let mut code = String::from("Script::never()");
        for (after, step) in script.steps() {
            let step = self.step(step);
            let _ = write!(code, "{chain}.step({}, {step})", self.duration(*after));
        }
        if !script.commit_time().is_zero() {
            let commit = self.duration(script.commit_time());
            let _ = write!(code, "{chain}.commit_after({commit})");
        }
        if !script.chosen_channel_ids().is_empty() {
            let ids: Vec<_> = script
                .chosen_channel_ids()
                .iter()
                .map(|known| id(*known))
                .collect();
            let _ = write!(code, "{chain}.channel_ids([{}])", ids.join(", "));
        }
        if let Some(readiness) = script.readiness_override() {
            let _ = write!(code, "{chain}.readiness({readiness})");
        }
        code
    }

    fn step(&mut self, step: &Step) -> String {
        self.names.insert("Step");
        match step {
            Step::NoChannel(field) => {
                self.names.insert("ChannelField");
                format!("Step::NoChannel(ChannelField::{field:?})")
            }
            Step::Channel(status) => format!("Step::Channel({status:?}.into())"),
            Step::Status(status) => format!("Step::Status({status:?}.into())"),
            Step::ReadinessStatus(status) => format!("Step::ReadinessStatus({status:?}.into())"),
            Step::Stage(stage) => format!("Step::Stage({stage:?}.into())"),
            Step::NumberStatus(status) => format!("Step::NumberStatus({status:?}.into())"),
            Step::Vanish => "Step::Vanish".to_owned(),
        }
    }

    /// `None` if code decides which requests match.
    fn rule(&mut self, rule: &Rule) -> Option<String> {
        if rule.is_conditional() {
            return None;
        }
        self.names.insert("Rule");
        let mut code = match rule.operation() {
            Some(operation) => {
                self.names.insert("Operation");
                format!("Rule::on(Operation::{operation:?})")
            }
            None => "Rule::on_any()".to_owned(),
        };
        match rule.remaining_calls() {
            SelectedCalls::Next(1) => {}
            SelectedCalls::Next(times) => drop(write!(code, ".times({times})")),
            SelectedCalls::Nth(nth) => drop(write!(code, ".nth({nth})")),
            SelectedCalls::Always => code.push_str(".always()"),
        }
        if let Some(fault) = rule.injected_fault() {
            let _ = write!(code, ".fault({})", self.fault(fault));
        }
        let (delay, response_delay) = rule.delays();
        for (method, delay) in [("delay", delay), ("delay_response", response_delay)] {
            if !delay.is_zero() {
                let _ = write!(code, ".{method}({})", self.duration(delay));
            }
        }
        if let Some(response) = rule.response() {
            let _ = write!(code, ".respond_with({})", self.response(response));
        }
        if rule.is_after_processing() {
            code.push_str(".after_processing()");
        }
        Some(code)
    }

    fn fault(&mut self, fault: &Fault) -> String {
        self.names.insert("Fault");
        match fault {
            Fault::Down(time) => format!("Fault::Down({})", self.duration(*time)),
            Fault::CloseIdle(time) => format!("Fault::CloseIdle({})", self.duration(*time)),
            Fault::SlowCommit(time) => format!("Fault::SlowCommit({})", self.duration(*time)),
            Fault::Redirect(origin) => format!("Fault::Redirect({origin:?}.into())"),
            // The form of `Debug` is that of the code.
            other => format!("Fault::{other:?}"),
        }
    }

    fn response(&mut self, response: &Response) -> String {
        self.names.insert("Response");
        let status = response.status_code();
        let is_content_type = |name: &str| name.eq_ignore_ascii_case("content-type");
        let mut content_type = "text/plain";
        let mut headers = String::new();
        for (name, value) in response.headers() {
            if is_content_type(name) {
                content_type = value;
            } else {
                let _ = write!(headers, ".header({name:?}, {value:?})");
            }
        }
        let start = match response.content() {
            Content::Empty => format!("Response::empty({status})"),
            Content::Json(body) => format!("Response::json({status}, {})", self.json(body)),
            Content::Bytes(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                format!("Response::text({status}, {content_type:?}, {text:?})")
            }
        };
        start + &headers
    }

    fn duration(&mut self, duration: Duration) -> String {
        self.uses_duration = true;
        match whole_milliseconds(duration) {
            0 => "Duration::ZERO".to_owned(),
            milliseconds => format!("Duration::from_millis({milliseconds})"),
        }
    }

    /// A JSON value as an expression.
    fn json(&mut self, value: &Value) -> String {
        if macro_depth(value) > MACRO_DEPTH {
            return format!("serde_json::from_str({:?}).unwrap()", value.to_string());
        }
        self.uses_json = true;
        format!("json!({})", json_literal(value))
    }
}

/// The recursion of the macro `json!`, of which the compiler allows 128 levels: it takes up to two for an item of an array, and
/// four for a field.
fn macro_depth(value: &Value) -> usize {
    let deepest = |step: usize, values: &mut dyn Iterator<Item = &Value>| {
        let depths = values.zip(1..);
        let depths = depths.map(|(value, index)| step * index + macro_depth(value));
        depths.max().unwrap_or_default() + 1
    };
    match value {
        Value::Array(items) => deepest(2, &mut items.iter()),
        Value::Object(fields) => deepest(4, &mut fields.values()),
        _ => 1,
    }
}

/// JSON whose strings are literals of Rust, for the macro `json!`.
fn json_literal(value: &Value) -> String {
    match value {
        Value::String(string) => format!("{string:?}"),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(json_literal).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => object_literal(fields),
        Value::Number(number) => number_literal(number),
        other => other.to_string(),
    }
}

/// Without a suffix, an integer is an `i32`.
fn number_literal(number: &JsonNumber) -> String {
    let suffix = match (number.as_i64(), number.as_u64()) {
        (Some(small), _) if i32::try_from(small).is_ok() => "",
        (Some(_), _) => "_i64",
        (None, Some(_)) => "_u64",
        (None, None) => "",
    };
    format!("{number}{suffix}")
}

fn object_literal(fields: &Map<String, Value>) -> String {
    if fields.is_empty() {
        return "{}".to_owned();
    }
    let fields = fields.iter();
    let fields: Vec<_> = fields
        .map(|(name, value)| format!("{name:?}: {}", json_literal(value)))
        .collect();
    format!("{{ {} }}", fields.join(", "))
}

fn number(number: &Number) -> String {
    let (string, id) = (number.number_string(), id(number.id()));
    let (country, number_type) = (number.country_code(), number.type_name());
    let mut code = format!(
        "Number::new({string:?}).with_id({id}).country({country:?}).number_type({number_type:?})"
    );
    for (method, set) in [
        ("alphanumeric", !number.is_long_code()),
        ("ten_dlc", number.needs_use_case()),
        ("mms", number.has_mms()),
    ] {
        if set {
            let _ = write!(code, ".{method}()");
        }
    }
    for (method, value) in [
        ("status", number.filter_status()),
        ("provider_id", number.filter_provider()),
    ] {
        if let Some(value) = value {
            let _ = write!(code, ".{method}({value:?})");
        }
    }
    code
}

/// A UUID, whose type follows from where it is used.
fn id(id: Uuid) -> String {
    format!("\"{id}\".parse().unwrap()")
}
