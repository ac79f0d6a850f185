//! Two databases behind one door: `write` for acts, `read` for consistent looks.
//!
//! SQLite has one connection that writes; acts that wait share a commit, each in its own savepoint, and are answered
//! after it. PostgreSQL has a pool and row locks. A held database is one connection with one long transaction, for filling
//! a fresh database by simulation.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::r2d2::ManageConnection;
use diesel::r2d2::Pool;
use diesel::r2d2::PooledConnection;
use diesel::result::ConnectionError;
use diesel::result::DatabaseErrorKind;
use diesel::result::Error as DieselError;
use diesel::sqlite::SqliteConnection;

use crate::kernel::Error;
use crate::kernel::Kind;
use crate::storage::url::DatabaseUrl;
use crate::storage::writer::Writer;

/// Threads that talk to PostgreSQL, and connections that read SQLite.
pub const CONNECTIONS: u32 = 8;
/// How often an act is tried again after a deadlock or serialization failure.
const TRIES: u32 = 5;

/// One connection to either database.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// SQLite.
    Sqlite(SqliteConnection),
    /// PostgreSQL.
    Postgres(PgConnection),
}

/// An open transaction. Only storage looks inside.
pub struct Tx<'c> {
    pub(in crate::storage) connection: &'c mut AnyConnection,
}

impl<'c> Tx<'c> {
    pub(in crate::storage) fn new(connection: &'c mut AnyConnection) -> Self {
        Self { connection }
    }
}

/// An error that an act can end with: knows the kernel error inside, so that a retry can be decided.
pub trait ActError: From<Error> + Send + 'static {
    /// The error inside.
    fn error(&self) -> &Error;
}

impl ActError for Error {
    fn error(&self) -> &Error {
        self
    }
}

/// A database. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

enum Inner {
    Sqlite { writer: Writer, readers: Pool<Opener> },
    Postgres(Pool<Opener>),
    Held(Mutex<AnyConnection>),
}

impl Db {
    /// Opens a database that exists. Its schema is not touched.
    pub fn open(url: &DatabaseUrl) -> Result<Self, Error> {
        let opener = Opener(url.clone());
        let pool = |opener| {
            let timeout = Duration::from_secs(5);
            Pool::builder()
                .max_size(CONNECTIONS)
                .min_idle(Some(1))
                .connection_timeout(timeout)
                .build(opener)
                .map_err(away)
        };
        match url {
            DatabaseUrl::Sqlite(_) => {
                let writer = Writer::start(opener.connect().map_err(away)?)?;
                Ok(Self(Arc::new(Inner::Sqlite { writer, readers: pool(opener)? })))
            }
            DatabaseUrl::Postgres(_) => Ok(Self(Arc::new(Inner::Postgres(pool(opener)?)))),
        }
    }

    /// Opens a database for one filler alone: everything is one transaction until `commit_held`.
    /// On SQLite nothing waits for the disk before `settle_held`.
    pub fn hold(url: &DatabaseUrl) -> Result<Self, Error> {
        let mut connection = Opener(url.clone()).connect().map_err(away)?;
        if matches!(url, DatabaseUrl::Sqlite(_)) {
            execute(&mut connection, "PRAGMA synchronous = OFF")?;
        }
        execute(&mut connection, "BEGIN")?;
        Ok(Self(Arc::new(Inner::Held(Mutex::new(connection)))))
    }

    /// Commits what a held database has gathered, and goes on.
    pub fn commit_held(&self) -> Result<(), Error> {
        self.with_held(|connection| {
            execute(connection, "COMMIT")?;
            execute(connection, "BEGIN")
        })
    }

    /// Commits, and makes sure that everything is on the disk.
    pub fn settle_held(&self) -> Result<(), Error> {
        self.with_held(|connection| {
            execute(connection, "COMMIT")?;
            if matches!(connection, AnyConnection::Sqlite(_)) {
                execute(connection, "PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)")?;
            }
            execute(connection, "BEGIN")
        })
    }

    /// Whether one filler has this database alone.
    pub fn is_held(&self) -> bool {
        matches!(&*self.0, Inner::Held(_))
    }

    fn with_held(&self, work: impl FnOnce(&mut AnyConnection) -> Result<(), Error>) -> Result<(), Error> {
        match &*self.0 {
            Inner::Held(held) => work(&mut held.lock().unwrap_or_else(PoisonError::into_inner)),
            Inner::Sqlite { .. } | Inner::Postgres(_) => {
                Err(Error::internal("only a held database commits by hand"))
            }
        }
    }

    /// Runs an act in a transaction of its own: all of it or nothing, answered only after the commit.
    /// The act may run again after a deadlock, so it touches nothing but the transaction and its own locals.
    pub fn write<T, E, F>(&self, act: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: ActError,
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        match &*self.0 {
            Inner::Sqlite { writer, .. } => writer.run(act),
            Inner::Postgres(pool) => write_postgres(pool, &act),
            Inner::Held(held) => {
                let mut connection = held.lock().unwrap_or_else(PoisonError::into_inner);
                in_savepoint(&mut connection, &act)
            }
        }
    }

