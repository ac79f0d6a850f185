//! The sealed design: drafted by the unblinded statistician, committed with seed and nonce from the operating system,
//! activated, and opened again only for a draw and for the reveal.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::advising;
use crate::conduct::context::Ctx;
use crate::conduct::disclosing;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::digest;
use crate::kernel::entropy::thirty_two;
use crate::kernel::error::FieldError;
use crate::kernel::ids::DesignId;
use crate::kernel::time::Timestamp;
use crate::storage::Tx;
use crate::storage::allocation;
use crate::storage::allocation::DesignState;
use crate::storage::allocation::StoredDesign;
use crate::storage::study::StudyState;
use crate::trial::audit::event::Event;
use crate::trial::audit::verification::ROW;
use crate::trial::permission::action::Action;
use crate::trial::protocol::design;
use crate::trial::protocol::model::Openness;
use crate::trial::randomization::design::Design;
use crate::trial::randomization::draw;
use crate::trial::randomization::lints::Lint;
use crate::trial::randomization::stream;
use crate::trial::randomization::stream::Context;
use crate::trial::randomization::stream::Secrets;

/// A design as the unblinded statistician sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct DesignView {
    /// Its number.
    pub version: i64,
    /// Where it stands.
    pub state: DesignState,
    /// The design JSON.
    pub design: Value,
    /// The beacon that it names, or `none`.
    pub beacon_ref: String,
    /// The commitment, once made.
    pub commitment: Option<String>,
    /// What is unwise about it.
    pub lints: Vec<Lint>,
}

/// The public face of a design: what is shown before the first participant and proves nothing was changed since.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    /// The design's number.
    pub version: i64,
    /// Where it stands.
    pub state: DesignState,
    /// The commitment.
    pub commitment: String,
    /// The beacon, or `none`: then repeated tries before the commitment are not excluded.
    pub beacon_ref: String,
    /// When it was committed.
    pub committed_at: Timestamp,
    /// When it was activated.
    pub activated_at: Option<Timestamp>,
}

fn unavailable() -> Error {
    Error::unavailable("allocation.unavailable")
}

fn place(column: &str, design: &DesignId) -> String {
    format!("design.{column}/{design}")
}

/// Writes the draft of the design: the restricted keys only; the rest stands in the protocol. `is_known` is asked whether
/// what is there is what the caller last saw.
pub fn put(
    ctx: &Ctx,
    study: &str,
    parameters: Map<String, Value>,
    is_known: impl Fn(Option<&DesignView>) -> Result<(), Error> + Send + 'static,
) -> Result<Done<DesignView>, Error> {
    act::act(
        ctx,
        Action::ManageDesign,
        Target::Study(study.to_owned()),
        move |tx, act| {
            let designs = allocation::list_designs(tx, &act.scope.study()?.id)?;
            let present = designs.last().map(|stored| view(tx, act, stored)).transpose()?;
            is_known(present.as_ref())?;
            put_verb(tx, act, &parameters)
        },
        replay,
    )
}

fn put_verb(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    parameters: &Map<String, Value>,
) -> Result<Change<DesignView>, Refusal> {
    let study = act.scope.study()?;
    if !matches!(study.state, StudyState::Draft) {
        return Err(Error::conflict("design.immutable").into());
    }
    let plan = act.plan(tx)?;
    let section = plan.protocol.randomization.as_ref().ok_or_else(Error::not_found)?;
    let mut restricted = parameters.clone();
    if section.openness != Openness::Sealed {
        // A public design stands in the file; typing in another one is refused.
        let public = design::public_part(&plan.protocol).unwrap_or_default();
        if !restricted.is_empty() && restricted != public {
            let detail = "the protocol is public and states these values; leave them out or send the same";
            return Err(Error::invalid("design.invalid").detail(detail).into());
        }
        restricted = public;
    }
    let whole = design::with_parameters(&plan.protocol, &restricted).ok_or_else(Error::not_found)?;
    let checked = Design::from_json(&whole).map_err(|error| {
        let field = FieldError::new(format!("/parameters/{}", error.key), "field.range", error.what.clone());
        Error::invalid("design.invalid").with_field(field)
    })?;
    let known = allocation::list_designs(tx, &study.id)?;
    let drafted = match known.last() {
        Some(last) if last.state == DesignState::Draft => last.clone(),
        Some(_) => return Err(Error::conflict("design.immutable").into()),
        None => {
            let new = StoredDesign {
                id: DesignId::draw(act.ctx.entropy())?,
                study: study.id.clone(),
                version: i64::from(section.design),
                state: DesignState::Draft,
                beacon_ref: "none".to_owned(),
                beacon: None,
                commitment: None,
                sealed_design: String::new(),
                sealed_seed: None,
                sealed_nonce: None,
                drafted_at: act.ctx.now,
                committed_at: None,
                activated_at: None,
                first_sequence: None,
            };
            allocation::insert_design(tx, &new)?;
            new
        }
    };
    let sealed = act.ctx.keys().seal.seal(
        &place("design", &drafted.id),
        checked.canonical().as_bytes(),
        act.ctx.entropy(),
    )?;
    let drafted = StoredDesign { sealed_design: sealed, drafted_at: act.ctx.now, ..drafted };
    allocation::update_design(tx, &drafted)?;
    let event = Event::of_study("design.drafted", &study.id, drafted.id.as_str())
        .set("version", drafted.version)
        .digest("design", None, Some(act.keyed("design", &json!(checked.canonical()))));
    let id = drafted.id.clone();
    Ok(Change::new(view(tx, act, &drafted)?, id.as_str(), event))
}

