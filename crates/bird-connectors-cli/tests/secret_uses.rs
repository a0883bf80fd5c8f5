//! Every documented use of a secret: it appears in no arguments, no environment of another process, no output and no file.
//! The secrets are planted markers.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bird_connectors_sandbox::{Rule, Script};
use support::{Ran, World, wait_until};

/// The start of every planted secret. The access key of the sandbox begins with it, too.
const MARKER: &str = "planted-";

const URL: &str = "https://hooks.example.com/bird";

/// Blocks the sandbox at the first request of a command, so that the process is alive while it is examined.
#[derive(Default)]
struct Gate {
    arrived: AtomicBool,
    /// The number of the command that runs, and of the last one that was examined. A request of an earlier command passes, even
    /// if it notices only now that the gate was opened.
    running: AtomicUsize,
    examined: AtomicUsize,
}

impl Gate {
    fn install(world: &World) -> Arc<Self> {
        let gate = Arc::new(Self::default());
        let condition = Arc::clone(&gate);
        let rule = Rule::on_any().always().when(move |_| {
            let running = condition.running.load(Ordering::SeqCst);
            condition.arrived.store(true, Ordering::SeqCst);
            wait_until("the gate is open", || {
                condition.examined.load(Ordering::SeqCst) >= running
            });
            false
        });
        world.sandbox.rule(rule);
        gate
    }

    /// Examines the processes while the command waits for its first response, or after it has ended without a request.
    fn examine(&self, child: &mut Child) {
        wait_until("a request was sent or the process has ended", || {
            self.arrived.load(Ordering::SeqCst) || has_ended(child.id())
        });
        let arguments = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
        assert_eq!(
            self.arrived.load(Ordering::SeqCst),
            !arguments.is_empty(),
            "a process that waits has arguments"
        );
        for process in fs::read_dir("/proc").unwrap() {
            let file = process.unwrap().path().join("cmdline");
            // Not a process, or one that has just ended.
            let Ok(arguments) = fs::read(file) else {
                continue;
            };
            let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
            assert!(!arguments.contains(MARKER), "{arguments}");
        }
        let running = self.running.load(Ordering::SeqCst);
        self.examined.store(running, Ordering::SeqCst);
    }

    fn close(&self) {
        self.running.fetch_add(1, Ordering::SeqCst);
        self.arrived.store(false, Ordering::SeqCst);
    }
}

/// Whether a process that was not waited for has ended.
fn has_ended(id: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let after_name = status.rsplit_once(") ").unwrap().1;
    after_name.starts_with('Z')
}

/// A documented use: the arguments, the variables of the process, its standard input, and its exit code.
struct Use {
    arguments: Vec<String>,
    variables: Vec<(&'static str, String)>,
    input: Option<String>,
    code: i32,
}

fn usage(line: &str) -> Use {
    Use {
        arguments: shell_words::split(line).unwrap(),
        variables: Vec::new(),
        input: None,
        code: 0,
    }
}

impl Use {
    fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    fn input(mut self, input: &str) -> Self {
        self.input = Some(input.to_owned());
        self
    }

    fn code(mut self, code: i32) -> Self {
        self.code = code;
        self
    }
}

/// Files that contain secrets because the test has put them there.
struct Planted {
    files: Vec<PathBuf>,
}

impl Planted {
    fn write(&mut self, path: PathBuf, content: &str) -> String {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        let name = path.display().to_string();
        self.files.push(path);
        name
    }

    /// Asserts that no other file of a folder contains a secret.
    fn check(&self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.check(&path);
            } else if !self.files.contains(&path) {
                let content = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                assert!(!content.contains(MARKER), "{}: {content}", path.display());
            }
        }
    }
}

