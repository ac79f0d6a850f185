//! P016 and `[accept]`: what is taken on knowingly is no error any more, and always shown.

use crate::trial::protocol::checks::trial::Trial;
use crate::trial::source::finding::Finding;
use crate::trial::source::finding::Severity;
use crate::trial::source::tree::Source;

/// Codes that a protocol may take on, each with its reason.
pub const ACCEPTABLE: [&str; 8] = ["P302", "P307", "P309", "P313", "P404", "P407", "P503", "P506"];

/// Turns accepted errors into warnings that carry the reason.
pub fn apply(trial: &Trial<'_>, source: &Source<'_>, findings: &mut Vec<Finding>) {
    // What has no shape may keep a check from finding anything.
    let is_shapeless =
        findings.iter().any(|finding| finding.code < "P012" && finding.severity == Severity::Error);
    for (code, line) in trial.at.key("accept").entries() {
        let is_acceptable = ACCEPTABLE.contains(&code);
        let mut found = false;
        for finding in findings.iter_mut().filter(|finding| is_acceptable && finding.code == code) {
            found = true;
            finding.severity = Severity::Warning;
            finding.text = format!("{} Accepted: {}", finding.text, line.text().unwrap_or_default());
            finding.mend = None;
        }
        let is_excused = is_acceptable && is_shapeless;
        if !found && !is_excused {
            let text = format!("[accept] names {code}, which can't be accepted or was not found.");
            let mend = Some("Take the line out.".to_owned());
            findings.push(Finding { mend, ..source.error("P016", &line.name(), text) });
        }
    }
}
