//! The staff of a simulated trial: one account for each role and each site's coordinator, invited, activated and granted
//! their roles like everybody else.

use std::collections::BTreeMap;

use crate::conduct::context::Credential;
use crate::conduct::context::Ctx;
use crate::conduct::context::House;
use crate::conduct::signing_in;
use crate::conduct::signing_in::NewAccount;
use crate::conduct::staffing;
use crate::conduct::staffing::NewRole;
use crate::kernel::Error;
use crate::kernel::digest;
use crate::kernel::entropy::sixteen;
use crate::kernel::ids::AccountId;
use crate::kernel::ids::SiteId;
use crate::kernel::time::Timestamp;
use crate::kernel::time::Zone;
use crate::trial::permission::table;
use crate::trial::role::Duty;
use crate::trial::role::Role;
use crate::trial::role::SeesArm;

/// A session is taken up again within so many seconds; they end after half an hour without use, or twelve hours.
const SAME_SITTING: i64 = 25 * 60;
const LONGEST_SITTING: i64 = 11 * 3600;

/// A member of the staff.
#[derive(Clone, Debug)]
pub struct Member {
    /// The account.
    pub account: AccountId,
    /// The login.
    pub login: String,
    /// The password.
    pub password: String,
    /// The role; `None` for the administrator.
    pub role: Option<Role>,
    /// Which arms it sees.
    pub sees_arm: SeesArm,
    /// The site's code, where the member works at one.
    pub site: Option<String>,
    session: Option<(Credential, Timestamp, Timestamp)>,
}

/// Everybody.
#[derive(Clone, Debug, Default)]
pub struct Staff {
    members: Vec<Member>,
}

/// What a member is to be.
struct Post {
    name: String,
    role: Role,
    sees_arm: SeesArm,
    duties: &'static [Duty],
    site: Option<(String, SiteId)>,
}

impl Staff {
    /// The administrator alone.
    pub fn begin(house: &House, now: Timestamp) -> Result<Self, Error> {
        let ctx = Ctx::system(house, now, "simulation")?;
        let invited = signing_in::invite_first(&ctx, new_account("administrator"))?;
        let mut staff = Self::default();
        staff.admit(
            house,
            now,
            invited.account,
            &invited.login,
            &invited.invitation,
            None,
            SeesArm::None,
            None,
        )?;
        Ok(staff)
    }

    /// Invites everybody else and grants their roles in a study.
    pub fn grow(
        &mut self,
        house: &House,
        now: Timestamp,
        study: &str,
        sites: &[(String, SiteId)],
        blind: &[Role],
    ) -> Result<(), Error> {
        for post in posts(sites, blind) {
            let administrator = self.ctx(house, now, 0)?;
            let invited = signing_in::invite(&administrator, new_account(&post.name))?.value;
            let granter = if post.role == Role::Lead {
                administrator
            } else {
                self.ctx_as(house, now, Role::Lead, None)?
            };
            let new = NewRole {
                account: invited.account.clone(),
                role: post.role,
                sees_arm: post.sees_arm,
                duties: post.duties.to_vec(),
                sites: post.site.iter().map(|(_, id)| id.clone()).collect(),
                from_on: now.date_in(Zone::UTC),
                until_on: None,
                training_on: None,
            };
            staffing::grant(&granter, study, new)?;
            let (role, site) = (Some(post.role), post.site.map(|(code, _)| code));
            self.admit(
                house,
                now,
                invited.account,
                &invited.login,
                &invited.invitation,
                role,
                post.sees_arm,
                site,
            )?;
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "what an invitation and a post state")]
    fn admit(
        &mut self,
        house: &House,
        now: Timestamp,
        account: AccountId,
        login: &str,
        invitation: &str,
        role: Option<Role>,
        sees_arm: SeesArm,
        site: Option<String>,
    ) -> Result<(), Error> {
        let password = digest::hex(&sixteen(house.entropy.as_ref())?);
        signing_in::set_credentials(&Ctx::new(house, now, Credential::Nobody)?, invitation, &password)?;
        self.members.push(Member {
            account,
            login: login.to_owned(),
            password,
            role,
            sees_arm,
            site,
            session: None,
        });
        Ok(())
    }

    /// Everybody, the administrator first.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The context of a member, signed in.
    pub fn ctx(&mut self, house: &House, now: Timestamp, member: usize) -> Result<Ctx, Error> {
        let nobody = || Error::internal("the simulated staff has no such member");
        let known = self.members.get_mut(member).ok_or_else(nobody)?;
        let lasting = known.session.as_ref().filter(|(_, begun, used)| {
            now.seconds_since(*used) < SAME_SITTING && now.seconds_since(*begun) < LONGEST_SITTING
        });
        let (credential, begun) = match lasting {
            Some((credential, begun, _)) => (credential.clone(), *begun),
            None => {
                let session =
                    signing_in::begin_unasked(&Ctx::system(house, now, "simulation")?, &known.account)?;
                (Credential::Session(session), now)
            }
        };
        known.session = Some((credential.clone(), begun, now));
        Ctx::new(house, now, credential)
    }

