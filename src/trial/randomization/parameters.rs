//! The parameters of each method and their hard limits. What is merely unwise is a lint, not a limit.

use serde_json::Value;

use crate::kernel::number::Number;
use crate::trial::randomization::design::DesignArm;
use crate::trial::randomization::design::DesignError;
use crate::trial::randomization::design::Keys;
use crate::trial::randomization::design::whole;
use crate::trial::randomization::minimization;
use crate::trial::randomization::minimization::Minimization;

/// Method and parameters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Parameters {
    /// Each by itself.
    Simple,
    /// Permuted blocks of these total sizes, ascending; a repeated size weighs more.
    PermutedBlock(Vec<u32>),
    /// Big stick with its bound.
    BigStick(u32),
    /// Block urn with its lambda.
    BlockUrn(u32),
    /// Wei's urn: alpha, beta.
    WeiUrn(u32, u32),
    /// Pocock and Simon.
    Minimization(Minimization),
    /// All at once.
    WholeCohort,
    /// A list prepared outside, by the SHA-256 of its file.
    Uploaded(String),
}

impl Parameters {
    /// The method's name.
    pub fn method(&self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::PermutedBlock(_) => "permuted_block",
            Self::BigStick(_) => "big_stick",
            Self::BlockUrn(_) => "block_urn",
            Self::WeiUrn(..) => "wei_urn",
            Self::Minimization(_) => "minimization",
            Self::WholeCohort => "whole_cohort",
            Self::Uploaded(_) => "uploaded",
        }
    }
}

/// Reads the keys of a method.
pub(in crate::trial::randomization) fn read(
    method: &str,
    keys: &mut Keys<'_>,
    arms: &[DesignArm],
) -> Result<Parameters, DesignError> {
    let equal = arms.windows(2).all(|pair| pair.first().map(|a| a.ratio) == pair.last().map(|a| a.ratio));
    match method {
        "simple" => Ok(Parameters::Simple),
        "permuted_block" => read_blocks(keys, arms).map(Parameters::PermutedBlock),
        "big_stick" => {
            if arms.len() != 2 || !equal {
                return Err(DesignError::new("arms", "big_stick needs two equal arms"));
            }
            at_least(keys, "mti", 2).map(Parameters::BigStick)
        }
        "block_urn" => at_least(keys, "lambda", 2).map(Parameters::BlockUrn),
        "wei_urn" => {
            let (alpha, beta) = (keys.number("alpha")?, keys.number("beta")?);
            if !equal {
                return Err(DesignError::new("arms", "wei_urn needs equal arms"));
            }
            if alpha == 0 && beta == 0 {
                return Err(DesignError::new("beta", "alpha and beta are not both 0"));
            }
            Ok(Parameters::WeiUrn(alpha, beta))
        }
        "minimization" => minimization::read(keys, arms, equal).map(Parameters::Minimization),
        "whole_cohort" => Ok(Parameters::WholeCohort),
        "uploaded" => {
            let sha256 = keys.text("sha256")?;
            let hex = sha256.len() == 64
                && sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
            if hex {
                Ok(Parameters::Uploaded(sha256))
            } else {
                Err(DesignError::new("sha256", "is not 64 small hex digits"))
            }
        }
        other => Err(DesignError::new(
            "method",
            format!(
                "'{other}' is none of simple, permuted_block, minimization, big_stick, block_urn, wei_urn, whole_cohort, uploaded"
            ),
        )),
    }
}

fn at_least(keys: &mut Keys<'_>, key: &str, least: u32) -> Result<u32, DesignError> {
    let number = keys.number(key)?;
    if number >= least { Ok(number) } else { Err(DesignError::new(key, format!("is at least {least}"))) }
}

