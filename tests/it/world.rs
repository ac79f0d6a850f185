//! A small installation for one test: its own migrated database, fixed keys, a clock that the test moves, and staff.
//! On SQLite by default; on PostgreSQL where `TEST_DATABASE_URL` names a server.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use equipoise::conduct::context::Credential;
use equipoise::conduct::context::Ctx;
use equipoise::conduct::context::House;
use equipoise::conduct::context::RetryKey;
use equipoise::conduct::designing;
use equipoise::conduct::keys::Keys;
use equipoise::conduct::staffing;
use equipoise::conduct::staffing::NewRole;
use equipoise::conduct::studying;
use equipoise::kernel::entropy::OsEntropy;
use equipoise::kernel::ids::AccountId;
use equipoise::kernel::ids::SessionId;
use equipoise::kernel::ids::SiteId;
use equipoise::kernel::time::Timestamp;
use equipoise::storage::Db;
use equipoise::storage::audit;
use equipoise::storage::audit::EventFilter;
use equipoise::storage::migrate;
use equipoise::storage::people;
use equipoise::storage::people::Account;
use equipoise::storage::people::AccountState;
use equipoise::storage::people::Session;
use equipoise::storage::people::SessionLevel;
use equipoise::storage::study::Mode;
use equipoise::storage::url::DatabaseUrl;
use equipoise::trial::audit::event::Reason;
use equipoise::trial::role::Duty;
use equipoise::trial::role::Role;
use equipoise::trial::role::SeesArm;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

/// Monday 1 June 2026, 08:00 UTC.
pub const START: i64 = 1_780_300_800;

/// An installation with one study that is open.
pub struct World {
    pub house: House,
    pub url: DatabaseUrl,
    clock: AtomicI64,
    pub study: String,
    pub sites: BTreeMap<String, SiteId>,
    pub administrator: Credential,
    pub lead: Credential,
    pub coordinator: Credential,
    pub unblinded: Credential,
    _database: Database,
}

