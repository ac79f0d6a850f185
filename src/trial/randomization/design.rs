//! The randomization design: one JSON object, read strictly, hashed in its canonical form.
//!
//! Every key of the method is required and no other is allowed; all numbers are whole, from 0 to below 2^31.

use serde_json::Map;
use serde_json::Value;

use crate::kernel::canonical;
use crate::kernel::digest;
use crate::kernel::digest::Hash;
use crate::trial::randomization::parameters;
use crate::trial::randomization::parameters::Parameters;

/// A fault of a design, naming its key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{key}: {what}")]
pub struct DesignError {
    /// The key.
    pub key: String,
    /// What is wrong with it.
    pub what: String,
}

impl DesignError {
    /// States a fault.
    pub fn new(key: impl Into<String>, what: impl Into<String>) -> Self {
        Self { key: key.into(), what: what.into() }
    }
}

/// An arm and its share.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DesignArm {
    /// Its id.
    pub id: String,
    /// Its share: at least 1.
    pub ratio: u32,
}

/// The levels of a factor.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Levels {
    /// These, in order.
    Closed(Vec<String>),
    /// They come as logged events, and each brings fresh streams.
    Open,
}

/// A stratification factor.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DesignFactor {
    /// Its id.
    pub id: String,
    /// Its levels.
    pub levels: Levels,
    /// Its weight (minimization only).
    pub weight: Option<u32>,
}

/// A design that has passed every check.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    arms: Vec<DesignArm>,
    factors: Vec<DesignFactor>,
    parameters: Parameters,
    of_clusters: bool,
    canonical: String,
}

impl Design {
    /// Reads a design from JSON text.
    pub fn parse(text: &str) -> Result<Self, DesignError> {
        let value = canonical::read(text)
            .map_err(|error| DesignError::new("design", format!("no sound JSON: {error}")))?;
        Self::from_json(&value)
    }

    /// Reads a design from a JSON value.
    pub fn from_json(value: &Value) -> Result<Self, DesignError> {
        let Value::Object(members) = value else {
            return Err(DesignError::new("design", "is not a JSON object"));
        };
        let mut keys = Keys::new(members);
        if keys.number("v")? != 1 {
            return Err(DesignError::new("v", "is the version of the algorithm: 1"));
        }
        let method = keys.text("method")?;
        let arms = read_arms(keys.take("arms")?)?;
        let factors = read_factors(keys.take("factors")?, method == "minimization")?;
        let of_clusters = read_unit(keys.optional("unit"))?;
        let parameters = parameters::read(&method, &mut keys, &arms)?;
        if method == "minimization" && factors.is_empty() {
            return Err(DesignError::new("factors", "minimization needs at least one"));
        }
        keys.finish(&method)?;
        Ok(Self { arms, factors, parameters, of_clusters, canonical: canonical::to_text(value) })
    }

    /// The arms in design order.
    pub fn arms(&self) -> &[DesignArm] {
        &self.arms
    }

    /// The factors in design order.
    pub fn factors(&self) -> &[DesignFactor] {
        &self.factors
    }

    /// Method and parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Whether clusters are drawn, not persons.
    pub fn is_of_clusters(&self) -> bool {
        self.of_clusters
    }

    /// The sum of the ratios.
    pub fn ratio_sum(&self) -> u64 {
        self.arms.iter().map(|arm| u64::from(arm.ratio)).sum()
    }

    /// The canonical JSON (RFC 8785): what is hashed.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// SHA-256 of the canonical JSON. Never published before the trial is over: few designs can be guessed through.
    pub fn hash(&self) -> Hash {
        digest::sha256(self.canonical.as_bytes())
    }
}

/// The members of a JSON object, taken one by one, so that what is left over can be refused.
pub(in crate::trial::randomization) struct Keys<'j> {
    left: Vec<(&'j String, &'j Value)>,
}

impl<'j> Keys<'j> {
    fn new(members: &'j Map<String, Value>) -> Self {
        Self { left: members.iter().collect() }
    }