/// All uses of secrets that the help and the README describe.
fn uses(world: &World, planted: &mut Planted) -> Vec<Use> {
    let folder = world.folder().to_path_buf();
    let key = planted.write(folder.join("key"), "planted-access-key\n");
    let token = planted.write(folder.join("token"), "planted-token\n");
    let body = planted.write(
        folder.join("body.json"),
        r#"{"name":"Raw","connectorTemplateRef":"line:1","invitationToken":"planted-invitation"}"#,
    );
    // A program that prints the key, and records what it can see of other processes.
    let program = folder.join("program.sh");
    let script = format!(
        "tr '\\0' ' ' < /proc/$PPID/cmdline > parent-arguments\nenv > child-environment\ncat '{key}'\n"
    );
    fs::write(&program, script).unwrap();
    let profiles = format!(
        "[profiles.variable]\naccess_key = \"env:SHOP_KEY\"\n\n\
         [profiles.file]\naccess_key = \"file:{key}\"\n\n\
         [profiles.program]\naccess_key = \"command:sh {}\"\n",
        program.display()
    );
    let configuration = folder.join("configuration/bird-connectors");
    fs::create_dir_all(&configuration).unwrap();
    fs::write(configuration.join("config.toml"), profiles).unwrap();
    let rows = "template,name,waba_id,phone_id,phone_number,access_token,invitation_token\n\
                whatsapp,Bulk 1,101,102,+31612345699,env:SHOP_TOKEN,\n\
                line,Bulk 2,,,,,env:SHOP_TOKEN\n";
    fs::write(folder.join("shops.csv"), rows).unwrap();

    let whatsapp = |id: u8, secret: &str| {
        format!(
            "connectors ensure whatsapp --name Shop{id} --waba-id {id} --phone-id {id} --phone-number +3161234567{id} \
             --access-token {secret} --journal shop{id}.journal --wait -vv"
        )
    };
    let subscribe = |event: &str, secret: &str| {
        format!("webhooks subscribe --url {URL} --event {event} --signing-key {secret} -vv -o json")
    };
    let delivery = r#"{"service":"channels","event":"channel.created","payload":{}}"#;
    fs::write(folder.join("delivery.json"), delivery).unwrap();
    vec![
        usage("whoami -vv"),
        usage(&format!("whoami -vv --key-file {key}")),
        usage("whoami -vv --key-file -").input("planted-access-key\n"),
        usage("whoami --profile variable").variable("SHOP_KEY", "planted-access-key"),
        usage("whoami --profile file"),
        usage("whoami --profile program"),
        usage(&subscribe("channel.created", "env:SIGNING_KEY") )
            .variable("SIGNING_KEY", "planted-signing-key"),
        usage(&format!("{} --profile program", subscribe("channel.updated", "env:SIGNING_KEY")))
            .variable("SIGNING_KEY", "planted-signing-key"),
        usage(&subscribe("channel.created", &format!("file:{token}"))),
        usage(&format!(
            "webhooks verify --url {URL} --signing-key env:SIGNING_KEY --signature abc= --timestamp 1 --body delivery.json"
        ))
        .variable("SIGNING_KEY", "planted-signing-key")
        .code(1),
        usage(&whatsapp(1, "env:TOKEN")).variable("TOKEN", "planted-token"),
        usage(&whatsapp(2, &format!("file:{token}"))),
        usage(&whatsapp(3, "-")).input("planted-token\n"),
        usage(&format!("{} --dry-run", whatsapp(4, "env:TOKEN"))).variable("TOKEN", "planted-token"),
        usage(
            "connectors install line --name Five --security-argument scheme.key=env:TOKEN \
             --invitation-token env:TOKEN --wait -vv -o json",
        )
        .variable("TOKEN", "planted-token"),
        usage("connectors install-all shops.csv --dry-run").variable("SHOP_TOKEN", "planted-token"),
        usage("connectors install-all shops.csv --wait -vv -o jsonl")
            .variable("SHOP_TOKEN", "planted-token"),
        usage(&format!(
            "api POST /workspaces/{{workspace}}/connectors --input {body} -vv"
        )),
        // A secret in the wrong place is refused, and not repeated. It is not a use that is documented.
        usage(&whatsapp(6, "env:MISSING")).code(2),
        usage("whoami").variable("BIRD_ACCESS_KEY", "planted-wrong-key").code(4),
    ]
}

#[test]
fn secret_of_every_documented_use_stays_in_its_place() {
    let world = World::with(|builder| builder.default_script(Script::instant()));
    let gate = Gate::install(&world);
    let mut planted = Planted { files: Vec::new() };
    for usage in uses(&world, &mut planted) {
        gate.close();
        let arguments: Vec<&str> = usage.arguments.iter().map(String::as_str).collect();
        assert!(arguments.iter().all(|argument| !argument.contains(MARKER)));
        let mut command = world.command(&arguments);
        command
            .envs(usage.variables)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if usage.input.is_some() {
            command.stdin(Stdio::piped());
        }
        // The key of `--key-file` and of a profile is in no variable.
        let has_other_key = ["--key-file", "--profile"]
            .iter()
            .any(|option| arguments.contains(option));
        if has_other_key && !arguments.contains(&"program") {
            command.env_remove("BIRD_ACCESS_KEY");
        }
        let mut child = command.spawn().unwrap();
        if let Some(input) = usage.input {
            child
                .stdin
                .take()
                .unwrap()
                .write_all(input.as_bytes())
                .unwrap();
        }
        gate.examine(&mut child);
        let ran = Ran::from(child.wait_with_output().unwrap());
        for text in [&ran.out, &ran.err] {
            assert!(!text.contains(MARKER), "{arguments:?}: {text}");
        }
        assert_eq!(ran.code, Some(usage.code), "{arguments:?}: {ran:?}");
    }
    // The files include journals, the configuration, and what the program has recorded.
    for file in [
        "shop1.journal",
        "shops.csv.journal",
        "child-environment",
        "parent-arguments",
    ] {
        assert!(world.folder().join(file).exists(), "{file}");
    }
    planted.check(world.folder());
    // The secrets did arrive.
    let sent: Vec<String> = world
        .sandbox
        .requests()
        .iter()
        .filter_map(|request| Some(request.body.as_ref()?.to_string()))
        .collect();
    for secret in ["planted-token", "planted-signing-key", "planted-invitation"] {
        assert!(sent.iter().any(|body| body.contains(secret)), "{secret}");
    }
}
