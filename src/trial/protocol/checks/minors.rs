//! Whether the criteria let somebody under 18 pass: each age is tried with nothing else known.

use crate::kernel::number::Number;
use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::Name;
use crate::trial::expression::evaluation::Truth;
use crate::trial::expression::evaluation::Value;
use crate::trial::expression::evaluation::Values;
use crate::trial::expression::evaluation::evaluate;
use crate::trial::protocol::checks::rules;
use crate::trial::protocol::checks::rules::place::Place;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::protocol::model::Sense;

/// The age of majority.
const OF_AGE: i64 = 18;

struct Aged(Number);

impl Values for Aged {
    fn value(&self, name: &Name) -> Option<Value> {
        (name.path() == ["age"]).then_some(Value::Number(self.0))
    }
    fn series(&self, _: &Name) -> Vec<Value> {
        Vec::new()
    }
    fn is_done(&self, _: &Name) -> bool {
        false
    }
    fn band(&self, _: &Name) -> Option<String> {
        None
    }
}

/// Whether some age under 18 is stopped by no criterion. With a rule that is not sound nothing is said.
pub fn can_pass(trial: &Trial<'_>) -> bool {
    let mut rules: Vec<(Sense, Expr)> = Vec::new();
    let last = trial.protocol.enrolment.steps.len().saturating_sub(1);
    for row in trial.at.path("enrolment.criteria").items() {
        for (key, sense) in [("include", Sense::Include), ("exclude", Sense::Exclude)] {
            let at = row.key(key);
            if !at.is_given() {
                continue;
            }
            match rules::read(at).filter(|_| rules::is_sound(trial, at, Place::Step(last))) {
                Some(rule) => rules.push((sense, rule)),
                None => return false,
            }
        }
    }
    (0..OF_AGE).any(|age| {
        let person = Aged(Number::from(age));
        !rules.iter().any(|(sense, rule)| match sense {
            Sense::Include => evaluate(rule, &person) == Truth::NotMet,
            Sense::Exclude => evaluate(rule, &person) == Truth::Met,
        })
    })
}
