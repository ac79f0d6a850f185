//! The level of each stratification factor for one person, by the protocol's rules; missing rather than guessed.

use std::collections::BTreeMap;

use crate::trial::expression::evaluation::Truth;
use crate::trial::expression::evaluation::Value;
use crate::trial::expression::evaluation::Values;
use crate::trial::expression::evaluation::evaluate;
use crate::trial::expression::evaluation::value_of;
use crate::trial::expression::reader;
use crate::trial::protocol::model::Derivation;
use crate::trial::protocol::model::Factor;

/// Factor → level where it is defined, and the factors that have none.
pub fn levels(factors: &[Factor], values: &dyn Values) -> (BTreeMap<String, String>, Vec<String>) {
    let mut defined = BTreeMap::new();
    let mut missing = Vec::new();
    for factor in factors {
        match level(factor, values) {
            Some(level) => {
                defined.insert(factor.id.clone(), level);
            }
            None => missing.push(factor.id.clone()),
        }
    }
    (defined, missing)
}

fn level(factor: &Factor, values: &dyn Values) -> Option<String> {
    match &factor.derivation {
        Derivation::Cuts { of, levels, cuts } => {
            let Value::Number(number) = named(of, values)? else { return None };
            // Cuts are lower limits of the level above: the level's number is the count of cuts at or below the value.
            let reached = cuts.iter().filter(|cut| **cut <= number).count();
            levels.get(reached).cloned()
        }
        Derivation::Choice { of, levels } => {
            let Value::Text(code) = named(of, values)? else { return None };
            levels.contains(&code).then_some(code)
        }
        Derivation::Open { of } => match named(of, values)? {
            Value::Text(code) if !code.is_empty() => Some(code),
            _ => None,
        },
        Derivation::Rules { levels, rules } => {
            let mut met = Vec::new();
            for (level, rule) in levels.iter().zip(rules) {
                match evaluate(&reader::read(rule).ok()?, values) {
                    Truth::Met => met.push(level),
                    Truth::NotMet => {}
                    Truth::Undetermined => return None,
                }
            }
            match met.as_slice() {
                [only] => Some((*only).clone()),
                _ => None,
            }
        }
    }
}

fn named(name: &str, values: &dyn Values) -> Option<Value> {
    value_of(&reader::read(name).ok()?, values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::number::Number;
    use crate::trial::expression::ast::Name;

    struct One(Option<Value>);

    impl Values for One {
        fn value(&self, _: &Name) -> Option<Value> {
            self.0.clone()
        }
        fn series(&self, _: &Name) -> Vec<Value> {
            vec![]
        }
        fn is_done(&self, _: &Name) -> bool {
            false
        }
        fn band(&self, _: &Name) -> Option<String> {
            None
        }
    }

    fn number(text: &str) -> Option<Value> {
        Some(Value::Number(text.parse::<Number>().unwrap()))
    }

    #[test]
    fn cuts_leave_no_gap_even_for_a_prorated_score() {
        let derivation = Derivation::Cuts {
            of: "pre.phq9.total".into(),
            levels: vec!["low".into(), "high".into()],
            cuts: vec![Number::from(15)],
        };
        let factor = Factor { id: "severity".into(), derivation };
        for (value, expected) in
            [("14", "low"), ("14.4", "low"), ("14.99", "low"), ("15", "high"), ("27", "high")]
        {
            assert_eq!(level(&factor, &One(number(value))).as_deref(), Some(expected), "{value}");
        }
        assert_eq!(level(&factor, &One(None)), None);
    }

    #[test]
    fn exactly_one_rule_must_be_met() {
        let factor = |rules: [&str; 2]| Factor {
            id: "severity".into(),
            derivation: Derivation::Rules {
                levels: vec!["low".into(), "high".into()],
                rules: rules.map(str::to_owned).to_vec(),
            },
        };
        let sound = factor(["a.b.c < 15", "a.b.c >= 15"]);
        assert_eq!(level(&sound, &One(number("14.5"))).as_deref(), Some("low"));
        assert_eq!(level(&sound, &One(None)), None);
        assert_eq!(level(&factor(["a.b.c <= 14", "a.b.c >= 15"]), &One(number("14.5"))), None);
        assert_eq!(level(&factor(["a.b.c <= 15", "a.b.c >= 15"]), &One(number("15"))), None);
    }
}
