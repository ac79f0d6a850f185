//! Studies: made from a protocol, opened, closed, locked, revealed.

use serde_json::json;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::context::Ctx;
use crate::conduct::described;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::error::FieldError;
use crate::kernel::error::Unmet;
use crate::kernel::ids::SiteId;
use crate::kernel::ids::StudyId;
use crate::storage::Tx;
use crate::storage::alert;
use crate::storage::alert::AlertFilter;
use crate::storage::allocation;
use crate::storage::allocation::DesignState;
use crate::storage::allocation::StoredDesign;
use crate::storage::protocol;
use crate::storage::protocol::ProtocolVersion;
use crate::storage::staff;
use crate::storage::staff::Site;
use crate::storage::staff::SiteState;
use crate::storage::study;
use crate::storage::study::Mode;
use crate::storage::study::Study;
use crate::storage::study::StudyState;
use crate::trial::audit::event::Event;
use crate::trial::audit::event::Reason;
use crate::trial::audit::verification::ROW;
use crate::trial::permission::action::Action;
use crate::trial::permission::caller::Facts;
use crate::trial::permission::decision;
use crate::trial::protocol::canonical;
use crate::trial::protocol::checker;
use crate::trial::protocol::checker::Checked;
use crate::trial::protocol::model::Protocol;
use crate::trial::protocol::texts::Texts;
use crate::trial::role::Role;
use crate::trial::source::finding::Finding;
use crate::trial::source::finding::Severity;

/// A study as staff see one.
#[derive(Clone, Debug)]
pub struct StudyView {
    /// The study.
    pub study: Study,
    /// Its protocol version in force, and its hash.
    pub protocol: (i64, String),
    /// Its title.
    pub title: String,
    /// Its sites.
    pub sites: Vec<Site>,
}

/// Makes a study of mode test from a protocol file and the texts beside it. Mode live is refused until what it needs exists.
pub fn create(ctx: &Ctx, mode: Mode, source: String, texts: Texts) -> Result<Done<StudyView>, Error> {
    act::act(
        ctx,
        Action::CreateStudy,
        Target::Installation,
        move |tx, act| create_verb(tx, act, mode, &source, &texts),
        |tx, _, object| {
            let id: StudyId = object.parse().map_err(|_| Error::internal("an act names no study"))?;
            let found = study::find(tx, &id)?.ok_or_else(Error::not_found)?;
            view(tx, &found)
        },
    )
}

/// What a live study needs and this program does not have yet.
fn refuse_live(mode: Mode) -> Result<(), Error> {
    match mode {
        Mode::Test => Ok(()),
        Mode::Live => Err(Error::conflict("study.not_ready")
            .detail("studies of mode live need these first; make a study of mode test")
            .with_unmet(vec![
                Unmet::new("second_factor", "approval.missing"),
                Unmet::new("reauthentication", "approval.missing"),
                Unmet::new("two_person_acts", "approval.missing"),
            ])),
    }
}

fn create_verb(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    mode: Mode,
    source: &str,
    texts: &Texts,
) -> Result<Change<StudyView>, Refusal> {
    refuse_live(mode)?;
    let (protocol, checked) = sound(source, texts)?;
    let section = &protocol.study;
    if study::find_by_name(tx, &section.alias)?.is_some() {
        return Err(Error::conflict("study.alias_taken").into());
    }
    let canonical = canonical::of(&protocol, texts, &checked.instruments)?;
    let study = Study {
        id: StudyId::draw(act.ctx.entropy())?,
        alias: section.alias.clone(),
        mode,
        state: StudyState::Draft,
        seeded: act.ctx.entropy().is_seeded(),
        settings: "{}".to_owned(),
        protocol_version: 1,
        next_sequence: 1,
        created_at: act.ctx.now,
        opened_at: None,
        closed_at: None,
        locked_at: None,
        revealed_at: None,
    };
    study::insert(tx, &study)?;
    let version = ProtocolVersion {
        study: study.id.clone(),
        n: 1,
        source: source.to_owned(),
        canonical: canonical.text,
        sha256: canonical.sha256,
        created_at: act.ctx.now,
        created_by: act.actor(),
    };
    protocol::insert(tx, &version, texts)?;
    for entry in &section.sites {
        let site = Site {
            id: SiteId::draw(act.ctx.entropy())?,
            study: study.id.clone(),
            code: entry.code.clone(),
            name: entry.name.clone(),
            time_zone: entry.zone.unwrap_or(section.zone),
            state: SiteState::Open,
            created_at: act.ctx.now,
        };
        staff::insert_site(tx, &site)?;
    }
    let event = Event::of_study("study.created", &study.id, study.id.as_str())
        .set("alias", study.alias.as_str())
        .set("mode", study.mode.as_str())
        .set("sites", json!(section.sites.iter().map(|site| &site.code).collect::<Vec<_>>()));
    let added = Event::of_study("protocol.added", &study.id, described::protocol_object(&version))
        .set("sha256", version.sha256.as_str())
        .digest(ROW, None, Some(described::protocol_image(&version)));
    let view = view(tx, &study)?;
    let location = format!("/api/v1/studies/{}", study.id);
    Ok(Change::new(view, study.id.as_str(), event).and(added).created(location))
}

