//! Links that staff hand over, and the sessions that participants open with them.

use serde::Deserialize;
use serde::Serialize;
use serde_json::json;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::answering;
use crate::conduct::caller::PARTICIPANT_SLIDE_SECONDS;
use crate::conduct::context::Credential;
use crate::conduct::context::Ctx;
use crate::conduct::registering;
use crate::conduct::seeing::Sight;
use crate::conduct::signing_in;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::Kind;
use crate::kernel::canonical;
use crate::kernel::ids::AssessmentId;
use crate::kernel::ids::LinkSecret;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::SessionId;
use crate::storage::Tx;
use crate::storage::assessment::Assessment;
use crate::storage::participant;
use crate::storage::participant::ParticipantState;
use crate::storage::people;
use crate::storage::people::Secret;
use crate::storage::people::SecretKind;
use crate::storage::people::Session;
use crate::storage::people::SessionLevel;
use crate::trial::audit::event::Event;
use crate::trial::permission::action::Action;
use crate::trial::schedule::state::AssessmentState;

/// A link lives so long.
pub const LINK_SECONDS: i64 = 14 * 24 * 3600;
/// A code may be tried so often.
const CODE_TRIES: i64 = 5;

/// A link and its code: shown once, to whoever hands them over.
#[derive(Clone, Debug)]
pub struct HandedLink {
    /// The link's token.
    pub link_token: String,
    /// The six digits that confirm who it is.
    pub code: String,
    /// When both end.
    pub expires_at: crate::kernel::time::Timestamp,
}

/// Who signs in with a link, and what the session may do.
#[derive(Clone, Debug)]
pub struct ParticipantSession {
    /// The session.
    pub session: SessionId,
    /// The participant.
    pub participant: ParticipantId,
    /// What it may do.
    pub level: SessionLevel,
    /// Renews the session.
    pub refresh: String,
}

#[derive(Deserialize, Serialize)]
struct LinkDetail {
    /// Keyed hash of the code.
    code: String,
}

/// Makes a link for a person: consent, questions, whatever is to be done.
pub fn issue_person_link(ctx: &Ctx, id: &ParticipantId) -> Result<Done<HandedLink>, Error> {
    act::act(
        ctx,
        Action::IssueLink,
        Target::Participant(id.clone()),
        |tx, act| issue(tx, act, None),
        |_, _, _| Err(Error::conflict("idempotency.secret_gone")),
    )
}

/// Makes a link for one assessment.
pub fn issue_assessment_link(ctx: &Ctx, id: &AssessmentId) -> Result<Done<HandedLink>, Error> {
    act::act(
        ctx,
        Action::IssueLink,
        Target::Assessment(id.clone()),
        |tx, act| {
            let assessment = act.scope.assessment()?;
            require_answerable(tx, act, assessment)?;
            issue(tx, act, Some(assessment.id.clone()))
        },
        |_, _, _| Err(Error::conflict("idempotency.secret_gone")),
    )
}

/// A link is for what its person can answer now.
fn require_answerable(tx: &mut Tx<'_>, act: &Act<'_>, assessment: &Assessment) -> Result<(), Error> {
    let plan = act.plan(tx)?;
    Sight::of(act, &plan).require(assessment)?;
    if !answering::is_self(assessment) {
        return Err(Error::conflict("assessment.not_open").detail("the participant does not answer this one"));
    }
    match answering::times(assessment).state(act.ctx.now) {
        AssessmentState::Open => Ok(()),
        AssessmentState::Waiting | AssessmentState::Planned => Err(Error::conflict("assessment.not_open")),
        AssessmentState::Submitted => Err(Error::conflict("response.already_submitted")),
        AssessmentState::Partial | AssessmentState::Missed | AssessmentState::Cancelled => {
            Err(Error::conflict("assessment.closed"))
        }
    }
}

fn issue(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    assessment: Option<AssessmentId>,
) -> Result<Change<HandedLink>, Refusal> {
    registering::require_unlocked(act.scope.study()?)?;
    let person = act.scope.participant()?;
    if person.state == ParticipantState::Excluded {
        return Err(Error::conflict("participant.excluded").into());
    }
    let secret = LinkSecret::draw(act.ctx.entropy())?;
    let code = six_digits(act)?;
    let detail = LinkDetail { code: code_mac(act.ctx, &secret.hash(), &code) };
    let expires_at = act.ctx.now.plus_seconds(LINK_SECONDS);
    people::insert_secret(
        tx,
        &Secret {
            hash: secret.hash(),
            public_id: None,
            kind: SecretKind::Link,
            holder: person.id.to_string(),
            bound_to: assessment.as_ref().map(ToString::to_string),
            detail: canonical::text_of(&detail)?,
            tries: 0,
            created_at: act.ctx.now,
            expires_at,
            used_at: None,
            revoked_at: None,
        },
    )?;
    let object = assessment.map_or_else(|| person.id.to_string(), |assessment| assessment.to_string());
    let event = Event::of_participant("link.issued", &person.study, &person.id, object.clone())
        .set("channel", "in_person")
        .set("expires_at", expires_at.to_string());
    let link = HandedLink { link_token: secret.reveal().to_owned(), code, expires_at };
    Ok(Change::new(link, object.clone(), event).created(format!("/api/v1/participants/{}", person.id)))
}

fn six_digits(act: &Act<'_>) -> Result<String, Error> {
    let mut bytes = [0; 8];
    act.ctx.entropy().fill(&mut bytes)?;
    // 2^64 is so much larger than a million that the first digits are as good as any.
    Ok(format!("{:06}", u64::from_be_bytes(bytes) % 1_000_000))
}