fn read_blocks(keys: &mut Keys<'_>, arms: &[DesignArm]) -> Result<Vec<u32>, DesignError> {
    let wrong = |what: String| DesignError::new("blocks", what);
    let rows = keys.take("blocks")?.as_array().ok_or_else(|| wrong("is not a list of sizes".into()))?;
    let sizes: Option<Vec<u32>> = rows.iter().map(whole).collect();
    let sizes = sizes.ok_or_else(|| wrong("sizes are whole numbers".into()))?;
    let sum: u64 = arms.iter().map(|arm| u64::from(arm.ratio)).sum();
    if sizes.is_empty() {
        return Err(wrong("at least one size".into()));
    }
    if !sizes.is_sorted() {
        return Err(wrong("sizes ascend".into()));
    }
    match sizes.iter().find(|size| **size == 0 || u64::from(**size) % sum != 0) {
        Some(size) => Err(wrong(format!("{size} is no multiple of the ratio sum {sum}"))),
        None => Ok(sizes),
    }
}

/// A restricted value as the design writes it: parts per million, exact.
pub fn parts_per_million(value: Number) -> Option<Value> {
    value.times(Number::from(1_000_000_i64)).and_then(Number::whole).map(Value::from)
}

#[cfg(test)]
mod tests {
    use crate::trial::randomization::design::Design;

    /// The key that is refused; empty if the design is taken.
    fn refused(text: &str) -> String {
        Design::parse(text).err().map(|error| error.key).unwrap_or_default()
    }

    fn of(arms: &str, rest: &str) -> String {
        refused(&format!(r#"{{"v":1,"factors":[],"arms":{arms},{rest}}}"#))
    }

    const TWO: &str = r#"[["A",1],["B",1]]"#;
    const UNEQUAL: &str = r#"[["A",1],["B",2]]"#;

    #[test]
    fn block_sizes_ascend_and_are_multiples_of_the_ratio_sum() {
        let blocks =
            |arms: &str, sizes: &str| of(arms, &format!(r#""method":"permuted_block","blocks":{sizes}"#));
        for sizes in ["[2]", "[4,6]", "[4,4,6]", "[2,100]"] {
            assert_eq!(blocks(TWO, sizes), "", "{sizes}");
        }
        for sizes in
            ["[]", "[3]", "[4,5]", "[6,4]", "[0]", "[4.0]", "[-4]", "[\"4\"]", "4", "[2147483648]", "null"]
        {
            assert_eq!(blocks(TWO, sizes), "blocks", "{sizes}");
        }
        assert_eq!(blocks(UNEQUAL, "[3,9]"), "");
        assert_eq!(blocks(UNEQUAL, "[4]"), "blocks");
        assert_eq!(of(TWO, r#""method":"permuted_block""#), "blocks");
    }

    #[test]
    fn bounds_of_the_urns_and_the_big_stick_hold() {
        for (arms, rest, key) in [
            (TWO, r#""method":"big_stick","mti":2"#, ""),
            (TWO, r#""method":"big_stick","mti":1"#, "mti"),
            (TWO, r#""method":"big_stick""#, "mti"),
            (UNEQUAL, r#""method":"big_stick","mti":3"#, "arms"),
            (r#"[["A",1],["B",1],["C",1]]"#, r#""method":"big_stick","mti":3"#, "arms"),
            (UNEQUAL, r#""method":"block_urn","lambda":2"#, ""),
            (TWO, r#""method":"block_urn","lambda":1"#, "lambda"),
            (TWO, r#""method":"wei_urn","alpha":0,"beta":1"#, ""),
            (TWO, r#""method":"wei_urn","alpha":1,"beta":0"#, ""),
            (TWO, r#""method":"wei_urn","alpha":0,"beta":0"#, "beta"),
            (TWO, r#""method":"wei_urn","alpha":-1,"beta":1"#, "alpha"),
            (TWO, r#""method":"wei_urn","alpha":1"#, "beta"),
            (UNEQUAL, r#""method":"wei_urn","alpha":1,"beta":1"#, "arms"),
        ] {
            assert_eq!(of(arms, rest), key, "{arms} {rest}");
        }
    }

    #[test]
    fn the_list_of_an_uploaded_design_has_a_digest_in_small_hex() {
        let sha256 = |text: &str| of(TWO, &format!(r#""method":"uploaded","sha256":"{text}""#));
        assert_eq!(sha256(&"0a".repeat(32)), "");
        for text in ["0A".repeat(32), "0a".repeat(31), "0g".repeat(32), String::new()] {
            assert_eq!(sha256(&text), "sha256");
        }
    }
}