/// A protocol without errors, or 422 with every finding at its place.
fn sound(source: &str, texts: &Texts) -> Result<(Protocol, Checked), Error> {
    let checked = checker::check("protocol.toml", source, texts);
    match &checked.protocol {
        Some(protocol) if checked.is_sound() => Ok((protocol.clone(), checked)),
        Some(_) | None => {
            let errors = checked.findings.iter().filter(|finding| finding.severity == Severity::Error);
            Err(Error::invalid("protocol.invalid").with_fields(errors.map(as_field).collect()))
        }
    }
}

/// A finding as a fault of the body.
pub fn as_field(finding: &Finding) -> FieldError {
    FieldError {
        pointer: finding.file.clone(),
        code: finding.code.to_owned(),
        detail: finding.text.clone(),
        place: Some((finding.place.line, finding.place.column)),
        mend: finding.mend.clone(),
    }
}

fn view(tx: &mut Tx<'_>, study: &Study) -> Result<StudyView, Error> {
    let version = protocol::find(tx, &study.id, study.protocol_version)?;
    let version = version.ok_or_else(|| Error::internal("a study without its protocol"))?;
    let checked =
        checker::check("protocol.toml", &version.source, &protocol::texts(tx, &study.id, version.n)?);
    Ok(StudyView {
        protocol: (version.n, version.sha256),
        title: checked.protocol.map(|protocol| protocol.study.title).unwrap_or_default(),
        sites: staff::list_sites(tx, &study.id)?,
        study: study.clone(),
    })
}

/// Reads a study.
pub fn get(ctx: &Ctx, name: &str) -> Result<StudyView, Error> {
    act::look(ctx, Action::ReadStudy, &Target::Study(name.to_owned()), |tx, act| view(tx, act.scope.study()?))
}

/// The studies that the caller may read, by alias.
pub fn list(ctx: &Ctx) -> Result<Vec<StudyView>, Error> {
    act::look(ctx, Action::OwnAccount, &Target::OwnAccount, |tx, act| {
        let may_read = |study: &Study| {
            let facts = Facts { study: Some(study.id.clone()), ..Facts::default() };
            decision::decide(Action::ReadStudy, act.caller, &facts).is_ok()
        };
        let studies = study::list(tx)?;
        studies.iter().filter(|study| may_read(study)).map(|study| view(tx, study)).collect()
    })
}

/// What a study still lacks.
#[derive(Clone, Debug)]
pub struct Readiness {
    /// For opening.
    pub opening: Vec<Unmet>,
    /// For the lock.
    pub locking: Vec<Unmet>,
}

/// What stands between a study and its opening, and its lock. An administrator is not told which alerts are open.
pub fn readiness(ctx: &Ctx, name: &str) -> Result<Readiness, Error> {
    act::look(ctx, Action::ReadReadiness, &Target::Study(name.to_owned()), |tx, act| {
        let study = act.scope.study()?;
        let draws = act.plan(tx)?.protocol.randomization.is_some();
        let mut locking = missing_for_lock(tx, study)?;
        if act.grant.role.is_none() {
            locking.iter_mut().for_each(|unmet| unmet.object = None);
            locking.dedup();
        }
        Ok(Readiness { opening: missing_for_opening(tx, study, draws)?, locking })
    })
}

/// What is missing for opening.
fn missing_for_opening(tx: &mut Tx<'_>, study: &Study, draws: bool) -> Result<Vec<Unmet>, Error> {
    let mut unmet = Vec::new();
    let designs = allocation::list_designs(tx, &study.id)?;
    if draws && !designs.iter().any(|design| design.state == DesignState::Active) {
        unmet.push(Unmet::new("design", "design.not_committed"));
    }
    let staff = staff::list_assignments(tx, &study.id)?;
    for role in [Role::Lead, Role::Coordinator] {
        if !staff.iter().any(|assignment| assignment.role == role && assignment.ended_at.is_none()) {
            unmet.push(Unmet::new(role.as_str(), "decision.missing"));
        }
    }
    Ok(unmet)
}

