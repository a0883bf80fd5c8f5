//! The rows of the file, and the connectors that they describe. Pure.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A row of the file.
pub(crate) enum Row {
    /// SMS with a number that the workspace writes in another way.
    Sms {
        name: String,
        number: String,
    },
    Telegram {
        name: String,
        key: String,
    },
}

/// Alternates between the templates.
pub(crate) fn generate(count: usize) -> Vec<Row> {
    let row = |index: usize| {
        let name = format!("Shop {index:05}");
        if index.is_multiple_of(2) {
            let number = format!("+31612{index:06}");
            Row::Sms { name, number }
        } else {
            let key = format!("value {index}");
            Row::Telegram { name, key }
        }
    };
    (0..count).map(row).collect()
}

/// The file as CSV. Numbers are written as a person writes them.
pub(crate) fn file(rows: &[Row]) -> String {
    let lines = rows.iter().map(|row| match row {
        Row::Sms { name, number } => {
            let (country, rest) = number.split_at(3);
            format!(
                "sms,{name},{country} 6 {}-{},conversational,",
                &rest[1..5],
                &rest[5..]
            )
        }
        Row::Telegram { name, key } => format!("telegram,{name},,,{key}"),
    });
    let header = "template,name,phone_number,message_type,arguments.key".to_owned();
    std::iter::once(header)
        .chain(lines)
        .map(|line| line + "\n")
        .collect()
}

/// What identifies a connector: its name, template and arguments.
pub(crate) fn describe(connector: &Value) -> String {
    let fields = ["name", "connectorTemplateRef", "arguments"];
    fields.map(|field| connector[field].to_string()).join(" ")
}

impl Row {
    /// The number in the form of the workspace.
    pub(crate) fn number(&self) -> Option<&str> {
        match self {
            Self::Sms { number, .. } => Some(number),
            Self::Telegram { .. } => None,
        }
    }

    /// The description of the connector of this row, given the ids of the numbers.
    pub(crate) fn connector(&self, numbers: &BTreeMap<String, String>) -> String {
        describe(&match self {
            Self::Sms { name, number } => json!({
                "name": name,
                "connectorTemplateRef": "sms-messagebird:1",
                "arguments": {
                    "phoneNumberId": numbers.get(number),
                    "channelMessageType": "conversational",
                },
            }),
            Self::Telegram { name, key } => json!({
                "name": name,
                "connectorTemplateRef": "telegram:1",
                "arguments": { "key": key },
            }),
        })
    }
}
