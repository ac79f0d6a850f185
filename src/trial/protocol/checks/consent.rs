//! `[consent.<id>]`: documents, what must be agreed to, and who is too young to agree alone.

use crate::trial::protocol::checks::doubts::is_no_truth;
use crate::trial::protocol::checks::minors;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::trial::Trial;

/// Checks each consent.
pub fn check(trial: &Trial<'_>, report: &mut Report<'_>) {
    let minors_pass = minors::can_pass(trial);
    for (_, table) in trial.at.key("consent").entries() {
        trial.check_document(table.key("text"), report);
        let how = table.key("how");
        if how.is_given() && how.items().next().is_none() {
            report.error("P004", &how.value(), "'how' takes at least one way, here is none.");
        }
        let items = table.key("items");
        let are_known = !items.items().any(|item| is_no_truth(item.key("required")));
        if items.is_given()
            && are_known
            && !items.items().any(|item| item.key("required").written() == "true")
        {
            report.error("P405", &items.name(), "Consent has no required item.");
        }
        for row in table.key("checks").items() {
            let right = row.key("right");
            let count = i64::try_from(row.key("options").items().count()).unwrap_or(0);
            if right.node().and_then(|node| node.integer()).is_some_and(|number| number >= count) {
                let text = format!("'right' takes a number below {count}, the first answer is 0.");
                report.error("P004", &right.value(), text);
            }
        }
        if minors_pass && !table.key("guardian_when").is_given() {
            let mend = "guardian_when = \"age < 18\"";
            report.error_with("P407", &table.heading(), "Under 18 can pass: state guardian_when.", mend);
        }
    }
}
