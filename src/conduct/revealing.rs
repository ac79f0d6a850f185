//! The reveal: seeds, nonces, designs and all allocations of a study that is over, so that anybody can recompute them.

use std::io::Write;

use crate::conduct::context::Ctx;
use crate::conduct::context::SOFTWARE;
use crate::conduct::designing;
use crate::conduct::disclosing;
use crate::conduct::exporting;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::digest;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Timestamp;
use crate::storage::Tx;
use crate::storage::allocation;
use crate::storage::study::StudyState;
use crate::trial::dataset::archive::Archive;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::package::Shelf;
use crate::trial::permission::action::Action;
use crate::trial::randomization::event;
use crate::trial::randomization::event::AllocationRow;
use crate::trial::randomization::reveal;
use crate::trial::randomization::reveal::Reveal;
use crate::trial::randomization::reveal::RevealedVersion;
use crate::trial::randomization::verification;

/// The name of the file that says what our own verifier has found.
pub const VERDICT_FILE: &str = "verification.txt";

/// The files of a reveal.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The study's alias, for file names.
    pub alias: String,
    /// When the study was revealed.
    pub revealed_at: Timestamp,
    /// `reveal.json`.
    pub reveal: Vec<u8>,
    /// `allocations.csv`.
    pub allocations: Vec<u8>,
    /// What our own verifier says of them.
    pub verdict: String,
}

/// The files of a revealed study; the look is written down.
pub fn bundle(ctx: &Ctx, study: &str) -> Result<Bundle, Error> {
    let target = Target::Study(study.to_owned());
    disclosing::disclose(ctx, Action::ReadReveal, target, "reveal.read", |tx, act| {
        let locked = || Error::conflict("reveal.not_locked");
        let study = act.scope.study()?;
        if study.state != StudyState::Revealed {
            return Err(locked());
        }
        let versions = versions(tx, act.ctx, &study.id)?;
        let mut events = Vec::new();
        for (code, made) in allocation::list(tx, &study.id)? {
            events.push(exporting::event_of(code, &made)?);
        }
        let rows: Vec<AllocationRow> = event::chain(&events)?;
        let reveal = Reveal {
            format: reveal::FORMAT.to_owned(),
            study: study.id.to_string(),
            software: SOFTWARE.to_owned(),
            versions,
            events: u64::try_from(rows.len()).map_err(|_| Error::internal("too many allocations"))?,
            head: rows.last().map(|row| row.hash.clone()).unwrap_or_default(),
        };
        let verdict = match verification::verify(&reveal, &rows) {
            Ok(verified) => {
                format!("recomputed: {} allocations in {} lists", verified.allocations, verified.lists)
            }
            Err(error) => format!("not verified: {error}"),
        };
        let unwritable =
            |error: csv::Error| Error::internal("the allocations can't be written").caused_by(error);
        Ok(Bundle {
            alias: study.alias.clone(),
            revealed_at: study.revealed_at.ok_or_else(locked)?,
            reveal: reveal::write_reveal(&reveal)?,
            allocations: event::write_allocations(&rows).map_err(unwritable)?,
            verdict,
        })
    })
}

/// Lays the files onto a shelf, such as a folder.
pub fn lay(bundle: &Bundle, shelf: &mut dyn Shelf) -> Result<(), Error> {
    let verdict = format!("{}\n", bundle.verdict);
    let files = [
        (reveal::REVEAL_FILE, bundle.reveal.as_slice()),
        (event::ALLOCATIONS_FILE, bundle.allocations.as_slice()),
        (VERDICT_FILE, verdict.as_bytes()),
    ];
    for (name, bytes) in files {
        shelf.file(name, &mut |sink| Ok(sink.write_all(bytes)?)).map_err(unwritable)?;
    }
    Ok(())
}

/// Writes the files as a zip.
pub fn zip(bundle: &Bundle, sink: &mut dyn Write) -> Result<(), Error> {
    let mut archive = Archive::new(sink, bundle.revealed_at).map_err(unwritable)?;
    lay(bundle, &mut archive)?;
    archive.finish().map(|_| ()).map_err(unwritable)
}

fn unwritable(error: DatasetError) -> Error {
    Error::internal("the files of the reveal can't be written").caused_by(error)
}

fn versions(tx: &mut Tx<'_>, ctx: &Ctx, study: &StudyId) -> Result<Vec<RevealedVersion>, Error> {
    let unreadable = || Error::internal("a stored design can't be read");
    let mut versions = Vec::new();
    for stored in allocation::list_designs(tx, study)?.iter().filter(|stored| stored.commitment.is_some()) {
        let opened = designing::open(ctx, stored)?;
        versions.push(RevealedVersion {
            version: u64::try_from(stored.version).map_err(|_| unreadable())?,
            design: serde_json::from_str(opened.design.canonical()).map_err(|_| unreadable())?,
            beacon_ref: stored.beacon_ref.clone(),
            beacon: stored.beacon.clone(),
            seed: digest::hex(&opened.secrets.seed),
            nonce: digest::hex(&opened.secrets.nonce),
            commitment: stored.commitment.clone().ok_or_else(unreadable)?,
            committed_at: stored.committed_at.ok_or_else(unreadable)?.to_string(),
            first_sequence: stored.first_sequence.and_then(|first| u64::try_from(first).ok()),
        });
    }
    Ok(versions)
}
