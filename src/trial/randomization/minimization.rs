//! The parameters of minimization (Pocock and Simon) and their limits, which follow from the number of candidates.

use crate::trial::randomization::design::DesignArm;
use crate::trial::randomization::design::DesignError;
use crate::trial::randomization::design::Keys;

const MILLION: u64 = 1_000_000;

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

/// Reads the keys of minimization; `equal`: all ratios are the same.
pub(in crate::trial::randomization) fn read(
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
            if u64::from(p).saturating_mul(times) < floor || u64::from(p) > MILLION {
                return Err(DesignError::new(
                    "p",
                    "is 1/N (bcm: the smallest share) to 1, in parts per million",
                ));
            }
            ('a', p)
        }
        "b" => {
            let q = keys.number("q")?;
            let times = |count: u64| u64::from(q).saturating_mul(count);
            if times(candidates) < MILLION || times(candidates - 1) > 2 * MILLION {
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

fn one_of(keys: &mut Keys<'_>, key: &str, words: &[&str]) -> Result<String, DesignError> {
    let word = keys.text(key)?;
    if words.contains(&word.as_str()) {
        Ok(word)
    } else {
        Err(DesignError::new(key, format!("'{word}' is none of {}", words.join(", "))))
    }
}

#[cfg(test)]
mod tests {
    use crate::trial::randomization::design::Design;

    const M1: &str = r#"{"arms":[["A",1],["B",1],["C",1]],"counts":"corrected","factors":[["age",["y","o"],1],["exp",["n","s","m"],2]],"imbalance":"range","method":"minimization","overall":0,"p":700000,"probability":"a","run_in":0,"unequal":"none","v":1}"#;

    const TWO: &str = r#"[["A",1],["B",1]]"#;
    const UNEQUAL: &str = r#"[["A",1],["B",2]]"#;

    /// The key that is refused; empty if the design is taken.
    fn refused(text: &str) -> String {
        Design::parse(text).err().map(|error| error.key).unwrap_or_default()
    }

    #[test]
    fn minimization_takes_exactly_the_keys_of_its_choices() {
        assert_eq!(refused(M1), "");
        for (from, to, key) in [
            (r#""p":700000,"#, "", "p"),
            (r#""p":700000"#, r#""p":700000,"q":600000"#, "q"),
            (r#""p":700000"#, r#""p":700000,"limit":1"#, "limit"),
            (r#""range""#, r#""threshold""#, "limit"),
            (r#""range""#, r#""threshold","limit":0"#, ""),
            (r#""range""#, r#""taves""#, "imbalance"),
            (r#""probability":"a""#, r#""probability":"d""#, "probability"),
            (r#""probability":"a""#, r#""probability":"b""#, "q"),
            (r#""overall":0,"#, "", "overall"),
            (r#""run_in":0,"#, "", "run_in"),
            (r#""counts":"corrected","#, "", "counts"),
            (r#""corrected""#, r#""true""#, "counts"),
            (r#""none""#, r#""arp""#, "unequal"),
            (r#"["B",1]"#, r#"["B",2]"#, "unequal"),
            (r#",2]]"#, "]]", "factors"),
            (r#",2]]"#, ",0]]", "factors"),
            (r#"[["age",["y","o"],1],["exp",["n","s","m"],2]]"#, "[]", "factors"),
        ] {
            let text = M1.replace(from, to);
            assert_ne!(text, M1, "{from}");
            assert_eq!(refused(&text), key, "{from} -> {to}");
        }
    }

    #[test]
    fn probabilities_of_minimization_stay_within_their_limits() {
        let with = |arms: &str, unequal: &str, probability: &str, rest: &str| {
            let text = M1.replace(r#"[["A",1],["B",1],["C",1]]"#, arms);
            let text = text.replace(r#""unequal":"none""#, &format!(r#""unequal":"{unequal}""#));
            let text = text.replace(r#""probability":"a""#, &format!(r#""probability":"{probability}""#));
            refused(&text.replace(r#""p":700000"#, rest))
        };
        let three = r#"[["A",1],["B",1],["C",1]]"#;
        for (arms, unequal, probability, rest, key) in [
            // Three candidates: p from 1/3, q from 1/3 to 1.
            (three, "none", "a", r#""p":333333"#, "p"),
            (three, "none", "a", r#""p":333334"#, ""),
            (three, "none", "a", r#""p":1000000"#, ""),
            (three, "none", "a", r#""p":1000001"#, "p"),
            (three, "none", "b", r#""q":333333"#, "q"),
            (three, "none", "b", r#""q":333334"#, ""),
            (three, "none", "b", r#""q":1000000"#, ""),
            (three, "none", "b", r#""q":1000001"#, "q"),
            (three, "none", "c", r#""t":1000000"#, ""),
            (three, "none", "c", r#""t":1000001"#, "t"),
            // Two candidates: q may exceed one, up to 2/(2-1).
            (TWO, "none", "b", r#""q":2000000"#, ""),
            (TWO, "none", "b", r#""q":2000001"#, "q"),
            // arp 2:4 has three pseudo-arms, the ratios being divided by their common divisor.
            (r#"[["A",2],["B",4]]"#, "arp", "a", r#""p":333333"#, "p"),
            (r#"[["A",2],["B",4]]"#, "arp", "a", r#""p":333334"#, ""),
            // bcm 2:3: the smallest share is 2/5.
            (r#"[["A",2],["B",3]]"#, "bcm", "a", r#""p":399999"#, "p"),
            (r#"[["A",2],["B",3]]"#, "bcm", "a", r#""p":400000"#, ""),
            (UNEQUAL, "bcm", "b", r#""q":600000"#, "probability"),
            (UNEQUAL, "none", "a", r#""p":700000"#, "unequal"),
            // Sums beyond 64 bits are no way around a limit.
            (
                r#"[["A",2147483647],["B",2147483646],["C",2147483647],["D",2147483647],["E",2147483647]]"#,
                "arp",
                "b",
                r#""q":2147483647"#,
                "q",
            ),
        ] {
            assert_eq!(with(arms, unequal, probability, rest), key, "{arms} {unequal} {probability} {rest}");
        }
        let sd = M1.replace("\"range\"", "\"sd\"");
        assert_eq!(refused(&sd), "");
        let sd_with_c = sd.replace(r#""probability":"a""#, r#""probability":"c""#).replace("\"p\"", "\"t\"");
        assert_eq!(refused(&sd_with_c), "imbalance");
    }
}