fn replay(tx: &mut Tx<'_>, act: &Act<'_>, object: &str) -> Result<DesignView, Error> {
    let designs = allocation::list_designs(tx, &act.scope.study()?.id)?;
    let found = designs.iter().find(|design| design.id.as_str() == object);
    view(tx, act, found.ok_or_else(Error::not_found)?)
}

/// The latest design, for the unblinded statistician; the look is written down.
pub fn get(ctx: &Ctx, study: &str) -> Result<DesignView, Error> {
    let target = Target::Study(study.to_owned());
    disclosing::disclose(ctx, Action::ManageDesign, target, "design.read", |tx, act| {
        let designs = allocation::list_designs(tx, &act.scope.study()?.id)?;
        view(tx, act, designs.last().ok_or_else(Error::not_found)?)
    })
}

fn view(tx: &mut Tx<'_>, act: &Act<'_>, stored: &StoredDesign) -> Result<DesignView, Error> {
    let opened = open_design(act.ctx, stored)?;
    let design = serde_json::from_str(opened.canonical())
        .map_err(|error| Error::internal("a stored design can't be read").caused_by(error))?;
    Ok(DesignView {
        version: stored.version,
        state: stored.state,
        design,
        beacon_ref: stored.beacon_ref.clone(),
        commitment: stored.commitment.clone(),
        lints: advising::lints(tx, act, &opened)?,
    })
}

fn open_design(ctx: &Ctx, stored: &StoredDesign) -> Result<Design, Error> {
    let bytes = ctx.keys().seal.open(&place("design", &stored.id), &stored.sealed_design)?;
    let text = String::from_utf8(bytes).map_err(|_| Error::internal("a stored design can't be read"))?;
    Design::parse(&text).map_err(|error| Error::internal(format!("a stored design is not sound: {error}")))
}

/// Draws seed and nonce and fixes every byte.
pub fn commit(ctx: &Ctx, study: &str) -> Result<Done<Certificate>, Error> {
    act::act(ctx, Action::ManageDesign, Target::Study(study.to_owned()), commit_verb, certificate_replay)
}