    /// The value of an optional key.
    pub fn optional(&mut self, key: &str) -> Option<&'j Value> {
        let at = self.left.iter().position(|(name, _)| *name == key)?;
        Some(self.left.remove(at).1)
    }

    /// The value of a key.
    pub fn take(&mut self, key: &str) -> Result<&'j Value, DesignError> {
        self.optional(key).ok_or_else(|| DesignError::new(key, "is missing"))
    }

    /// A whole number from 0 to below 2^31.
    pub fn number(&mut self, key: &str) -> Result<u32, DesignError> {
        let value = self.take(key)?;
        whole(value).ok_or_else(|| DesignError::new(key, "is not a whole number from 0 to below 2^31"))
    }

    /// A text.
    pub fn text(&mut self, key: &str) -> Result<String, DesignError> {
        let value = self.take(key)?;
        value.as_str().map(str::to_owned).ok_or_else(|| DesignError::new(key, "is not a text"))
    }

    fn finish(self, method: &str) -> Result<(), DesignError> {
        match self.left.first() {
            None => Ok(()),
            Some((key, _)) => Err(DesignError::new(key.as_str(), format!("is no key of {method}"))),
        }
    }
}

/// A whole number from 0 to below 2^31.
pub(in crate::trial::randomization) fn whole(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| *number < 1 << 31)
}

fn read_unit(value: Option<&Value>) -> Result<bool, DesignError> {
    match value {
        None => Ok(false),
        Some(Value::String(unit)) if unit == "cluster" => Ok(true),
        Some(_) => Err(DesignError::new("unit", "is \"cluster\" or absent (persons)")),
    }
}

fn read_arms(value: &Value) -> Result<Vec<DesignArm>, DesignError> {
    let wrong = |what: &str| DesignError::new("arms", what);
    let rows = value.as_array().ok_or_else(|| wrong("is not a list of [id, ratio]"))?;
    let mut arms: Vec<DesignArm> = Vec::new();
    for row in rows {
        let Some([Value::String(id), ratio]) = row.as_array().map(Vec::as_slice) else {
            return Err(wrong("each row is [id, ratio]"));
        };
        let ratio = whole(ratio)
            .filter(|ratio| *ratio >= 1)
            .ok_or_else(|| wrong("a ratio is a whole number from 1"))?;
        if id.is_empty() || arms.iter().any(|arm| arm.id == *id) {
            return Err(wrong("ids are not empty and not given twice"));
        }
        arms.push(DesignArm { id: id.clone(), ratio });
    }
    if arms.len() < 2 {
        return Err(wrong("at least two"));
    }
    Ok(arms)
}

fn read_factors(value: &Value, weighted: bool) -> Result<Vec<DesignFactor>, DesignError> {
    let wrong = |what: &str| DesignError::new("factors", what);
    let shape = if weighted { "each row is [id, levels, weight]" } else { "each row is [id, levels]" };
    let rows = value.as_array().ok_or_else(|| wrong("is not a list"))?;
    let mut factors: Vec<DesignFactor> = Vec::new();
    for row in rows {
        let (id, levels, weight) = match (row.as_array().map(Vec::as_slice), weighted) {
            (Some([Value::String(id), levels]), false) => (id, levels, None),
            (Some([Value::String(id), levels, weight]), true) => {
                let weight = whole(weight).filter(|weight| *weight >= 1);
                (id, levels, Some(weight.ok_or_else(|| wrong("a weight is a whole number from 1"))?))
            }
            _ => return Err(wrong(shape)),
        };
        if id.is_empty() || factors.iter().any(|factor| factor.id == *id) {
            return Err(wrong("ids are not empty and not given twice"));
        }
        factors.push(DesignFactor { id: id.clone(), levels: read_levels(levels)?, weight });
    }
    Ok(factors)
}

