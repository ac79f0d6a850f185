//! Labels of lists: a stratum's levels in design order as canonical JSON, `["low","umea"]`, and `[]` without factors;
//! the list for times without the service has a label of its own.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::kernel::canonical;
use crate::trial::randomization::design::Design;
use crate::trial::randomization::design::DesignFactor;
use crate::trial::randomization::design::Levels;

/// The label, quotes included, of the list that is kept sealed for times without the service. It has no strata.
pub const FALLBACK: &str = "\"fallback\"";

/// A level that is missing, unknown, or too many.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LabelError {
    /// A factor has no level.
    #[error("factor '{0}' has no level")]
    Missing(String),
    /// A level is given for a factor that the design does not have.
    #[error("the design has no factor '{0}'")]
    Foreign(String),
    /// The factor does not have this level.
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

/// The label of a stratum from factor → level: one level for each factor of the design, none besides.
pub fn of_levels(design: &Design, levels: &BTreeMap<String, String>) -> Result<String, LabelError> {
    let factors = design.factors();
    if let Some(foreign) = levels.keys().find(|id| factors.iter().all(|factor| factor.id != **id)) {
        return Err(LabelError::Foreign(foreign.clone()));
    }
    let ordered: Result<Vec<&str>, LabelError> = factors
        .iter()
        .map(|factor| {
            let level = levels.get(&factor.id).ok_or_else(|| LabelError::Missing(factor.id.clone()))?;
            check(factor, level).map(|()| level.as_str())
        })
        .collect();
    Ok(canonical::to_text(&Value::from(ordered?)))
}

/// Reads a label as written by hand, a stratum's or `"fallback"`, and gives its canonical form.
pub fn parse(design: &Design, text: &str) -> Result<String, LabelError> {
    let value: Value = serde_json::from_str(text).map_err(|_| LabelError::Shape)?;
    if value == "fallback" {
        return Ok(FALLBACK.to_owned());
    }
    let levels: Vec<String> = serde_json::from_value(value).map_err(|_| LabelError::Shape)?;
    let factors = design.factors();
    if levels.len() != factors.len() {
        return Err(LabelError::Length { found: levels.len(), expected: factors.len() });
    }
    factors.iter().zip(&levels).try_for_each(|(factor, level)| check(factor, level))?;
    Ok(canonical::to_text(&Value::from(levels)))
}

fn check(factor: &DesignFactor, level: &str) -> Result<(), LabelError> {
    let known = match &factor.levels {
        Levels::Closed(known) => known.iter().any(|one| one == level),
        Levels::Open => !level.is_empty(),
    };
    if known {
        Ok(())
    } else {
        Err(LabelError::Unknown { factor: factor.id.clone(), level: level.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn design() -> Design {
        Design::parse(
            r#"{"v":1,"method":"simple","arms":[["A",1],["B",1]],
                "factors":[["sev",["low","high"]],["site",{"open":true}]]}"#,
        )
        .unwrap()
    }

    fn label(levels: &[(&str, &str)]) -> Result<String, LabelError> {
        let levels = levels.iter().map(|(factor, level)| ((*factor).to_owned(), (*level).to_owned()));
        of_levels(&design(), &levels.collect())
    }

    #[test]
    fn levels_stand_in_design_order() {
        assert_eq!(label(&[("site", "umea"), ("sev", "low")]).unwrap(), r#"["low","umea"]"#);
        assert_eq!(parse(&design(), r#" [ "low", "ume\u00e5" ] "#).unwrap(), r#"["low","umeå"]"#);
        let plain = r#"{"v":1,"method":"simple","arms":[["A",1],["B",1]],"factors":[]}"#;
        assert_eq!(of_levels(&Design::parse(plain).unwrap(), &BTreeMap::new()).unwrap(), "[]");
    }

    #[test]
    fn a_level_that_is_missing_unknown_or_foreign_is_refused_by_name() {
        assert_eq!(label(&[("sev", "low")]), Err(LabelError::Missing("site".into())));
        assert_eq!(
            label(&[("sev", "low"), ("site", "x"), ("sex", "f")]),
            Err(LabelError::Foreign("sex".into()))
        );
        let unknown = |factor: &str, level: &str| {
            Err(LabelError::Unknown { factor: factor.into(), level: level.into() })
        };
        assert_eq!(label(&[("sev", "medium"), ("site", "x")]), unknown("sev", "medium"));
        assert_eq!(label(&[("sev", "low"), ("site", "")]), unknown("site", ""));
        assert_eq!(parse(&design(), r#"["Low","x"]"#), unknown("sev", "Low"));
        assert_eq!(parse(&design(), r#"["low"]"#), Err(LabelError::Length { found: 1, expected: 2 }));
        for shape in ["low", "\"low\"", "[1,2]", "{}", "[\"low\",\"x\"", ""] {
            assert_eq!(parse(&design(), shape), Err(LabelError::Shape), "{shape}");
        }
    }

    #[test]
    fn the_fallback_list_has_its_own_label_for_every_design() {
        assert_eq!(parse(&design(), " \"fallback\"").unwrap(), "\"fallback\"");
    }
}
