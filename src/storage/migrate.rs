//! The schema: made, brought up to date, and refused where it is newer than this program.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::r2d2::ManageConnection;
use diesel_migrations::EmbeddedMigrations;
use diesel_migrations::MigrationHarness;
use diesel_migrations::embed_migrations;

use crate::kernel::Error;
use crate::storage::db::AnyConnection;
use crate::storage::db::Opener;
use crate::storage::url::DatabaseUrl;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// What bringing the schema up to date has done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Migrated {
    /// The schema before: the last migration, or nothing.
    pub before: Option<String>,
    /// The schema now.
    pub now: String,
    /// How many migrations have run.
    pub steps: usize,
}

/// The state of a schema beside that of this program.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SchemaState {
    /// As this program wants it.
    Current,
    /// Some migrations are still to run (all of them, if the database is empty).
    Behind(usize),
    /// Made by a newer program.
    Newer(String),
}

/// Brings the schema up to date. Makes a SQLite file that does not exist. Refuses a schema of a newer program.
pub fn migrate(url: &DatabaseUrl) -> Result<Migrated, Error> {
    if let DatabaseUrl::Sqlite(path) = url {
        make_private(path)?;
    }
    let mut connection = connect(url)?;
    let applied = applied(&mut connection)?;
    refuse_newer(&applied)?;
    let steps = run_pending(&mut connection)?;
    let after = self::applied(&mut connection)?;
    if after.iter().ne(known()?.iter()) {
        return Err(Error::internal("the schema is not complete after the migration"));
    }
    if let AnyConnection::Sqlite(connection) = &mut connection {
        let checked = connection.batch_execute("PRAGMA foreign_key_check");
        checked.map_err(|error| Error::internal("the database failed its check").caused_by(error))?;
    }
    Ok(Migrated { before: applied.last().cloned(), now: schema_version()?, steps })
}

/// How the schema of a database stands.
pub fn state(url: &DatabaseUrl) -> Result<SchemaState, Error> {
    let mut connection = connect(url)?;
    let applied = applied(&mut connection)?;
    let known = known()?;
    if let Some(newer) = applied.difference(&known).last() {
        return Ok(SchemaState::Newer(newer.clone()));
    }
    let behind = known.difference(&applied).count();
    Ok(if behind == 0 { SchemaState::Current } else { SchemaState::Behind(behind) })
}

/// Whether there is nothing of ours: no file, or no schema.
pub fn is_empty(url: &DatabaseUrl) -> Result<bool, Error> {
    if let DatabaseUrl::Sqlite(path) = url
        && !path.exists()
    {
        return Ok(true);
    }
    Ok(applied(&mut connect(url)?)?.is_empty())
}

/// The last migration that this program knows.
pub fn schema_version() -> Result<String, Error> {
    known()?.into_iter().next_back().ok_or_else(|| Error::internal("no migrations"))
}

/// Makes a file that nobody but its owner reads; the files that SQLite puts beside it take after it.
fn make_private(path: &Path) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::unavailable("unavailable").caused_by(error)),
    }
}

fn connect(url: &DatabaseUrl) -> Result<AnyConnection, Error> {
    Opener(url.clone()).connect().map_err(|error| Error::unavailable("unavailable").caused_by(error))
}

fn refuse_newer(applied: &BTreeSet<String>) -> Result<(), Error> {
    match applied.difference(&known()?).last() {
        None => Ok(()),
        Some(newer) => Err(Error::internal(format!(
            "the schema {newer} was made by a newer program: use that one, or a backup from before"
        ))),
    }
}

fn known() -> Result<BTreeSet<String>, Error> {
    use diesel::migration::Migration;
    use diesel::migration::MigrationSource;
    let migrations: Vec<Box<dyn Migration<diesel::sqlite::Sqlite>>> = SQLITE.migrations().map_err(broken)?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}

fn applied(connection: &mut AnyConnection) -> Result<BTreeSet<String>, Error> {
    let versions = match connection {
        AnyConnection::Sqlite(connection) => connection.applied_migrations(),
        AnyConnection::Postgres(connection) => connection.applied_migrations(),
    };
    Ok(versions.map_err(broken)?.iter().map(ToString::to_string).collect())
}

fn run_pending(connection: &mut AnyConnection) -> Result<usize, Error> {
    let ran = match connection {
        AnyConnection::Sqlite(connection) => {
            connection.run_pending_migrations(SQLITE).map(|steps| steps.len())
        }
        AnyConnection::Postgres(connection) => {
            connection.run_pending_migrations(POSTGRES).map(|steps| steps.len())
        }
    };
    ran.map_err(broken)
}

fn broken(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::internal("a migration failed").caused_by(error)
}
