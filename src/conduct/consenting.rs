//! Consent: given or declined on the page or on paper, with exactly what was shown.

use std::collections::BTreeMap;

use serde_json::json;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::context::Ctx;
use crate::conduct::disclosing;
use crate::conduct::enrolling;
use crate::conduct::plan::Plan;
use crate::conduct::record;
use crate::conduct::registering;
use crate::conduct::standing;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::canonical;
use crate::kernel::digest;
use crate::kernel::error::FieldError;
use crate::kernel::ids::ConsentId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::time::Date;
use crate::kernel::time::Zone;
use crate::storage::Tx;
use crate::storage::enrolment;
use crate::storage::enrolment::ConsentRecord;
use crate::storage::enrolment::StepRecord;
use crate::trial::audit::event::Event;
use crate::trial::audit::verification::ROW;
use crate::trial::permission::action::Action;
use crate::trial::protocol::model::ConsentHow;
use crate::trial::protocol::model::StepKind;
use crate::trial::protocol::texts::document_path;

/// A decision on a document.
#[derive(Clone, Debug)]
pub struct NewConsent {
    /// The version that was shown.
    pub document_version: i64,
    /// The language that was shown.
    pub language: String,
    /// SHA-256 of the bytes that were shown, hex.
    pub sha256: String,
    /// Item → agreed.
    pub items: BTreeMap<String, bool>,
    /// Whether the person takes part.
    pub given: bool,
    /// How it was given.
    pub how: ConsentHow,
    /// The typed or signed name; sealed.
    pub name: Option<String>,
    /// Who signed: `participant` or `guardian`.
    pub signer: String,
    /// How the person was identified.
    pub identity_check: String,
    /// The day of the signature.
    pub signed_on: Date,
}

/// The document of an open consent step, as it is shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConsentDocument {
    /// The consent's id in the protocol.
    pub document: String,
    /// Its version.
    pub version: i64,
    /// The language.
    pub language: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Its text.
    pub text: String,
    /// Items: id, whether required, words.
    pub items: Vec<(String, bool, String)>,
}

/// A consent as recorded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConsentView {
    /// The id.
    pub id: ConsentId,
    /// `in_force`, `outdated` or `declined`.
    pub state: &'static str,
    /// The document.
    pub document: String,
    /// Its version.
    pub document_version: i64,
    /// The language.
    pub language: String,
    /// SHA-256 of what was shown.
    pub sha256: String,
    /// Item → agreed.
    pub items: BTreeMap<String, bool>,
    /// When it was recorded.
    pub recorded_at: crate::kernel::time::Timestamp,
    /// The text that was shown.
    pub text: Option<String>,
}

/// The participant decides.
pub fn give_own(ctx: &Ctx, new: NewConsent) -> Result<Done<ConsentView>, Error> {
    act::act(
        ctx,
        Action::OwnConsent,
        Target::Own,
        move |tx, act| record_verb(tx, act, &new, "/api/v1/participant/consents"),
        replay,
    )
}

/// Staff record a decision made on paper.
pub fn record(ctx: &Ctx, id: &ParticipantId, new: NewConsent) -> Result<Done<ConsentView>, Error> {
    let place = format!("/api/v1/participants/{id}/consents");
    act::act(
        ctx,
        Action::ConductEnrolment,
        Target::Participant(id.clone()),
        move |tx, act| record_verb(tx, act, &new, &place),
        replay,
    )
}

fn replay(tx: &mut Tx<'_>, act: &Act<'_>, object: &str) -> Result<ConsentView, Error> {
    let person = act.scope.participant()?;
    let consents = enrolment::list_consents(tx, &person.id)?;
    let found = consents.into_iter().find(|consent| consent.id.as_str() == object);
    let plan = act.plan(tx)?;
    view(&plan, found.ok_or_else(Error::not_found)?)
}

