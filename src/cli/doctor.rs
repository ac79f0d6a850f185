//! `equipoise doctor`: the settings in force without secrets, and a test of everything that an installation rests on.

use std::io::Write;

use anyhow::Context as _;
use anyhow::bail;
use anyhow::ensure;
use clap::Args;

use crate::cli::installation;
use crate::cli::keys;
use crate::conduct::auditing;
use crate::config::Door;
use crate::config::Place;
use crate::config::Settings;
use crate::kernel::digest;
use crate::kernel::entropy::OsEntropy;
use crate::kernel::entropy::thirty_two;
use crate::kernel::time::Clock;
use crate::kernel::time::SystemClock;
use crate::storage::migrate;
use crate::storage::migrate::SchemaState;
use crate::storage::url::DatabaseUrl;
use crate::trial::instrument::library;
use crate::trial::randomization::design::Design;
use crate::trial::randomization::draw::Sequences;
use crate::trial::randomization::stream::Context;
use crate::trial::randomization::stream::Secrets;

/// Shows the settings in force and tests the installation.
#[derive(Args, Clone, Debug)]
pub struct DoctorArgs {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    door: Door,
}

/// Says what it has found, or what is wrong.
type Test = fn(&Settings) -> anyhow::Result<String>;

/// Runs every test and prints what came of it; an error if one has failed.
pub fn run(args: &DoctorArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let settings = Settings::read(&args.place, &args.door)?;
    show(&settings, out)?;
    let tests: [(&str, Test); 9] = [
        ("digests", digests),
        ("allocations", allocations),
        ("chance", chance),
        ("instruments", instruments),
        ("keys", key_files),
        ("database", database),
        ("disk", disk),
        ("trail", trail),
        ("time", time),
    ];
    let mut failed = 0;
    for (name, test) in tests {
        match test(&settings) {
            Ok(found) => writeln!(out, "ok      {name:<12} {found}")?,
            Err(error) => {
                failed += 1;
                writeln!(out, "FAILED  {name:<12} {error:#}")?;
            }
        }
    }
    if failed > 0 {
        bail!("{failed} of {} tests have failed", tests.len());
    }
    Ok(())
}

fn show(settings: &Settings, out: &mut dyn Write) -> anyhow::Result<()> {
    let none = || "none".to_owned();
    let database = settings.database().map_or_else(|_| none(), ToString::to_string);
    let keys = settings.keys().map_or_else(|_| none(), |folder| folder.display().to_string());
    let public_url = Some(settings.public_url.clone()).filter(|url| !url.is_empty()).unwrap_or_else(none);
    writeln!(out, "database      {database}")?;
    writeln!(out, "keys          {keys}")?;
    writeln!(out, "listen        {}", settings.listen)?;
    writeln!(out, "public_url    {public_url}")?;
    writeln!(out, "behind_proxy  {}\n", settings.behind_proxy)?;
    Ok(())
}

/// Known answers of FIPS 180-4 and RFC 4231, so that a broken build is found before it allocates.
fn digests(_: &Settings) -> anyhow::Result<String> {
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    ensure!(digest::sha256_hex(b"abc") == sha256, "SHA-256 gives a wrong answer");
    let hmac = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    let made = digest::hex(&digest::hmac_sha256(b"Jefe", b"what do ya want for nothing?"));
    ensure!(made == hmac, "HMAC-SHA-256 gives a wrong answer");
    Ok("the published answers".to_owned())
}

