//! `equipoise demo`: the example trial, filled with synthetic people and served for as long as the program runs.

use std::fmt;
use std::io::ErrorKind;
use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;

use crate::cli::progress;
use crate::conduct::context::House;
use crate::conduct::keys::Keys;
use crate::config::LISTEN;
use crate::http::headers::Mode;
use crate::http::rate::Rate;
use crate::http::rate::RateSettings;
use crate::http::run;
use crate::kernel::entropy::OsEntropy;
use crate::kernel::time::Clock;
use crate::kernel::time::SystemClock;
use crate::kernel::time::Zone;
use crate::server;
use crate::simulation::demonstration;
use crate::simulation::demonstration::Demonstration;
use crate::simulation::staff::Member;
use crate::storage::Db;
use crate::storage::migrate;
use crate::storage::url::DatabaseUrl;
use crate::trial::role::Role;
use crate::trial::role::SeesArm;

/// Whoever tries things out is never told to wait.
const RATE: Rate = Rate { count: 100_000, seconds: 60 };

/// Fills a throwaway database with the example trial and serves it.
#[derive(Args, Clone, Debug)]
pub struct DemoArgs {
    /// Address and port; 127.0.0.1:8080 if nothing is said, or any free port where that one is taken.
    #[arg(long)]
    listen: Option<String>,
    /// How many people come and are not kept out.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(20..=2000))]
    participants: u32,
}

/// Fills, prints what to try, serves until the process is told to stop, and leaves nothing behind.
pub fn run(args: &DemoArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let url: DatabaseUrl = format!("sqlite:{}", folder.path().join("demo.db").display()).parse()?;
    migrate::migrate(&url)?;
    let entropy = Arc::new(OsEntropy);
    let keys = Keys::draw(entropy.as_ref())?;
    let filled = {
        let house = House::new(Db::hold(&url)?, keys.clone(), entropy.clone());
        let bar = progress::bar(args.participants);
        let filled =
            demonstration::fill(&house, args.participants, SystemClock.now(), &mut |done, wanted| {
                progress::show(&bar, done, wanted);
            })?;
        bar.finish_and_clear();
        house.db.settle_held()?;
        filled
    };
    let house = House::new(Db::open(&url)?, keys, entropy);
    let listener = listen(args.listen.as_deref())?;
    let address = format!("http://{}", listener.local_addr()?);
    let settings = run::Settings { public_url: address.clone(), behind_proxy: false, mode: Some(Mode::Test) };
    let state = server::state(house, settings, &rates())?;
    let welcome = Welcome { address: &address, filled: &filled };
    write!(out, "{welcome}")?;
    out.flush()?;
    server::run(state, listener, || {
        eprintln!("listening on {address}   (Ctrl-C ends it and throws all away)")
    })?;
    Ok(())
}

/// The address that is asked for; if none is, the usual one or else any that is free.
fn listen(asked: Option<&str>) -> anyhow::Result<TcpListener> {
    let address = asked.unwrap_or(LISTEN);
    match TcpListener::bind(address) {
        Err(error) if asked.is_none() && error.kind() == ErrorKind::AddrInUse => {
            Ok(TcpListener::bind("127.0.0.1:0")?)
        }
        bound => bound.with_context(|| format!("can't listen on {address}")),
    }
}

fn rates() -> RateSettings {
    RateSettings {
        sign_in: RATE,
        links: RATE,
        applications: RATE,
        person: RATE,
        allocation: RATE,
        api_token: RATE,
    }
}

/// What is printed before the service runs.
struct Welcome<'d> {
    address: &'d str,
    filled: &'d Demonstration,
}

impl fmt::Display for Welcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Demonstration { alias, members, counts, guest, token } = self.filled;
        let base = format!("{}/api/v1", self.address);
        writeln!(
            f,
            "Study '{alias}': {} synthetic participants, 14 months on the way.",
            counts.registered()
        )?;
        for (state, count) in &counts.states {
            write!(f, "  {state} {count}")?;
        }
        writeln!(f, "\n\nSign-ins (POST {base}/sessions); the passwords are of this run alone")?;
        let width = members.iter().map(|member| member.login.len()).max().unwrap_or(0);
        for member in members {
            writeln!(f, "  {:<width$}  {}  {}", member.login, member.password, post(member))?;
        }
        let until = guest.closes_at.date_in(Zone::UTC);
        writeln!(f, "\nParticipant {}: '{}' is open until {until}", guest.code, guest.occasion)?;
        writeln!(f, "  link {}  code {}", guest.link.link_token, guest.link.code)?;
        writeln!(f, "\nThe wide dataset, as the blinded statistician pulls it:")?;
        writeln!(
            f,
            "curl -fsS -H 'Authorization: Bearer {token}' '{base}/studies/{alias}/datasets/wide?format=csv'"
        )?;
        writeln!(f, "\nThe participant's session, from the link:")?;
        writeln!(
            f,
            "curl -fsS -H 'Content-Type: application/json' -d '{{\"link_token\":\"{}\"}}' {base}/participant/sessions",
            guest.link.link_token,
        )?;
        writeln!(f, "\nThe participants, as the lead lists them:")?;
        let lead = members.iter().find(|member| member.role == Some(Role::Lead));
        let (login, password) = lead.map_or(("", ""), |lead| (lead.login.as_str(), lead.password.as_str()));
        writeln!(
            f,
            "curl -fsS -H \"Authorization: Bearer $(curl -fsS -H 'Content-Type: application/json' -d '{{\"login\":\"{login}\",\"password\":\"{password}\"}}' {base}/sessions | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\" '{base}/studies/{alias}/participants?limit=5'\n",
        )
    }
}

/// A member's role, site and sight.
fn post(member: &Member) -> String {
    let role = member.role.map_or("administrator", Role::as_str);
    let site = member.site.as_ref().map(|site| format!(" at {site}")).unwrap_or_default();
    let sight = match member.sees_arm {
        SeesArm::None => "",
        SeesArm::Own => ", sees the arm of one person at a time",
        SeesArm::All => ", sees all arms",
    };
    format!("{role}{site}{sight}")
}
