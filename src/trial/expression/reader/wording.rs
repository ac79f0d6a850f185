//! What the reader says of a mistake behind which it reads on.

use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::ExprKind;
use crate::trial::expression::ast::Function;
use crate::trial::expression::ast::Relation;
use crate::trial::expression::ast::Word;
use crate::trial::expression::finding::ExpressionFinding;

/// The range that somebody means who goes on behind a test with a second operator: `10 <= x <= 24` is
/// `x in 10..24`.
pub fn as_range(text: &[char], test: &Expr, second: Option<Relation>, part: &Expr) -> String {
    let words = |expr: &Expr| expr.outer.words(text);
    match (&test.kind, second, &part.kind) {
        (ExprKind::Comparison(first, left, middle), Some(_), _) => {
            let (low, high) = match first {
                Relation::Above | Relation::AtLeast => (part, left.as_ref()),
                Relation::Equal | Relation::Unequal | Relation::Below | Relation::AtMost => {
                    (left.as_ref(), part)
                }
            };
            format!("{} in {}..{}", words(middle), words(low), words(high))
        }
        (ExprKind::Comparison(_, _, value), None, ExprKind::Between(_, low, high, _))
        | (ExprKind::Between(value, low, high, _), ..) => {
            format!("{} in {}..{}", words(value), words(low), words(high))
        }
        (ExprKind::Comparison(_, _, value), None, ExprKind::OneOf(_, options, _))
        | (ExprKind::OneOf(value, options, _), ..) => {
            let options: Vec<String> = options.iter().map(words).collect();
            format!("{} in [{}]", words(value), options.join(", "))
        }
        _ => words(test),
    }
}

/// A function that the language does not have, with the nearest that it has.
pub fn unknown_function(word: &Word) -> ExpressionFinding {
    let nearest = Function::ALL
        .iter()
        .map(|(_, known)| (strsim::damerau_levenshtein(known, &word.text), *known))
        .min()
        .filter(|(distance, _)| distance * 3 <= word.text.len().max(3));
    let guess = nearest.map(|(_, known)| format!(" Did you mean '{known}'?")).unwrap_or_default();
    let text = format!("The rule language has no function '{}'.{guess}", word.text);
    ExpressionFinding::new("P205", word.span, text)
}
