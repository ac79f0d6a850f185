//! What was acknowledged survives the death of the service at any moment; what was not is there once after a retry.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
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
use std::thread;
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::Value;
use serde_json::json;

use equipoise::conduct::auditing;
use equipoise::conduct::context::Credential;
use equipoise::http::token;
use equipoise::http::token::Claims;
use equipoise::kernel::Error;
use equipoise::kernel::digest;
use equipoise::kernel::time::Clock;
use equipoise::kernel::time::SystemClock;
use equipoise::storage::audit::EventFilter;
use equipoise::storage::participant;
use equipoise::storage::participant::ParticipantFilter;
use equipoise::storage::response;
use equipoise::storage::study;
use equipoise::storage::url::DatabaseUrl;

use crate::conduct::crossover;
use crate::conduct::trial;
use crate::conduct::trial::Person;
use crate::world;
use crate::world::World;

const WRITERS: usize = 8;
const KILLS: u64 = 5;
/// When the service is killed, in milliseconds after the writers have begun.
const KILLED_AFTER: std::ops::Range<u64> = 30..500;

/// The service as it is installed, in a process of its own.
struct Service {
    process: Child,
    address: String,
}

impl Service {
    fn start(world: &World, folder: &Path) -> Self {
        let database = match &world.url {
            DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            DatabaseUrl::Postgres(url) => url.clone(),
        };
        let mut process = Command::new(cargo_bin("equipoise"))
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(folder.join("settings.toml"))
            .env("EQUIPOISE_DATABASE", database)
            .env("EQUIPOISE_KEYS", folder.join("keys"))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let line = lines.by_ref().map(Result::unwrap).find(|line| line.starts_with("listening on "));
        let address = line.unwrap().strip_prefix("listening on http://").unwrap().to_owned();
        // Nobody else empties the pipe.
        thread::spawn(move || lines.for_each(drop));
        Self { process, address }
    }

    /// `kill -9`: nothing is told to the process, and nothing is put in order.
    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It is dead already where the test has passed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Something that a writer asks for.
#[derive(Clone)]
struct Wish {
    method: &'static str,
    path: String,
    key: Option<String>,
    body: Value,
}

/// An answer that has arrived in full.
struct Answer {
    status: u16,
    replayed: bool,
    body: Value,
}

/// Somebody who writes through the door: saves answers of one person, and registers others.
struct Writer<'w> {
    world: &'w World,
    number: usize,
    person: Person,
    /// How many wishes there were.
    wished: usize,
    /// Items as they were saved last.
    saved: BTreeMap<String, i64>,
    /// How many saves were acknowledged.
    saves: usize,
    /// Retry key → who was registered with it.
    registered: BTreeMap<String, String>,
    /// What was asked for and not acknowledged.
    open: Option<Wish>,
}

impl Writer<'_> {
    /// Two of three wishes save an answer that differs from the one before, the third registers somebody.
    fn next(&mut self) -> Wish {
        self.wished += 1;
        let number = self.wished;
        if number.is_multiple_of(3) {
            return self.registration(format!("crash-writer-{}-{number:06}", self.number));
        }
        let assessment = trial::assessment_of(self.world, &self.person, "pre");
        let item = (number % 8 + 1).to_string();
        let value = self.saved.get(&item).map_or(0, |before| (before + 1) % 4);
        let path = format!("/participant/assessments/{assessment}/responses/phq9");
        Wish { method: "PATCH", path, key: None, body: json!({ "answers": { item: value } }) }
    }

    fn registration(&self, key: String) -> Wish {
        let body = json!({ "site_id": self.world.sites["umea"], "language": "en", "source": "web" });
        Wish { method: "POST", path: "/studies/willow/participants".into(), key: Some(key), body }
    }

    fn ask(&self, address: &str, wish: &Wish) -> std::io::Result<Answer> {
        let credential = if wish.method == "PATCH" { &self.person.session } else { &self.world.coordinator };
        let Credential::Session(session) = credential else { panic!("no session") };
        let house = &self.world.house;
        let claims = Claims::new("test", session.clone(), SystemClock.now(), house.entropy.as_ref()).unwrap();
        let secret = token::issue(&house.keys.token, &claims).unwrap();
        let (body, method, path) = (wish.body.to_string(), wish.method, &wish.path);
        let key = wish.key.as_ref().map(|key| format!("Idempotency-Key: {key}\r\n")).unwrap_or_default();
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        write!(
            stream,
            "{method} /api/v1{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{key}\
             Authorization: Bearer {secret}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let cut_short = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let (head, body) = text.split_once("\r\n\r\n").ok_or_else(cut_short)?;
        let head = head.to_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(cut_short)?;
        let body = serde_json::from_str(body).map_err(|_| cut_short())?;
        Ok(Answer { status, replayed: head.contains("idempotency-replayed: true"), body })
    }

    /// Notes what an answer acknowledges.
    fn note(&mut self, wish: &Wish, answer: &Answer) {
        let Answer { status, body, .. } = answer;
        if let Some(key) = &wish.key {
            assert_eq!(*status, 201, "{body}");
            let id = body["id"].as_str().unwrap().to_owned();
            let before = self.registered.insert(key.clone(), id.clone());
            assert!(before.is_none_or(|before| before == id), "one key has made two people");
            return;
        }
        assert_eq!(*status, 200, "{body}");
        self.saves += 1;
        for (item, value) in wish.body["answers"].as_object().unwrap() {
            self.saved.insert(item.clone(), value.as_i64().unwrap());
        }
    }

    /// Writes until the service does not answer any more.
    fn write(&mut self, address: &str) {
        loop {
            let wish = self.next();
            match self.ask(address, &wish) {
                Ok(answer) => self.note(&wish, &answer),
                Err(_) => {
                    self.open = Some(wish);
                    return;
                }
            }
        }
    }

    /// Asks again for what was not acknowledged, and for the last that was.
    fn retry(&mut self, address: &str) {
        if let Some(wish) = self.open.take() {
            let answer = self.ask(address, &wish).unwrap();
            self.note(&wish, &answer);
        }
        let Some((key, id)) = self.registered.last_key_value() else { return };
        let answer = self.ask(address, &self.registration(key.clone())).unwrap();
        assert!(answer.replayed && answer.body["id"] == json!(id), "{}", answer.body);
    }

    /// Everything that was acknowledged of the person is there once, and nothing else.
    fn check(&self) {
        let world = self.world;
        let latest: Result<Vec<_>, Error> =
            world.house.db.read(|tx| response::list_latest_of(tx, &self.person.id, false));
        let latest = latest.unwrap();
        let stored: Value = latest
            .first()
            .map_or_else(|| json!({}), |(_, version)| serde_json::from_str(&version.answers).unwrap());
        let expected = self.saved.iter();
        let expected: BTreeMap<&String, Value> =
            expected.map(|(item, value)| (item, json!({ "state": "answered", "value": value }))).collect();
        assert_eq!(stored, json!(expected));
        let filter = EventFilter {
            participants: Some(vec![self.person.id.clone()]),
            action: Some("answer.saved".into()),
            ..EventFilter::default()
        };
        let events = auditing::list(&world.ctx(&world.lead), "willow", filter, 100_000).unwrap();
        // A save that is asked for again changes no answer.
        let changes = events.iter().filter(|event| event.digests.contains("\"answers.")).count();
        assert_eq!(changes, self.saves, "each answer was saved once");
    }
}

