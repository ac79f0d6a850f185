//! Stratum labels: the levels in design order as canonical JSON, `["low","umea"]`; `[]` without factors.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::kernel::canonical;
use crate::trial::randomization::design::Design;
use crate::trial::randomization::design::Levels;

/// A level that is missing, unknown, or too many.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LabelError {
    /// A factor has no level.
    #[error("factor '{0}' has no level")]
    Missing(String),
    /// A closed factor does not have this level.
    #[error("factor '{factor}' has no level '{level}'")]
    Unknown {
        /// The factor.
        factor: String,
        /// The level.
        level: String,
    },
    /// The label has not one level per factor.
    #[error("the label has {found} levels, the design {expected} factors")]
    Length {
        /// Levels given.
        found: usize,
        /// Factors of the design.
        expected: usize,
    },
    /// The text is no JSON array of texts.
    #[error("the label is no JSON array of level ids, as [\"low\",\"umea\"]")]
    Shape,
}

/// The label of a stratum from factor → level.
pub fn of_levels(design: &Design, levels: &BTreeMap<String, String>) -> Result<String, LabelError> {
    let ordered: Result<Vec<&str>, LabelError> = design
        .factors()
        .iter()
        .map(|factor| {
            let level = levels.get(&factor.id).ok_or_else(|| LabelError::Missing(factor.id.clone()))?;
            check(&factor.id, &factor.levels, level)?;
            Ok(level.as_str())
        })
        .collect();
    Ok(canonical::to_text(&Value::from(ordered?)))
}

/// Reads a label as written by hand, and gives its canonical form.
pub fn parse(design: &Design, text: &str) -> Result<String, LabelError> {
    let levels: Vec<String> = serde_json::from_str(text).map_err(|_| LabelError::Shape)?;
    let factors = design.factors();
    if levels.len() != factors.len() {
        return Err(LabelError::Length { found: levels.len(), expected: factors.len() });
    }
    for (factor, level) in factors.iter().zip(&levels) {
        check(&factor.id, &factor.levels, level)?;
    }
    Ok(canonical::to_text(&Value::from(levels)))
}

fn check(factor: &str, levels: &Levels, level: &str) -> Result<(), LabelError> {
    let known = match levels {
        Levels::Closed(known) => known.iter().any(|one| one == level),
        Levels::Open => !level.is_empty(),
    };
    if known {
        Ok(())
    } else {
        Err(LabelError::Unknown { factor: factor.to_owned(), level: level.to_owned() })
    }
}
