//! The scoring key: option lists, items, scores, flags, bands.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::kernel::number::Number;
use crate::trial::expression::finding::ExpressionFinding;
use crate::trial::instrument::answer::Code;
use crate::trial::instrument::condition::Condition;
use crate::trial::instrument::condition::Names;
use crate::trial::instrument::definition::Answers;
use crate::trial::instrument::definition::Band;
use crate::trial::instrument::definition::BandOn;
use crate::trial::instrument::definition::FlagItem;
use crate::trial::instrument::definition::Formula;
use crate::trial::instrument::definition::Item;
use crate::trial::instrument::definition::Key;
use crate::trial::instrument::definition::Linear;
use crate::trial::instrument::definition::MissingRule;
use crate::trial::instrument::definition::Operands;
use crate::trial::instrument::definition::OptionCode;
use crate::trial::instrument::definition::Pair;
use crate::trial::instrument::definition::Score;
use crate::trial::instrument::definition::Skip;
use crate::trial::instrument::definition::ValueSet;
use crate::trial::instrument::reading::number_of;
use crate::trial::instrument::reading::texts;
use crate::trial::source::finding::Finding;
use crate::trial::source::tree::Node;
use crate::trial::source::tree::Source;

type Findings = Vec<Finding>;

/// `"1..4 6 9"` and `"1f..24f"`, written out.
pub fn expand(list: &str) -> Option<Vec<String>> {
    let mut ids = Vec::new();
    for part in list.split_whitespace() {
        let Some((first, last)) = part.split_once("..") else {
            ids.push(part.to_owned());
            continue;
        };
        let letter = first.trim_start_matches(|c: char| c.is_ascii_digit());
        let low: u32 = first.strip_suffix(letter)?.parse().ok()?;
        let high: u32 = last.strip_suffix(letter)?.parse().ok()?;
        if high < low || high - low > 500 {
            return None;
        }
        ids.extend((low..=high).map(|number| format!("{number}{letter}")));
    }
    Some(ids)
}

pub fn options(
    root: &Node,
    source: &Source<'_>,
    findings: &mut Findings,
) -> BTreeMap<String, Vec<OptionCode>> {
    let mut lists = BTreeMap::new();
    for entry in root.get("options").map(Node::entries).unwrap_or_default() {
        let mut list: Vec<OptionCode> = Vec::new();
        for row in entry.value.items() {
            let option = match (row.items(), number_of(row)) {
                ([code, value], _) => number_of(value).map(|value| OptionCode { code: code_of(code), value }),
                (_, Some(value)) => Some(OptionCode { code: Code::Number(value), value }),
                _ => None,
            };
            match option {
                Some(option) if !list.iter().any(|known| known.code == option.code) => list.push(option),
                Some(option) => {
                    findings.push(source.error("P007", &row.span, format!("'{}' twice.", option.code)));
                }
                None => findings.push(source.error(
                    "P004",
                    &row.span,
                    format!(
                        "'{}' takes codes, or pairs of code and value, here is {}.",
                        entry.key,
                        row.words()
                    ),
                )),
            }
        }
        lists.insert(entry.key.clone(), list);
    }
    lists
}

/// A code in quotes stays a text, even if its letters are digits.
fn code_of(node: &Node) -> Code {
    match node.text() {
        Some(text) => Code::Text(text.to_owned()),
        None => Code::Number(number_of(node).unwrap_or(Number::ZERO)),
    }
}

pub fn bands(root: &Node, source: &Source<'_>, findings: &mut Findings) -> BTreeMap<String, Vec<Band>> {
    let mut all = BTreeMap::new();
    for entry in root.get("bands").map(Node::entries).unwrap_or_default() {
        let mut list: Vec<Band> = Vec::new();
        for row in entry.value.items() {
            let [limit, id] = row.items() else {
                findings.push(source.error(
                    "P004",
                    &row.span,
                    format!("'{}' takes rows of limit and code.", entry.key),
                ));
                continue;
            };
            let from = number_of(limit);
            let ascends = from.is_some_and(|from| list.last().is_none_or(|last| last.from < from));
            match (from, id.text()) {
                (Some(from), Some(id)) if ascends => list.push(Band { from, id: id.to_owned() }),
                _ => findings.push(source.error("P605", &limit.span, "Bands must ascend from the minimum.")),
            }
        }
        all.insert(entry.key.clone(), list);
    }
    all
}

