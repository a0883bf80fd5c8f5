use std::net::TcpListener;

use super::*;

fn start(folder: &Path, script: &str) -> Service {
    let command: [&OsStr; 3] = ["sh".as_ref(), "-c".as_ref(), script.as_ref()];
    Service::start("a server", folder, "TERM", Command::new("sh"), &command).unwrap()
}

/// Without the check, this test takes as long as the slowest server may need.
#[test]
fn server_that_ends_is_reported_with_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = start(folder.path(), "echo a planted message; exit 3");
    let error = service.wait_until(|_| false).unwrap_err().to_string();
    assert_eq!(error, "a server did not start: a planted message\n");
}

#[test]
fn server_that_ends_because_its_port_is_taken_is_started_on_another_port() {
    let folder = tempfile::tempdir().unwrap();
    let ports = std::cell::RefCell::new(Vec::new());
    let (_service, port) = on_free_port(|port| {
        ports.borrow_mut().push(port);
        let script = match ports.borrow().len() {
            1 => "echo bind: Address already in use; exit 1",
            _ => "echo started; exec sleep 1000",
        };
        let mut service = start(folder.path(), script);
        let start = service.wait_until(|log| log.contains("started"))?;
        Ok((service, start))
    })
    .unwrap();
    assert_eq!(ports.borrow().len(), 2);
    assert_eq!(ports.borrow().last(), Some(&port));
}

#[test]
fn server_ends_with_its_handle() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = start(folder.path(), "echo $$; exec sleep 1000");
    service.wait_until(|log| log.contains('\n')).unwrap();
    let id = service.log();
    drop(service);
    let mut check = Command::new("kill");
    let status = check.args(["-s", "CONT", id.trim()]).output().unwrap();
    assert!(!status.status.success(), "the process {id} still runs");
}

/// Each server is started on a port that this process listens on.
#[test]
fn servers_report_that_their_port_is_taken() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = folder().unwrap();
    let (_, redis) = crate::redis::start_on(port, folder.path()).unwrap();
    assert_eq!(redis, Start::PortTaken);
    let data = crate::postgres::create_data(folder.path()).unwrap();
    let (_, postgres) = crate::postgres::start_on(port, folder.path(), &data).unwrap();
    assert_eq!(postgres, Start::PortTaken);
    let (_, pgbouncer) = crate::pgbouncer::start_on(port, folder.path(), 1).unwrap();
    assert_eq!(pgbouncer, Start::PortTaken);
}
