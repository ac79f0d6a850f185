//! Sites, and who has which role in a study.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::ids::AccountId;
use crate::kernel::ids::AssignmentId;
use crate::kernel::ids::SiteId;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Date;
use crate::kernel::time::Timestamp;
use crate::kernel::time::Zone;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::assignment;
use crate::storage::schema::assignment_site;
use crate::storage::schema::site;
use crate::storage::types::Stamp;
use crate::storage::types::Txt;
use crate::trial::role::Duty;
use crate::trial::role::Role;
use crate::trial::role::SeesArm;
use crate::trial::role::words;

words! {
    /// Whether a site recruits.
    SiteState {
        /// It does.
        Open = "open",
        /// It does not any more.
        Closed = "closed",
    }
}

/// A place that recruits.
#[derive(Clone, Debug)]
pub struct Site {
    /// The id.
    pub id: SiteId,
    /// The study.
    pub study: StudyId,
    /// The code, a level of the factor `site`.
    pub code: String,
    /// The name.
    pub name: String,
    /// The zone.
    pub time_zone: Zone,
    /// Whether it recruits.
    pub state: SiteState,
    /// When it was made.
    pub created_at: Timestamp,
}

type SiteRow = (Txt<SiteId>, Txt<StudyId>, String, String, Txt<Zone>, Txt<SiteState>, Stamp);

fn site_of((id, study, code, name, time_zone, state, created_at): SiteRow) -> Site {
    Site {
        id: id.0,
        study: study.0,
        code,
        name,
        time_zone: time_zone.0,
        state: state.0,
        created_at: created_at.0,
    }
}

