//! Participant codes: the study's alias, four random characters, a check character (`ALMA-7K3QX`).

use std::fmt;
use std::str::FromStr;

use crate::kernel::crockford;
use crate::kernel::entropy::Entropy;
use crate::kernel::error::Error;

/// The pseudonym of a participant: random, unique in its study, never reused.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ParticipantCode(String);

/// A text that is no participant code, or one with a typing error.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no participant code: the check character does not fit")]
pub struct NotACode;

impl ParticipantCode {
    /// A new random code under the study's alias.
    pub fn draw(alias: &str, entropy: &dyn Entropy) -> Result<Self, Error> {
        let mut bytes = [0; 3];
        entropy.fill(&mut bytes)?;
        let drawn = crockford::lower(&bytes, 4).to_ascii_uppercase();
        let alias = alias.to_ascii_uppercase();
        let check = check_character(&format!("{alias}{drawn}"));
        Ok(Self(format!("{alias}-{drawn}{check}")))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for ParticipantCode {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ParticipantCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ParticipantCode {
    type Err = NotACode;

    fn from_str(text: &str) -> Result<Self, NotACode> {
        let upper = text.trim().to_ascii_uppercase();
        let (alias, rest) = upper.rsplit_once('-').ok_or(NotACode)?;
        let mut digits = rest.chars();
        let check = digits.next_back().ok_or(NotACode)?;
        let drawn: String = digits.collect();
        let shaped = !alias.is_empty()
            && alias.chars().all(|letter| letter.is_ascii_alphanumeric())
            && drawn.len() == 4
            && rest.bytes().all(|byte| crockford::ALPHABET.contains(&byte));
        if shaped && check_character(&format!("{alias}{drawn}")) == check {
            Ok(Self(upper))
        } else {
            Err(NotACode)
        }
    }
}

/// Luhn's check in base 32: finds every single wrong character and nearly every swap of neighbours.
/// Letters outside the alphabet count as what they look like (I and L as 1, O as 0, U as V).
fn check_character(text: &str) -> char {
    let total: u32 = text
        .chars()
        .rev()
        .filter_map(crockford::value_of)
        .enumerate()
        .map(|(place, value)| {
            let factor = if place % 2 == 0 { 2 } else { 1 };
            let product = u32::from(value) * factor;
            product / 32 + product % 32
        })
        .sum();
    let check = (32 - total % 32) % 32;
    crockford::digit(u8::try_from(check).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::entropy::SeededEntropy;

    #[test]
    fn a_code_reads_back_and_each_single_typing_error_is_found() {
        let source = SeededEntropy::new("codes");
        for _ in 0..50 {
            let code = ParticipantCode::draw("alma", &source).unwrap();
            assert_eq!(code.as_str().len(), 10);
            assert_eq!(code.as_str().to_lowercase().parse(), Ok(code.clone()));
            let (head, tail) = code.as_str().split_once('-').unwrap();
            for place in 0..tail.len() {
                for &digit in crockford::ALPHABET {
                    let mut wrong = tail.as_bytes().to_vec();
                    if wrong[place] == digit {
                        continue;
                    }
                    wrong[place] = digit;
                    let wrong = format!("{head}-{}", String::from_utf8(wrong).unwrap());
                    assert_eq!(wrong.parse::<ParticipantCode>(), Err(NotACode));
                }
            }
        }
    }
}
