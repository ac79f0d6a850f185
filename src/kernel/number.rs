//! Exact numbers: fractions of whole numbers, never floats. A prorated 14.4 is 72/5 and compares as such.

use std::fmt;
use std::str::FromStr;

use num_rational::Ratio;
use num_traits::CheckedAdd;
use num_traits::CheckedDiv;
use num_traits::CheckedMul;
use num_traits::CheckedSub;
use num_traits::Signed;
use num_traits::ToPrimitive;
use num_traits::Zero;

/// A fraction. Arithmetic that leaves the range of 128 bits gives `None`, never a wrong number.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Number(Ratio<i128>);

impl Number {
    /// 0.
    pub const ZERO: Self = Self(Ratio::new_raw(0, 1));
    /// 1.
    pub const ONE: Self = Self(Ratio::new_raw(1, 1));

    /// `numerator / denominator`; `None` for a denominator of 0.
    pub fn fraction(numerator: i128, denominator: i128) -> Option<Self> {
        // i128::MIN has no positive twin, so it can't be reduced.
        if denominator == 0 || numerator == i128::MIN || denominator == i128::MIN {
            return None;
        }
        Some(Self(Ratio::new(numerator, denominator)))
    }

    /// i128::MIN has no positive twin: a number that large could not change its sign.
    fn kept(ratio: Ratio<i128>) -> Option<Self> {
        (*ratio.numer() != i128::MIN).then_some(Self(ratio))
    }

    /// Numerator and (positive) denominator in lowest terms.
    pub fn parts(self) -> (i128, i128) {
        (*self.0.numer(), *self.0.denom())
    }

    /// Whether it is a whole number.
    pub fn is_whole(self) -> bool {
        self.0.is_integer()
    }

    /// The whole number that it is, if it is one.
    pub fn whole(self) -> Option<i64> {
        self.0.is_integer().then(|| self.0.to_integer().to_i64()).flatten()
    }

    /// Sum.
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(&other.0).and_then(Self::kept)
    }

    /// Difference.
    pub fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(&other.0).and_then(Self::kept)
    }

    /// Product.
    pub fn times(self, other: Self) -> Option<Self> {
        self.0.checked_mul(&other.0).and_then(Self::kept)
    }

    /// Quotient; `None` for a divisor of 0.
    pub fn over(self, other: Self) -> Option<Self> {
        if other.0.is_zero() {
            return None;
        }
        self.0.checked_div(&other.0).and_then(Self::kept)
    }

    /// With the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self(-self.0)
    }

    /// Without its sign.
    #[must_use]
    pub fn magnitude(self) -> Self {
        Self(self.0.abs())
    }

    /// The nearest number with so many decimals, halves away from zero.
    #[must_use]
    pub fn rounded(self, decimals: u32) -> Self {
        let scale =
            10_i128.checked_pow(decimals).map_or(Ratio::new_raw(1, 1), |scale| Ratio::new_raw(scale, 1));
        self.0.checked_mul(&scale).map_or(self, |scaled| Self(scaled.round() / scale))
    }

    /// The nearest whole number, halves up (towards plus infinity), as score bands are looked up.
    pub fn half_up(self) -> Self {
        let half = Ratio::new_raw(1, 2);
        self.0.checked_add(&half).map_or(self, |moved| Self(moved.floor()))
    }

    /// The nearest double.
    pub fn to_f64(self) -> f64 {
        self.0.to_f64().unwrap_or(f64::NAN)
    }

    /// As a JSON number: a whole number where it is one, else the nearest double.
    pub fn to_json(self) -> serde_json::Value {
        match self.whole() {
            Some(whole) => serde_json::Value::from(whole),
            None => serde_json::Value::from(self.to_f64()),
        }
    }

    /// As datasets write it: no exponent, at most six decimals, no trailing zeros.
    pub fn to_cell(self) -> String {
        let rounded = self.rounded(6).0;
        let sign = if rounded.is_negative() { "-" } else { "" };
        let size = rounded.abs();
        let whole = size.to_integer();
        let decimals = ((size - Ratio::from_integer(whole)) * Ratio::from_integer(1_000_000)).to_integer();
        if decimals == 0 {
            return format!("{sign}{whole}");
        }
        let text = format!("{decimals:06}");
        format!("{sign}{whole}.{}", text.trim_end_matches('0'))
    }
}

