//! An installation on the command line: made, tested, served.

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(cargo_bin("equipoise"));
    command
        .args(arguments)
        .env("EQUIPOISE_DATABASE", format!("sqlite:{}", folder.join("trial.db").display()))
        .env("EQUIPOISE_KEYS", folder.join("keys"));
    command
}

/// Whether it succeeded, what it said, what it complained of.
fn run(folder: &Path, arguments: &[&str]) -> (bool, String, String) {
    let output = command(folder, arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

/// A service that does not outlive its test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // It has stopped already where the test has passed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const INIT: [&str; 5] = ["init", "--admin", "admin@example.org", "--format", "json"];

#[test]
fn an_installation_is_made_once_with_keys_for_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (made, out, complaint) = run(folder.path(), &INIT);
    assert!(made, "{complaint}");
    let told: Value = serde_json::from_str(&out).unwrap();
    let mut names: Vec<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["admin", "database", "invitation", "keys"]);
    assert_eq!(told["admin"], "admin@example.org");
    let database = fs::metadata(folder.path().join("trial.db")).unwrap();
    assert_eq!(database.permissions().mode() & 0o777, 0o600);
    for name in ["seal.key", "contact.key", "token.key", "mac.key"] {
        let path = folder.path().join("keys").join(name);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        assert_eq!(fs::read_to_string(&path).unwrap().trim().len(), 64, "{name}");
    }
    let seal = fs::read_to_string(folder.path().join("keys/seal.key")).unwrap();
    let (again, _, complaint) = run(folder.path(), &INIT);
    assert!(!again && complaint.contains("new installations only"), "{complaint}");
    fs::remove_file(folder.path().join("trial.db")).unwrap();
    let (over_keys, _, complaint) = run(folder.path(), &INIT);
    assert!(!over_keys && complaint.contains("never overwritten"), "{complaint}");
    assert_eq!(fs::read_to_string(folder.path().join("keys/seal.key")).unwrap(), seal);
}

#[test]
fn the_doctor_passes_what_is_sound_and_names_what_is_not() {
    let folder = tempfile::tempdir().unwrap();
    assert!(!run(folder.path(), &["doctor"]).0, "there is nothing yet");
    assert!(run(folder.path(), &INIT).0);
    let (sound, out, complaint) = run(folder.path(), &["doctor"]);
    assert!(sound, "{out}{complaint}");
    let seal = folder.path().join("keys/seal.key");
    let hex = fs::read_to_string(&seal).unwrap();
    assert!(!out.contains(hex.trim()));
    fs::set_permissions(&seal, fs::Permissions::from_mode(0o644)).unwrap();
    let (open, out, _) = run(folder.path(), &["doctor"]);
    assert!(!open && out.contains("FAILED  keys") && out.contains("seal.key can be read by others"), "{out}");
    fs::set_permissions(&seal, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&seal, "00ff").unwrap();
    let (short, out, _) = run(folder.path(), &["doctor"]);
    assert!(!short && out.contains("is not 64 hex digits"), "{out}");
}

#[test]
fn the_service_says_where_it_listens_and_answers_there() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &INIT).0);
    let arguments = ["serve", "--listen", "127.0.0.1:0"];
    let mut serving = Serving(command(folder.path(), &arguments).stderr(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(serving.0.stderr.take().unwrap()).lines();
    let line = lines.by_ref().map(Result::unwrap).find(|line| line.starts_with("listening on ")).unwrap();
    let address = line.strip_prefix("listening on http://").unwrap();
    for path in ["/health/live", "/health/ready", "/api/v1/version", "/api/v1/openapi.json"] {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
    }
    let pid = serving.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(serving.0.wait().unwrap().success(), "it stops in good order");
}

#[test]
fn serving_without_a_current_schema_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (served, _, complaint) = run(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert!(!served && complaint.contains("run init first"), "{complaint}");
    let database = format!("sqlite:{}", folder.path().join("trial.db").display());
    let (migrated, _, complaint) = run(folder.path(), &["migrate", "--database", &database]);
    assert!(!migrated && complaint.contains("`equipoise init` makes one"), "{complaint}");
    assert!(!folder.path().join("trial.db").exists(), "a slip in the name makes no file");
}
