//! Forms, options, externals, scoring rules, analysis, adherence, history.

use crate::kernel::number::Number;
use crate::trial::protocol::model::AdherenceKind;
use crate::trial::protocol::model::AdherenceVariable;
use crate::trial::protocol::model::Analysis;
use crate::trial::protocol::model::Choice;
use crate::trial::protocol::model::External;
use crate::trial::protocol::model::FieldType;
use crate::trial::protocol::model::Flag;
use crate::trial::protocol::model::Form;
use crate::trial::protocol::model::FormItem;
use crate::trial::protocol::model::Outcome;
use crate::trial::protocol::model::OutcomeRole;
use crate::trial::protocol::model::OutcomeShape;
use crate::trial::protocol::model::ScoringRule;
use crate::trial::protocol::model::VersionEntry;
use crate::trial::protocol::reading::study::version as version_of;
use crate::trial::protocol::reading::take;
use crate::trial::source::tree::Node;

/// A list of choices.
pub fn choices(list: &Node) -> Vec<Choice> {
    list.items()
        .iter()
        .map(|pair| {
            let mut cells = take::texts_of(pair).into_iter();
            Choice { code: cells.next().unwrap_or_default(), label: cells.next().unwrap_or_default() }
        })
        .collect()
}

/// A form.
pub fn form(node: &Node) -> Form {
    Form {
        title: take::text(node, "title"),
        items: take::rows(node, "items", |row| FormItem {
            id: take::text(row, "id"),
            kind: take::word(row, "type", FieldType::Text),
            ask: take::text(row, "ask"),
            options: take::maybe_text(row, "options"),
            min: take::maybe_number(row, "min"),
            max: take::maybe_number(row, "max"),
            step: take::maybe_number(row, "step"),
            unit: take::maybe_text(row, "unit"),
            shown: take::maybe_text(row, "shown"),
            required: take::truth(row, "required", false),
        }),
    }
}

/// An external measure.
pub fn external(node: &Node) -> External {
    let total = |row: &Node| match row.items() {
        [id, low, high] => {
            let bound = |node: &Node| take::number_of(node).unwrap_or(Number::ZERO);
            (id.text().unwrap_or_default().to_owned(), bound(low), bound(high))
        }
        _ => (String::new(), Number::ZERO, Number::ZERO),
    };
    External { title: take::text(node, "title"), totals: take::rows(node, "totals", total) }
}

/// A study's own missing rules.
pub fn scoring(node: &Node) -> ScoringRule {
    let rules = node.entries().iter().filter(|entry| entry.key != "why");
    ScoringRule {
        rules: rules
            .map(|entry| (entry.key.clone(), entry.value.text().unwrap_or_default().to_owned()))
            .collect(),
        why: take::text(node, "why"),
    }
}

/// `[analysis]`.
pub fn analysis(node: &Node) -> Analysis {
    Analysis {
        outcomes: take::rows(node, "outcomes", |row| Outcome {
            id: take::text(row, "id"),
            role: take::word(row, "role", OutcomeRole::Secondary),
            of: take::text(row, "of"),
            shape: take::word(row, "shape", OutcomeShape::Point),
            at: take::texts(row, "at"),
            base: take::maybe_text(row, "base"),
            arms: take::maybe_texts(row, "arms"),
            better: take::maybe_text(row, "better"),
        }),
        flags: take::rows(node, "flags", flag),
        sets: take::rows(node, "sets", flag),
    }
}

fn flag(row: &Node) -> Flag {
    Flag { id: take::text(row, "id"), say: take::text(row, "say"), rule: take::text(row, "rule") }
}

/// A variable of use.
pub fn variable(row: &Node) -> AdherenceVariable {
    AdherenceVariable {
        id: take::text(row, "id"),
        kind: take::word(row, "kind", AdherenceKind::Count),
        say: take::text(row, "say"),
        from: take::texts(row, "from"),
        arms: take::maybe_texts(row, "arms"),
    }
}

/// A row of the history.
pub fn version(row: &Node) -> VersionEntry {
    VersionEntry {
        version: version_of(row, "version"),
        dated: take::date(row, "dated"),
        say: take::text(row, "say"),
        allows: take::texts(row, "allows"),
        why: take::maybe_text(row, "why"),
        approved: take::maybe_text(row, "approved"),
        reconsent: take::maybe_word(row, "reconsent"),
    }
}