fn code_mac(ctx: &Ctx, link_hash: &str, code: &str) -> String {
    ctx.keys().mac.mac("link-code", format!("{link_hash}\n{code}").as_bytes())
}

/// Opens a session from a link. A link that is unknown, taken back or over is gone, whichever it is.
pub fn open_session(ctx: &Ctx, link_token: &str) -> Result<ParticipantSession, Error> {
    let gone = || Error::new(Kind::Gone, "link.gone");
    let link = LinkSecret::parse(link_token).ok_or_else(gone)?;
    let ctx_inner = ctx.clone();
    let holder = ctx.house.db.read(|tx| holder_of(tx, ctx, &link.hash()))?;
    // From here on the link stands for the person.
    let done = act::act(
        &ctx_inner,
        Action::Public,
        Target::Participant(holder.clone()),
        move |tx, act| {
            holder_of(tx, act.ctx, &link.hash())?;
            let person = act.scope.participant()?;
            let session = begin(tx, act, &person.id)?;
            let event =
                Event::of_participant("session.started", &person.study, &person.id, session.session.as_str())
                    .set("level", session.level.as_str());
            let object = session.session.to_string();
            Ok(Change::new(session, object, event))
        },
        |_, _, _| Err(Error::conflict("idempotency.secret_gone")),
    )?;
    Ok(done.value)
}

fn holder_of(tx: &mut Tx<'_>, ctx: &Ctx, hash: &str) -> Result<ParticipantId, Error> {
    let gone = || Error::new(Kind::Gone, "link.gone");
    let secret = people::find_secret(tx, SecretKind::Link, hash)?.ok_or_else(gone)?;
    if !secret.is_alive(ctx.now) {
        return Err(gone());
    }
    secret.holder.parse().map_err(|_| gone())
}

fn begin(tx: &mut Tx<'_>, act: &Act<'_>, id: &ParticipantId) -> Result<ParticipantSession, Error> {
    let now = act.ctx.now;
    let session = Session {
        id: SessionId::draw(act.ctx.entropy())?,
        holder: id.to_string(),
        level: SessionLevel::Write,
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus_seconds(PARTICIPANT_SLIDE_SECONDS),
        ended_at: None,
    };
    people::insert_session(tx, &session)?;
    let refresh = signing_in::renewing(tx, act, &session)?;
    Ok(ParticipantSession { session: session.id, participant: id.clone(), level: session.level, refresh })
}

/// Confirms with the code who holds the link: the session stays the same, may do more, and is renewed by a fresh token alone.
/// Five wrong tries end the code, not the link.
pub fn verify_session(ctx: &Ctx, link_token: &str, code: &str) -> Result<ParticipantSession, Error> {
    let gone = || Error::new(Kind::Gone, "link.gone");
    let link = LinkSecret::parse(link_token).ok_or_else(gone)?;
    let Credential::Session(session) = ctx.credential.clone() else {
        return Err(Error::unauthenticated("session.missing"));
    };
    let code = code.to_owned();
    let done = act::act(
        ctx,
        Action::OwnRecord,
        Target::Own,
        move |tx, act| verify_verb(tx, act, &link, &code, &session),
        signing_in::no_replay,
    )?;
    done.value.ok_or_else(|| Error::unauthenticated("session.refused"))
}

fn verify_verb(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    link: &LinkSecret,
    code: &str,
    session: &SessionId,
) -> Result<Change<Option<ParticipantSession>>, Refusal> {
    let refused = || Error::unauthenticated("session.refused");
    let person = act.scope.participant()?;
    let secret = people::find_secret(tx, SecretKind::Link, &link.hash())?;
    let own = secret.filter(|secret| secret.is_alive(act.ctx.now) && secret.holder == person.id.as_str());
    let mut secret = own.ok_or_else(refused)?;
    if secret.tries >= CODE_TRIES {
        return Err(refused().into());
    }
    let detail: LinkDetail = serde_json::from_str(&secret.detail)
        .map_err(|error| Error::internal("a stored link can't be read").caused_by(error))?;
    let right = bool::from(subtle::ConstantTimeEq::ct_eq(
        detail.code.as_bytes(),
        code_mac(act.ctx, &secret.hash, code).as_bytes(),
    ));
    let event = |action| Event::of_participant(action, &person.study, &person.id, session.as_str());
    if !right {
        // The try must count, so it is an act of its own and not undone.
        secret.tries += 1;
        people::update_secret(tx, &secret)?;
        return Ok(Change::new(None, session.as_str(), event("session.refused").set("tries", secret.tries)));
    }
    let mut verified = people::find_session(tx, session)?.ok_or_else(refused)?;
    verified.level = SessionLevel::Verified;
    people::update_session(tx, &verified)?;
    people::revoke_bound(tx, SecretKind::Refresh, session.as_str(), act.ctx.now)?;
    let refresh = signing_in::renewing(tx, act, &verified)?;
    let event = event("session.verified").plain("level", Some(json!("write")), Some(json!("verified")));
    let (session, participant, level) = (session.clone(), person.id.clone(), verified.level);
    let object = session.to_string();
    Ok(Change::new(Some(ParticipantSession { session, participant, level, refresh }), object, event))
}

/// The participant whose session this is, with the study's alias.
pub fn own(ctx: &Ctx) -> Result<(ParticipantId, String), Error> {
    act::look(ctx, Action::OwnRecord, &Target::Own, |tx, act| {
        let person = act.scope.participant()?;
        participant::find(tx, &person.id)?.ok_or_else(Error::not_found)?;
        Ok((person.id.clone(), act.scope.study()?.alias.clone()))
    })
}
