//! One row for each code that a client may meet: status, title, and one sentence for the page that its `type` names.

/// What a code means to a client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Row {
    /// The stable code.
    pub code: &'static str,
    /// The status of a problem with this code, or of the problem that lists it among its errors or unmet conditions.
    pub status: u16,
    /// A few words, the same at each occurrence.
    pub title: &'static str,
    /// What it means, and what to do.
    pub about: &'static str,
}

/// The row of a code.
pub fn row(code: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.code == code)
}

/// The row that stands in for a fault of the service, and for every code without a row.
pub const INTERNAL: Row = Row {
    code: "internal",
    status: 500,
    title: "Internal fault",
    about: "The service has met a fault of its own. Nothing was changed. Report the request id.",
};

macro_rules! table {
    ($($status:literal { $($code:literal $title:literal $about:literal;)* })*) => {
        /// All codes, by status.
        pub const TABLE: &[Row] = &[
            $($(Row { code: $code, status: $status, title: $title, about: $about },)*)*
            INTERNAL,
        ];
    };
}

table! {
    400 {
        "request.malformed" "Malformed request" "The request can't be read: broken JSON, a key given twice, a zero character, or nesting deeper than 32.";
        "query.unknown_parameter" "Unknown parameter or value" "The address holds a parameter, or a value of one, that this operation does not know.";
        "cursor.invalid" "Invalid cursor" "The cursor is too old, or belongs to another account, list or filter. Begin at the first page.";
        "idempotency.key_missing" "Idempotency-Key missing" "This operation needs an Idempotency-Key header, so that a retry can't act twice.";
        "idempotency.key_malformed" "Idempotency-Key malformed" "An Idempotency-Key has 16 to 128 visible ASCII characters, bare or as a quoted string, and is sent once.";
    }
    401 {
        "session.missing" "Not signed in" "This operation needs a bearer token.";
        "session.expired" "Session ended" "The token is not, or no longer, good for a session. Renew it or sign in again.";
        "session.reused" "Refresh token reused" "A refresh token was shown a second time. All sessions that stem from it have ended.";
        "session.refused" "Sign-in refused" "The sign-in was refused. The answer is the same whatever the cause.";
        "session.level_too_low" "Confirmation needed" "This needs a session that was confirmed by a code.";
        "reauthentication.required" "Fresh proof of identity needed" "This act needs a Reauthentication header with a fresh proof for this very object.";
    }
    403 {
        "permission.denied" "Not allowed" "Your role does not allow this.";
        "permission.duty_missing" "Duty missing" "Your role allows this only to those who carry the duty for it.";
        "permission.token_scope" "Outside the token's scope" "The API token was not made for this.";
        "permission.own_act" "A second person is needed" "Whoever has proposed or done the first part can't do the second.";
        "training.missing" "Training missing" "This needs a training that is not on record for you.";
    }
    404 {
        "not_found" "Not found" "There is no such thing, or it is not for you to know.";
    }
    405 {
        "method.not_allowed" "Method not allowed" "The address exists, but not with this method.";
    }
    406 {
        "accept.unsupported" "No acceptable form" "None of the forms that the Accept header names can be given.";
    }
    409 {
        "conflict" "Conflict" "Something of this kind is there already, or was made at the same moment. Read the present state.";
        "study.not_open" "Study not open" "The study is not open.";
        "study.paused" "Study paused" "The study takes no new participants for now.";
        "study.locked" "Study locked" "The study's data are locked.";
        "study.not_ready" "Study not ready" "The study lacks what is listed.";
        "lock.blocked" "Lock blocked" "The lock waits for what is listed.";
        "site.closed" "Site closed" "The site takes no new participants.";
        "protocol.not_newer" "Protocol not newer" "The version of the protocol must be higher than the one in force.";
        "approval.missing" "Approval missing" "An approval that this needs is not on record.";
        "step.out_of_order" "Step out of order" "An earlier step of the enrolment is not done yet.";
        "participant.excluded" "Participant excluded" "The participant was excluded.";
        "participant.held" "Participant held" "The enrolment rests until the hold is decided.";
        "consent.missing" "Consent missing" "The consent that this needs was not given.";
        "consent.version_outdated" "Consent text outdated" "Another version of the consent text is in force. Show that one.";
        "consent.already_given" "Consent already given" "This consent was given before.";
        "identity.cut" "Identity cut" "The link between the participant and the person was cut.";
        "allocation.not_ready" "Not ready for allocation" "The conditions that are listed are not met yet.";
        "allocation.exists" "Already allocated" "The participant was allocated before. An allocation is made once.";
        "allocation.missing" "Not allocated" "The participant was not allocated.";
        "allocation.strata_changed" "Strata changed" "A stratification factor has changed since it was shown. Read the checklist again.";
        "design.immutable" "Design can't be changed" "A design that is committed stays as it is. Make a new version.";
        "design.not_committed" "Design not committed" "The design must be committed first.";
        "reveal.not_locked" "Reveal before the lock" "A design is revealed after the study was locked.";
        "assessment.not_open" "Assessment not open yet" "The window of this assessment has not begun.";
        "assessment.closed" "Assessment closed" "The window of this assessment is over.";
        "response.already_submitted" "Already submitted" "These answers were submitted before.";
        "response.not_submitted" "Not submitted" "These answers were not submitted yet.";
        "record.locked" "Record locked" "The record is locked and takes no change.";
        "alert.claimed" "Alert claimed" "Somebody else has taken this alert.";
        "alert.incomplete" "Alert incomplete" "An alert is closed only when all that it asks for is written down.";
        "alert.closed" "Alert closed" "The alert is closed.";
        "study.alias_taken" "Alias in use" "Another study has this alias. Aliases are for ever: choose another.";
        "role.incompatible" "Roles do not go together" "The same person can't hold these two roles in one study.";
        "role.exposed" "Already unblinded" "The person has seen arms and can't take a blind role.";
        "proposal.settled" "Proposal settled" "The proposal was decided before.";
        "proposal.expired" "Proposal expired" "The proposal has run out. Make a new one.";
        "idempotency.in_progress" "Still running" "The first request with this key is still running. Try again.";
        "idempotency.secret_gone" "Secret shown once" "The act was done before, and its secret was shown then. It can't be shown again.";
        "assessment.incomplete" "Assessment incomplete" "An assessment that this step needs has no submitted answers.";
        "criterion.not_met" "Criterion not met" "A criterion of eligibility is not met.";
        "criterion.undetermined" "Criterion undetermined" "A criterion of eligibility can't be judged yet.";
        "decision.missing" "Decision missing" "Somebody must decide on eligibility.";
        "factor.undefined" "Factor undefined" "A stratification factor has no value.";
        "hold.open" "Hold open" "A hold was not decided yet.";
        "alert.open" "Alert open" "An alert was not closed yet.";
    }
    410 {
        "link.gone" "Link gone" "The link is unknown, used, or past its time. Ask for a new one.";
        "token.gone" "Token gone" "The token is unknown, used, revoked, or past its time.";
    }
    412 {
        "precondition.failed" "Changed meanwhile" "The object is not what If-Match names. Read it again, then decide.";
    }
    413 {
        "body.too_large" "Body too large" "The body is larger than this operation takes.";
    }
    415 {
        "content_type.unsupported" "Content type not taken" "This operation does not take a body of this content type.";
    }
    422 {
        "body.invalid" "Invalid body" "The fields that are listed are not as they should be.";
        "reason.required" "Reason required" "A change of a saved value needs a reason.";
        "confirm_code.mismatch" "Code does not match" "The code that confirms is not the participant's.";
        "password.weak" "Weak password" "The password is too short or too common.";
        "answers.invalid" "Invalid answers" "The answers that are listed are not possible.";
        "answers.confirm_needed" "Please confirm" "The answers that are listed are unusual. Send them again with a confirmation, or mend them.";
        "protocol.invalid" "Invalid protocol" "The protocol has the faults that are listed.";
        "protocol.unsupported" "Protocol not supported" "The protocol asks for something that this version can't do.";
        "design.invalid" "Invalid design" "The design has the faults that are listed.";
        "idempotency.key_reused" "Key reused" "The same key came with another request before. Take a new key for a new act.";
        "field.required" "Field missing" "The field must be given.";
        "field.unknown" "Unknown field" "There is no field of this name here.";
        "field.type" "Wrong type" "The field has another JSON type.";
        "field.range" "Out of range" "The value is too small or too large.";
        "field.length" "Wrong length" "The text or list is too short or too long.";
        "field.format" "Wrong format" "The text is not written in the form that is asked for.";
        "field.choice" "Not among the choices" "The value is none of those that may be chosen.";
    }
    428 {
        "precondition.missing" "If-Match missing" "This operation needs an If-Match header with the ETag that was read.";
    }
    429 {
        "rate.limited" "Too many requests" "Wait for the seconds that Retry-After names.";
        "sign_in.delayed" "Sign-in delayed" "After failed attempts the next one has to wait.";
        "export.busy" "Too many exports" "Others are being written. Wait for the seconds that Retry-After names.";
    }
    503 {
        "unavailable" "Unavailable" "The service can't answer for now. Nothing was changed. Try again.";
        "allocation.unavailable" "Allocation unavailable" "Nobody can be allocated for now. The administrator can read why.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;
    use std::path::PathBuf;

    fn sources(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
            .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
            .collect()
    }

    /// What stands between the bracket that `rest` comes after and its partner.
    fn arguments(rest: &str) -> &str {
        let mut depth = 1;
        let end = rest.find(|character| {
            depth += i32::from(character == '(') - i32::from(character == ')');
            depth == 0
        });
        &rest[..end.unwrap_or(0)]
    }

    /// The literal of `Kind::Word, "code"`.
    fn literal_after_kind(rest: &str) -> Option<&str> {
        let (_, rest) = rest.split_once(',').filter(|(word, _)| word.chars().all(char::is_alphabetic))?;
        rest.trim_start().strip_prefix('"')?.split('"').next()
    }

    fn codes_in(source: &str) -> BTreeSet<&str> {
        let mut codes = BTreeSet::new();
        for name in ["conflict", "forbidden", "unauthenticated", "invalid", "unavailable"] {
            let call = format!("Error::{name}(");
            let calls = source.match_indices(&call).map(|(at, call)| arguments(&source[at + call.len()..]));
            codes.extend(calls.flat_map(|inside| inside.split('"').skip(1).step_by(2)));
        }
        codes.extend(
            source.match_indices("Kind::").filter_map(|(at, _)| literal_after_kind(&source[at + 6..])),
        );
        codes.extend(source.split('"').filter(|text| text.starts_with("field.")));
        codes.retain(|code| {
            code.bytes().all(|byte| byte == b'_' || byte == b'.' || byte.is_ascii_lowercase())
        });
        codes
    }

    #[test]
    fn every_code_that_the_sources_name_has_a_row() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut found = 0;
        for path in sources(&root) {
            let source = fs::read_to_string(&path).unwrap();
            let (work, _) = source.split_once("#[cfg(test)]").unwrap_or((&source, ""));
            for code in codes_in(work) {
                assert!(row(code).is_some(), "{}: the code {code} has no row", path.display());
                found += 1;
            }
        }
        assert!(found > 10, "the scan has found only {found} codes");
    }

    #[test]
    fn the_scan_sees_codes_on_one_line_on_the_next_and_in_branches() {
        let source = r#"
            Error::conflict("one.a"); Error::new(
                Kind::Gone, "two");
            Error::new(Kind::Gone,
                "three.b").detail("text");
            Error::conflict("seven").detail("text");
            Error::forbidden(if duty { "four" } else { "five" });
            FieldError::new("/a", "field.six", "why");
        "#;
        let found: Vec<&str> = codes_in(source).into_iter().collect();
        assert_eq!(found, ["field.six", "five", "four", "one.a", "seven", "three.b", "two"]);
    }

    #[test]
    fn a_code_has_one_row_and_each_row_a_whole_sentence() {
        let mut seen = BTreeSet::new();
        for row in TABLE {
            assert!(seen.insert(row.code), "{} is there twice", row.code);
            assert!(row.about.ends_with('.') && !row.title.ends_with('.'), "{}", row.code);
            assert!((400..=503).contains(&row.status));
        }
        assert_eq!(row("precondition.missing").map(|row| row.status), Some(428));
        assert_eq!(row("no.such_code"), None);
    }
}
