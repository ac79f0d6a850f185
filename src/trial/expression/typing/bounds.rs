//! Between which numbers a part lies, and what that says of a comparison (interval arithmetic). Bounds may be wider
//! than what can really come out, never narrower: "never met" is always true.

use crate::kernel::number::Number;
use crate::trial::expression::ast::Operator;
use crate::trial::expression::ast::Relation;
use crate::trial::expression::printing::spelled;

/// The least and the largest number; `None` where there is no such limit.
pub type Bounds = (Option<Number>, Option<Number>);

/// No limits.
pub const ANY: Bounds = (None, None);

/// As messages say it: `0 to 27`.
pub fn words((low, high): Bounds) -> String {
    match (low.map(spelled), high.map(spelled)) {
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (Some(low), None) => format!("{low} or more"),
        (None, Some(high)) => format!("{high} or less"),
        (None, None) => "any number".to_owned(),
    }
}

/// With the other sign.
pub fn negated((low, high): Bounds) -> Bounds {
    (high.map(Number::negated), low.map(Number::negated))
}

/// Without the sign.
pub fn magnitude(bounds: Bounds) -> Bounds {
    let (low, high) = bounds;
    match (low, high) {
        (Some(least), _) if least >= Number::ZERO => bounds,
        (_, Some(most)) if most <= Number::ZERO => negated(bounds),
        _ => {
            let most = low.zip(high).map(|(low, high)| low.negated().max(high));
            (Some(Number::ZERO), most)
        }
    }
}

/// The smaller of two.
pub fn smaller(left: Bounds, right: Bounds) -> Bounds {
    let low = left.0.zip(right.0).map(|(left, right)| left.min(right));
    (low, [left.1, right.1].into_iter().flatten().min())
}

/// The larger of two.
pub fn larger(left: Bounds, right: Bounds) -> Bounds {
    negated(smaller(negated(left), negated(right)))
}

/// Sum, difference, product, quotient.
pub fn joined(left: Bounds, operator: Operator, right: Bounds) -> Bounds {
    match operator {
        Operator::Plus => plus(left, right),
        Operator::Minus => plus(left, negated(right)),
        Operator::Times => corners(left, right, Number::times),
        Operator::Over => {
            let holds_zero = right.0.is_none_or(|low| low <= Number::ZERO)
                && right.1.is_none_or(|high| high >= Number::ZERO);
            if holds_zero { ANY } else { corners(left, right, Number::over) }
        }
    }
}

fn plus(left: Bounds, right: Bounds) -> Bounds {
    let sum = |left: Option<Number>, right: Option<Number>| left?.plus(right?);
    (sum(left.0, right.0), sum(left.1, right.1))
}

/// Products and quotients are least and largest where both sides are.
fn corners(left: Bounds, right: Bounds, join: fn(Number, Number) -> Option<Number>) -> Bounds {
    let all = || -> Option<[Number; 4]> {
        let ((low, high), (least, most)) = ((left.0?, left.1?), (right.0?, right.1?));
        Some([join(low, least)?, join(low, most)?, join(high, least)?, join(high, most)?])
    };
    all().map_or(ANY, |corners| (corners.into_iter().min(), corners.into_iter().max()))
}

/// Whether a comparison is always met (true) or never (false); `None` where both can be.
pub fn verdict(left: Bounds, relation: Relation, right: Bounds) -> Option<bool> {
    let below = |a: Option<Number>, b: Option<Number>| a.zip(b).is_some_and(|(a, b)| a < b);
    let at_most = |a: Option<Number>, b: Option<Number>| a.zip(b).is_some_and(|(a, b)| a <= b);
    let decide = |always: bool, never: bool| if always { Some(true) } else { never.then_some(false) };
    match relation {
        Relation::Below => decide(below(left.1, right.0), at_most(right.1, left.0)),
        Relation::AtMost => decide(at_most(left.1, right.0), below(right.1, left.0)),
        Relation::Above | Relation::AtLeast => verdict(right, relation.flipped(), left),
        Relation::Equal => {
            let same = at_most(left.1, right.0) && at_most(right.1, left.0);
            decide(same, below(left.1, right.0) || below(right.1, left.0))
        }
        Relation::Unequal => verdict(left, Relation::Equal, right).map(|equal| !equal),
    }
}

