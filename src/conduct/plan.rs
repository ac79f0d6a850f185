//! A study's protocol, typed and ready: read once for each version and kept while the service runs.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::kernel::Error;
use crate::kernel::ids::StudyId;
use crate::storage::Tx;
use crate::storage::protocol;
use crate::storage::study::Study;
use crate::trial::instrument::definition::Instrument;
use crate::trial::protocol::checker;
use crate::trial::protocol::model::Protocol;
use crate::trial::protocol::texts::Texts;
use crate::trial::protocol::words::Words;
use crate::trial::questionnaire::asked::Asked;

/// A protocol version in force, with all that it needs.
#[derive(Debug)]
pub struct Plan {
    /// Its number in the study.
    pub n: i64,
    /// The TOML as it was sent.
    pub source: String,
    /// SHA-256 of its canonical form.
    pub sha256: String,
    /// The typed protocol.
    pub protocol: Protocol,
    /// The instruments that it uses.
    pub instruments: BTreeMap<String, Instrument>,
    /// The texts beside it.
    pub texts: Texts,
    /// The words of the further languages.
    pub words: Words,
}

impl Plan {
    /// What a measure asks; an error if the protocol does not define it (its check has let nothing else through).
    pub fn asked(&self, uses: &str) -> Result<Asked<'_>, Error> {
        let protocol = &self.protocol;
        if let Some(instrument) = self.instruments.get(uses) {
            return Ok(Asked::Instrument(instrument));
        }
        if let Some(form) = protocol.forms.get(uses) {
            return Ok(Asked::Form(form, &protocol.options));
        }
        match protocol.externals.get(uses) {
            Some(external) => Ok(Asked::External(external)),
            None => Err(Error::internal(format!("the protocol asks '{uses}' and does not define it"))),
        }
    }

    /// The roles that never see arms.
    pub fn is_open_label(&self) -> bool {
        self.protocol.study.blind.is_empty()
    }
}

/// Plans by study and version.
#[derive(Default)]
pub struct Plans(Mutex<HashMap<(StudyId, i64), Arc<Plan>>>);

impl Plans {
    /// The plan in force of a study.
    pub fn of(&self, tx: &mut Tx<'_>, study: &Study) -> Result<Arc<Plan>, Error> {
        let key = (study.id.clone(), study.protocol_version);
        if let Some(plan) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(plan.clone());
        }
        let plan = Arc::new(read(tx, study)?);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, plan.clone());
        Ok(plan)
    }
}

fn read(tx: &mut Tx<'_>, study: &Study) -> Result<Plan, Error> {
    let n = study.protocol_version;
    let version = protocol::find(tx, &study.id, n)?;
    let version = version.ok_or_else(|| Error::internal("a study without its protocol"))?;
    let texts = protocol::texts(tx, &study.id, n)?;
    let checked = checker::check("protocol.toml", &version.source, &texts);
    let unsound = || Error::internal("a stored protocol is not sound any more");
    if !checked.is_sound() {
        return Err(unsound());
    }
    let protocol = checked.protocol.ok_or_else(unsound)?;
    Ok(Plan {
        n,
        source: version.source,
        sha256: version.sha256,
        words: Words::read(&protocol.study, &texts),
        protocol,
        instruments: checked.instruments,
        texts,
    })
}
