//! Studies: made from a protocol, read and listed.

use serde_json::json;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::context::Ctx;
use crate::conduct::described;
use crate::conduct::disclosing;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::error::FieldError;
use crate::kernel::error::Unmet;
use crate::kernel::ids::SiteId;
use crate::kernel::ids::StudyId;
use crate::storage::Tx;
use crate::storage::protocol;
use crate::storage::protocol::ProtocolVersion;
use crate::storage::staff;
use crate::storage::staff::Site;
use crate::storage::staff::SiteState;
use crate::storage::study;
use crate::storage::study::Study;
use crate::storage::study::StudyState;
use crate::trial::audit::event::Event;
use crate::trial::audit::verification::ROW;
use crate::trial::permission::action::Action;
use crate::trial::permission::caller::Facts;
use crate::trial::permission::decision;
use crate::trial::protocol::canonical;
use crate::trial::protocol::checker;
use crate::trial::protocol::checker::Checked;
use crate::trial::protocol::model::Protocol;
use crate::trial::protocol::texts::Texts;
use crate::trial::source::finding::Finding;
use crate::trial::source::finding::Severity;

mod moving;
mod readiness;

pub use crate::conduct::studying::moving::Accepted;
pub use crate::conduct::studying::moving::close;
pub use crate::conduct::studying::moving::lock;
pub use crate::conduct::studying::moving::open;
pub use crate::conduct::studying::moving::reveal;
pub use crate::conduct::studying::readiness::Readiness;
pub use crate::conduct::studying::readiness::readiness;
/// Whether real people take part.
pub use crate::storage::study::Mode;

/// A study as staff see one.
#[derive(Clone, Debug)]
pub struct StudyView {
    /// The study.
    pub study: Study,
    /// Its protocol version in force, and its hash.
    pub protocol: (i64, String),
    /// Its title.
    pub title: String,
    /// Its arms, code and label, as the protocol names them.
    pub arms: Vec<(String, String)>,
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
        |tx, act, object| {
            let id: StudyId = object.parse().map_err(|_| Error::internal("an act names no study"))?;
            let found = study::find(tx, &id)?.ok_or_else(Error::not_found)?;
            view(tx, act, &found)
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
    let view = view(tx, act, &study)?;
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

/// A study as staff see one.
pub fn view(tx: &mut Tx<'_>, act: &Act<'_>, study: &Study) -> Result<StudyView, Error> {
    let plan = act.ctx.house.plans.of(tx, study)?;
    let arms = plan.protocol.comparison.arms.iter();
    Ok(StudyView {
        protocol: (plan.n, plan.sha256.clone()),
        title: plan.protocol.study.title.clone(),
        arms: arms.map(|arm| (arm.id.clone(), arm.label.clone())).collect(),
        sites: staff::list_sites(tx, &study.id)?,
        study: study.clone(),
    })
}

/// Reads a study.
pub fn get(ctx: &Ctx, name: &str) -> Result<StudyView, Error> {
    disclosing::look(ctx, Action::ReadStudy, &Target::Study(name.to_owned()), |tx, act| {
        view(tx, act, act.scope.study()?)
    })
}

/// The studies behind an alias that the caller may read, by alias, at most `limit`.
pub fn list(ctx: &Ctx, after: Option<&str>, limit: usize) -> Result<Vec<StudyView>, Error> {
    disclosing::look(ctx, Action::OwnAccount, &Target::OwnAccount, |tx, act| {
        let may_read = |study: &&Study| {
            let facts = Facts { study: Some(study.id.clone()), ..Facts::default() };
            decision::decide(Action::ReadStudy, act.caller, &facts).is_ok()
        };
        let studies = study::list(tx)?;
        let behind = studies.iter().filter(|study| after.is_none_or(|after| study.alias.as_str() > after));
        behind.filter(may_read).take(limit).map(|study| view(tx, act, study)).collect()
    })
}
