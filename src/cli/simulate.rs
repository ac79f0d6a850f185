//! `equipoise simulate`: a whole synthetic trial from a protocol file, with its data package and the files of its reveal.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::Context;
use anyhow::bail;
use clap::Args;
use serde_json::Map;
use serde_json::Value;

use crate::cli::folder::Folder;
use crate::cli::keys;
use crate::cli::progress;
use crate::cli::protocol;
use crate::conduct::context::House;
use crate::conduct::exporting;
use crate::conduct::exporting::Wanted;
use crate::conduct::exporting::What;
use crate::conduct::keys::Keys;
use crate::conduct::revealing;
use crate::conduct::studying;
use crate::conduct::studying::Accepted;
use crate::kernel::entropy::SeededEntropy;
use crate::kernel::time::Timestamp;
use crate::simulation::course;
use crate::simulation::course::Course;
use crate::simulation::course::DAY;
use crate::simulation::course::Setup;
use crate::simulation::course::because;
use crate::simulation::effect::Effects;
use crate::simulation::rates::Rates;
use crate::simulation::report::Counts;
use crate::simulation::report::Report;
use crate::storage::Db;
use crate::storage::migrate;
use crate::storage::migrate::SchemaState;
use crate::storage::url::DatabaseUrl;
use crate::trial::protocol::checker;
use crate::trial::protocol::model::Openness;
use crate::trial::protocol::model::Protocol;
use crate::trial::schedule::definition::AnchorKind;

/// Runs a synthetic trial in simulated time.
#[derive(Args, Clone, Debug)]
pub struct SimulateArgs {
    /// The protocol; its texts lie beside it in messages/.
    file: PathBuf,
    /// How many are randomized.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    participants: u32,
    /// The seed text: the same seed gives the same bytes.
    #[arg(long)]
    seed: String,
    /// ARM=D, a standardized difference of the primary outcome at the end of the arm's period; positive is better.
    #[arg(long, value_name = "ARM=D")]
    effect: Vec<ArmEffect>,
    /// The restricted keys of a sealed protocol, TOML, such as blocks = [3, 6].
    #[arg(long, value_name = "FILE")]
    design: Option<PathBuf>,
    /// How often things happen, TOML.
    #[arg(long, value_name = "FILE")]
    rates: Option<PathBuf>,
    /// A new folder for the package; the files of the reveal go to its folder verification.
    #[arg(long)]
    out: Option<PathBuf>,
    /// A new database that is kept: sqlite:PATH or postgres://USER@HOST/DATABASE
    #[arg(long, requires = "keys")]
    database: Option<DatabaseUrl>,
    /// A new folder for the keys of the database that is kept.
    #[arg(long, requires = "database")]
    keys: Option<PathBuf>,
}

/// `ipdt=0.8`.
#[derive(Clone, Debug)]
struct ArmEffect(String, f64);

impl FromStr for ArmEffect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (arm, difference) = text.split_once('=').ok_or("write ARM=D, such as ipdt=0.8")?;
        let difference: f64 = difference.parse().map_err(|_| format!("'{difference}' is no number"))?;
        if !(-3.0..=3.0).contains(&difference) {
            return Err("a standardized difference is −3 to 3".to_owned());
        }
        Ok(Self(arm.to_owned(), difference))
    }
}

/// Runs the trial to its end: closed, locked, revealed. Prints the report.
pub fn run(args: &SimulateArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let setup = setup(args)?;
    let mut package = args.out.as_deref().map(Folder::make).transpose()?;
    let workshop = tempfile::tempdir()?;
    let url = match &args.database {
        Some(url) => url.clone(),
        None => format!("sqlite:{}", workshop.path().join("simulation.db").display()).parse()?,
    };
    let house = house(&url, args.keys.as_deref(), &setup.seed)?;
    let opened = course::open(&house, &setup)?;
    let today = setup.begin.date_in(opened.plan.protocol.study.zone);
    let effects = Effects::find(&opened.plan, &setup.rates, &setup.seed, &setup.effects, today)?;
    let mut course = Course::new(&house, &opened, &setup, effects);
    let bar = progress::bar(setup.participants);
    course.run(&mut |done, wanted| progress::show(&bar, done, wanted))?;
    bar.finish_and_clear();
    end(&mut course)?;
    if let (Some(folder), Some(path)) = (&mut package, &args.out) {
        let ctx = course.staff.unblinded(&house, course.now)?;
        let prepared =
            exporting::prepare(&ctx, &course.study, Wanted { what: What::Package, masked: false })?;
        exporting::write_package(&ctx, &prepared, folder)?;
        let bundle = revealing::bundle(&ctx, &course.study)?;
        revealing::lay(&bundle, &mut Folder::make(&path.join("verification"))?)?;
    }
    house.db.settle_held()?;
    let counts = Counts::of(&house, &opened.view.study.id)?;
    let report = Report {
        alias: &opened.view.study.alias,
        seed: &setup.seed,
        effects: &setup.effects,
        rates: &setup.rates,
        counts: &counts,
    };
    Ok(write!(out, "{report}")?)
}