pub fn valuesets(root: &Node) -> BTreeMap<String, ValueSet> {
    let entries = root.get("valueset").map(Node::entries).unwrap_or_default();
    let numbers = |node: &Node| node.items().iter().filter_map(number_of).collect();
    entries
        .iter()
        .map(|entry| {
            let items = entry.value.get("items").map(Node::entries).unwrap_or_default();
            let set = ValueSet {
                constant: entry.value.get("constant").and_then(number_of).unwrap_or(Number::ONE),
                full: entry.value.get("full").and_then(number_of).unwrap_or(Number::ONE),
                decrements: items.iter().map(|item| (item.key.clone(), numbers(&item.value))).collect(),
            };
            (entry.key.clone(), set)
        })
        .collect()
}

pub fn items(
    key: &Node,
    options: &BTreeMap<String, Vec<OptionCode>>,
    source: &Source<'_>,
    findings: &mut Findings,
) -> Vec<Item> {
    let rows = key.get("items").map(Node::items).unwrap_or_default();
    let all: Vec<String> = rows.iter().filter_map(|row| expand(row.get("ids")?.text()?)).flatten().collect();
    let mut items: Vec<Item> = Vec::new();
    for row in rows {
        let Some(ids_node) = row.get("ids") else { continue };
        let Some(ids) = ids_node.text().and_then(expand) else {
            findings.push(source.error("P006", &ids_node.span, "no list of items: write \"1..4 6 9\"."));
            continue;
        };
        let Some(answers) = answers(row, options, source, findings) else { continue };
        for id in ids {
            if items.iter().any(|item| item.id == id) {
                findings.push(source.error("P007", &ids_node.span, format!("'{id}' twice.")));
                continue;
            }
            let digits = id.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            let shown = row.get("shown").and_then(|node| {
                let text = node.text().unwrap_or_default().replace('#', digits);
                let names = Names { items: all.iter().map(String::as_str).collect(), scores: Vec::new() };
                condition(&text, &names, node, source, findings)
            });
            let na = row.get("na").and_then(number_of);
            items.push(Item { id, answers: answers.clone(), na, shown });
        }
    }
    items.sort_by_key(|item| order(&item.id));
    items
}

/// Items in the order of the form: by number, then by letter as rated (`1i` before `1s`).
fn order(id: &str) -> (u32, String) {
    let digits = id.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let number: String = digits.chars().take_while(char::is_ascii_digit).collect();
    (number.parse().unwrap_or(u32::MAX), id.to_owned())
}

fn answers(
    row: &Node,
    options: &BTreeMap<String, Vec<OptionCode>>,
    source: &Source<'_>,
    findings: &mut Findings,
) -> Option<Answers> {
    let number = |key: &str| row.get(key).and_then(number_of);
    if row.get("type").and_then(Node::text) == Some("number") {
        let (Some(min), Some(max)) = (number("min"), number("max")) else {
            findings.push(source.error(
                "P005",
                &row.span,
                "key.items has no 'min' and 'max': a number needs both.",
            ));
            return None;
        };
        return Some(Answers::Number { min, max, step: number("step").unwrap_or(Number::ONE) });
    }
    let Some(name) = row.get("options") else {
        findings.push(source.error(
            "P005",
            &row.span,
            "key.items has no 'options': a choice needs its list.",
        ));
        return None;
    };
    let list = name.text().unwrap_or_default().to_owned();
    let Some(found) = options.get(&list) else {
        let guess = crate::trial::source::finding::did_you_mean(&list, options.keys().map(String::as_str));
        findings.push(source.error("P101", &name.span, format!("No option list '{list}'.{guess}")));
        return None;
    };
    let unlabelled = row.get("unlabelled").map(|list| list.items().iter().map(code_of).collect());
    Some(Answers::Choice { list, options: found.clone(), unlabelled: unlabelled.unwrap_or_default() })
}

fn condition(
    text: &str,
    names: &Names<'_>,
    node: &Node,
    source: &Source<'_>,
    findings: &mut Findings,
) -> Option<Condition> {
    match Condition::read(text, names) {
        Ok(condition) => Some(condition),
        Err(found) => {
            findings.extend(found.into_iter().map(|finding| in_file(finding, node, source)));
            None
        }
    }
}