/// The first block of the published list of algorithm version 1, drawn from its published seed.
fn allocations(_: &Settings) -> anyhow::Result<String> {
    let design = Design::parse(
        r#"{"arms":[["A",1],["B",1]],"blocks":[4,6],"factors":[["sev",["low","high"]]],"method":"permuted_block","v":1}"#,
    )?;
    let known =
        |from: u8| std::array::from_fn(|place| u8::try_from(place).map_or(from, |place| from + place));
    let context = Context {
        study: "TEST-001".to_owned(),
        design_hash: design.hash(),
        beacon_ref: "none".to_owned(),
        beacon: None,
    };
    let sequences = Sequences::new(&design, &context, &Secrets { seed: known(0), nonce: known(32) })?;
    let drawn: String =
        sequences.list(r#"["low"]"#).take(6).map(|slot| sequences.arm_id(&slot).to_owned()).collect();
    let commitment = "fb3b504c79fc0a7efdb1b40ae5ee06795bfd60d90c3418658221ebff8fcb99f5";
    ensure!(digest::hex(&sequences.commitment()) == commitment, "the commitment is not the published one");
    ensure!(drawn == "ABAABB", "the published list is drawn wrongly: {drawn}");
    Ok("the published list".to_owned())
}

fn chance(_: &Settings) -> anyhow::Result<String> {
    ensure!(thirty_two(&OsEntropy)? != thirty_two(&OsEntropy)?, "the system gives the same bytes twice");
    Ok("the system gives random bytes".to_owned())
}

fn instruments(_: &Settings) -> anyhow::Result<String> {
    if let Some(finding) = library::findings().first() {
        bail!("{}", finding.line());
    }
    Ok(format!("{} ship, all sound", library::library().len()))
}

/// A field that is sealed opens again.
fn key_files(settings: &Settings) -> anyhow::Result<String> {
    let keys = keys::read(settings.keys()?)?;
    let named =
        [("seal", &keys.seal), ("contact", &keys.contact), ("token", &keys.token), ("mac", &keys.mac)];
    for (name, key) in named {
        let sealed = key.seal("doctor", b"open again", &OsEntropy)?;
        ensure!(key.open("doctor", &sealed)? == b"open again", "{name}.key does not open what it has sealed");
        let others = named.iter().filter(|(other, _)| *other != name);
        ensure!(
            others.into_iter().all(|(_, other)| other.bytes() != key.bytes()),
            "{name}.key is there twice"
        );
    }
    Ok("four, for their owner alone".to_owned())
}

fn database(settings: &Settings) -> anyhow::Result<String> {
    let url = settings.database()?;
    if let DatabaseUrl::Sqlite(path) = url {
        ensure!(path.exists(), "{url} does not exist: run `equipoise init`");
    }
    match migrate::state(url).with_context(|| format!("{url} can't be opened"))? {
        SchemaState::Current => Ok(format!("schema {}", migrate::schema_version()?)),
        SchemaState::Behind(steps) => bail!("the schema is {steps} steps behind: run `equipoise migrate`"),
        SchemaState::Newer(version) => bail!("the schema {version} was made by a newer program"),
    }
}

/// Room for what is to come; where the database is on another machine, that of the keys' folder alone.
fn disk(settings: &Settings) -> anyhow::Result<String> {
    const LEAST_MEGABYTES: u64 = 200;
    let folder = match settings.database()? {
        DatabaseUrl::Sqlite(path) => path.parent().filter(|folder| !folder.as_os_str().is_empty()),
        DatabaseUrl::Postgres(_) => Some(settings.keys()?),
    };
    let folder = folder.unwrap_or(std::path::Path::new("."));
    let found =
        rustix::fs::statvfs(folder).with_context(|| format!("{} can't be looked at", folder.display()))?;
    let megabytes = found.f_bavail.saturating_mul(found.f_frsize) / 1_000_000;
    ensure!(megabytes >= LEAST_MEGABYTES, "{megabytes} MB are free in {}", folder.display());
    Ok(format!("{megabytes} MB are free in {}", folder.display()))
}

fn trail(settings: &Settings) -> anyhow::Result<String> {
    let checked = auditing::verify(&installation::open(settings)?)?;
    match checked.first_break {
        Some(found) => bail!("first break: {found}"),
        None => Ok(format!("{} events in {} chains, unbroken", checked.events, checked.chains)),
    }
}

/// A clock that was never set would date every event wrongly.
fn time(_: &Settings) -> anyhow::Result<String> {
    const BUILT_AFTER: i64 = 1_767_225_600;
    let now = SystemClock.now();
    ensure!(now.unix_seconds() > BUILT_AFTER, "the clock shows {now}, before this program was made");
    Ok(now.to_second())
}
