//! Whether the criteria let somebody under 18 pass: each age is tried with nothing else known.

use crate::kernel::number::Number;
use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::Name;
use crate::trial::expression::evaluation::Truth;
use crate::trial::expression::evaluation::Value;
use crate::trial::expression::evaluation::Values;
use crate::trial::expression::evaluation::evaluate;
use crate::trial::expression::reader;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::protocol::model::Judged;
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

/// Whether some age under 18 is stopped by no criterion. A rule that can't be read counts as given.
pub fn can_pass(trial: &Trial<'_>) -> bool {
    let mut rules: Vec<(Sense, Expr)> = Vec::new();
    for criterion in &trial.protocol.enrolment.criteria {
        let Judged::Rule(text) = &criterion.judged else { continue };
        match reader::read(text) {
            Ok(rule) => rules.push((criterion.sense, rule)),
            Err(_) if text.contains("age") => return false,
            Err(_) => {}
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
