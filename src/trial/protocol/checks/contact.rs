//! `[contact]` and `[ladder.<id>]`: who is reminded when, by which channel, in which words.

use crate::trial::protocol::checks::clinical;
use crate::trial::protocol::checks::references;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::protocol::reading::ladders;
use crate::trial::protocol::reading::take;
use crate::trial::schedule::definition::Offset;
use crate::trial::schedule::definition::Window;
use crate::trial::source::at::At;
use crate::trial::source::finding::Finding;
use crate::trial::source::tree::Source;

/// An SMS holds so many characters of GSM-7.
const SMS_CHARACTERS: usize = 160;
/// The characters of a link as the service sends it: 56 of its secret behind an address of up to 28.
const LINK_CHARACTERS: usize = 84;
/// What stands for the link in a text.
const LINK: &str = "{link}";
/// The basic set of GSM 03.38 beside letters and digits of English.
const GSM_BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// Its extension: each takes two places.
const GSM_EXTENDED: &str = "^{}\\[~]|€";

/// Checks the section, the ladders and their texts.
pub fn check(trial: &Trial<'_>, report: &mut Report<'_>) {
    let contact = trial.at.key("contact");
    let quiet = contact.key("quiet");
    if quiet.is_given() && quiet.items().count() != 2 {
        report.error("P004", &quiet.value(), "'quiet' takes two times: from and to.");
    }
    let mut told: Vec<(String, &str, bool)> = Vec::new();
    let mut taken: Vec<(&str, &str)> = Vec::new();
    for (name, table) in trial.at.key("ladder").entries() {
        if ladders::NAMES.contains(&name) {
            report.error(
                "P007",
                &table.heading(),
                format!("'{name}' twice: a built-in ladder has this name."),
            );
        }
        for at in table.key("at").items() {
            let occasions = trial.protocol.schedule.occasions.iter().map(|occasion| occasion.id.as_str());
            references::check(at, "occasion", occasions, report);
            let Some(id) = at.text() else { continue };
            if let Some((_, other)) = taken.iter().find(|(occasion, _)| *occasion == id) {
                report.error("P007", &at.value(), format!("'{id}' twice: in ladders {other} and {name}."));
            }
            taken.push((id, name));
        }
        for step in table.key("steps").items() {
            check_step(trial, table, step, report);
            let via_sms = step.key("via").items().any(|via| via.text() == Some("sms"));
            let via_email = step.key("via").items().any(|via| via.text() == Some("email"));
            if let Some(text) = step.key("text").text().filter(|_| via_sms || via_email) {
                told.push((text.to_owned(), text, via_sms));
            }
        }
        check_days(trial, table, report);
    }
    let mut seen: Vec<(&str, bool)> = Vec::new();
    for (_, text, via_sms) in &told {
        if !seen.contains(&(text, *via_sms)) {
            seen.push((text, *via_sms));
            let findings = check_text(trial, text, *via_sms);
            report.extend(findings);
        }
    }
}

fn check_step(trial: &Trial<'_>, ladder: At<'_>, step: At<'_>, report: &mut Report<'_>) {
    let on = step.key("on");
    if let Some(point) = step.node().and_then(|node| take::maybe_point(node, "on")) {
        if !["opens", "due", "closes"].contains(&point.base.as_str()) {
            let text = format!("'{}' is no base of a reminder.", point.base);
            report.error_with("P010", &on.value(), text, "One of opens, due, closes.");
        } else if point.base != "opens"
            && let Some(id) = ladder
                .key("at")
                .items()
                .filter_map(At::text)
                .find(|id| trial.elements_of(id).any(|element| trial.step_of(element.occasion).is_some()))
        {
            let text = format!("No '{}' at {id}: a step opens it, count from opens.", point.base);
            report.error("P101", &on.value(), text);
        }
    }
    let channels = &trial.protocol.contact.channels;
    let are_known = channels.iter().all(|one| matches!(one.as_str(), "email" | "sms"));
    for via in step.key("via").items() {
        let missing =
            |text: &&str| matches!(*text, "email" | "sms") && !channels.iter().any(|one| one == *text);
        if let Some(text) = via.text().filter(missing).filter(|_| are_known) {
            report.error("P101", &via.value(), format!("No channel '{text}' in contact.channels."));
        }
    }
    let text = step.key("text");
    if text.text().is_some_and(|text| !ladders::TEXTS.contains(&text)) {
        trial.check_document(text, report);
    }
}

