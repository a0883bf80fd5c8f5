//! A scene as a Python file.

use serde_json::Value;

use crate::api::format_character::is_format_character;
use crate::scene::data::Scene;

pub(super) fn file(scene: &Scene) -> String {
    let document = literal(&scene.to_json(), 0);
    let visible = scene.visible_connectors();
    format!(
        r#""""A scene of the sandbox, copied from its page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from bird_connectors.testing import Sandbox

SCENE: dict[str, Any] = {document}


@pytest.fixture
def bird_scene() -> Iterator[Sandbox]:
    with Sandbox(scene=SCENE) as sandbox:
        yield sandbox


def test_scene_starts(bird_scene: Sandbox) -> None:
    # Use bird_scene.client(), or bird_scene.environment() for Client.from_env().
    assert len(bird_scene.connectors()) == {visible}
"#
    )
}

/// JSON as a literal of Python. Strings of JSON are strings of Python.
fn literal(value: &Value, depth: usize) -> String {
    let indent = "    ".repeat(depth + 1);
    let end = "    ".repeat(depth);
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Array(items) if !items.is_empty() => {
            let items = items.iter();
            let items: String = items
                .map(|item| format!("{indent}{},\n", literal(item, depth + 1)))
                .collect();
            format!("[\n{items}{end}]")
        }
        Value::Object(fields) if !fields.is_empty() => {
            let fields = fields.iter();
            let fields: String = fields
                .map(|(name, value)| {
                    let name = string(name);
                    format!("{indent}{name}: {},\n", literal(value, depth + 1))
                })
                .collect();
            format!("{{\n{fields}{end}}}")
        }
        Value::String(value) => string(value),
        other => other.to_string(),
    }
}

/// A string literal, in which nobody can hide what it contains.
fn string(value: &str) -> String {
    let json = Value::from(value).to_string();
    let mut literal = String::with_capacity(json.len());
    for letter in json.chars() {
        match u32::from(letter) {
            _ if !is_format_character(letter) && !letter.is_control() => literal.push(letter),
            code if code > 0xffff => literal.push_str(&format!("\\U{code:08x}")),
            code => literal.push_str(&format!("\\u{code:04x}")),
        }
    }
    literal
}