/// The participant's own copy, as it was shown; not for a session that is for an assessment.
pub fn get_own(ctx: &Ctx, id: &ConsentId) -> Result<ConsentView, Error> {
    let id = id.clone();
    disclosing::disclose(ctx, Action::OwnConsent, Target::Own, "consent.read", move |tx, act| {
        if act.caller.span().is_some_and(|span| span.assessment().is_some()) {
            return Err(Error::not_found());
        }
        replay(tx, act, id.as_str())
    })
}

fn record_verb(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    new: &NewConsent,
    place: &str,
) -> Result<Change<ConsentView>, Refusal> {
    let study = act.scope.study()?;
    registering::require_recruiting(study)?;
    // A day may have begun in the zone of whoever signed.
    if new.signed_on > act.ctx.now.plus_seconds(14 * 3600).date_in(Zone::UTC) {
        return Err(Error::field("/signed_on", "field.range", "is to come").into());
    }
    let plan = act.plan(tx)?;
    let person = act.scope.participant()?;
    let shown = open_document(tx, act, &plan, new)?;
    let document = shown.document.clone();
    let consent = plan.protocol.consents.get(&document).ok_or_else(Error::not_found)?;
    let (path, sha256) = (document_path(&plan.protocol.study.id, &new.language, &consent.text), shown.sha256);
    if new.document_version != i64::from(consent.version) || new.sha256 != sha256 {
        return Err(Error::conflict("consent.version_outdated").into());
    }
    check_items(consent, new)?;
    let is_named = new.name.as_ref().is_some_and(|name| (1..=200).contains(&name.trim().chars().count()));
    if new.given && new.how == ConsentHow::Online && !is_named {
        return Err(
            Error::field("/typed_name", "field.length", "the name in full, 1 to 200 characters").into()
        );
    }
    if !consent.how.contains(&new.how) {
        let ways: Vec<&str> = consent.how.iter().map(|how| how.as_str()).collect();
        return Err(
            Error::field("/medium", "field.choice", format!("the study takes {}", ways.join(", "))).into()
        );
    }
    let id = ConsentId::draw(act.ctx.entropy())?;
    let sealed_name = new
        .name
        .as_ref()
        .map(|name| {
            act.ctx.keys().contact.seal(&format!("consent.name/{id}"), name.as_bytes(), act.ctx.entropy())
        })
        .transpose()?;
    let record = ConsentRecord {
        id: id.clone(),
        participant: person.id.clone(),
        study: study.id.clone(),
        document,
        document_version: new.document_version,
        language: new.language.clone(),
        sha256,
        items: canonical::text_of(&new.items)?,
        decision: if new.given { "given" } else { "declined" }.to_owned(),
        medium: new.how.as_str().to_owned(),
        signer: new.signer.clone(),
        sealed_name,
        identity_check: new.identity_check.clone(),
        signed_on: new.signed_on,
        recorded_at: act.ctx.now,
        recorded_by: act.actor(),
        protocol_version: plan.n,
    };
    enrolment::insert_consent(tx, &record)?;
    close_step(tx, act, &plan, &record)?;
    let action = if new.given { "consent.given" } else { "consent.declined" };
    let event = Event::of_participant(action, &study.id, &person.id, id.as_str())
        .set("document", format!("{path} version {}", new.document_version))
        .digest(ROW, None, Some(image(&record)));
    let moved = enrolling::advance(tx, act, &plan, person)?;
    let location = format!("{place}/{id}");
    Ok(Change::new(view(&plan, record)?, id.as_str(), event).and_all(moved).created(location))
}

/// The document of the consent step that is open for this person.
fn open_document(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    plan: &Plan,
    new: &NewConsent,
) -> Result<ConsentDocument, Error> {
    let person = act.scope.participant()?;
    let record = record::of(tx, act, plan, person)?;
    let progress = standing::progress(&record)?;
    let open = plan.protocol.enrolment.steps.iter().find(|step| Some(step.id.as_str()) == progress.open());
    let step = open.filter(|step| step.kind == StepKind::Consent);
    let Some(step) = step else {
        let given = plan.protocol.consents.keys().any(|document| standing::is_consented(&record, document));
        return Err(Error::conflict(if given { "consent.already_given" } else { "step.out_of_order" }));
    };
    document(plan, step.consent.as_deref().unwrap_or_default(), &new.language).ok_or_else(|| {
        Error::field("/language", "field.choice", "the document does not exist in this language")
    })
}

