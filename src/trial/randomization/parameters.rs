//! The parameters of each method and their hard limits. What is merely unwise is a lint, not a limit.

use serde_json::Value;

use crate::trial::randomization::design::DesignArm;
use crate::trial::randomization::design::DesignError;
use crate::trial::randomization::design::Keys;
use crate::trial::randomization::design::whole;

const MILLION: u64 = 1_000_000;

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

/// The parameters of minimization.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Minimization {
    /// The measure of imbalance.
    pub imbalance: String,
    /// The limit of the measure `threshold`.
    pub limit: Option<u32>,
    /// How probabilities follow ranks: a, b, c.
    pub probability: char,
    /// p, q or t in parts per million.
    pub parts: u32,
    /// The weight of the factor "all participants"; 0 = off.
    pub overall: u32,
    /// The first so many are drawn simply.
    pub run_in: u32,
    /// How unequal ratios are kept: none, arp, bcm.
    pub unequal: String,
    /// Whether counts follow corrected values: corrected, as_used.
    pub counts: String,
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
        "minimization" => read_minimization(keys, arms, equal).map(Parameters::Minimization),
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

fn one_of(keys: &mut Keys<'_>, key: &str, words: &[&str]) -> Result<String, DesignError> {
    let word = keys.text(key)?;
    if words.contains(&word.as_str()) {
        Ok(word)
    } else {
        Err(DesignError::new(key, format!("'{word}' is none of {}", words.join(", "))))
    }
}

fn read_minimization(
    keys: &mut Keys<'_>,
    arms: &[DesignArm],
    equal: bool,
) -> Result<Minimization, DesignError> {
    let measures = ["range", "variance", "sd", "marginal_balance", "threshold"];
    let imbalance = one_of(keys, "imbalance", &measures)?;
    let limit = if imbalance == "threshold" { Some(keys.number("limit")?) } else { None };
    let probability = one_of(keys, "probability", &["a", "b", "c"])?;
    let unequal = one_of(keys, "unequal", &["none", "arp", "bcm"])?;
    if equal != (unequal == "none") {
        return Err(DesignError::new("unequal", "is none for equal ratios, arp or bcm for unequal ones"));
    }
    if probability == "c" && imbalance == "sd" {
        return Err(DesignError::new("imbalance", "sd does not go with probability c"));
    }
    if probability != "a" && unequal == "bcm" {
        return Err(DesignError::new("probability", "bcm goes with a only"));
    }
    let divisor = arms.iter().map(|arm| arm.ratio).fold(0, gcd).max(1);
    let sum: u64 = arms.iter().map(|arm| u64::from(arm.ratio / divisor)).sum();
    let least = arms.iter().map(|arm| u64::from(arm.ratio / divisor)).min().unwrap_or(1);
    let candidates = if unequal == "arp" { sum } else { u64::try_from(arms.len()).unwrap_or(u64::MAX) };
    let (probability, parts) = match probability.as_str() {
        "a" => {
            let p = keys.number("p")?;
            let (times, floor) =
                if unequal == "bcm" { (sum, MILLION * least) } else { (candidates, MILLION) };
            if u64::from(p) * times < floor || u64::from(p) > MILLION {
                return Err(DesignError::new("p", "is 1/N to 1, in parts per million"));
            }
            ('a', p)
        }
        "b" => {
            let q = keys.number("q")?;
            if u64::from(q) * candidates < MILLION || u64::from(q) * (candidates - 1) > 2 * MILLION {
                return Err(DesignError::new("q", "is 1/N to 2/(N-1), in parts per million"));
            }
            ('b', q)
        }
        _ => {
            let t = keys.number("t")?;
            if u64::from(t) > MILLION {
                return Err(DesignError::new("t", "is 0 to 1, in parts per million"));
            }
            ('c', t)
        }
    };
    Ok(Minimization {
        imbalance,
        limit,
        probability,
        parts,
        overall: keys.number("overall")?,
        run_in: keys.number("run_in")?,
        unequal,
        counts: one_of(keys, "counts", &["corrected", "as_used"])?,
    })
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A restricted value as the design writes it: parts per million, exact.
pub fn parts_per_million(value: crate::kernel::number::Number) -> Option<Value> {
    let million = crate::kernel::number::Number::from(1_000_000_i64);
    value.times(million).and_then(crate::kernel::number::Number::whole).map(Value::from)
}
