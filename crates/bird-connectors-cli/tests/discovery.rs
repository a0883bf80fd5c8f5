//! A script that knows nothing but `--help` and `--example`: it finds each command by its description, and fills the ids of
//! earlier results into the examples.

mod support;

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::Value;
use support::{Ran, World};

/// The commands of a help: names and descriptions.
fn commands(help: &str) -> Vec<(String, String)> {
    let lines = help.lines();
    let section = lines.skip_while(|line| !["Commands:", "Templates:"].contains(line));
    let entries = section
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.trim().split_once("  "));
    entries
        .map(|(name, about)| (name.to_owned(), about.trim().to_owned()))
        .filter(|(name, _)| name != "help")
        .collect()
}

/// The command lines that a help shows as examples, each on one line.
fn examples(help: &str) -> Vec<String> {
    let joined = help.replace("\\\n", " ");
    // A line that is too long would be broken where the shell does not continue it.
    assert!(
        help.lines().all(|line| line.chars().count() <= 100),
        "{help}"
    );
    let lines = joined.lines().map(str::trim);
    lines
        .filter(|line| line.starts_with("bird-connectors "))
        .map(str::to_owned)
        .collect()
}

/// Replaces the ids of an example, from left to right.
fn fill(example: &str, ids: &[&str]) -> Vec<String> {
    let mut ids = ids.iter();
    let words = shell_words::split(example).unwrap();
    let is_id = |word: &str| word.len() == 36 && word.matches('-').count() == 4;
    words
        .into_iter()
        .skip(1)
        .map(|word| {
            if is_id(&word) {
                ids.next().map_or_else(|| word.clone(), ToString::to_string)
            } else {
                word
            }
        })
        .collect()
}

struct Script {
    world: World,
    /// The help of each command, once it has been read.
    helps: RefCell<HashMap<Vec<String>, String>>,
}

impl Script {
    fn run(&self, arguments: &[String]) -> Ran {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.world.run(&arguments)
    }

    fn help(&self, path: &[String]) -> String {
        if let Some(help) = self.helps.borrow().get(path) {
            return help.clone();
        }
        let mut arguments = path.to_vec();
        arguments.push("--help".to_owned());
        let help = self.run(&arguments).expect(0).out;
        self.helps.borrow_mut().insert(path.to_vec(), help.clone());
        help
    }

    /// The command with an example whose description begins like this, searched from the top.
    fn find(&self, description: &str) -> Vec<String> {
        let mut open = vec![Vec::new()];
        while let Some(path) = open.pop() {
            for (name, about) in commands(&self.help(&path)) {
                let mut path: Vec<String> = path.clone();
                path.push(name);
                if about.starts_with(description) && !examples(&self.help(&path)).is_empty() {
                    return path;
                }
                open.push(path);
            }
        }
        panic!("no command is described as {description:?}");
    }

    /// Runs the first example of a command as JSON, with these ids.
    fn example(&self, description: &str, ids: &[&str]) -> Ran {
        let help = self.help(&self.find(description));
        let mut arguments = fill(&examples(&help)[0], ids);
        arguments.extend(["--output", "json"].map(str::to_owned));
        self.run(&arguments)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[test]
fn script_that_reads_only_help_and_examples_runs_the_life_of_a_channel() {
    let script = Script {
        world: World::new(),
        helps: RefCell::default(),
    };
    let numbers = script.example("List the phone numbers", &[]).expect(0);
    let number = text(&numbers.json()[0]["id"]);

    let install = script.find("Create a connector from a template, unless");
    let templates = commands(&script.help(&install));
    let sms = templates.iter().find(|(_, about)| about.contains("SMS"));
    let mut example = install.clone();
    example.extend([sms.unwrap().0.clone(), "--example".to_owned()]);
    let example = script.run(&example).expect(0).out;
    let ready = script
        .run(&fill(example.trim(), &[&number]))
        .expect(0)
        .json();
    assert_eq!(ready["ready"], true, "{ready}");
    let (connector, channel) = (text(&ready["connector_id"]), text(&ready["channel_id"]));

    let list = script.example("List the connectors", &[]).expect(0).json();
    assert_eq!(text(&list[0]["id"]), connector);
    script
        .example("Show one connector", &[&connector])
        .expect(0);
    let waited = script.example("Wait until", &[&connector]).expect(0);
    assert_eq!(waited.json()["ready"], true);
    script.example("Show one channel", &[&channel]).expect(0);
    script
        .example("Send one text message", &[&channel])
        .expect(0);
    assert_eq!(script.world.sandbox.messages().len(), 1);
    script
        .example("Delete a connector", &[&connector])
        .expect(0);
    let error = script.example("Show one connector", &[&connector]);
    assert_eq!(error.expect(3).error()["exit_code"], 3);
}