/// A consent document in a language.
pub fn document(plan: &Plan, document: &str, language: &str) -> Option<ConsentDocument> {
    let consent = plan.protocol.consents.get(document)?;
    let text = plan.texts.get(&document_path(&plan.protocol.study.id, language, &consent.text))?;
    Some(ConsentDocument {
        document: document.to_owned(),
        version: i64::from(consent.version),
        language: language.to_owned(),
        sha256: digest::sha256_hex(text.as_bytes()),
        text: text.clone(),
        items: consent
            .items
            .iter()
            .map(|item| {
                let path = format!("consent.{document}.{}", item.id);
                (item.id.clone(), item.required, plan.words.say(language, &path, &item.say))
            })
            .collect(),
    })
}

fn check_items(consent: &crate::trial::protocol::model::Consent, new: &NewConsent) -> Result<(), Error> {
    let mut faults = Vec::new();
    for item in new.items.keys().filter(|item| !consent.items.iter().any(|known| known.id == **item)) {
        faults.push(FieldError::new(format!("/items/{item}"), "field.unknown", "there is no such item"));
    }
    for item in &consent.items {
        match new.items.get(&item.id) {
            None if new.given => {
                faults.push(FieldError::new(
                    format!("/items/{}", item.id),
                    "field.required",
                    "say yes or no",
                ));
            }
            Some(false) if new.given && item.required => {
                let detail = "nobody takes part without this; to decline, send decision declined";
                faults.push(FieldError::new(format!("/items/{}", item.id), "field.choice", detail));
            }
            Some(_) | None => {}
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(Error::invalid("body.invalid").with_fields(faults))
}

/// A declined consent fails its step; a given one is seen in the record itself.
fn close_step(tx: &mut Tx<'_>, act: &Act<'_>, plan: &Plan, record: &ConsentRecord) -> Result<(), Error> {
    let step =
        plan.protocol.enrolment.steps.iter().find(|step| step.consent.as_ref() == Some(&record.document));
    let Some(step) = step else { return Ok(()) };
    let steps = enrolment::list_steps(tx, &record.participant)?;
    let Some(mut open) = steps.into_iter().find(|known| known.step == step.id) else { return Ok(()) };
    open.outcome = Some(record.decision.clone());
    open.acted_by = Some(act.actor());
    enrolment::store_step(tx, &record.study, &record.participant, &StepRecord { ..open })
}

/// The columns of a consent, as its event's digest covers them.
pub fn image(record: &ConsentRecord) -> serde_json::Value {
    json!({
        "id": record.id, "participant": record.participant, "study": record.study, "document": record.document,
        "document_version": record.document_version, "language": record.language, "sha256": record.sha256,
        "items": record.items, "decision": record.decision, "medium": record.medium, "signer": record.signer,
        "sealed_name": record.sealed_name, "identity_check": record.identity_check,
        "signed_on": record.signed_on.to_string(), "recorded_at": record.recorded_at.to_string(),
        "recorded_by": record.recorded_by, "protocol_version": record.protocol_version,
    })
}

fn view(plan: &Plan, record: ConsentRecord) -> Result<ConsentView, Error> {
    let consent = plan.protocol.consents.get(&record.document);
    let current = consent.is_some_and(|consent| i64::from(consent.version) == record.document_version);
    let state = match (record.decision.as_str(), current) {
        ("declined", _) => "declined",
        (_, true) => "in_force",
        (_, false) => "outdated",
    };
    let text = plan.texts.values().find(|text| digest::sha256_hex(text.as_bytes()) == record.sha256);
    let items = serde_json::from_str(&record.items)
        .map_err(|error| Error::internal("a stored consent can't be read").caused_by(error))?;
    Ok(ConsentView {
        id: record.id,
        state,
        document: record.document,
        document_version: record.document_version,
        language: record.language,
        sha256: record.sha256,
        items,
        recorded_at: record.recorded_at,
        text: text.cloned(),
    })
}