fn commit_verb(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Change<Certificate>, Refusal> {
    let study = act.scope.study()?;
    let designs = allocation::list_designs(tx, &study.id)?;
    let draft = designs.last().ok_or_else(Error::not_found)?;
    if draft.state != DesignState::Draft {
        return Err(Error::conflict("design.immutable").into());
    }
    if act.ctx.entropy().is_seeded() && !study.seeded {
        return Err(Error::internal("a study of real chance can't be committed from a seed").into());
    }
    let design = open_design(act.ctx, draft)?;
    let secrets = Secrets { seed: thirty_two(act.ctx.entropy())?, nonce: thirty_two(act.ctx.entropy())? };
    let context = Context {
        study: study.id.to_string(),
        design_hash: design.hash(),
        beacon_ref: draft.beacon_ref.clone(),
        beacon: None,
    };
    // A method that can't be drawn is refused now, not at the first participant.
    draw::drawable(&design)
        .map_err(|error| Error::invalid("protocol.unsupported").detail(error.to_string()))?;
    let seal = |column: &str, bytes: &[u8]| {
        act.ctx.keys().seal.seal(&place(column, &draft.id), bytes, act.ctx.entropy())
    };
    let committed = StoredDesign {
        state: DesignState::Committed,
        commitment: Some(digest::hex(&stream::commitment(&context, &secrets))),
        sealed_seed: Some(seal("seed", &secrets.seed)?),
        sealed_nonce: Some(seal("nonce", &secrets.nonce)?),
        committed_at: Some(act.ctx.now),
        ..draft.clone()
    };
    allocation::update_design(tx, &committed)?;
    let event = Event::of_study("design.committed", &study.id, committed.id.as_str())
        .set("version", committed.version)
        .set("commitment", committed.commitment.clone())
        .digest(ROW, None, Some(image(&committed)));
    let sealed =
        Event::of_study("seed.sealed", &study.id, committed.id.as_str()).set("key", act.ctx.keys().seal.id());
    crate::conduct::checkpointing::checkpoint(tx, act, "design")?;
    Ok(Change::new(certificate(&committed)?, committed.id.as_str(), event).and(sealed))
}

/// Lets draws be made from a committed design.
pub fn activate(ctx: &Ctx, study: &str) -> Result<Done<Certificate>, Error> {
    act::act(
        ctx,
        Action::ManageDesign,
        Target::Study(study.to_owned()),
        |tx, act| {
            let study = act.scope.study()?;
            let designs = allocation::list_designs(tx, &study.id)?;
            let design = designs.last().ok_or_else(Error::not_found)?;
            if design.state != DesignState::Committed {
                return Err(Error::conflict("design.not_committed").into());
            }
            let active = StoredDesign {
                state: DesignState::Active,
                activated_at: Some(act.ctx.now),
                ..design.clone()
            };
            allocation::update_design(tx, &active)?;
            let event = Event::of_study("design.activated", &study.id, active.id.as_str())
                .set("version", active.version)
                .plain("state", Some(json!(design.state)), Some(json!(active.state)));
            Ok(Change::new(certificate(&active)?, active.id.as_str(), event))
        },
        certificate_replay,
    )
}

fn certificate_replay(tx: &mut Tx<'_>, act: &Act<'_>, object: &str) -> Result<Certificate, Error> {
    let designs = allocation::list_designs(tx, &act.scope.study()?.id)?;
    let found = designs.iter().find(|design| design.id.as_str() == object);
    certificate(found.ok_or_else(Error::not_found)?)
}

/// The certificates of a study.
pub fn certificates(ctx: &Ctx, study: &str) -> Result<Vec<Certificate>, Error> {
    disclosing::look(ctx, Action::ReadCertificate, &Target::Study(study.to_owned()), |tx, act| {
        let designs = allocation::list_designs(tx, &act.scope.study()?.id)?;
        designs.iter().filter(|design| design.commitment.is_some()).map(certificate).collect()
    })
}

fn certificate(design: &StoredDesign) -> Result<Certificate, Error> {
    let incomplete = || Error::conflict("design.not_committed");
    Ok(Certificate {
        version: design.version,
        state: design.state,
        commitment: design.commitment.clone().ok_or_else(incomplete)?,
        beacon_ref: design.beacon_ref.clone(),
        committed_at: design.committed_at.ok_or_else(incomplete)?,
        activated_at: design.activated_at,
    })
}

/// What stays of a design from its commitment on, as its event's digest covers it.
pub fn image(design: &StoredDesign) -> Value {
    json!({
        "id": design.id, "study": design.study, "version": design.version, "beacon_ref": design.beacon_ref,
        "commitment": design.commitment, "sealed_design": design.sealed_design, "sealed_seed": design.sealed_seed,
        "sealed_nonce": design.sealed_nonce, "committed_at": design.committed_at.map(|at| at.to_string()),
    })
}

/// A design opened for a draw or for the reveal: its commitment was checked against what was opened.
pub struct OpenedDesign {
    /// The design.
    pub design: Design,
    /// The public side.
    pub context: Context,
    /// Seed and nonce.
    pub secrets: Secrets,
}

/// Opens a committed design and checks it against its commitment. Whatever is not sound closes the door: no draw.
pub fn open(ctx: &Ctx, stored: &StoredDesign) -> Result<OpenedDesign, Error> {
    let closed = |cause: Error| unavailable().caused_by(cause);
    let design = open_design(ctx, stored).map_err(closed)?;
    let secret = |column: &str, sealed: &Option<String>| -> Result<[u8; 32], Error> {
        let sealed = sealed.as_ref().ok_or_else(unavailable)?;
        let bytes = ctx.keys().seal.open(&place(column, &stored.id), sealed).map_err(closed)?;
        bytes.try_into().map_err(|_| unavailable())
    };
    let secrets =
        Secrets { seed: secret("seed", &stored.sealed_seed)?, nonce: secret("nonce", &stored.sealed_nonce)? };
    let beacon = stored.beacon.as_ref().map(|beacon| digest::unhex32(beacon).ok_or_else(unavailable));
    let context = Context {
        study: stored.study.to_string(),
        design_hash: design.hash(),
        beacon_ref: stored.beacon_ref.clone(),
        beacon: beacon.transpose()?,
    };
    let commitment = digest::hex(&stream::commitment(&context, &secrets));
    if stored.commitment.as_ref() != Some(&commitment) {
        return Err(unavailable().caused_by("the sealed design does not fit its commitment"));
    }
    Ok(OpenedDesign { design, context, secrets })
}