/// Whether `in low..high` is always or never met.
pub fn verdict_between(value: Bounds, low: Bounds, high: Bounds) -> Option<bool> {
    let from = verdict(value, Relation::AtLeast, low);
    let to = verdict(value, Relation::AtMost, high);
    let empty = verdict(low, Relation::AtMost, high) == Some(false);
    match (from, to) {
        (Some(true), Some(true)) => Some(true),
        _ => (empty || from == Some(false) || to == Some(false)).then_some(false),
    }
}

/// Whether `in […]` is always or never met.
pub fn verdict_one_of(value: Bounds, options: &[Bounds]) -> Option<bool> {
    let verdicts: Vec<Option<bool>> =
        options.iter().map(|option| verdict(value, Relation::Equal, *option)).collect();
    if verdicts.contains(&Some(true)) {
        return Some(true);
    }
    verdicts.iter().all(|verdict| *verdict == Some(false)).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OPERATORS: [Operator; 4] = [Operator::Plus, Operator::Minus, Operator::Times, Operator::Over];
    const RELATIONS: [Relation; 6] = [
        Relation::Equal,
        Relation::Unequal,
        Relation::Below,
        Relation::AtMost,
        Relation::Above,
        Relation::AtLeast,
    ];

    /// Bounds, and a number that lies in them.
    fn bounded() -> impl Strategy<Value = (Bounds, Number)> {
        (-3_i64..4, 0_i64..3, 0_i64..3, any::<bool>(), any::<bool>()).prop_map(
            |(value, under, over, low, high)| {
                let bounds =
                    (low.then(|| Number::from(value - under)), high.then(|| Number::from(value + over)));
                (bounds, Number::from(value))
            },
        )
    }

    fn holds(bounds: Bounds, value: Number) -> bool {
        bounds.0.is_none_or(|low| low <= value) && bounds.1.is_none_or(|high| value <= high)
    }

    proptest! {
        #[test]
        fn a_result_lies_in_its_bounds((left, a) in bounded(), (right, b) in bounded()) {
            let results = [a.plus(b), a.minus(b), a.times(b), a.over(b)];
            for (operator, result) in OPERATORS.into_iter().zip(results) {
                if let Some(result) = result {
                    prop_assert!(holds(joined(left, operator, right), result), "{operator:?}");
                }
            }
            prop_assert!(holds(magnitude(left), a.magnitude()));
            prop_assert!(holds(smaller(left, right), a.min(b)));
            prop_assert!(holds(larger(left, right), a.max(b)));
        }

        #[test]
        fn a_verdict_is_true_of_every_number_in_the_bounds((left, a) in bounded(), (right, b) in bounded()) {
            for relation in RELATIONS {
                if let Some(verdict) = verdict(left, relation, right) {
                    prop_assert_eq!(relation.holds(a.cmp(&b)), verdict, "{:?}", relation);
                }
            }
            if let Some(verdict) = verdict_between(left, right, right) {
                prop_assert!(right.0 != right.1 || (a == b) == verdict);
            }
            if let Some(verdict) = verdict_one_of(left, &[right]) {
                prop_assert_eq!(a == b, verdict);
            }
        }
    }

    #[test]
    fn limits_are_said_in_words() {
        let seven = Some(Number::from(7));
        assert_eq!(words((Some(Number::ZERO), seven)), "0 to 7");
        assert_eq!(words((Some(Number::ZERO), None)), "0 or more");
        assert_eq!(words((None, seven)), "7 or less");
        assert_eq!(words(ANY), "any number");
    }
}