/// A finding of a rule at its place in the file: the rule stands between quotes on one line.
fn in_file(finding: ExpressionFinding, node: &Node, source: &Source<'_>) -> Finding {
    let mut placed = source.error(finding.code, &node.span, finding.text);
    placed.place.column += 1 + u32::try_from(finding.at).unwrap_or(0);
    placed.place.width = u32::try_from(finding.width).unwrap_or(1);
    placed.mend = finding.mend;
    placed
}

pub fn key(
    node: &Node,
    items: &[Item],
    bands: BTreeMap<String, Vec<Band>>,
    valuesets: BTreeMap<String, ValueSet>,
    source: &Source<'_>,
    findings: &mut Findings,
) -> Key {
    let mut reader = KeyReader { items, source, findings, scores: Vec::new() };
    let listed = |reader: &mut KeyReader<'_, '_>, row: &Node| reader.item_list(row, "items", "a list");
    let reverse = reader.item_list(node, "reverse", "reverse").into_iter().collect();
    let mut rescale = BTreeMap::new();
    for row in node.get("rescale").map(Node::items).unwrap_or_default() {
        let linear = linear(row);
        rescale.extend(listed(&mut reader, row).into_iter().map(|item| (item, linear)));
    }
    let alternatives = node.get("alternatives").map(texts).unwrap_or_default();
    let alternatives = alternatives.iter().filter_map(|group| expand(group)).collect();
    let mut skips = Vec::new();
    for row in node.get("skips").map(Node::items).unwrap_or_default() {
        let items = listed(&mut reader, row);
        if let Some(when) = row.get("when").and_then(|when| reader.condition(when)) {
            skips.push(Skip { when, items });
        }
    }
    for row in node.get("scores").map(Node::items).unwrap_or_default() {
        if let Some(score) = reader.score(row, &bands) {
            reader.scores.push(score);
        }
    }
    let mut flags = Vec::new();
    for row in node.get("flags").map(Node::items).unwrap_or_default() {
        let number = |key: &str| row.get(key).and_then(number_of);
        if let (Some(item), Some(from)) = (reader.item_list(row, "item", "flags").pop(), number("from")) {
            flags.push(FlagItem { item, from, urgent: number("urgent") });
        }
    }
    let scores = reader.scores;
    Key { reverse, rescale, alternatives, skips, scores, flags, bands, valuesets }
}

fn linear(row: &Node) -> Linear {
    let number = |key: &str| row.get(key).and_then(number_of);
    Linear { times: number("times").unwrap_or(Number::ONE), plus: number("plus").unwrap_or(Number::ZERO) }
}

struct KeyReader<'r, 's> {
    items: &'r [Item],
    source: &'r Source<'s>,
    findings: &'r mut Findings,
    scores: Vec<Score>,
}

impl KeyReader<'_, '_> {
    /// The items of a list, each of which the form must have.
    fn item_list(&mut self, row: &Node, key: &str, of: &str) -> Vec<String> {
        let Some(node) = row.get(key) else { return Vec::new() };
        let Some(ids) = node.text().and_then(expand) else {
            self.findings.push(self.source.error(
                "P006",
                &node.span,
                "no list of items: write \"1..4 6 9\".",
            ));
            return Vec::new();
        };
        if let Some(unknown) = ids.iter().find(|id| !self.items.iter().any(|item| item.id == **id)) {
            let place = if of == "a list" || of == "reverse" || of == "flags" {
                format!("'{key}'")
            } else {
                format!("score '{of}'")
            };
            let text = format!("Item {unknown} is in {place} and not in items.");
            self.findings.push(self.source.error("P604", &node.span, text));
        }
        ids
    }

    fn condition(&mut self, node: &Node) -> Option<Condition> {
        let scores = self.scores.iter().map(|score| score.id.as_str()).collect();
        let names = Names { items: self.items.iter().map(|item| item.id.as_str()).collect(), scores };
        condition(node.text().unwrap_or_default(), &names, node, self.source, self.findings)
    }

    fn operands(&mut self, row: &Node, id: &str) -> Option<Operands> {
        if let Some(of) = row.get("of") {
            let named: Vec<String> =
                of.text().unwrap_or_default().split_whitespace().map(str::to_owned).collect();
            for name in &named {
                if !self.scores.iter().any(|score| score.id == *name) {
                    let text = format!("No score '{name}' stands before '{id}'.");
                    self.findings.push(self.source.error("P101", &of.span, text));
                }
            }
            return Some(Operands::Scores(named));
        }
        if row.get("items").is_none() {
            let text = format!("Score '{id}' has neither 'items' nor 'of'.");
            self.findings.push(self.source.error("P005", &row.span, text));
            return None;
        }
        Some(Operands::Items(self.item_list(row, "items", id)))
    }

