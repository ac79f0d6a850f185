//! The threads on which verbs run: an own pool fed by a bounded queue, apart from the async workers.
//!
//! Verbs block on the database. `actix_web::web::block` would share one growing pool for everything; here a few
//! threads share the connections, and a queue that is full answers "try again" at once.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::SyncSender;
use std::sync::mpsc::TrySendError;
use std::thread;

use tokio::sync::oneshot;
use tracing::Span;

use crate::kernel::Error;
use crate::kernel::Kind;

/// Requests that may wait for a thread.
const DATABASE_QUEUE: usize = 1024;
/// Each password hash holds 19 MiB while it runs, so few run at once.
const PASSWORD_THREADS: usize = 2;
/// Sign-ins that may wait for a thread.
const PASSWORD_QUEUE: usize = 128;
/// Each export reads a whole study.
const EXPORT_THREADS: usize = 2;
/// Exports that may wait for a thread.
const EXPORT_QUEUE: usize = 8;
/// Seconds after which a refused export may be asked for again.
const EXPORT_RETRY: u32 = 5;

type Job = Box<dyn FnOnce() + Send>;

/// The pools of the service. They end when the last clone is dropped and the queues are empty.
#[derive(Clone)]
pub struct Threads {
    database: SyncSender<Job>,
    password: SyncSender<Job>,
    export: SyncSender<Job>,
}

impl Threads {
    /// Starts so many threads for the database (at least one), and the few for passwords and exports.
    pub fn start(database: usize) -> Result<Self, Error> {
        Ok(Self {
            database: pool("verb", database.max(1), DATABASE_QUEUE)?,
            password: pool("password", PASSWORD_THREADS, PASSWORD_QUEUE)?,
            export: pool("export", EXPORT_THREADS, EXPORT_QUEUE)?,
        })
    }

    /// Runs ordinary work.
    pub async fn run<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, Error> + Send + 'static,
    {
        run_on(&self.database, work, unavailable).await
    }

    /// Runs work that hashes a password.
    pub async fn run_password<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, Error> + Send + 'static,
    {
        run_on(&self.password, work, unavailable).await
    }

    /// Runs work that reads a whole study.
    pub async fn run_export<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, Error> + Send + 'static,
    {
        run_on(&self.export, work, || Error::new(Kind::TooMany, "export.busy").retry_after(EXPORT_RETRY))
            .await
    }
}

fn pool(name: &str, size: usize, waiting: usize) -> Result<SyncSender<Job>, Error> {
    let (sender, receiver) = mpsc::sync_channel(waiting);
    let receiver = Arc::new(Mutex::new(receiver));
    for number in 1..=size {
        let receiver = Arc::clone(&receiver);
        thread::Builder::new()
            .name(format!("{name}-{number}"))
            .spawn(move || work_off(&receiver))
            .map_err(|error| Error::internal("a thread can't be started").caused_by(error))?;
    }
    Ok(sender)
}

fn work_off(receiver: &Mutex<Receiver<Job>>) {
    // The lock is held while waiting, not while working: it is a queue of those who wait.
    let next = || receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok(job) = next() {
        job();
    }
}

fn unavailable() -> Error {
    Error::unavailable("unavailable").retry_after(1)
}

/// Work once begun goes on to its end, also when the client has hung up. `busy` says what a full queue means.
async fn run_on<T, F>(pool: &SyncSender<Job>, work: F, busy: impl FnOnce() -> Error) -> Result<T, Error>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, Error> + Send + 'static,
{
    let (answer, answered) = oneshot::channel();
    let span = Span::current();
    let job = Box::new(move || {
        let result = span.in_scope(|| catch_unwind(AssertUnwindSafe(work)));
        // Nobody listens any more if the client has hung up.
        let _ = answer.send(result.unwrap_or_else(|panic| Err(panicked(panic.as_ref()))));
    });
    pool.try_send(job).map_err(|error| match error {
        TrySendError::Full(_) => busy(),
        TrySendError::Disconnected(_) => Error::internal("the threads have ended"),
    })?;
    answered.await.map_err(|error| Error::internal("a thread has dropped its work").caused_by(error))?
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::internal(format!("a verb has panicked: {}", text.unwrap_or("no text")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn work_runs_on_a_named_thread_and_its_answer_comes_back() {
        let threads = Threads::start(2).unwrap();
        let name = || Ok(thread::current().name().unwrap_or_default().to_owned());
        assert!(threads.run(name).await.unwrap().starts_with("verb-"));
        assert!(threads.run_password(name).await.unwrap().starts_with("password-"));
        assert_eq!(
            threads.run(|| Err::<(), _>(Error::not_found())).await.unwrap_err().kind(),
            Kind::NotFound
        );
    }

    #[actix_web::test]
    async fn a_panic_fails_its_own_request_and_no_other() {
        let threads = Threads::start(1).unwrap();
        let error = threads.run(|| -> Result<(), Error> { panic!("by design") }).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Internal);
        assert!(error.to_string().contains("by design"));
        assert_eq!(threads.run(|| Ok(1)).await.unwrap(), 1);
    }

    #[actix_web::test]
    async fn a_full_queue_answers_at_once() {
        let narrow = pool("narrow", 1, 1).unwrap();
        let (release, wait) = mpsc::channel::<()>();
        let (begun, has_begun) = mpsc::channel::<()>();
        narrow
            .send(Box::new(move || {
                begun.send(()).unwrap();
                wait.recv().unwrap();
            }))
            .unwrap();
        has_begun.recv().unwrap();
        narrow.send(Box::new(|| ())).unwrap();
        let error = run_on(&narrow, || Ok(()), unavailable).await.unwrap_err();
        assert_eq!((error.code(), error.retry_seconds()), ("unavailable", Some(1)));
        release.send(()).unwrap();
    }
}
