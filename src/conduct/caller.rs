//! Who asks: read anew in each transaction, so that ending a session or a role takes effect at once.

use crate::conduct::context::Credential;
use crate::conduct::context::Ctx;
use crate::kernel::Error;
use crate::kernel::ids::AccountId;
use crate::kernel::ids::AssessmentId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::SessionId;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Zone;
use crate::storage::Tx;
use crate::storage::participant;
use crate::storage::people;
use crate::storage::people::AccountState;
use crate::storage::people::SecretKind;
use crate::storage::people::Session;
use crate::storage::people::SessionLevel;
use crate::storage::staff;
use crate::trial::permission::caller::Caller;
use crate::trial::permission::caller::Span;
use crate::trial::permission::caller::Standing;
use crate::trial::permission::caller::TokenScope;

/// Staff sessions end after so many seconds without use.
pub const STAFF_IDLE_SECONDS: i64 = 30 * 60;
/// Staff sessions end after so many seconds in any case.
pub const STAFF_ABSOLUTE_SECONDS: i64 = 12 * 3600;
/// Participants' sessions slide by so many seconds.
pub const PARTICIPANT_SLIDE_SECONDS: i64 = 24 * 3600;
/// A session's last use is written down when it is older than this.
const TOUCH_SECONDS: i64 = 60;

/// A caller, and the session that should be marked as used.
pub struct Identified {
    /// Who asks.
    pub caller: Caller,
    /// The session as it should be stored, if its last use is old.
    pub touched: Option<Session>,
}

/// Finds out who asks.
pub fn identify(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Identified, Error> {
    match &ctx.credential {
        Credential::Nobody => Ok(Identified { caller: Caller::Nobody, touched: None }),
        Credential::System(job) => Ok(Identified { caller: Caller::System(job), touched: None }),
        Credential::ApiToken(hash) => Ok(Identified { caller: of_token(tx, ctx, hash)?, touched: None }),
        Credential::Session(id) => of_session(tx, ctx, id),
    }
}

fn of_session(tx: &mut Tx<'_>, ctx: &Ctx, id: &SessionId) -> Result<Identified, Error> {
    let expired = || Error::unauthenticated("session.expired");
    let session = people::find_session(tx, id)?.ok_or_else(expired)?;
    let idle = ctx.now.seconds_since(session.last_seen_at);
    let staff = session.level == SessionLevel::Staff;
    if session.ended_at.is_some() || ctx.now >= session.expires_at || (staff && idle > STAFF_IDLE_SECONDS) {
        return Err(expired());
    }
    let caller = if staff {
        let account: AccountId = session.holder.parse().map_err(|_| expired())?;
        staff_caller(tx, ctx, &account, Some(id.clone()))?
    } else {
        let participant: ParticipantId = session.holder.parse().map_err(|_| expired())?;
        let person = participant::find(tx, &participant)?.ok_or_else(expired)?;
        Caller::Participant {
            id: participant,
            study: person.study,
            session: id.clone(),
            verified: session.level == SessionLevel::Verified,
            span: span(&session)?,
        }
    };
    let touched = (idle > TOUCH_SECONDS).then(|| {
        let expires_at =
            if staff { session.expires_at } else { ctx.now.plus_seconds(PARTICIPANT_SLIDE_SECONDS) };
        Session { last_seen_at: ctx.now, expires_at, ..session }
    });
    Ok(Identified { caller, touched })
}

/// How much of its person a participant's session shows. What can't be read opens nothing.
pub fn span(session: &Session) -> Result<Span, Error> {
    match session.bound_to.as_deref() {
        None => Ok(Span::UntilDraw),
        Some(person) if person == session.holder => Ok(Span::Person),
        Some(assessment) => {
            let id: Result<AssessmentId, _> = assessment.parse();
            id.map(Span::Assessment).map_err(|_| Error::internal("what a session shows can't be read"))
        }
    }
}

/// How that is stored.
pub fn bound_to(span: &Span, participant: &ParticipantId) -> Option<String> {
    match span {
        Span::UntilDraw => None,
        Span::Person => Some(participant.to_string()),
        Span::Assessment(id) => Some(id.to_string()),
    }
}

fn of_token(tx: &mut Tx<'_>, ctx: &Ctx, hash: &str) -> Result<Caller, Error> {
    let expired = || Error::unauthenticated("session.expired");
    let secret = people::find_secret(tx, SecretKind::ApiToken, hash)?.ok_or_else(expired)?;
    let account: AccountId = secret.holder.parse().map_err(|_| expired())?;
    let study: StudyId = secret.bound_to.as_deref().and_then(|id| id.parse().ok()).ok_or_else(expired)?;
    if !secret.is_alive(ctx.now) {
        return Err(expired());
    }
    let scopes: Vec<TokenScope> = serde_json::from_str(&secret.detail)
        .map_err(|error| Error::internal("the scopes of a token can't be read").caused_by(error))?;
    let mut caller = staff_caller(tx, ctx, &account, None)?;
    if let Caller::Staff { token, is_administrator, .. } = &mut caller {
        *token = Some((study, scopes));
        // A token reads a study's data by script; it never runs the installation.
        *is_administrator = false;
    }
    Ok(caller)
}

fn staff_caller(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &AccountId,
    session: Option<SessionId>,
) -> Result<Caller, Error> {
    let account = people::find_account(tx, id)?
        .filter(|account| account.state == AccountState::Active)
        .ok_or_else(|| Error::unauthenticated("session.expired"))?;
    let today = ctx.now.date_in(Zone::UTC);
    let standings = staff::list_assignments_of(tx, id)?
        .into_iter()
        .filter(|assignment| assignment.is_in_force(today))
        .map(|assignment| Standing {
            study: assignment.study,
            role: assignment.role,
            sites: assignment.sites,
            sees_arm: assignment.sees_arm,
            duties: assignment.duties,
        })
        .collect();
    Ok(Caller::Staff {
        account: account.id,
        session,
        organisation: account.organisation,
        is_administrator: account.is_administrator,
        standings,
        token: None,
    })
}