    /// Runs a look on one consistent state of the database. Nothing that it writes is kept.
    pub fn read<T, E: ActError>(&self, look: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        let begin = match &*self.0 {
            Inner::Sqlite { .. } => "BEGIN",
            Inner::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Inner::Held(held) => {
                let mut connection = held.lock().unwrap_or_else(PoisonError::into_inner);
                return look(&mut Tx::new(&mut connection));
            }
        };
        let mut connection = self.borrow()?;
        execute(&mut connection, begin)?;
        let result = look(&mut Tx::new(&mut connection));
        execute(&mut connection, "ROLLBACK")?;
        result
    }

    /// Whether the database answers.
    pub fn is_up(&self) -> bool {
        self.read::<(), Error>(|tx| execute(tx.connection, "SELECT 1")).is_ok()
    }

    fn borrow(&self) -> Result<PooledConnection<Opener>, Error> {
        match &*self.0 {
            Inner::Sqlite { readers: pool, .. } | Inner::Postgres(pool) => pool.get().map_err(away),
            Inner::Held(_) => Err(Error::internal("a held database has no pool")),
        }
    }
}

fn write_postgres<T, E: ActError>(
    pool: &Pool<Opener>,
    act: &impl Fn(&mut Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let mut connection = pool.get().map_err(away)?;
    let mut left = TRIES;
    loop {
        left -= 1;
        execute(&mut connection, "BEGIN")?;
        let result = act(&mut Tx::new(&mut connection)).and_then(|value| {
            execute(&mut connection, "COMMIT")?;
            Ok(value)
        });
        match result {
            Ok(value) => return Ok(value),
            Err(error) => {
                execute(&mut connection, "ROLLBACK")?;
                if left == 0 || !is_transient(error.error()) {
                    return Err(error);
                }
            }
        }
    }
}

/// Runs an act inside an open transaction: kept or undone as a whole.
pub(in crate::storage) fn in_savepoint<T, E: ActError>(
    connection: &mut AnyConnection,
    act: &impl Fn(&mut Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    execute(connection, "SAVEPOINT act")?;
    let result = act(&mut Tx::new(connection));
    if result.is_err() {
        execute(connection, "ROLLBACK TO act")?;
    }
    execute(connection, "RELEASE act")?;
    result
}

/// Runs statements without parameters or rows.
pub(in crate::storage) fn execute(connection: &mut AnyConnection, statements: &str) -> Result<(), Error> {
    connection.batch_execute(statements).map_err(failed)
}

/// What a failed statement means to the caller. A broken constraint is a conflict: the last guard has held.
pub(in crate::storage) fn failed(error: DieselError) -> Error {
    match &error {
        DieselError::NotFound => Error::not_found(),
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
            Error::new(Kind::Conflict, "conflict").caused_by(error)
        }
        DieselError::DatabaseError(
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
            _,
        )
        | DieselError::BrokenTransactionManager => away(error),
        _ if is_transient_cause(&error) => away(error),
        _ => Error::internal("a statement failed").caused_by(error),
    }
}

fn away(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::unavailable("unavailable").caused_by(cause)
}

fn is_transient(error: &Error) -> bool {
    std::error::Error::source(error)
        .and_then(|cause| cause.downcast_ref::<DieselError>())
        .is_some_and(is_transient_cause)
}

fn is_transient_cause(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        // diesel has no kind of its own for these two.
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, information) => {
            information.message().starts_with("deadlock detected")
                || information.message().contains("database is locked")
        }
        _ => false,
    }
}

/// Opens connections the way that we want them.
pub(in crate::storage) struct Opener(pub(in crate::storage) DatabaseUrl);

impl ManageConnection for Opener {
    type Connection = AnyConnection;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<AnyConnection, diesel::r2d2::Error> {
        let opened = match &self.0 {
            DatabaseUrl::Sqlite(path) => open_sqlite(&path.to_string_lossy()),
            DatabaseUrl::Postgres(url) => diesel::Connection::establish(url).map(AnyConnection::Postgres),
        };
        opened.map_err(diesel::r2d2::Error::ConnectionError)
    }

    fn is_valid(&self, connection: &mut AnyConnection) -> Result<(), diesel::r2d2::Error> {
        connection.batch_execute("SELECT 1").map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, connection: &mut AnyConnection) -> bool {
        self.is_valid(connection).is_err()
    }
}

fn open_sqlite(path: &str) -> Result<AnyConnection, ConnectionError> {
    let mut connection: SqliteConnection = diesel::Connection::establish(path)?;
    connection
        .batch_execute(
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY",
        )
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(AnyConnection::Sqlite(connection))
}
