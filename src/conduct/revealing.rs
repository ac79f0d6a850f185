//! The reveal: seeds, nonces, designs and all allocations of a study that is over, so that anybody can recompute them.

use crate::conduct::act;
use crate::conduct::context::Ctx;
use crate::conduct::context::SOFTWARE;
use crate::conduct::designing;
use crate::conduct::exporting;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::digest;
use crate::storage::Tx;
use crate::storage::allocation;
use crate::storage::study::StudyState;
use crate::trial::permission::action::Action;
use crate::trial::randomization::event;
use crate::trial::randomization::event::AllocationRow;
use crate::trial::randomization::reveal;
use crate::trial::randomization::reveal::Reveal;
use crate::trial::randomization::reveal::RevealedVersion;
use crate::trial::randomization::verification;

/// The files of a reveal.
#[derive(Clone, Debug)]
pub struct Bundle {
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
    act::disclose(ctx, Action::ReadReveal, target, "reveal.read", |tx, act| {
        let study = act.scope.study()?;
        if study.state != StudyState::Revealed {
            return Err(Error::conflict("reveal.not_locked"));
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
            reveal: reveal::write_reveal(&reveal)?,
            allocations: event::write_allocations(&rows).map_err(unwritable)?,
            verdict,
        })
    })
}

fn versions(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    study: &crate::kernel::ids::StudyId,
) -> Result<Vec<RevealedVersion>, Error> {
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
