//! What is wrong with a file, and where: `file:line:column: CODE text`, the line, a caret.

use std::fmt::Write;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// The file can't be used.
    Error,
    /// It can, and somebody should know.
    Warning,
}

/// Where something stands.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// How many characters.
    pub width: u32,
}

/// One finding.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// The file.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// The code of the catalogue.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub text: String,
    /// What to write instead.
    pub mend: Option<String>,
}

impl Finding {
    /// As one line: `file:line:column: CODE text`.
    pub fn line(&self) -> String {
        let Self { file, place, code, text, .. } = self;
        let warning = if self.severity == Severity::Warning { "W " } else { "" };
        format!("{file}:{}:{}: {code} {warning}{text}", place.line, place.column)
    }

    /// With the line of the file and a caret under the place.
    pub fn render(&self, source: &str) -> String {
        let mut text = self.line();
        let number = usize::try_from(self.place.line).unwrap_or(1);
        if let Some(line) = source.lines().nth(number.saturating_sub(1)) {
            let before = usize::try_from(self.place.column).unwrap_or(1).saturating_sub(1);
            let indent: String =
                line.chars().take(before).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            let carets = "^".repeat(usize::try_from(self.place.width).unwrap_or(1).max(1));
            let _ = write!(text, "\n{line}\n{indent}{carets}");
        }
        if let Some(mend) = &self.mend {
            let _ = write!(text, "\n  {mend}");
        }
        text
    }
}

/// In the order of the files, lines, columns and codes.
pub fn sort(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| (&a.file, a.place, a.code).cmp(&(&b.file, b.place, b.code)));
    findings.dedup();
}

/// Whether any finding is an error.
pub fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// Whether any finding has this code.
pub fn has_code(findings: &[Finding], code: &str) -> bool {
    findings.iter().any(|finding| finding.code == code)
}

/// The known word that is nearest to a mistyped one, if one is near.
pub fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let length = word.chars().count();
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= 1 + length / 4 && *distance < length)
        .min()
        .map(|(_, candidate)| candidate)
}

/// ` Did you mean '…'?`, or nothing.
pub fn did_you_mean<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> String {
    nearest(word, known).map(|guess| format!(" Did you mean '{guess}'?")).unwrap_or_default()
}
