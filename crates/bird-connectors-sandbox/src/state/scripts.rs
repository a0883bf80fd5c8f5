//! The scripts of future installs.

use std::collections::{HashMap, VecDeque};

use crate::scenario::script::Script;

#[derive(Clone, Debug, Default)]
pub(crate) struct Scripts {
    pub(crate) default: Script,
    pub(crate) by_template: HashMap<String, Script>,
    pub(crate) by_name: HashMap<String, Script>,
    pub(crate) queue: VecDeque<Script>,
}

impl Scripts {
    /// The script of the next install: the one for its name, or else the next one in the queue, or else the one for its
    /// template, or else the default.
    pub(crate) fn take(&mut self, name: &str, template: Option<&str>) -> Script {
        if let Some(script) = self.by_name.get(name) {
            return script.clone();
        }
        if let Some(script) = self.queue.pop_front() {
            return script;
        }
        template
            .and_then(|template| self.by_template.get(template))
            .unwrap_or(&self.default)
            .clone()
    }
}
