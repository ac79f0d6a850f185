//! The one thread that writes to SQLite. Acts that wait share a commit: each runs in its own savepoint, and each is
//! answered only after the commit has reached the disk.

use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::SyncSender;
use std::thread;

use crate::kernel::Error;
use crate::storage::db::ActError;
use crate::storage::db::AnyConnection;
use crate::storage::db::Tx;
use crate::storage::db::execute;
use crate::storage::db::in_savepoint;

/// Acts that may wait at the door before callers wait outside.
const QUEUE: usize = 1024;
/// Acts that share one commit at most.
const BATCH: usize = 64;

/// Answers the caller, told whether the commit has succeeded.
type Answer = Box<dyn FnOnce(bool) + Send>;
/// One act: runs on the connection and leaves its answer for after the commit.
type Job = Box<dyn FnOnce(&mut AnyConnection) -> Answer + Send>;

/// The door to the writing thread.
pub struct Writer {
    door: SyncSender<Job>,
}

impl Writer {
    /// Starts the thread, which ends when the last door is dropped.
    pub fn start(connection: AnyConnection) -> Result<Self, Error> {
        let (door, jobs) = mpsc::sync_channel(QUEUE);
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || serve(connection, &jobs))
            .map_err(|error| Error::internal("no thread for the writer").caused_by(error))?;
        Ok(Self { door })
    }

    /// Runs one act and waits for its commit.
    pub fn run<T, E, F>(&self, act: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: ActError,
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = mpsc::sync_channel(1);
        let job: Job = Box::new(move |connection| {
            let result = run_caught(connection, &act);
            Box::new(move |committed: bool| {
                let result = match result {
                    Ok(_) if !committed => {
                        Err(Error::unavailable("unavailable").detail("the commit failed").into())
                    }
                    other => other,
                };
                // The caller may have gone; the act is done all the same.
                let _ = reply.send(result);
            })
        });
        let stopped = || E::from(Error::unavailable("unavailable").detail("the writer has stopped"));
        self.door.send(job).map_err(|_| stopped())?;
        answer.recv().map_err(|_| stopped())?
    }
}

fn run_caught<T, E: ActError>(
    connection: &mut AnyConnection,
    act: &impl Fn(&mut Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    match catch_unwind(AssertUnwindSafe(|| in_savepoint(connection, act))) {
        Ok(result) => result,
        Err(_) => {
            execute(connection, "ROLLBACK TO act")?;
            execute(connection, "RELEASE act")?;
            Err(Error::internal("an act panicked").into())
        }
    }
}

fn serve(mut connection: AnyConnection, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let begun = execute(&mut connection, "BEGIN IMMEDIATE").is_ok();
        let mut answers = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            answers.push(job(&mut connection));
            next = if answers.len() < BATCH { jobs.try_recv().ok() } else { None };
        }
        let committed = begun && execute(&mut connection, "COMMIT").is_ok();
        if !committed {
            // Nothing of this batch is kept; whoever waits is told so and may try again.
            let _ = execute(&mut connection, "ROLLBACK");
        }
        answers.into_iter().for_each(|answer| answer(committed));
    }
}
