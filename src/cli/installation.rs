//! Making, migrating, checking and serving an installation.

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;

use anyhow::Context;
use anyhow::bail;
use clap::Args;
use serde_json::json;

use crate::cli::keys;
use crate::conduct::auditing;
use crate::conduct::context::Ctx;
use crate::conduct::context::House;
use crate::conduct::keys::Keys;
use crate::conduct::signing_in;
use crate::conduct::signing_in::NewAccount;
use crate::config::Door;
use crate::config::Place;
use crate::config::Settings;
use crate::http::run;
use crate::kernel::entropy::OsEntropy;
use crate::kernel::time::Clock;
use crate::kernel::time::SystemClock;
use crate::server;
use crate::storage::Db;
use crate::storage::migrate;
use crate::storage::migrate::SchemaState;
use crate::storage::url::DatabaseUrl;

/// Makes schema, keys and the first administrator.
#[derive(Args, Clone, Debug)]
pub struct InitArgs {
    #[command(flatten)]
    place: Place,
    /// The login of the first administrator.
    #[arg(long)]
    admin: String,
    /// text or json
    #[arg(long, default_value = "text")]
    format: String,
}

/// Makes an installation; refuses to overwrite one.
pub fn init(args: &InitArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let settings = Settings::read(&args.place, &Door::default())?;
    let (database, folder) = (settings.database()?, settings.keys()?);
    if let Ok(SchemaState::Current) = state_of(database) {
        bail!("{database} has a schema already: init makes new installations only");
    }
    // Whatever can be refused is refused before anything is made.
    if args.admin.trim().is_empty() || args.admin.len() > 200 {
        bail!("--admin '{}': a login is 1 to 200 characters, such as an address", args.admin);
    }
    keys::require_free(folder)?;
    let entropy = Arc::new(OsEntropy);
    let made = Keys::draw(entropy.as_ref())?;
    migrate::migrate(database).with_context(|| format!("{database} can't be made"))?;
    keys::write(folder, &made)?;
    let house = House::new(Db::open(database)?, made, entropy);
    let ctx = Ctx::system(&house, SystemClock.now(), "init")?;
    let new = NewAccount {
        login: args.admin.clone(),
        name: args.admin.clone(),
        organisation: "installation".to_owned(),
    };
    let invited = signing_in::invite_first(&ctx, new)?;
    if args.format == "json" {
        let answer = json!({
            "admin": invited.login, "invitation": invited.invitation,
            "keys": folder.display().to_string(), "database": database.to_string(),
        });
        writeln!(out, "{answer}")?;
        return Ok(());
    }
    writeln!(out, "administrator  {}", invited.login)?;
    writeln!(out, "invitation     {}   (shown this once; good for 7 days)", invited.invitation)?;
    writeln!(out, "database       {database}")?;
    writeln!(out, "keys           {}", folder.display())?;
    writeln!(out, "\nOnce `equipoise serve` runs, the invitation becomes a password:")?;
    writeln!(
        out,
        "curl -fsS -H 'Content-Type: application/json' -H \"Idempotency-Key: $(openssl rand -hex 16)\" -d '{{\"token\":\"{}\",\"password\":\"a long phrase of your own\"}}' http://{}/api/v1/credentials",
        invited.invitation, settings.listen
    )?;
    writeln!(out, "\nKeep a copy of the keys apart from the database and its backups.")?;
    writeln!(out, "Losing seal.key ends allocation; losing contact.key loses contact data.")?;
    writeln!(out, "Whoever holds this machine and its keys can compute allocations that are not made yet.")?;
    Ok(())
}

/// A database that does not exist yet has no state.
fn state_of(database: &DatabaseUrl) -> anyhow::Result<SchemaState> {
    if let DatabaseUrl::Sqlite(path) = database
        && !path.exists()
    {
        bail!("no database yet");
    }
    Ok(migrate::state(database)?)
}

/// Serves an installation.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    door: Door,
}

/// Opens an installation whose schema is current.
pub fn open(settings: &Settings) -> anyhow::Result<House> {
    let database = settings.database()?;
    match state_of(database).with_context(|| format!("{database} can't be opened: run init first"))? {
        SchemaState::Current => {}
        SchemaState::Behind(steps) => bail!("the schema is {steps} steps behind: run `equipoise migrate`"),
        SchemaState::Newer(version) => bail!("the schema {version} was made by a newer program"),
    }
    let keys = keys::read(settings.keys()?)?;
    Ok(House::new(Db::open(database)?, keys, Arc::new(OsEntropy)))
}

/// Serves until the process is told to stop.
pub fn serve(args: &ServeArgs) -> anyhow::Result<()> {
    let settings = Settings::read(&args.place, &args.door)?;
    let house = open(&settings)?;
    let Settings { listen, public_url, behind_proxy, rates, .. } = settings;
    let state = server::state(house, run::Settings { public_url, behind_proxy, mode: None }, &rates)?;
    let listener = TcpListener::bind(&listen).with_context(|| format!("can't listen on {listen}"))?;
    let address = listener.local_addr()?;
    server::run(state, listener, || eprintln!("listening on http://{address}"))?;
    Ok(())
}

/// Brings the schema up to date.
#[derive(Args, Clone, Debug)]
pub struct MigrateArgs {
    #[command(flatten)]
    place: Place,
}

/// Brings the schema up to date.
pub fn migrate(args: &MigrateArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let settings = Settings::read(&args.place, &Door::default())?;
    let database = settings.database()?;
    // Keys and the first administrator come with `init`: a schema alone is no installation.
    if migrate::is_empty(database).with_context(|| format!("{database} can't be opened"))? {
        bail!("{database} holds no installation: `equipoise init` makes one");
    }
    let done = migrate::migrate(database)?;
    let before = done.before.unwrap_or_else(|| "nothing".to_owned());
    writeln!(out, "{before} -> {} ({} steps)", done.now, done.steps)?;
    Ok(())
}

/// Checks the whole audit trail.
#[derive(Args, Clone, Debug)]
pub struct VerifyArgs {
    #[command(flatten)]
    place: Place,
}

/// Follows every chain and checkpoint; an error with the first break.
pub fn verify_audit(args: &VerifyArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let house = open(&Settings::read(&args.place, &Door::default())?)?;
    let checked = auditing::verify(&house)?;
    if let Some(found) = checked.first_break {
        for further in &checked.further_breaks {
            writeln!(out, "also broken: {further}")?;
        }
        bail!("first break: {found}");
    }
    let auditing::Verification { chains, events, checkpoints, .. } = checked;
    writeln!(out, "unbroken: {chains} chains, {events} events, {checkpoints} checkpoints")?;
    Ok(())
}