    /// The context of whoever has a role at a site.
    pub fn ctx_as(
        &mut self,
        house: &House,
        now: Timestamp,
        role: Role,
        site: Option<&str>,
    ) -> Result<Ctx, Error> {
        self.ctx_among(house, now, &[role], site, SeesArm::None, 0)
    }

    /// The context of one of those whose role is among these and who work at the site, the `nth` of them; the roles that
    /// protocols name first come first.
    pub fn ctx_among(
        &mut self,
        house: &House,
        now: Timestamp,
        roles: &[Role],
        site: Option<&str>,
        sees_arm: SeesArm,
        nth: usize,
    ) -> Result<Ctx, Error> {
        let works_there = |member: &Member| match (&member.site, site) {
            (Some(own), Some(site)) => own == site,
            (Some(_) | None, _) => true,
        };
        let of_role = |role: Role| {
            let members = self.members.iter().enumerate();
            members.filter(move |(_, member)| member.role == Some(role) && member.sees_arm == sees_arm)
        };
        let mut fitting = roles.iter().flat_map(|role| of_role(*role));
        let found =
            fitting.clone().filter(|(_, member)| works_there(member)).nth(nth).or_else(|| fitting.next());
        let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        let (member, _) = found.ok_or_else(|| {
            let detail =
                format!("the simulated staff has no {} who sees arms: {sees_arm}", names.join(" or "));
            Error::internal(detail)
        })?;
        self.ctx(house, now, member)
    }

    /// The context of the unblinded statistician.
    pub fn unblinded(&mut self, house: &House, now: Timestamp) -> Result<Ctx, Error> {
        let member = self.members.iter().position(|member| member.sees_arm == SeesArm::All);
        self.ctx(house, now, member.unwrap_or(usize::MAX))
    }

    /// The account of the assessor.
    pub fn assessor(&self) -> Option<&AccountId> {
        self.members.iter().find(|member| member.role == Some(Role::Assessor)).map(|member| &member.account)
    }

    /// The sessions are over: somebody else has the database.
    pub fn forget_sessions(&mut self) {
        for member in &mut self.members {
            member.session = None;
        }
    }
}

fn new_account(name: &str) -> NewAccount {
    NewAccount {
        login: format!("{name}@example.org"),
        name: format!("Synthetic {name}"),
        organisation: "Synthetic trial unit".to_owned(),
    }
}

/// Who draws is blind; who follows people up in what only their arm has sees the arm of one person at a time, where the
/// protocol lets coordinators see it.
fn posts(sites: &[(String, SiteId)], blind: &[Role]) -> Vec<Post> {
    const LEAD: &[Duty] = &[Duty::Alerts, Duty::Contacts, Duty::SignEligibility, Duty::Randomize];
    const COORDINATOR: &[Duty] = &[Duty::Contacts, Duty::SignEligibility, Duty::Randomize];
    let post = |name: &str, role, sees_arm, duties| Post {
        name: name.to_owned(),
        role,
        sees_arm,
        duties,
        site: None,
    };
    let mut posts = vec![post("lead", Role::Lead, SeesArm::None, LEAD)];
    posts.extend(sites.iter().map(|site| Post {
        site: Some(site.clone()),
        ..post(&format!("coordinator.{}", site.0), Role::Coordinator, SeesArm::None, COORDINATOR)
    }));
    if table::may_see(Role::Coordinator, SeesArm::Own, blind) {
        posts.extend(sites.iter().map(|site| Post {
            site: Some(site.clone()),
            ..post(&format!("followup.{}", site.0), Role::Coordinator, SeesArm::Own, &[Duty::Contacts])
        }));
    }
    posts.extend([
        post("therapist", Role::Therapist, SeesArm::None, &[]),
        post("assessor", Role::Assessor, SeesArm::None, &[]),
        post("statistician", Role::Statistician, SeesArm::None, &[]),
        post("unblinded", Role::Statistician, SeesArm::All, &[]),
        post("monitor", Role::Monitor, SeesArm::None, &[]),
    ]);
    posts
}

/// The logins of the staff by name, for whoever prints them.
pub fn by_login(staff: &Staff) -> BTreeMap<&str, &Member> {
    staff.members().iter().map(|member| (member.login.as_str(), member)).collect()
}
