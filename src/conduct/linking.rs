//! Links that staff hand over, and the sessions that participants open with them.

use serde::Deserialize;
use serde::Serialize;
use serde_json::json;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::asking;
use crate::conduct::caller;
use crate::conduct::caller::PARTICIPANT_SLIDE_SECONDS;
use crate::conduct::context::Credential;
use crate::conduct::context::Ctx;
use crate::conduct::disclosing;
use crate::conduct::renewing;
use crate::conduct::seeing;
use crate::conduct::seeing::Sight;
use crate::conduct::signing_in;
use crate::conduct::target;
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
use crate::storage::participant::Participant;
use crate::storage::participant::ParticipantState;
use crate::storage::people;
use crate::storage::people::Secret;
use crate::storage::people::SecretKind;
use crate::storage::people::Session;
use crate::storage::people::SessionLevel;
use crate::trial::audit::event::Event;
use crate::trial::permission::action::Action;
use crate::trial::permission::caller::Span;
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
    /// Whether whoever made the link may know the person's arm. Of links without this word nobody knows it.
    #[serde(default)]
    sees_arm: bool,
}

/// A link that can still be used.
struct Link {
    secret: Secret,
    detail: LinkDetail,
    participant: ParticipantId,
    span: Span,
}

impl Link {
    /// The link with this hash; unknown, taken back and over are all gone.
    fn find(tx: &mut Tx<'_>, ctx: &Ctx, hash: &str) -> Result<Self, Error> {
        let secret = people::find_secret(tx, SecretKind::Link, hash)?;
        let secret = secret.filter(|secret| secret.is_alive(ctx.now)).ok_or_else(gone)?;
        let detail: LinkDetail = serde_json::from_str(&secret.detail)
            .map_err(|error| Error::internal("a stored link can't be read").caused_by(error))?;
        let participant = secret.holder.parse().map_err(|_| gone())?;
        let span = match &secret.bound_to {
            Some(assessment) => Span::Assessment(assessment.parse().map_err(|_| gone())?),
            None if detail.sees_arm => Span::Person,
            None => Span::UntilDraw,
        };
        Ok(Self { secret, detail, participant, span })
    }

    /// The link, where it opens something of this person: the draw ends those that would tell the arm to whoever made them.
    fn of(tx: &mut Tx<'_>, ctx: &Ctx, hash: &str, person: &Participant) -> Result<Self, Error> {
        let link = Self::find(tx, ctx, hash)?;
        let is_over = link.span == Span::UntilDraw && person.state.is_drawn();
        if is_over || link.participant != person.id { Err(gone()) } else { Ok(link) }
    }
}

fn gone() -> Error {
    Error::new(Kind::Gone, "link.gone")
}