    fn formula(&mut self, row: &Node, id: &str) -> Option<Formula> {
        let op = row.get("op").and_then(Node::text).unwrap_or_default();
        let pairs = |reader: &mut Self| {
            let items = reader.item_list(row, "items", id);
            let weights = reader.item_list(row, "with", id);
            items.into_iter().zip(weights).map(|(item, weight)| Pair { item, weight }).collect()
        };
        match op {
            "mean" => self.operands(row, id).map(Formula::Mean),
            "max" => self.operands(row, id).map(Formula::Max),
            "count" => {
                let from = row.get("from").and_then(number_of).unwrap_or(Number::ONE);
                self.operands(row, id).map(|over| Formula::Count { over, from })
            }
            "linear" => match self.operands(row, id)? {
                Operands::Scores(of) => Some(Formula::Linear { of: of.first()?.clone(), by: linear(row) }),
                Operands::Items(_) => {
                    let text = format!("Score '{id}' has no 'of': the score that is stretched.");
                    self.findings.push(self.source.error("P005", &row.span, text));
                    None
                }
            },
            "rule" => match row.get("rule") {
                Some(rule) => self.condition(rule).map(Formula::Rule),
                None => {
                    let text = format!("Score '{id}' has no 'rule'.");
                    self.findings.push(self.source.error("P005", &row.span, text));
                    None
                }
            },
            "digits" => Some(Formula::Digits(self.item_list(row, "items", id))),
            "product_sum" => Some(Formula::ProductSum(pairs(self))),
            "product_mean" => Some(Formula::ProductMean(pairs(self))),
            "valueset" => Some(Formula::ValueSet(self.item_list(row, "items", id))),
            _ => self.operands(row, id).map(Formula::Sum),
        }
    }

    fn score(&mut self, row: &Node, bands: &BTreeMap<String, Vec<Band>>) -> Option<Score> {
        let text = |key: &str| row.get(key).and_then(Node::text).map(str::to_owned);
        let id = text("id")?;
        if self.scores.iter().any(|score| score.id == id) {
            let span = row.get("id").map(|node| node.span.clone()).unwrap_or_default();
            self.findings.push(self.source.error("P007", &span, format!("'{id}' twice.")));
        }
        let formula = self.formula(row, &id)?;
        let reverse = row.get("reverse").is_some().then(|| self.item_list(row, "reverse", &id));
        let mut weights = BTreeMap::new();
        for pair in row.get("weights").map(Node::items).unwrap_or_default() {
            match pair.items() {
                [of, weight] if number_of(weight).is_some() => {
                    let weight = number_of(weight).unwrap_or(Number::ONE);
                    let parts = of.text().and_then(expand).unwrap_or_default();
                    weights.extend(parts.into_iter().map(|part| (part, weight)));
                }
                _ => self.findings.push(self.source.error(
                    "P004",
                    &pair.span,
                    "'weights' takes rows of items and weight, as [\"5 7\", \"1/3\"].",
                )),
            }
        }
        let named = text("bands");
        if let Some(name) = named.as_ref().filter(|name| !bands.contains_key(*name)) {
            let span = row.get("bands").map(|node| node.span.clone()).unwrap_or_default();
            self.findings.push(self.source.error("P101", &span, format!("No bands '{name}'.")));
        }
        let missing = match row.get("missing") {
            None => MissingRule::Complete,
            Some(node) => node.text().and_then(|text| text.parse().ok()).unwrap_or_else(|| {
                let text = "'missing' takes \"complete\" or \"prorate 2\".";
                self.findings.push(self.source.error("P004", &node.span, text));
                MissingRule::Complete
            }),
        };
        let needs = self.item_list(row, "needs", &id);
        Some(Score {
            short: text("short"),
            formula,
            reverse: reverse.map(|items| items.into_iter().collect::<BTreeSet<String>>()),
            weights,
            needs,
            missing,
            inner: row
                .get("inner")
                .is_some_and(|node| node.kind == crate::trial::source::tree::NodeKind::Truth(true)),
            bands: named,
            band_on: text("band_on").and_then(|word| word.parse().ok()).unwrap_or(BandOn::Rounded),
            id,
        })
    }
}
