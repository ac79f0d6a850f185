//! The scores of a key: each formula with the keys that it takes, each reference to items and scores before it.

use std::collections::BTreeMap;

use crate::kernel::number::Number;
use crate::trial::instrument::condition::Condition;
use crate::trial::instrument::condition::Names;
use crate::trial::instrument::definition::BandOn;
use crate::trial::instrument::definition::Formula;
use crate::trial::instrument::definition::Item;
use crate::trial::instrument::definition::Linear;
use crate::trial::instrument::definition::MissingRule;
use crate::trial::instrument::definition::Operands;
use crate::trial::instrument::definition::Pair;
use crate::trial::instrument::definition::Score;
use crate::trial::instrument::reading::items;
use crate::trial::instrument::reading::report::Report;
use crate::trial::instrument::reading::report::number_of;
use crate::trial::source::tree::Node;
use crate::trial::source::tree::NodeKind;

const OVER_ITEMS: &[&str] =
    &["sum", "mean", "max", "count", "digits", "product_sum", "product_mean", "valueset"];
const OVER_SCORES: &[&str] = &["sum", "mean", "max", "count", "linear"];
const PRODUCTS: &[&str] = &["product_sum", "product_mean"];

/// Keys of a score that only some formulas take.
const FITS: &[(&str, &[&str])] = &[
    ("items", OVER_ITEMS),
    ("of", OVER_SCORES),
    ("with", PRODUCTS),
    ("from", &["count"]),
    ("times", &["linear"]),
    ("plus", &["linear"]),
    ("rule", &["rule"]),
    ("reverse", &["sum", "mean", "max", "count", "product_sum", "product_mean"]),
    ("weights", &["sum", "mean"]),
    ("missing", &["sum", "mean"]),
    ("bands", &["sum", "mean", "max", "count", "linear", "rule", "product_sum", "product_mean", "valueset"]),
];

/// Reads the scores one after the other; each may be computed from those before it.
pub struct ScoreReader<'r, 'f, 's> {
    /// Ids of all items of the file.
    pub ids: &'r [String],
    /// The items that could be read.
    pub items: &'r [Item],
    /// The names of all bands of the file.
    pub bands: Vec<&'r str>,
    /// Where findings go.
    pub report: &'r mut Report<'f, 's>,
    /// Ids of the scores so far, also of those that could not be read.
    pub before: Vec<String>,
}

