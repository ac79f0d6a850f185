//! Sites of a study: added, renamed, closed.

use serde_json::json;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::context::Ctx;
use crate::conduct::disclosing;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::ids::SiteId;
use crate::kernel::time::Zone;
use crate::storage::Tx;
use crate::storage::staff;
use crate::storage::study::Study;
use crate::storage::study::StudyState;
use crate::trial::audit::event::Event;
use crate::trial::permission::action::Action;
use crate::trial::source::shape;

/// A place that recruits.
pub use crate::storage::staff::Site;
/// Whether a site recruits.
pub use crate::storage::staff::SiteState;

/// A site to be added.
#[derive(Clone, Debug)]
pub struct NewSite {
    /// Its code, a new level of the factor `site`.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its zone.
    pub time_zone: Zone,
}

/// Adds a site to a study.
pub fn create(ctx: &Ctx, study: &str, new: NewSite) -> Result<Done<Site>, Error> {
    act::act(
        ctx,
        Action::AddSite,
        Target::Study(study.to_owned()),
        move |tx, act| create_verb(tx, act, &new),
        |tx, _, object| {
            let id = object.parse().map_err(|_| Error::internal("an act names no site"))?;
            staff::find_site(tx, &id)?.ok_or_else(Error::not_found)
        },
    )
}

fn create_verb(tx: &mut Tx<'_>, act: &Act<'_>, new: &NewSite) -> Result<Change<Site>, Refusal> {
    let study = act.scope.study()?;
    require_unlocked(study)?;
    if !shape::is_code(&new.code) {
        return Err(Error::field("/code", "field.format", "has small letters, digits and _").into());
    }
    if staff::list_sites(tx, &study.id)?.iter().any(|site| site.code == new.code) {
        return Err(Error::field("/code", "field.choice", "is a site of this study already").into());
    }
    let site = Site {
        id: SiteId::draw(act.ctx.entropy())?,
        study: study.id.clone(),
        code: new.code.clone(),
        name: name(&new.name)?,
        time_zone: new.time_zone,
        state: SiteState::Open,
        created_at: act.ctx.now,
    };
    staff::insert_site(tx, &site)?;
    let event = Event::of_study("site.created", &study.id, site.id.as_str())
        .set("code", site.code.as_str())
        .set("name", site.name.as_str())
        .set("time_zone", site.time_zone.name());
    let (object, location) = (site.id.to_string(), format!("/api/v1/sites/{}", site.id));
    Ok(Change::new(site, object, event).created(location))
}

/// Sites may change before a study is open, too.
fn require_unlocked(study: &Study) -> Result<(), Error> {
    match study.state {
        StudyState::Draft | StudyState::Open | StudyState::Paused | StudyState::Closed => Ok(()),
        StudyState::Locked | StudyState::Revealed => Err(Error::conflict("study.locked")),
    }
}

fn name(sent: &str) -> Result<String, Error> {
    let name = sent.trim();
    if (1..=200).contains(&name.chars().count()) {
        Ok(name.to_owned())
    } else {
        Err(Error::field("/name", "field.length", "has 1 to 200 characters"))
    }
}

/// Reads a site.
pub fn get(ctx: &Ctx, id: SiteId) -> Result<Site, Error> {
    disclosing::look(ctx, Action::ReadStudy, &Target::Site(id), |_, act| act.scope.site().cloned())
}

/// Renames, closes or opens a site, if `is_known` finds it as the caller last saw it. What is `None` stays.
pub fn update(
    ctx: &Ctx,
    id: SiteId,
    new_name: Option<String>,
    new_state: Option<SiteState>,
    is_known: impl Fn(&Site) -> Result<(), Error> + Send + 'static,
) -> Result<Done<Site>, Error> {
    act::act(
        ctx,
        Action::ChangeSite,
        Target::Site(id),
        move |tx, act| {
            let before = act.scope.site()?;
            is_known(before)?;
            require_unlocked(act.scope.study()?)?;
            let after = Site {
                name: name(new_name.as_deref().unwrap_or(&before.name))?,
                state: new_state.unwrap_or(before.state),
                ..before.clone()
            };
            staff::update_site(tx, &after)?;
            let event = Event::of_study("site.changed", &after.study, after.id.as_str())
                .plain("name", Some(json!(before.name)), Some(json!(after.name)))
                .plain("state", Some(json!(before.state)), Some(json!(after.state)));
            let object = after.id.to_string();
            Ok(Change::new(after, object, event))
        },
        |_, act, _| act.scope.site().cloned(),
    )
}