/// What stands in the way of the lock.
fn missing_for_lock(tx: &mut Tx<'_>, study: &Study) -> Result<Vec<Unmet>, Error> {
    let open = alert::list(tx, &study.id, AlertFilter::default(), i64::MAX)?;
    let open = open.iter().filter(|(_, alert)| alert.state != "closed");
    Ok(open.map(|(_, alert)| Unmet::new("alert", "alert.open").at(alert.id.as_str())).collect())
}

/// Takes people from now on.
pub fn open(ctx: &Ctx, name: &str, reason: Reason) -> Result<Done<StudyView>, Error> {
    change(ctx, name, reason, "study.opened", |tx, act, study| {
        require(study, &[StudyState::Draft, StudyState::Paused])?;
        let plan = act.plan(tx)?;
        let unmet = missing_for_opening(tx, study, plan.protocol.randomization.is_some())?;
        if !unmet.is_empty() {
            return Err(Error::conflict("study.not_ready").with_unmet(unmet));
        }
        study.state = StudyState::Open;
        study.opened_at = study.opened_at.or(Some(act.ctx.now));
        Ok(())
    })
}

/// Ends recruitment; follow-up goes on.
pub fn close(ctx: &Ctx, name: &str, reason: Reason) -> Result<Done<StudyView>, Error> {
    change(ctx, name, reason, "study.closed", |_, act, study| {
        require(study, &[StudyState::Open, StudyState::Paused])?;
        study.state = StudyState::Closed;
        study.closed_at = Some(act.ctx.now);
        Ok(())
    })
}

/// Fixes every trial value.
pub fn lock(ctx: &Ctx, name: &str, reason: Reason) -> Result<Done<StudyView>, Error> {
    change(ctx, name, reason, "study.locked", |tx, act, study| {
        require(study, &[StudyState::Closed])?;
        let unmet = missing_for_lock(tx, study)?;
        if !unmet.is_empty() {
            return Err(Error::conflict("lock.blocked").with_unmet(unmet));
        }
        study.state = StudyState::Locked;
        study.locked_at = Some(act.ctx.now);
        crate::conduct::auditing::checkpoint(tx, act, "lock")
    })
}

fn require(study: &Study, from: &[StudyState]) -> Result<(), Error> {
    match study.state {
        state if from.contains(&state) => Ok(()),
        StudyState::Locked | StudyState::Revealed => Err(Error::conflict("study.locked")),
        StudyState::Draft | StudyState::Open | StudyState::Paused | StudyState::Closed => {
            Err(Error::conflict("study.not_open"))
        }
    }
}

fn change(
    ctx: &Ctx,
    name: &str,
    reason: Reason,
    action: &'static str,
    set: impl Fn(&mut Tx<'_>, &Act<'_>, &mut Study) -> Result<(), Error> + Send + 'static,
) -> Result<Done<StudyView>, Error> {
    act::act(
        ctx,
        Action::RunStudy,
        Target::Study(name.to_owned()),
        move |tx, act| {
            let before = act.scope.study()?;
            let mut after = before.clone();
            set(tx, act, &mut after)?;
            study::update(tx, &after)?;
            let event = Event::of_study(action, &after.id, after.id.as_str())
                .plain("state", Some(json!(before.state)), Some(json!(after.state)))
                .because(Some(reason.clone()));
            Ok(Change::new(view(tx, &after)?, after.id.as_str(), event))
        },
        |tx, act, _| view(tx, act.scope.study()?),
    )
}

/// Discloses seeds and arms of a locked study of mode test. (A live study's reveal takes two persons.)
pub fn reveal(ctx: &Ctx, name: &str, reason: Reason) -> Result<Done<StudyView>, Error> {
    act::act(
        ctx,
        Action::ManageDesign,
        Target::Study(name.to_owned()),
        move |tx, act| {
            let before = act.scope.study()?;
            if before.state != StudyState::Locked {
                return Err(Error::conflict("reveal.not_locked").into());
            }
            let mut after = before.clone();
            after.state = StudyState::Revealed;
            after.revealed_at = Some(act.ctx.now);
            study::update(tx, &after)?;
            for design in allocation::list_designs(tx, &after.id)? {
                if matches!(design.state, DesignState::Active | DesignState::Superseded) {
                    allocation::update_design(tx, &StoredDesign { state: DesignState::Revealed, ..design })?;
                }
            }
            let event = Event::of_study("study.revealed", &after.id, after.id.as_str())
                .plain("state", Some(json!(before.state)), Some(json!(after.state)))
                .because(Some(reason.clone()));
            Ok(Change::new(view(tx, &after)?, after.id.as_str(), event))
        },
        |tx, act, _| view(tx, act.scope.study()?),
    )
}