fn setup(args: &SimulateArgs) -> anyhow::Result<Setup> {
    let (source, texts) = protocol::load(&args.file)?;
    let checked = checker::check(&args.file.display().to_string(), &source, &texts);
    let sound = checked.is_sound();
    let Some(protocol) = checked.protocol.filter(|_| sound) else {
        bail!("{0} has errors: see `equipoise protocol check {0}`", args.file.display());
    };
    let is_sealed =
        protocol.randomization.as_ref().is_some_and(|section| section.openness == Openness::Sealed);
    if is_sealed && args.design.is_none() {
        bail!(
            "the design of {} is sealed: give --design FILE with its restricted keys, such as blocks = [4, 6]",
            args.file.display()
        );
    }
    let rates = match &args.rates {
        Some(path) => Rates::read(&read(path)?).with_context(|| path.display().to_string())?,
        None => Rates::default(),
    };
    let design = match &args.design {
        Some(path) => restricted(&read(path)?).with_context(|| path.display().to_string())?,
        None => Map::new(),
    };
    let mut effects = BTreeMap::new();
    for ArmEffect(arm, difference) in &args.effect {
        if effects.insert(arm.clone(), *difference).is_some() {
            bail!("--effect {arm} is given twice");
        }
    }
    Ok(Setup {
        begin: begin(&protocol, &rates),
        source,
        texts,
        participants: args.participants,
        seed: args.seed.clone(),
        effects,
        design,
        rates,
        first: Vec::new(),
        until: None,
    })
}

fn read(path: &std::path::Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))
}

fn restricted(text: &str) -> anyhow::Result<Map<String, Value>> {
    let table: toml::Table = text.parse()?;
    match serde_json::to_value(table)? {
        Value::Object(keys) => Ok(keys),
        _ => bail!("holds no keys"),
    }
}

/// The first day of the simulated trial, a function of the protocol alone: never today.
fn begin(protocol: &Protocol, rates: &Rates) -> Timestamp {
    let recruitment = chrono::TimeDelta::days(i64::from(rates.recruitment_days) + 60);
    let dates = protocol.schedule.anchors.iter().filter_map(|anchor| match &anchor.kind {
        AnchorKind::Calendar(dates) => dates.iter().map(|date| date.date).min(),
        AnchorKind::Event { .. } | AnchorKind::Offset(_) => None,
    });
    let screening = protocol.registry.as_ref().and_then(|registry| registry.screening).map(|(from, _)| from);
    let day = dates.min().map(|date| date - recruitment).or(screening);
    let first = day.map_or_else(
        || Timestamp::from_unix_seconds(1_767_571_200),
        |day| Some(Timestamp::midnight_utc(day)),
    );
    first.unwrap_or_else(|| Timestamp::midnight_utc(protocol.study.dated)).plus_seconds(8 * 3600)
}

/// A fresh database for one filler, with keys drawn from the seed; those that are to be kept are written down.
fn house(url: &DatabaseUrl, keys_folder: Option<&std::path::Path>, seed: &str) -> anyhow::Result<House> {
    if let DatabaseUrl::Sqlite(path) = url
        && path.exists()
    {
        bail!("{} is there already: a simulation takes a new database", path.display());
    }
    if matches!(url, DatabaseUrl::Postgres(_)) && matches!(migrate::state(url), Ok(SchemaState::Current)) {
        bail!("{url} has a schema already: a simulation takes an empty database");
    }
    let entropy = Arc::new(SeededEntropy::new(seed));
    let drawn = Keys::draw(entropy.as_ref())?;
    if let Some(folder) = keys_folder {
        keys::write(folder, &drawn)?;
    }
    migrate::migrate(url)?;
    Ok(House::new(Db::hold(url)?, drawn, entropy))
}

/// Closes, locks and reveals.
fn end(course: &mut Course<'_>) -> anyhow::Result<()> {
    course.close_alerts()?;
    course.now = course.now.plus_seconds(DAY);
    let (house, now, study) = (course.house.clone(), course.now, course.study.clone());
    let lead = course.lead()?;
    studying::close(&lead, &study, because("Everybody is through."))?;
    // Nobody is asked who a duplicate is, and nobody finishes a draft any more.
    let open = studying::readiness(&lead, &study)?.locking;
    let holds = open.into_iter().filter(|unmet| unmet.code == "hold.open").map(|unmet| unmet.object);
    let take_on = |code: &str, object: Option<String>| Accepted {
        code: code.to_owned(),
        object,
        reason: because("Left as it is: synthetic."),
    };
    let mut accepted: Vec<Accepted> = holds.map(|object| take_on("hold.open", object)).collect();
    accepted.push(take_on("assessment.incomplete", None));
    studying::lock(&lead, &study, because("The data are clean."), accepted)?;
    let unblinded = course.staff.unblinded(&house, now)?;
    studying::reveal(&unblinded, &study, because("The trial is over."))?;
    Ok(())
}