impl ScoreReader<'_, '_, '_> {
    /// All scores that could be read.
    pub fn read(&mut self, rows: &[Node]) -> Vec<Score> {
        let mut scores = Vec::new();
        for row in rows {
            let Some((node, id)) = row.get("id").and_then(|node| Some((node, node.text()?))) else {
                continue;
            };
            if !is_score_id(id) {
                self.report.error("P006", node, format!("'{id}' is no score id: letters, digits and _."));
            }
            if self.before.iter().any(|before| before == id) {
                self.report.error("P007", node, format!("'{id}' twice."));
            }
            scores.extend(self.score(row, id));
            self.before.push(id.to_owned());
        }
        scores
    }

    /// A condition of the key: a rule, or when blanks are regular.
    pub fn condition(&mut self, node: &Node, place: &str) -> Option<Condition> {
        let items = self.items.iter().map(|item| (item.id.as_str(), items::type_of(item))).collect();
        let scores = self.before.iter().map(String::as_str).collect();
        let names = Names { place: place.to_owned(), items, later: Vec::new(), scores };
        match Condition::read(node.text()?, &names) {
            Ok(condition) => Some(condition),
            Err(found) => {
                items::place(found, node, self.report);
                None
            }
        }
    }

    fn score(&mut self, row: &Node, id: &str) -> Option<Score> {
        let op = row.get("op").and_then(Node::text)?;
        for (key, _) in FITS.iter().filter(|(_, ops)| !ops.contains(&op)) {
            self.report.has_no_meaning(row, key, &format!("op \"{op}\""));
        }
        let over_scores = row.get("of").is_some();
        if over_scores {
            for key in ["items", "reverse", "missing"] {
                self.report.has_no_meaning(row, key, "'of'");
            }
        }
        if row.get("bands").is_none() {
            self.report.has_no_meaning(row, "band_on", "a score without bands");
        }
        let place = format!("score '{id}'");
        let list = |reader: &mut Self, key: &str| {
            row.get(key).map(|node| reader.report.items(node, reader.ids, &place))
        };
        let text = |key: &str| row.get(key).and_then(Node::text).map(str::to_owned);
        let reverse = list(self, "reverse");
        let needs = list(self, "needs").unwrap_or_default();
        let bands = row.get("bands").and_then(|node| self.named_bands(node));
        let weights = self.weights(row, &place, over_scores);
        let formula = self.formula(op, row, id)?;
        let missing = self.missing(row, &formula);
        Some(Score {
            id: id.to_owned(),
            short: text("short"),
            formula,
            reverse: reverse.map(|items| items.into_iter().collect()),
            weights,
            needs,
            missing,
            inner: row.get("inner").is_some_and(|node| node.kind == NodeKind::Truth(true)),
            bands,
            band_on: text("band_on").and_then(|word| word.parse().ok()).unwrap_or(BandOn::Rounded),
        })
    }

    fn formula(&mut self, op: &str, row: &Node, id: &str) -> Option<Formula> {
        match op {
            "sum" => self.operands(row, id).map(Formula::Sum),
            "mean" => self.operands(row, id).map(Formula::Mean),
            "max" => self.operands(row, id).map(Formula::Max),
            "count" => {
                if row.get("from").is_none() {
                    self.report.lacks(&format!("Score '{id}'"), row, "from", "the least value that counts");
                }
                let over = self.operands(row, id);
                let from = self.report.number(row, "from");
                Some(Formula::Count { over: over?, from: from? })
            }
            "linear" => self.linear(row, id),
            "rule" => match row.get("rule") {
                Some(node) => self.condition(node, &format!("score '{id}'")).map(Formula::Rule),
                None => self.lacks(row, id, "rule", "a rule in quotes"),
            },
            "digits" => self.items_of(row, id, "items").map(Formula::Digits),
            "valueset" => self.items_of(row, id, "items").map(Formula::ValueSet),
            "product_sum" => self.pairs(row, id).map(Formula::ProductSum),
            "product_mean" => self.pairs(row, id).map(Formula::ProductMean),
            // Another word is a finding of the table of keys.
            _ => None,
        }
    }

    fn operands(&mut self, row: &Node, id: &str) -> Option<Operands> {
        match row.get("of") {
            Some(of) => Some(Operands::Scores(self.scores_of(of)?)),
            None if row.get("items").is_none() => {
                self.lacks(row, id, "items", "the items, or 'of' with the scores, that it is computed from")
            }
            None => self.items_of(row, id, "items").map(Operands::Items),
        }
    }

    fn scores_of(&mut self, of: &Node) -> Option<Vec<String>> {
        let named: Vec<String> = of.text()?.split_whitespace().map(str::to_owned).collect();
        for name in named.iter().filter(|name| !self.before.contains(name)) {
            self.report.unknown(of, "score before it", name, self.before.iter().map(String::as_str));
        }
        let twice =
            named.iter().enumerate().find(|(at, id)| named.iter().take(*at).any(|before| before == *id));
        if let Some((_, id)) = twice {
            self.report.error("P007", of, format!("'{id}' twice."));
        }
        if named.is_empty() {
            self.report.error("P006", of, "No scores: write \"sleep mood\".");
        }
        (!named.is_empty()).then_some(named)
    }

    fn items_of(&mut self, row: &Node, id: &str, key: &str) -> Option<Vec<String>> {
        let Some(node) = row.get(key) else { return self.lacks(row, id, key, "a list of items") };
        let items = self.report.items(node, self.ids, &format!("score '{id}'"));
        if node.text().is_some_and(|text| text.trim().is_empty()) {
            self.report.error("P006", node, "No items: write \"1..4 6 9\".");
        }
        (!items.is_empty()).then_some(items)
    }

    fn pairs(&mut self, row: &Node, id: &str) -> Option<Vec<Pair>> {
        let (items, weights) = (self.items_of(row, id, "items"), self.items_of(row, id, "with"));
        let (items, weights) = (items?, weights?);
        if items.len() != weights.len() {
            let text = format!("'with' has {} items, 'items' has {}.", weights.len(), items.len());
            self.report.error("P006", row.get("with").unwrap_or(row), text);
        }
        Some(items.into_iter().zip(weights).map(|(item, weight)| Pair { item, weight }).collect())
    }

    fn linear(&mut self, row: &Node, id: &str) -> Option<Formula> {
        let Some(node) = row.get("of") else {
            return self.lacks(row, id, "of", "the score that is stretched");
        };
        let of = self.scores_of(node)?;
        let by = linear(row, self.report);
        let [of] = of.as_slice() else {
            self.report.error("P006", node, "One score is stretched, not several.");
            return None;
        };
        Some(Formula::Linear { of: of.clone(), by })
    }

    fn weights(&mut self, row: &Node, place: &str, over_scores: bool) -> BTreeMap<String, Number> {
        let mut weights = BTreeMap::new();
        for pair in row.get("weights").map(Node::items).unwrap_or_default() {
            let [of, weight] = pair.items() else {
                self.report.error("P004", pair, "'weights' takes rows as [\"5 7\", \"1/3\"].");
                continue;
            };
            let parts = if over_scores {
                self.scores_of(of).unwrap_or_default()
            } else {
                self.report.items(of, self.ids, place)
            };
            match number_of(weight).filter(|weight| *weight > Number::ZERO) {
                Some(weight) => weights.extend(parts.into_iter().map(|part| (part, weight))),
                None => self.report.error(
                    "P004",
                    weight,
                    "A weight is a number above 0, or a fraction as \"1/3\".",
                ),
            }
        }
        weights
    }

    fn missing(&mut self, row: &Node, formula: &Formula) -> MissingRule {
        let Some((node, text)) = row.get("missing").and_then(|node| Some((node, node.text()?))) else {
            return MissingRule::Complete;
        };
        let items = formula.items().len();
        match text.parse() {
            Ok(MissingRule::Prorate(most)) if usize::try_from(most).is_ok_and(|most| most >= items) => {
                self.report.error(
                    "P004",
                    node,
                    format!("Of {items} items at most {} may be missing.", items.max(1) - 1),
                );
                MissingRule::Complete
            }
            Ok(rule) => rule,
            Err(_) => {
                let text = format!("'missing' takes \"complete\" or \"prorate 2\", here is '{text}'.");
                self.report.error("P004", node, text);
                MissingRule::Complete
            }
        }
    }

    fn named_bands(&mut self, node: &Node) -> Option<String> {
        let name = node.text()?;
        if !self.bands.contains(&name) {
            self.report.unknown(node, "bands", name, self.bands.iter().copied());
        }
        Some(name.to_owned())
    }

    fn lacks<T>(&mut self, row: &Node, id: &str, key: &str, takes: &str) -> Option<T> {
        self.report.lacks(&format!("Score '{id}'"), row, key, takes);
        None
    }
}

/// `times` (1) and `plus` (0) of a row.
pub fn linear(row: &Node, report: &mut Report<'_, '_>) -> Linear {
    let times = report.number(row, "times").unwrap_or(Number::ONE);
    Linear { times, plus: report.number(row, "plus").unwrap_or(Number::ZERO) }
}

/// Letters (octants are capitals), digits and underscores, from a letter, at most 32.
fn is_score_id(id: &str) -> bool {
    id.len() <= 32
        && id.starts_with(|first: char| first.is_ascii_alphabetic())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