/// A database that goes with the test.
pub enum Database {
    Sqlite(#[expect(dead_code, reason = "dropped with the test")] tempfile::TempDir),
    Postgres { server: String, name: String },
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres { server, name } = self
            && let Ok(mut connection) = PgConnection::establish(server)
        {
            // A test that fails may leave connections behind.
            let _ = connection.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A fresh, migrated database.
pub fn database() -> (DatabaseUrl, Database) {
    let (url, database) = empty_database();
    migrate::migrate(&url).unwrap();
    (url, database)
}

/// A database with nothing in it.
#[expect(clippy::disallowed_methods, reason = "the test run says on which database it runs")]
pub fn empty_database() -> (DatabaseUrl, Database) {
    match std::env::var("TEST_DATABASE_URL") {
        Err(_) => {
            let folder = tempfile::tempdir().unwrap();
            let url: DatabaseUrl =
                format!("sqlite:{}", folder.path().join("trial.db").display()).parse().unwrap();
            (url, Database::Sqlite(folder))
        }
        Ok(server) => {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let name = format!("equipoise_{}_{number}", std::process::id());
            let mut connection = PgConnection::establish(&server).unwrap();
            connection.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
            let (base, parameters) =
                server.split_once('?').map_or((server.as_str(), None), |(a, b)| (a, Some(b)));
            let (authority, _) = base.rsplit_once('/').unwrap();
            let parameters = parameters.map(|parameters| format!("?{parameters}")).unwrap_or_default();
            let url: DatabaseUrl = format!("{authority}/{name}{parameters}").parse().unwrap();
            (url, Database::Postgres { server, name })
        }
    }
}

pub fn fixture(path: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/it/fixtures/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

pub fn texts() -> BTreeMap<String, String> {
    texts_of("base")
}

/// The texts beside a fixture protocol.
pub fn texts_of(protocol: &str) -> BTreeMap<String, String> {
    ["consent", "help"]
        .into_iter()
        .map(|name| format!("messages/{protocol}/en/{name}.md"))
        .map(|path| (path.clone(), fixture(&path)))
        .collect()
}

/// The base trial, where each arm has something of its own: an occasion of the waitlist, a measure of the treatments within
/// an occasion of all, an occasion on another day in each arm. Staff have forms of their own, and consent comes on paper too.
pub fn apart() -> String {
    let end = r#"{ id = "end", kind = "offset", point = "randomization+10w" },"#;
    let term = r#"{ id = "term", kind = "calendar", dates = [{ date = 2026-08-03, arm = "ipdt" }, { date = 2026-08-17, arm = "icbt" }, { date = 2026-08-31, arm = "wl" }] },"#;
    let scr = r#"{ id = "scr", label = "Screening" },"#;
    let own = r#"{ id = "wait", label = "While waiting", anchor = "randomization", opens = "13d", due = "14d", closes = "20d", arms = ["wl"] },
  { id = "begin", label = "Before the start", anchor = "term", opens = "0d", due = "0d", closes = "6d" },
  { id = "visit", label = "Visit", anchor = "randomization", opens = "0d", due = "1d", closes = "5d" },"#;
    let gad7 = r#"{ use = "gad7", at = ["pre", "post", "fu06m"] },"#;
    let measures = r#"{ use = "gad7", at = ["wait", "begin"] },
  { use = "gad7", at = ["w02"], arms = ["ipdt", "icbt"] },
  { use = "call", at = ["visit"], by = "coordinator" },
  { use = "call", at = ["visit"], by = "therapist" },
  { use = "call", at = ["visit"], by = "assessor" },
  { use = "phq9", at = ["visit"] },
  { use = "call", at = ["visit"] },"#;
    let form = "[form.call]\ntitle = \"A call\"\nitems = [{ id = \"well\", type = \"yesno\", ask = \"Did it go well?\" }]\n\n[schedule]";
    let changes = [
        (end, format!("{end}\n  {term}")),
        (scr, format!("{scr}\n  {own}")),
        (gad7, format!("{gad7}\n  {measures}")),
        ("how = [\"online\"]", "how = [\"online\", \"paper_onsite\"]".to_owned()),
        ("[schedule]", form.to_owned()),
    ];
    changes.iter().fold(fixture("base.toml"), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    })
}

pub fn reason(text: &str) -> Reason {
    Reason { code: "other".into(), text: text.into() }
}

impl World {
    /// The base trial, open, with its design active.
    pub fn open() -> Self {
        Self::draft().opened()
    }

    /// A trial of another protocol, open, with its design active.
    pub fn open_with(protocol: &str, texts: BTreeMap<String, String>) -> Self {
        Self::draft_with(protocol, texts, START).opened()
    }

    /// The same with a clock that stands at another instant.
    pub fn open_at(protocol: &str, texts: BTreeMap<String, String>, now: Timestamp) -> Self {
        Self::draft_with(protocol, texts, now.unix_seconds()).opened()
    }

    fn opened(self) -> Self {
        let world = self;
        let study = world.study.clone();
        designing::put(&world.ctx(&world.unblinded), &study, serde_json::Map::new(), |_| Ok(())).unwrap();
        designing::commit(&world.ctx(&world.unblinded), &study).unwrap();
        designing::activate(&world.ctx(&world.unblinded), &study).unwrap();
        studying::open(&world.ctx(&world.lead), &study, reason("ready")).unwrap();
        world
    }

    /// The base trial in draft.
    pub fn draft() -> Self {
        Self::draft_with(&fixture("base.toml"), texts(), START)
    }

    /// A trial of another protocol, in draft.
    pub fn draft_of(protocol: &str, texts: BTreeMap<String, String>) -> Self {
        Self::draft_with(protocol, texts, START)
    }

    fn draft_with(protocol: &str, texts: BTreeMap<String, String>, start: i64) -> Self {
        let (url, database) = database();
        let entropy = Arc::new(OsEntropy);
        let keys = Keys::draw(entropy.as_ref()).unwrap();
        let house = House::new(Db::open(&url).unwrap(), keys, entropy);
        let now = Timestamp::from_unix_seconds(start).unwrap();
        let (_, administrator) = staff(&house, "admin", true, now);
        let (lead_id, lead) = staff(&house, "lead", false, now);
        let (coordinator_id, coordinator) = staff(&house, "coordinator", false, now);
        let (unblinded_id, unblinded) = staff(&house, "statistician", false, now);
        let mut world = Self {
            house,
            url,
            clock: AtomicI64::new(start),
            study: String::new(),
            sites: BTreeMap::new(),
            administrator,
            lead,
            coordinator,
            unblinded,
            _database: database,
        };
        let made = studying::create(&world.ctx(&world.administrator), Mode::Test, protocol.to_owned(), texts);
        let made = made.unwrap().value;
        world.study = made.study.id.to_string();
        world.sites = made.sites.into_iter().map(|site| (site.code, site.id)).collect();
        let duties = [Duty::Alerts, Duty::Contacts, Duty::SignEligibility];
        world.grant(&world.administrator, &lead_id, Role::Lead, SeesArm::None, &duties);
        let duties = [Duty::Randomize, Duty::Contacts];
        world.grant(&world.lead, &coordinator_id, Role::Coordinator, SeesArm::None, &duties);
        world.grant(&world.lead, &unblinded_id, Role::Statistician, SeesArm::All, &[]);
        world
    }

    pub fn grant(&self, by: &Credential, to: &AccountId, role: Role, sees_arm: SeesArm, duties: &[Duty]) {
        let new = NewRole {
            account: to.clone(),
            role,
            sees_arm,
            duties: duties.to_vec(),
            sites: Vec::new(),
            from_on: "2026-01-01".parse().unwrap(),
            until_on: None,
            training_on: None,
        };
        staffing::grant(&self.ctx(by), &self.study, new).unwrap();
    }

    /// How often something was written down.
    pub fn count_events(&self, action: &str) -> usize {
        let filter = EventFilter { action: Some(action.into()), ..EventFilter::default() };
        let found = self.house.db.read(|tx| audit::list_events(tx, &filter, i64::MAX));
        found.unwrap_or_else(|error: equipoise::kernel::Error| panic!("{error}")).len()
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.clock.load(Ordering::SeqCst)).unwrap()
    }

    /// Moves the clock on.
    pub fn advance(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn ctx(&self, credential: &Credential) -> Ctx {
        Ctx::new(&self.house, self.now(), credential.clone()).unwrap()
    }

    pub fn ctx_with_key(&self, credential: &Credential, key: &str, fingerprint: &str) -> Ctx {
        let mut ctx = self.ctx(credential);
        ctx.retry = Some(RetryKey { key: key.into(), fingerprint: fingerprint.into() });
        ctx
    }
}

/// An account of the staff with a session that lasts.
pub fn staff(house: &House, login: &str, is_administrator: bool, now: Timestamp) -> (AccountId, Credential) {
    let id = AccountId::draw(house.entropy.as_ref()).unwrap();
    let session = SessionId::draw(house.entropy.as_ref()).unwrap();
    let account = Account {
        id: id.clone(),
        login: format!("{login}@example.org"),
        name: format!("Synthetic {login}"),
        organisation: "Synthetic university".into(),
        state: AccountState::Active,
        is_administrator,
        password_hash: None,
        failed_sign_ins: 0,
        delayed_until: None,
        created_at: now,
    };
    let later = now.plus_seconds(10 * 365 * 86_400);
    let signed_in = Session {
        id: session.clone(),
        holder: id.to_string(),
        level: SessionLevel::Staff,
        created_at: now,
        last_seen_at: later,
        expires_at: later,
        ended_at: None,
        bound_to: None,
    };
    house
        .db
        .write(move |tx| {
            people::insert_account(tx, &account)?;
            people::insert_session(tx, &signed_in)
        })
        .unwrap_or_else(|error: equipoise::kernel::Error| panic!("{error}"));
    (id, Credential::Session(session))
}