/// P706: steps of one ladder that fall on one day, whatever their base. Calls and letters are no messages.
fn check_days(trial: &Trial<'_>, ladder: At<'_>, report: &mut Report<'_>) {
    let most = usize::try_from(trial.protocol.contact.per_day).unwrap_or(usize::MAX);
    let ids: Vec<&str> = ladder.key("at").items().filter_map(At::text).collect();
    let steps: Vec<At<'_>> = ladder
        .key("steps")
        .items()
        .filter(|step| step.key("via").items().any(|via| matches!(via.text(), Some("email" | "sms"))))
        .collect();
    for (number, step) in steps.iter().enumerate() {
        let is_full = ids.iter().flat_map(|id| trial.elements_of(id)).any(|element| {
            let day = day_of(*step, element.window);
            let earlier =
                steps.iter().take(number).filter(|other| day_of(**other, element.window) == day).count();
            day.is_some() && earlier >= most
        });
        if is_full {
            report.error("P706", &step.opening(), "Two messages on one day.");
        }
    }
}

/// The day of a step, counted from the anchor; for an occasion that a step opens from its opening.
fn day_of(step: At<'_>, window: Option<Window>) -> Option<Offset> {
    let point = step.node().and_then(|node| take::maybe_point(node, "on"))?;
    let base = match (point.base.as_str(), window) {
        ("opens", None) => Offset::default(),
        ("opens", Some(window)) => window.opens,
        ("due", Some(window)) => window.due,
        ("closes", Some(window)) => window.closes,
        _ => return None,
    };
    base.plus_times(point.offset, 1)
}

/// A reminder's text in each language: no clinical word, and as an SMS short and in GSM-7.
fn check_text(trial: &Trial<'_>, name: &str, via_sms: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for language in trial.languages() {
        let path = trial.document(language, name);
        let Some(text) = trial.texts.get(&path) else { continue };
        let source = Source::new(&path, text);
        // Of a mail the subject is seen by others: its first line.
        let seen = if via_sms { text.as_str() } else { text.lines().next().unwrap_or_default() };
        if let Some((at, word)) = clinical::word_in(seen) {
            let mend = Some(clinical::MEND.to_owned());
            let finding = source.error("P014", &(at..at + word.len()), clinical::says(word));
            findings.push(Finding { mend, ..finding });
        }
        if let Some((at, length)) = sms_fault(text.trim_end()).filter(|_| via_sms) {
            let says = format!("SMS of {length} characters, or one outside GSM-7.");
            let mend = Some(format!("At most {SMS_CHARACTERS} characters of GSM-7."));
            let width = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            findings.push(Finding { mend, ..source.error("P705", &(at..at + width), says) });
        }
    }
    findings
}

/// The byte of the first character that is too many or outside GSM-7, and the length of the whole as it is sent.
fn sms_fault(text: &str) -> Option<(usize, usize)> {
    let mut length = 0;
    let mut fault = None;
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let at = text.len() - rest.len();
        let (size, bytes) = if rest.starts_with(LINK) {
            (Some(LINK_CHARACTERS), LINK.len())
        } else {
            (places(character), character.len_utf8())
        };
        length += size.unwrap_or(1);
        if fault.is_none() && (size.is_none() || length > SMS_CHARACTERS) {
            fault = Some(at);
        }
        rest = rest.get(bytes..).unwrap_or_default();
    }
    fault.map(|at| (at, length))
}

/// How many places of an SMS a character takes; `None` outside GSM-7.
fn places(character: char) -> Option<usize> {
    if character.is_ascii_alphanumeric() || GSM_BASIC.contains(character) {
        Some(1)
    } else {
        GSM_EXTENDED.contains(character).then_some(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sms_holds_160_places_with_its_link() {
        assert_eq!(sms_fault(&"a".repeat(160)), None);
        assert_eq!(sms_fault(&"å".repeat(161)), Some((320, 161)));
        assert_eq!(sms_fault(&format!("{}{LINK}", "a".repeat(76))), None);
        assert_eq!(sms_fault(&format!("{}{LINK}", "a".repeat(77))), Some((77, 161)));
        assert_eq!(sms_fault("5 € – now"), Some((6, 10)));
        assert_eq!(sms_fault(&"€".repeat(81)).map(|(at, _)| at), Some(240));
    }
}