fn read_levels(value: &Value) -> Result<Levels, DesignError> {
    let wrong = |what: &str| DesignError::new("factors", what);
    if let Value::Object(members) = value {
        let open = members.len() == 1 && members.get("open") == Some(&Value::Bool(true));
        return if open { Ok(Levels::Open) } else { Err(wrong("open levels are {\"open\":true}")) };
    }
    let rows = value.as_array().ok_or_else(|| wrong("levels are a list or {\"open\":true}"))?;
    let mut levels: Vec<String> = Vec::new();
    for row in rows {
        match row {
            Value::String(level) if !level.is_empty() && !levels.contains(level) => {
                levels.push(level.clone())
            }
            _ => return Err(wrong("levels are texts, not empty and not given twice")),
        }
    }
    if levels.is_empty() {
        Err(wrong("a closed factor has at least one level"))
    } else {
        Ok(Levels::Closed(levels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> DesignError {
        Design::parse(text).unwrap_err()
    }

    fn simple(arms: &str, factors: &str) -> Result<Design, DesignError> {
        Design::parse(&format!(r#"{{"v":1,"method":"simple","arms":{arms},"factors":{factors}}}"#))
    }

    #[test]
    fn spaces_and_the_order_of_keys_do_not_change_the_digest() {
        let text = r#" { "v": 1, "method": "permuted_block", "factors": [["sev", ["low", "high"]]],
            "blocks": [4, 6], "arms": [["A", 1], ["\u0042", 1]] } "#;
        let design = Design::parse(text).unwrap();
        assert_eq!(
            design.canonical(),
            r#"{"arms":[["A",1],["B",1]],"blocks":[4,6],"factors":[["sev",["low","high"]]],"method":"permuted_block","v":1}"#
        );
        assert_eq!(
            digest::hex(&design.hash()),
            "f8f99049594c1513a94703f11362e3baa575122028988ea6ba79baba9afe7e2b"
        );
    }

    #[test]
    fn missing_unknown_and_doubled_keys_are_named() {
        let fault = |text: &str| refusal(text).to_string();
        let base = r#""method":"simple","arms":[["A",1],["B",1]],"factors":[]"#;
        assert_eq!(fault(&format!("{{{base}}}")), "v: is missing");
        assert_eq!(refusal(&format!(r#"{{"v":2,{base}}}"#)).key, "v");
        assert_eq!(fault(&format!(r#"{{"v":1,"note":"x",{base}}}"#)), "note: is no key of simple");
        assert_eq!(fault(&format!(r#"{{"v":1,"blocks":[4],{base}}}"#)), "blocks: is no key of simple");
        assert!(fault(&format!(r#"{{"v":1,"v":1,{base}}}"#)).contains("the key 'v' is given twice"));
        assert_eq!(refusal(&format!(r#"{{"v":1,"unit":"person",{base}}}"#)).key, "unit");
        assert!(Design::parse(&format!(r#"{{"v":1,"unit":"cluster",{base}}}"#)).unwrap().is_of_clusters());
        assert_eq!(
            refusal(r#"{"v":1,"method":"magic","arms":[["A",1],["B",1]],"factors":[]}"#).key,
            "method"
        );
        for key in ["arms", "factors", "method"] {
            let mut members: Map<String, Value> =
                serde_json::from_str(&format!(r#"{{"v":1,{base}}}"#)).unwrap();
            members.remove(key);
            let left = DesignError::new(key, "is missing");
            assert_eq!(Design::from_json(&Value::Object(members)).unwrap_err(), left);
        }
        for no_object in ["[]", "{", "", "3"] {
            assert_eq!(refusal(no_object).key, "design", "{no_object}");
        }
    }

    #[test]
    fn arms_are_two_or_more_with_ids_of_their_own_and_ratios_from_one() {
        for arms in [
            r#"[["A",1]]"#,
            r#"[["A",1],["A",1]]"#,
            r#"[["A",0],["B",1]]"#,
            r#"[["A",1],["",1]]"#,
            r#"[["A",1.0],["B",1]]"#,
            r#"[["A",1],["B",2147483648]]"#,
            r#"[["A",1],["B"]]"#,
            r#"[["A",1],["B",1,1]]"#,
            r#"["A","B"]"#,
            r#"{"A":1,"B":1}"#,
        ] {
            assert_eq!(simple(arms, "[]").unwrap_err().key, "arms", "{arms}");
        }
        assert_eq!(simple(r#"[["A",2],["B",3]]"#, "[]").unwrap().ratio_sum(), 5);
    }

    #[test]
    fn factors_have_ids_of_their_own_and_levels_or_are_open() {
        let arms = r#"[["A",1],["B",1]]"#;
        for factors in [
            r#"[["s",[]]]"#,
            r#"[["s",["x","x"]]]"#,
            r#"[["s",[""]]]"#,
            r#"[["s",[1]]]"#,
            r#"[["",["x"]]]"#,
            r#"[["s",["x"]],["s",["y"]]]"#,
            r#"[["s",["x"],1]]"#,
            r#"[["s",{"open":false}]]"#,
            r#"[["s",{"open":true,"levels":["x"]}]]"#,
            r#"[["s","x"]]"#,
            r#"["s"]"#,
            r#"{}"#,
        ] {
            assert_eq!(simple(arms, factors).unwrap_err().key, "factors", "{factors}");
        }
        let design = simple(arms, r#"[["sev",["low","high"]],["site",{"open":true}]]"#).unwrap();
        let levels: Vec<&Levels> = design.factors().iter().map(|factor| &factor.levels).collect();
        assert_eq!(levels, [&Levels::Closed(vec!["low".into(), "high".into()]), &Levels::Open]);
    }
}
