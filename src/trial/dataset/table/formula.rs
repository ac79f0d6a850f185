//! How a score is computed, in words that a reader can check against the paper.

use crate::kernel::number::Number;
use crate::trial::instrument::definition::Formula;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::MissingRule;
use crate::trial::instrument::definition::Operands;
use crate::trial::instrument::definition::Score;

/// The formula, with what is reversed or weighted, and the missing rule in force.
pub fn in_words(instrument: &Instrument, score: &Score, own: Option<MissingRule>) -> String {
    let formula = match &score.formula {
        Formula::Sum(over) => format!("sum of {}", operands(instrument, score, over)),
        Formula::Mean(over) => format!("mean of {}", operands(instrument, score, over)),
        Formula::Max(over) => format!("largest of {}", operands(instrument, score, over)),
        Formula::Count { over, from } => {
            format!("number of those of {} that reach {}", operands(instrument, score, over), from.to_cell())
        }
        Formula::Linear { of, by } => format!("{} * {of} + {}", by.times.to_cell(), by.plus.to_cell()),
        Formula::Rule(condition) => format!("1 if {}, else 0", condition.text()),
        Formula::Digits(items) => format!("codes of items {} one after the other", items.join(" ")),
        Formula::ProductSum(pairs) | Formula::ProductMean(pairs) => {
            let products: Vec<String> =
                pairs.iter().map(|pair| format!("{}*{}", pair.item, pair.weight)).collect();
            let how = if matches!(score.formula, Formula::ProductSum(_)) { "sum" } else { "mean" };
            format!("{how} of the products of items {}, without weights of 0", products.join(" "))
        }
        Formula::ValueSet(items) => format!("value set of the study, items {}", items.join(" ")),
    };
    let missing = match own.unwrap_or(score.missing) {
        MissingRule::Complete => "not scorable if an answer is missing".to_owned(),
        MissingRule::Prorate(most) => format!("up to {most} missing answers count as the mean of the others"),
    };
    let by_study = if own.is_some() { " (the study's own rule)" } else { "" };
    format!("{formula}; {missing}{by_study}")
}

fn operands(instrument: &Instrument, score: &Score, over: &Operands) -> String {
    let reversed = score.reverse.as_ref().unwrap_or(&instrument.key.reverse);
    let named = |part: &String, is_item: bool| {
        let turned = if is_item && reversed.contains(part) { " (reversed)" } else { "" };
        let weight = score.weight_of(part);
        let times = if weight == Number::ONE { String::new() } else { format!("{} * ", weight.to_cell()) };
        format!("{times}{part}{turned}")
    };
    match over {
        Operands::Items(items) => {
            let items: Vec<String> = items.iter().map(|item| named(item, true)).collect();
            format!("items {}", items.join(", "))
        }
        Operands::Scores(scores) => {
            let scores: Vec<String> = scores.iter().map(|score| named(score, false)).collect();
            format!("scores {}", scores.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::instrument::library::library;

    #[test]
    fn a_formula_names_its_items_and_its_missing_rule() {
        let phq9 = &library()["phq9"];
        let total = phq9.score("total").unwrap();
        assert_eq!(
            in_words(phq9, total, None),
            "sum of items 1, 2, 3, 4, 5, 6, 7, 8, 9; up to 2 missing answers count as the mean of the others"
        );
        assert_eq!(
            in_words(phq9, total, Some(MissingRule::Complete)),
            "sum of items 1, 2, 3, 4, 5, 6, 7, 8, 9; not scorable if an answer is missing (the study's own rule)"
        );
    }
}
