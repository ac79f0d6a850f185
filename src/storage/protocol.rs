//! Protocol versions and the texts that belong to them. Append-only.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::digest;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Timestamp;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::protocol_text;
use crate::storage::schema::protocol_version;
use crate::storage::schema::text_file;
use crate::storage::types::Stamp;
use crate::storage::types::Txt;

/// One version of a study's protocol.
#[derive(Clone, Debug)]
pub struct ProtocolVersion {
    /// The study.
    pub study: StudyId,
    /// Its number.
    pub n: i64,
    /// The TOML as it was sent.
    pub source: String,
    /// The canonical form.
    pub canonical: String,
    /// SHA-256 of the canonical form, hex.
    pub sha256: String,
    /// When it was stored.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
}

/// Stores a version and its texts (path → content).
pub fn insert(tx: &mut Tx<'_>, new: &ProtocolVersion, texts: &BTreeMap<String, String>) -> Result<(), Error> {
    diesel::insert_into(protocol_version::table)
        .values((
            protocol_version::study_id.eq(new.study.as_str()),
            protocol_version::n.eq(new.n),
            protocol_version::source.eq(&new.source),
            protocol_version::canonical.eq(&new.canonical),
            protocol_version::sha256.eq(&new.sha256),
            protocol_version::created_at.eq(new.created_at.naive_utc()),
            protocol_version::created_by.eq(&new.created_by),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)?;
    for (path, content) in texts {
        let sha256 = insert_text(tx, content)?;
        diesel::insert_into(protocol_text::table)
            .values((
                protocol_text::study_id.eq(new.study.as_str()),
                protocol_text::n.eq(new.n),
                protocol_text::path.eq(path),
                protocol_text::sha256.eq(sha256),
            ))
            .execute(&mut *tx.connection)
            .map_err(failed)?;
    }
    Ok(())
}

fn insert_text(tx: &mut Tx<'_>, content: &str) -> Result<String, Error> {
    let sha256 = digest::sha256_hex(content.as_bytes());
    let known: i64 = text_file::table
        .filter(text_file::sha256.eq(&sha256))
        .count()
        .get_result(&mut *tx.connection)
        .map_err(failed)?;
    if known == 0 {
        diesel::insert_into(text_file::table)
            .values((text_file::sha256.eq(&sha256), text_file::content.eq(content)))
            .execute(&mut *tx.connection)
            .map_err(failed)?;
    }
    Ok(sha256)
}

type VersionRow = (Txt<StudyId>, i64, String, String, String, Stamp, String);

fn version_of((study, n, source, canonical, sha256, created_at, created_by): VersionRow) -> ProtocolVersion {
    ProtocolVersion { study: study.0, n, source, canonical, sha256, created_at: created_at.0, created_by }
}

/// One version.
pub fn find(tx: &mut Tx<'_>, study: &StudyId, n: i64) -> Result<Option<ProtocolVersion>, Error> {
    let row: Option<VersionRow> = protocol_version::table
        .filter(protocol_version::study_id.eq(study.as_str()).and(protocol_version::n.eq(n)))
        .first(&mut *tx.connection)
        .optional()
        .map_err(failed)?;
    Ok(row.map(version_of))
}

/// All versions of a study in order.
pub fn list(tx: &mut Tx<'_>, study: &StudyId) -> Result<Vec<ProtocolVersion>, Error> {
    let rows: Vec<VersionRow> = protocol_version::table
        .filter(protocol_version::study_id.eq(study.as_str()))
        .order(protocol_version::n)
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows.into_iter().map(version_of).collect())
}

/// The texts of a version: path → content.
pub fn texts(tx: &mut Tx<'_>, study: &StudyId, n: i64) -> Result<BTreeMap<String, String>, Error> {
    let rows: Vec<(String, String)> = protocol_text::table
        .inner_join(text_file::table.on(text_file::sha256.eq(protocol_text::sha256)))
        .filter(protocol_text::study_id.eq(study.as_str()).and(protocol_text::n.eq(n)))
        .select((protocol_text::path, text_file::content))
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows.into_iter().collect())
}
