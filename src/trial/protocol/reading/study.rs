//! Study, registry, comparison, randomization.

use crate::kernel::time::Zone;
use crate::trial::protocol::model::Arm;
use crate::trial::protocol::model::ArmKind;
use crate::trial::protocol::model::Comparison;
use crate::trial::protocol::model::Derivation;
use crate::trial::protocol::model::DesignKind;
use crate::trial::protocol::model::Difference;
use crate::trial::protocol::model::Factor;
use crate::trial::protocol::model::Hypothesis;
use crate::trial::protocol::model::HypothesisKind;
use crate::trial::protocol::model::Method;
use crate::trial::protocol::model::Openness;
use crate::trial::protocol::model::Randomization;
use crate::trial::protocol::model::Registry;
use crate::trial::protocol::model::SiteEntry;
use crate::trial::protocol::model::StudySection;
use crate::trial::protocol::model::Support;
use crate::trial::protocol::model::Treatment;
use crate::trial::protocol::model::ZoneOf;
use crate::trial::protocol::reading::take;
use crate::trial::source::tree::Node;
use crate::trial::source::tree::NodeKind;

/// `[study]`.
pub fn section(node: &Node) -> StudySection {
    StudySection {
        id: take::text(node, "id"),
        alias: take::text(node, "alias"),
        title: take::text(node, "title"),
        version: version(node, "version"),
        dated: take::date(node, "dated"),
        design: take::word(node, "design", DesignKind::Parallel),
        planned: take::maybe_whole(node, "planned"),
        languages: take::texts(node, "languages"),
        countries: take::texts(node, "countries"),
        zone: take::word(node, "zone", Zone::UTC),
        zone_of: take::word(node, "zone_of", ZoneOf::Study),
        sites: take::rows(node, "sites", site),
        blind: take::word_list(node, "blind"),
        age_from: take::maybe_text(node, "age_from"),
        sex_from: take::maybe_text(node, "sex_from"),
    }
}

/// A version in quotes, as a number.
pub fn version(node: &Node, key: &str) -> u32 {
    node.get(key).and_then(Node::text).and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn site(row: &Node) -> SiteEntry {
    let mut cells = row.items().iter().map(|cell| cell.text().unwrap_or_default().to_owned());
    SiteEntry {
        code: cells.next().unwrap_or_default(),
        name: cells.next().unwrap_or_default(),
        zone: cells.next().and_then(|zone| zone.parse().ok()),
    }
}

/// `[registry]`.
pub fn registry(node: &Node) -> Registry {
    let screening = node.get("screening").map(|list| list.items().iter().filter_map(take::date_of).collect());
    let screening: Vec<_> = screening.unwrap_or_default();
    Registry {
        number: take::maybe_text(node, "number"),
        registered: take::maybe_date(node, "registered"),
        screening: match screening.as_slice() {
            [from, to] => Some((*from, *to)),
            _ => None,
        },
        differences: take::rows(node, "differences", |row| Difference {
            what: take::text(row, "what"),
            registry: take::text(row, "registry"),
            paper: take::text(row, "paper"),
        }),
    }
}

/// `[comparison]`.
pub fn comparison(node: &Node) -> Comparison {
    let dose = take::maybe_text(node, "dose");
    Comparison {
        arms: take::rows(node, "arms", |row| Arm {
            id: take::text(row, "id"),
            label: take::text(row, "label"),
            kind: take::word(row, "kind", ArmKind::Other),
            ratio: take::whole(row, "ratio", 1),
            weeks: take::maybe_whole(row, "weeks"),
            support: take::word(row, "support", Support::None),
            dose: take::maybe_text(row, "dose").or_else(|| dose.clone()),
            received: take::maybe_text(row, "received"),
        }),
        treatments: take::rows(node, "treatments", |row| Treatment {
            id: take::text(row, "id"),
            label: take::text(row, "label"),
            kind: take::word(row, "kind", ArmKind::Other),
            weeks: take::maybe_whole(row, "weeks"),
            support: take::word(row, "support", Support::None),
            dose: take::maybe_text(row, "dose").or_else(|| dose.clone()),
        }),
        hypotheses: take::rows(node, "hypotheses", hypothesis),
    }
}

fn hypothesis(row: &Node) -> Hypothesis {
    let compare = row.get("compare").map(|list| list.items().iter().map(take::texts_of).collect());
    let events = row.get("events").map(|list| list.items().iter().map(take::texts_of).collect());
    let events: Vec<Vec<String>> = events.unwrap_or_default();
    Hypothesis {
        id: take::text(row, "id"),
        kind: take::word(row, "kind", HypothesisKind::Descriptive),
        outcome: take::text(row, "outcome"),
        compare: compare.unwrap_or_default(),
        margin: take::maybe_number(row, "margin"),
        metric: take::maybe_word(row, "metric"),
        target: take::maybe_number(row, "target"),
        set: take::maybe_text(row, "set").unwrap_or_else(|| "all_randomized".to_owned()),
        adjust: take::texts(row, "adjust"),
        alpha: take::maybe_number(row, "alpha"),
        sides: take::maybe_whole(row, "sides"),
        population: take::maybe_text(row, "population"),
        events: events
            .into_iter()
            .map(|pair| {
                let mut pair = pair.into_iter();
                (pair.next().unwrap_or_default(), pair.next().unwrap_or_default())
            })
            .collect(),
        summary: take::maybe_text(row, "summary"),
    }
}

/// `[randomization]`.
pub fn randomization(node: &Node) -> Randomization {
    let openness = match (take::truth(node, "sealed", false), take::truth(node, "public", false)) {
        (true, _) => Openness::Sealed,
        (false, true) => Openness::Public,
        (false, false) => Openness::Unrestricted,
    };
    Randomization {
        method: take::word(node, "method", Method::Simple),
        design: take::whole(node, "design", 1),
        openness,
        factors: take::rows(node, "factors", factor),
        blocks: node.get("blocks").map(|list| {
            let mut sizes: Vec<u32> =
                list.items().iter().filter_map(Node::integer).filter_map(|n| u32::try_from(n).ok()).collect();
            sizes.sort_unstable();
            sizes
        }),
    }
}

fn factor(row: &Node) -> Factor {
    let of = take::text(row, "of");
    let levels = take::texts(row, "levels");
    let derivation = if row.get("rules").is_some() {
        Derivation::Rules { levels, rules: take::texts(row, "rules") }
    } else if let Some(NodeKind::List(cuts)) = row.get("cuts").map(|node| &node.kind) {
        Derivation::Cuts { of, levels, cuts: cuts.iter().filter_map(take::number_of).collect() }
    } else if take::truth(row, "open", false) {
        Derivation::Open { of }
    } else {
        Derivation::Choice { of, levels }
    };
    Factor { id: take::text(row, "id"), derivation }
}
