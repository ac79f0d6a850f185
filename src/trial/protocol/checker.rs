//! Reads and checks a protocol file with everything beside it, all findings in one run.

use std::collections::BTreeMap;

use crate::trial::instrument::definition::Instrument;
use crate::trial::protocol::checks;
pub use crate::trial::protocol::checks::accept::ACCEPTABLE;
use crate::trial::protocol::model::Protocol;
use crate::trial::protocol::reading;
use crate::trial::protocol::sections;
use crate::trial::protocol::texts::Texts;
use crate::trial::source::at::At;
use crate::trial::source::finding;
use crate::trial::source::finding::Finding;
use crate::trial::source::shape;
use crate::trial::source::tree;
use crate::trial::source::tree::Node;
use crate::trial::source::tree::NodeKind;
use crate::trial::source::tree::Source;

/// The format of protocol files that this program reads.
const FORMAT: i64 = 1;

/// What came of a check.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The protocol; `None` where its text is no TOML or of another format. With errors, whatever they concern stands
    /// in it as its default.
    pub protocol: Option<Protocol>,
    /// The instruments that it uses, by id, with the team's own wording.
    pub instruments: BTreeMap<String, Instrument>,
    /// What was found, sorted by file, line, column and code.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// Whether it can be used: no finding is an error.
    pub fn is_sound(&self) -> bool {
        self.protocol.is_some() && !finding::has_errors(&self.findings)
    }
}

/// Checks a protocol.
pub fn check(file: &str, text: &str, texts: &Texts) -> Checked {
    let source = Source::new(file, text);
    let (root, mut findings) = tree::read(&source);
    let mut checked = Checked { protocol: None, instruments: BTreeMap::new(), findings: Vec::new() };
    if !finding::has_code(&findings, "P001") {
        match wrong_format(&root, &source) {
            Some(finding) => findings = vec![finding],
            None => {
                findings.extend(shape::check(&root, &sections::FILE, None, &source));
                let protocol = reading::protocol(&root);
                checked.instruments =
                    checks::run(&protocol, At::root(&root, &source), &source, texts, &mut findings);
                checked.protocol = Some(protocol);
            }
        }
    }
    finding::sort(&mut findings);
    checked.findings = findings;
    checked
}

fn wrong_format(root: &Node, source: &Source<'_>) -> Option<Finding> {
    let node = root.get("format")?;
    match node.kind {
        NodeKind::Integer(FORMAT) => None,
        NodeKind::Integer(other) => {
            let text = format!("Format {other}; this program reads {FORMAT}.");
            Some(source.error("P008", &node.span, text))
        }
        _ => None,
    }
}