/// Makes a site.
pub fn insert_site(tx: &mut Tx<'_>, new: &Site) -> Result<(), Error> {
    diesel::insert_into(site::table)
        .values((
            site::id.eq(new.id.as_str()),
            site::study_id.eq(new.study.as_str()),
            site::code.eq(&new.code),
            site::name.eq(&new.name),
            site::time_zone.eq(new.time_zone.name()),
            site::state.eq(new.state.as_str()),
            site::created_at.eq(new.created_at.naive_utc()),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// Stores name and state of a site.
pub fn update_site(tx: &mut Tx<'_>, changed: &Site) -> Result<(), Error> {
    diesel::update(site::table.filter(site::id.eq(changed.id.as_str())))
        .set((site::name.eq(&changed.name), site::state.eq(changed.state.as_str())))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// The site with this id.
pub fn find_site(tx: &mut Tx<'_>, id: &SiteId) -> Result<Option<Site>, Error> {
    let row: Option<SiteRow> =
        site::table.filter(site::id.eq(id.as_str())).first(&mut *tx.connection).optional().map_err(failed)?;
    Ok(row.map(site_of))
}

/// The sites of a study by code.
pub fn list_sites(tx: &mut Tx<'_>, study: &StudyId) -> Result<Vec<Site>, Error> {
    let rows: Vec<SiteRow> = site::table
        .filter(site::study_id.eq(study.as_str()))
        .order(site::code)
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows.into_iter().map(site_of).collect())
}

/// What an account may do in a study.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The id.
    pub id: AssignmentId,
    /// The study.
    pub study: StudyId,
    /// The account.
    pub account: AccountId,
    /// The role.
    pub role: Role,
    /// Which arms it sees.
    pub sees_arm: SeesArm,
    /// Duties besides the role.
    pub duties: Vec<Duty>,
    /// Its sites; empty for all.
    pub sites: Vec<SiteId>,
    /// The first day.
    pub from_on: Date,
    /// The last day.
    pub until_on: Option<Date>,
    /// The day of training.
    pub training_on: Option<Date>,
    /// When it was granted.
    pub granted_at: Timestamp,
    /// By whom.
    pub granted_by: String,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
    /// By whom.
    pub ended_by: Option<String>,
}

impl Assignment {
    /// Whether it held at an instant, whatever has become of it since.
    pub fn is_held_at(&self, at: Timestamp) -> bool {
        let (day, is_granted) = (at.date_in(Zone::UTC), self.granted_at <= at);
        let is_of_day = self.from_on <= day && self.until_on.is_none_or(|last| day <= last);
        is_granted && is_of_day && self.ended_at.is_none_or(|ended| at < ended)
    }

    /// Whether it holds on this day and at this instant.
    pub fn is_in_force(&self, today: Date) -> bool {
        self.ended_at.is_none() && self.from_on <= today && self.until_on.is_none_or(|last| today <= last)
    }
}

#[derive(Queryable)]
struct AssignmentRow {
    id: Txt<AssignmentId>,
    study_id: Txt<StudyId>,
    account_id: Txt<AccountId>,
    role: Txt<Role>,
    sees_arm: Txt<SeesArm>,
    duties: String,
    from_on: Date,
    until_on: Option<Date>,
    training_on: Option<Date>,
    granted_at: Stamp,
    granted_by: String,
    ended_at: Option<Stamp>,
    ended_by: Option<String>,
}

/// Grants a role.
pub fn insert_assignment(tx: &mut Tx<'_>, new: &Assignment) -> Result<(), Error> {
    let duties: Vec<&str> = new.duties.iter().map(|duty| duty.as_str()).collect();
    diesel::insert_into(assignment::table)
        .values((
            assignment::id.eq(new.id.as_str()),
            assignment::study_id.eq(new.study.as_str()),
            assignment::account_id.eq(new.account.as_str()),
            assignment::role.eq(new.role.as_str()),
            assignment::sees_arm.eq(new.sees_arm.as_str()),
            assignment::duties.eq(duties.join(" ")),
            assignment::from_on.eq(new.from_on),
            assignment::until_on.eq(new.until_on),
            assignment::training_on.eq(new.training_on),
            assignment::granted_at.eq(new.granted_at.naive_utc()),
            assignment::granted_by.eq(&new.granted_by),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)?;
    for site in &new.sites {
        diesel::insert_into(assignment_site::table)
            .values((
                assignment_site::assignment_id.eq(new.id.as_str()),
                assignment_site::site_id.eq(site.as_str()),
            ))
            .execute(&mut *tx.connection)
            .map_err(failed)?;
    }
    Ok(())
}

/// Ends a role.
pub fn end_assignment(tx: &mut Tx<'_>, id: &AssignmentId, at: Timestamp, by: &str) -> Result<(), Error> {
    diesel::update(assignment::table.filter(assignment::id.eq(id.as_str())))
        .set((assignment::ended_at.eq(at.naive_utc()), assignment::ended_by.eq(by)))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// The assignment with this id.
pub fn find_assignment(tx: &mut Tx<'_>, id: &AssignmentId) -> Result<Option<Assignment>, Error> {
    let rows = assignment::table
        .filter(assignment::id.eq(id.as_str()))
        .load::<AssignmentRow>(&mut *tx.connection)
        .map_err(failed)?;
    Ok(with_sites(tx, rows)?.pop())
}

/// The assignments of an account in all studies.
pub fn list_assignments_of(tx: &mut Tx<'_>, account: &AccountId) -> Result<Vec<Assignment>, Error> {
    let rows = assignment::table
        .filter(assignment::account_id.eq(account.as_str()))
        .order((assignment::granted_at, assignment::id))
        .load::<AssignmentRow>(&mut *tx.connection)
        .map_err(failed)?;
    with_sites(tx, rows)
}

/// All assignments of a study, ended ones too.
pub fn list_assignments(tx: &mut Tx<'_>, study: &StudyId) -> Result<Vec<Assignment>, Error> {
    let rows = assignment::table
        .filter(assignment::study_id.eq(study.as_str()))
        .order((assignment::granted_at, assignment::id))
        .load::<AssignmentRow>(&mut *tx.connection)
        .map_err(failed)?;
    with_sites(tx, rows)
}

fn with_sites(tx: &mut Tx<'_>, rows: Vec<AssignmentRow>) -> Result<Vec<Assignment>, Error> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.0.as_str()).collect();
    let pairs: Vec<(Txt<AssignmentId>, Txt<SiteId>)> = assignment_site::table
        .filter(assignment_site::assignment_id.eq_any(ids))
        .order(assignment_site::site_id)
        .load(&mut *tx.connection)
        .map_err(failed)?;
    let mut sites: BTreeMap<AssignmentId, Vec<SiteId>> = BTreeMap::new();
    for (assignment, site) in pairs {
        sites.entry(assignment.0).or_default().push(site.0);
    }
    rows.into_iter()
        .map(|row| {
            let duties: Result<Vec<Duty>, _> = row.duties.split_whitespace().map(str::parse).collect();
            Ok(Assignment {
                sites: sites.remove(&row.id.0).unwrap_or_default(),
                id: row.id.0,
                study: row.study_id.0,
                account: row.account_id.0,
                role: row.role.0,
                sees_arm: row.sees_arm.0,
                duties: duties.map_err(|_| Error::internal("a stored duty is unknown"))?,
                from_on: row.from_on,
                until_on: row.until_on,
                training_on: row.training_on,
                granted_at: row.granted_at.0,
                granted_by: row.granted_by,
                ended_at: row.ended_at.map(|stamp| stamp.0),
                ended_by: row.ended_by,
            })
        })
        .collect()
}