impl From<i64> for Number {
    fn from(whole: i64) -> Self {
        Self(Ratio::from_integer(i128::from(whole)))
    }
}

impl From<i32> for Number {
    fn from(whole: i32) -> Self {
        Self::from(i64::from(whole))
    }
}

/// Exact: `72/5`, or `18` for a whole number. Reads back with `from_str`.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (numerator, denominator) = self.parts();
        if denominator == 1 { write!(f, "{numerator}") } else { write!(f, "{numerator}/{denominator}") }
    }
}

/// As its exact text, so that nothing is lost in a double.
impl serde::Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A text that is no number.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a number: write 3, -3, 0.5 or 1/3")]
pub struct NotANumber;

/// Reads `3`, `-3`, `14.4` and `1/3`, exactly. No exponent, no blanks, at most 18 decimals.
impl FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, NotANumber> {
        if let Some((numerator, denominator)) = text.split_once('/') {
            let numerator = whole_number(numerator).ok_or(NotANumber)?;
            let denominator = whole_number(denominator).ok_or(NotANumber)?;
            return Self::fraction(numerator, denominator).ok_or(NotANumber);
        }
        let Some((whole, decimals)) = text.split_once('.') else {
            return whole_number(text).and_then(|whole| Self::fraction(whole, 1)).ok_or(NotANumber);
        };
        let digits = decimals.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || decimals.is_empty() || decimals.len() > 18 {
            return Err(NotANumber);
        }
        let scale = u32::try_from(decimals.len()).ok().and_then(|places| 10_i128.checked_pow(places));
        let negative = whole.starts_with('-');
        let size = whole_number(whole.strip_prefix('-').unwrap_or(whole)).ok_or(NotANumber)?;
        let scale = scale.ok_or(NotANumber)?;
        let part: i128 = decimals.parse().map_err(|_| NotANumber)?;
        let total = size.checked_mul(scale).and_then(|total| total.checked_add(part)).ok_or(NotANumber)?;
        Self::fraction(if negative { -total } else { total }, scale).ok_or(NotANumber)
    }
}

fn whole_number(text: &str) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.len() <= 30 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn decimals_and_fractions_read_exactly() {
        assert_eq!(number("14.4"), number("72/5"));
        assert_eq!(number("-0.5"), Number::fraction(-1, 2).unwrap());
        assert_eq!(number("72/5").to_string(), "72/5");
        assert_eq!(number("18.0").to_string(), "18");
        for bad in ["", "1e3", "1.", ".5", "1/0", "--1", "+1", " 1", "0x1", "1.5/2"] {
            assert_eq!(bad.parse::<Number>(), Err(NotANumber), "{bad}");
        }
    }

    #[test]
    fn cells_have_at_most_six_decimals() {
        for (text, cell) in [
            ("1/3", "0.333333"),
            ("2/3", "0.666667"),
            ("-1/3", "-0.333333"),
            ("72/5", "14.4"),
            ("18", "18"),
            ("-0.0000001", "0"),
            ("9.9999999", "10"),
        ] {
            assert_eq!(number(text).to_cell(), cell);
        }
    }

    #[test]
    fn halves_round_up_for_bands_and_away_from_zero_for_decimals() {
        assert_eq!(number("14.5").half_up(), number("15"));
        assert_eq!(number("-14.5").half_up(), number("-14"));
        assert_eq!(number("14.4").half_up(), number("14"));
        assert_eq!(number("-0.125").rounded(2), number("-0.13"));
    }

    #[test]
    fn what_does_not_fit_is_no_number() {
        let large = Number::fraction(i128::MAX, 1).unwrap();
        assert_eq!(large.plus(Number::ONE), None);
        assert_eq!(large.times(large), None);
        assert_eq!(large.negated().minus(Number::ONE), None);
        assert_eq!(Number::ONE.over(Number::ZERO), None);
    }
}
