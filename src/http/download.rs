//! Downloads that are written before they are sent: to a nameless temporary file, then from it in pieces.
//!
//! Memory stays flat, a fault while writing is a problem and not half a file, and a slow client keeps no snapshot of the
//! database open.

use std::fs::File;
use std::io;
use std::io::BufWriter;
use std::io::Read;
use std::io::Seek;
use std::io::Write;

use actix_web::HttpResponseBuilder;
use actix_web::body::SizedStream;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::Stream;
use futures_util::stream;

use actix_web::HttpResponse;

use crate::conduct::context::Ctx;
use crate::http::problem::Problem;
use crate::http::run::State;
use crate::kernel::Error;

/// Bytes that are read and sent at a time.
const PIECE: usize = 64 * 1024;

/// A file that was written and has no name: it is gone when it is dropped.
#[derive(Debug)]
pub struct Download {
    file: File,
    length: u64,
}

impl Download {
    /// Lets `write` fill a new file. Fails where the disk is full, and with whatever `write` fails.
    pub fn write<T>(write: impl FnOnce(&mut dyn Write) -> Result<T, Error>) -> Result<(T, Self), Error> {
        let failed = |error: io::Error| Error::unavailable("unavailable").caused_by(error);
        let mut sink = BufWriter::with_capacity(PIECE, tempfile::tempfile().map_err(failed)?);
        let value = write(&mut sink)?;
        let mut file = sink.into_inner().map_err(|error| failed(error.into_error()))?;
        let length = file.stream_position().map_err(failed)?;
        file.rewind().map_err(failed)?;
        Ok((value, Self { file, length }))
    }

    /// Sends it as an attachment of this name.
    pub fn send(self, mut answer: HttpResponseBuilder, name: &str, content_type: &str) -> HttpResponse {
        answer
            .insert_header((header::CONTENT_TYPE, content_type))
            .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
            .body(SizedStream::new(self.length, pieces(self.file)))
    }
}

/// The file piece by piece, each read on a thread that may wait for the disk.
fn pieces(file: File) -> impl Stream<Item = Result<Bytes, io::Error>> {
    stream::try_unfold(file, |mut file| async move {
        let read = actix_web::web::block(move || {
            let mut piece = Vec::with_capacity(PIECE);
            let limit = u64::try_from(PIECE).unwrap_or(u64::MAX);
            Read::by_ref(&mut file).take(limit).read_to_end(&mut piece)?;
            Ok::<_, io::Error>((piece, file))
        });
        let (piece, file) = read.await.map_err(io::Error::other)??;
        Ok((!piece.is_empty()).then(|| (Bytes::from(piece), file)))
    })
}

impl State {
    /// Writes a download on the threads for exports.
    pub async fn run_download<T, F>(&self, ctx: Ctx, write: F) -> Result<(T, Download), Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Ctx, &mut dyn Write) -> Result<T, Error> + Send + 'static,
    {
        let work = move || Download::write(|sink| write(&ctx, sink));
        self.threads.run_export(work).await.map_err(Problem::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::to_bytes;

    #[actix_web::test]
    async fn what_was_written_is_sent_with_its_length_and_name() {
        let text = "x".repeat(3 * PIECE + 1);
        let (value, download) = Download::write(|sink| {
            sink.write_all(text.as_bytes()).unwrap();
            Ok(7)
        })
        .unwrap();
        let answer = download.send(HttpResponse::Ok(), "alma_wide.csv", "text/csv; charset=utf-8");
        let name = answer.headers().get(header::CONTENT_DISPOSITION).unwrap();
        assert_eq!((value, name.to_str().unwrap()), (7, "attachment; filename=\"alma_wide.csv\""));
        assert_eq!(to_bytes(answer.into_body()).await.unwrap(), text.as_bytes());
    }

    #[test]
    fn a_fault_while_writing_leaves_nothing_to_send() {
        let failing = |sink: &mut dyn Write| {
            sink.write_all(b"half").unwrap();
            Err::<(), _>(Error::internal("by design"))
        };
        assert_eq!(Download::write(failing).unwrap_err().code(), "internal");
    }
}