/// The keys of the world as the service reads them.
fn write_keys(world: &World, folder: &Path) {
    let keys = &world.house.keys;
    fs::create_dir(folder).unwrap();
    let files =
        [("seal", &keys.seal), ("contact", &keys.contact), ("token", &keys.token), ("mac", &keys.mac)];
    for (name, key) in files {
        let path = folder.join(format!("{name}.key"));
        fs::write(&path, digest::hex(key.bytes())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

fn people(world: &World) -> BTreeSet<String> {
    let found: Result<Vec<participant::Participant>, Error> = world.house.db.read(|tx| {
        let study = study::find_by_name(tx, "willow")?.unwrap();
        participant::list(tx, &study.id, &ParticipantFilter::default(), i64::MAX)
    });
    found.unwrap().into_iter().map(|one| one.id.to_string()).collect()
}

#[test]
fn what_was_acknowledged_survives_the_death_of_the_service_with_eight_writers_at_work() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::open_at(&crossover::protocol(), world::texts_of("crossover"), SystemClock.now());
    write_keys(&world, &folder.path().join("keys"));
    let often = "[rates]\nperson = { count = 1000000, seconds = 1 }\n";
    fs::write(folder.path().join("settings.toml"), often).unwrap();
    let mut writers: Vec<Writer<'_>> = (0..WRITERS)
        .map(|number| {
            let person = crossover::register(&world);
            trial::consent(&world, &person);
            let (saved, registered) = (BTreeMap::new(), BTreeMap::new());
            Writer { world: &world, number, person, wished: 0, saved, saves: 0, registered, open: None }
        })
        .collect();
    let at_first = people(&world);
    let mut chance = ChaCha20Rng::seed_from_u64(20_261_124);
    for _ in 0..KILLS {
        let mut service = Service::start(&world, folder.path());
        let address = service.address.clone();
        writers.iter_mut().for_each(|writer| writer.retry(&address));
        let span = KILLED_AFTER.end - KILLED_AFTER.start;
        let moment = Duration::from_millis(KILLED_AFTER.start + chance.next_u64() % span);
        thread::scope(|scope| {
            for writer in &mut writers {
                scope.spawn(|| writer.write(&address));
            }
            thread::sleep(moment);
            service.kill();
        });
        assert!(writers.iter().all(|writer| writer.open.is_some()), "all were at work");
    }
    let service = Service::start(&world, folder.path());
    writers.iter_mut().for_each(|writer| writer.retry(&service.address));
    writers.iter().for_each(Writer::check);
    let registered: Vec<&String> = writers.iter().flat_map(|writer| writer.registered.values()).collect();
    let mut expected = at_first;
    expected.extend(registered.iter().map(|id| (*id).clone()));
    assert_eq!(expected.len(), WRITERS + registered.len(), "every key has made a person of its own");
    assert_eq!(people(&world), expected);
    assert!(writers.iter().map(|writer| writer.saves).sum::<usize>() > 0, "something was written");
    let verified = auditing::verify(&world.house).unwrap();
    assert_eq!(verified.first_break, None);
}
