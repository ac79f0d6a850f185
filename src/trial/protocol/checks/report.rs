//! Where the checks write what they find.

use std::ops::Range;

use crate::trial::source::finding::Finding;
use crate::trial::source::finding::Severity;
use crate::trial::source::tree::Source;

/// The findings of one run.
pub struct Report<'s> {
    source: &'s Source<'s>,
    findings: Vec<Finding>,
}

impl<'s> Report<'s> {
    /// An empty report on a file.
    pub fn new(source: &'s Source<'s>) -> Self {
        Self { source, findings: Vec::new() }
    }

    /// An error.
    pub fn error(&mut self, code: &'static str, span: &Range<usize>, text: impl Into<String>) {
        self.findings.push(self.source.error(code, span, text));
    }

    /// An error, with what to write instead.
    pub fn error_with(
        &mut self,
        code: &'static str,
        span: &Range<usize>,
        text: impl Into<String>,
        mend: impl Into<String>,
    ) {
        let finding = self.source.error(code, span, text);
        self.findings.push(Finding { mend: Some(mend.into()), ..finding });
    }

    /// A warning.
    pub fn warning(&mut self, code: &'static str, span: &Range<usize>, text: impl Into<String>) {
        let finding = self.source.error(code, span, text);
        self.findings.push(Finding { severity: Severity::Warning, ..finding });
    }

    /// Findings made elsewhere: in a file beside the protocol.
    pub fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.findings.extend(findings);
    }

    /// All that was found.
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}