/// Makes a link for a person: consent, questions, whatever is to be done. After the draw that tells the arm, and is for
/// those to hand over who may know it.
pub fn issue_person_link(ctx: &Ctx, id: &ParticipantId) -> Result<Done<HandedLink>, Error> {
    act::act(
        ctx,
        Action::IssueLink,
        Target::Participant(id.clone()),
        |tx, act| {
            if act.scope.participant()?.state.is_drawn() && !act.may_know_arm() {
                let detail = "after the draw such a link would tell the arm: make one for an assessment";
                return Err(Error::forbidden("permission.denied").detail(detail).into());
            }
            issue(tx, act, None)
        },
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

/// A link is for what its person can answer now, and for what whoever makes it may see: what is asked, too, may tell the arm.
fn require_answerable(tx: &mut Tx<'_>, act: &Act<'_>, assessment: &Assessment) -> Result<(), Error> {
    let plan = act.plan(tx)?;
    let sight = Sight::of(act, &plan);
    sight.require(assessment)?;
    if !sight.asks_alike(assessment) {
        let detail = "not every arm is asked the same here: somebody who may know the arm makes this link";
        return Err(Error::forbidden("permission.denied").detail(detail));
    }
    if !asking::is_self(assessment) {
        return Err(Error::conflict("assessment.not_open").detail("the participant does not answer this one"));
    }
    match asking::times(assessment).state(act.ctx.now) {
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
    target::require_unlocked(act.scope.study()?)?;
    let person = act.scope.participant()?;
    if person.state == ParticipantState::Excluded {
        return Err(Error::conflict("participant.excluded").into());
    }
    // Whoever hands over a link may open it.
    seeing::remember(tx, act)?;
    let secret = LinkSecret::draw(act.ctx.entropy())?;
    let code = six_digits(act)?;
    let detail = LinkDetail { code: code_mac(act.ctx, &secret.hash(), &code), sees_arm: act.may_know_arm() };
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
        .set("link", secret.hash())
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
    let hash = LinkSecret::parse(link_token).ok_or_else(gone)?.hash();
    let holder = ctx.house.db.read(|tx| Link::find(tx, ctx, &hash))?.participant;
    // From here on the link stands for the person.
    let done = act::act(
        ctx,
        Action::Public,
        Target::Participant(holder),
        move |tx, act| {
            let person = act.scope.participant()?;
            let link = Link::of(tx, act.ctx, &hash, person)?;
            let session = begin(tx, act, &link)?;
            let event = renewing::event("session.started", act, &session)?
                .set("level", session.level.as_str())
                .set("link", hash.as_str());
            let refresh = signing_in::renewing(tx, act, &session)?;
            let object = session.id.to_string();
            let opened = ParticipantSession {
                session: session.id,
                participant: person.id.clone(),
                level: session.level,
                refresh,
            };
            Ok(Change::new(opened, object, event))
        },
        |_, _, _| Err(Error::conflict("idempotency.secret_gone")),
    )?;
    Ok(done.value)
}

fn begin(tx: &mut Tx<'_>, act: &Act<'_>, link: &Link) -> Result<Session, Error> {
    let now = act.ctx.now;
    let session = Session {
        id: SessionId::draw(act.ctx.entropy())?,
        holder: link.participant.to_string(),
        level: SessionLevel::Write,
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus_seconds(PARTICIPANT_SLIDE_SECONDS),
        ended_at: None,
        bound_to: caller::bound_to(&link.span, &link.participant),
    };
    people::insert_session(tx, &session)?;
    Ok(session)
}

/// Confirms with the code who holds the link: the session stays the same, may do more, and is renewed by a fresh token alone.
/// Five wrong tries end the code, not the link.
pub fn verify_session(ctx: &Ctx, link_token: &str, code: &str) -> Result<ParticipantSession, Error> {
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
    let found = Link::of(tx, act.ctx, &link.hash(), person);
    let Link { mut secret, detail, .. } =
        found.map_err(|error| if error.kind() == Kind::Gone { refused() } else { error })?;
    if secret.tries >= CODE_TRIES {
        return Err(refused().into());
    }
    let mut verified = people::find_session(tx, session)?.ok_or_else(refused)?;
    let right = bool::from(subtle::ConstantTimeEq::ct_eq(
        detail.code.as_bytes(),
        code_mac(act.ctx, &secret.hash, code).as_bytes(),
    ));
    if !right {
        // The try must count, so it is an act of its own and not undone.
        secret.tries += 1;
        people::update_secret(tx, &secret)?;
        let event = renewing::event("session.refused", act, &verified)?.set("tries", secret.tries);
        return Ok(Change::new(None, session.as_str(), event));
    }
    verified.level = SessionLevel::Verified;
    people::update_session(tx, &verified)?;
    people::revoke_bound(tx, SecretKind::Refresh, session.as_str(), act.ctx.now)?;
    let refresh = signing_in::renewing(tx, act, &verified)?;
    let event = renewing::event("session.verified", act, &verified)?;
    let event = event.plain("level", Some(json!("write")), Some(json!("verified")));
    let (session, participant, level) = (session.clone(), person.id.clone(), verified.level);
    let object = session.to_string();
    Ok(Change::new(Some(ParticipantSession { session, participant, level, refresh }), object, event))
}

/// The participant whose session this is, with the study's alias.
pub fn own(ctx: &Ctx) -> Result<(ParticipantId, String), Error> {
    disclosing::look(ctx, Action::OwnRecord, &Target::Own, |tx, act| {
        let person = act.scope.participant()?;
        participant::find(tx, &person.id)?.ok_or_else(Error::not_found)?;
        Ok((person.id.clone(), act.scope.study()?.alias.clone()))
    })
}
