//! Datasets: who may see what of them, the data cut, and the writing from one consistent state of the database.

mod records;

use std::io::Write;
use std::sync::Arc;

use serde_json::json;

use crate::conduct::checkpointing;
use crate::conduct::context::Ctx;
use crate::conduct::context::SOFTWARE;
use crate::conduct::disclosing;
use crate::conduct::disclosing::Notes;
use crate::conduct::exporting::records::Records;
pub use crate::conduct::exporting::records::event_of;
use crate::conduct::plan::Plan;
use crate::conduct::seeing;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::Kind;
use crate::kernel::canonical;
use crate::kernel::digest;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Timestamp;
use crate::storage::Tx;
use crate::storage::assessment;
use crate::storage::audit;
use crate::storage::study;
use crate::storage::study::Study;
use crate::storage::study::StudyState;
use crate::trial::dataset::agenda::Agenda;
use crate::trial::dataset::agenda::Version;
use crate::trial::dataset::archive::Archive;
pub use crate::trial::dataset::catalogue::Dataset;
use crate::trial::dataset::catalogue::Frame;
use crate::trial::dataset::column::Column;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::package;
use crate::trial::dataset::package::About;
pub use crate::trial::dataset::package::Shelf;
use crate::trial::dataset::view::View;
use crate::trial::permission::action::Action;
use crate::trial::permission::caller::Grant;
use crate::trial::role::Role;
use crate::trial::role::SeesArm;
use crate::trial::role::words;

words! {
    /// How a caller sees arms in datasets.
    Sight {
        /// By letters that mean something within one data cut only: the blinded statistician.
        Blinded = "blinded",
        /// The same without what only some arms have, whose missing rows would show the groups.
        Masked = "masked",
        /// Not at all, nor what only some arms have.
        WithoutArms = "without_arms",
        /// As they are: whoever may see them all, and everybody after the reveal.
        WithArms = "with_arms",
    }
}

/// What is wanted of the data.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Wanted {
    /// One dataset, or all.
    pub what: What,
    /// Whether what only some arms have is left out of the blinded view.
    pub masked: bool,
}

/// What is exported.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum What {
    /// One dataset.
    One(Dataset),
    /// The package.
    Package,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::One(dataset) => dataset.as_str(),
            Self::Package => "package",
        }
    }
}

/// A state of the data as one view shows it. Equal data have an equal cut, an equal tag and equal bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cut {
    /// The study's alias, for file names.
    pub alias: String,
    /// The latest act or window boundary.
    pub at: Timestamp,
    /// How arms are seen.
    pub sight: Sight,
    /// Changes with the data, the protocol, the view and the software.
    pub tag: String,
}

/// The datasets of a view with their columns, in the order of the package.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
    /// The state of the data.
    pub cut: Cut,
    /// Name and columns.
    pub datasets: Vec<(Dataset, Vec<String>)>,
}

/// An export that was allowed and written down.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The state of the data at that moment. What is written may be later, never earlier.
    pub cut: Cut,
    study: StudyId,
    what: What,
}

/// Which datasets the caller may have, with their columns. Discloses no data.
pub fn list(ctx: &Ctx, study: &str) -> Result<Listed, Error> {
    disclosing::look(ctx, Action::ReadDatasets, &Target::Study(study.to_owned()), |tx, act| {
        let shot = Shot::take(tx, ctx, act.scope.study()?, sight(act.scope.study()?, act.grant))?;
        let names = |columns: &[Column]| columns.iter().map(|column| column.name.clone()).collect();
        let frame = shot.frame()?;
        let datasets = frame.datasets().map(|(dataset, columns)| (dataset, names(columns))).collect();
        Ok(Listed { cut: shot.cut(None), datasets })
    })
}

/// Decides what the caller may see and writes the export down. A dataset that the view does not have is `not_found`.
pub fn prepare(ctx: &Ctx, study: &str, wanted: Wanted) -> Result<Prepared, Error> {
    let what = wanted.what;
    let target = Target::Study(study.to_owned());
    disclosing::disclose_noting(ctx, Action::ReadDatasets, target, "dataset.read", move |tx, act| {
        let study = act.scope.study()?;
        let sight = if wanted.masked { masked(sight(study, act.grant))? } else { sight(study, act.grant) };
        let shot = Shot::take(tx, act.ctx, study, sight)?;
        if let What::One(dataset) = what {
            shot.frame()?.columns(dataset).ok_or_else(Error::not_found)?;
        }
        let cut = shot.cut(Some(what));
        if what == What::Package {
            checkpointing::checkpoint(tx, act, "package")?;
        }
        let notes = notes(what, &cut);
        Ok((Prepared { cut, study: study.id.clone(), what }, notes))
    })
}

fn notes(what: What, cut: &Cut) -> Notes {
    vec![
        ("dataset", json!(what.name())),
        ("view", json!(cut.sight.as_str())),
        ("data_cut", json!(cut.at.to_string())),
    ]
}

/// Writes what was prepared: one dataset as CSV, or the package as a zip. Gives the state of the data that was written.
pub fn write(ctx: &Ctx, prepared: &Prepared, sink: &mut dyn Write) -> Result<Cut, Error> {
    with_records(ctx, prepared, |frame, source, about| match prepared.what {
        What::One(dataset) => frame.write(dataset, source, sink),
        What::Package => {
            let mut archive = Archive::new(sink, frame.view.cut)?;
            package::write(frame, source, about, &mut archive)?;
            archive.finish().map(|_| ())
        }
    })
}

/// Writes the package onto a shelf, such as a folder.
pub fn write_package(ctx: &Ctx, prepared: &Prepared, shelf: &mut dyn Shelf) -> Result<Cut, Error> {
    with_records(ctx, prepared, |frame, source, about| {
        package::write(frame, source, about, shelf).map(|_| ())
    })
}

fn with_records(
    ctx: &Ctx,
    prepared: &Prepared,
    write: impl FnOnce(&Frame<'_>, &mut Records<'_, '_>, &About<'_>) -> Result<(), DatasetError>,
) -> Result<Cut, Error> {
    ctx.house.db.read(|tx| {
        let study = study::find(tx, &prepared.study)?.ok_or_else(Error::not_found)?;
        let shot = Shot::take(tx, ctx, &study, prepared.cut.sight)?;
        let about = About {
            study_id: study.id.as_str(),
            mode: study.mode.as_str(),
            is_synthetic: study.seeded,
            software: SOFTWARE,
            protocol: &shot.plan.source,
        };
        let mut records = Records { tx, plan: &shot.plan, study: &study, cut: shot.at };
        write(&shot.frame()?, &mut records, &about)
            .map_err(|error| Error::internal("a dataset can't be written").caused_by(error))?;
        Ok(shot.cut(Some(prepared.what)))
    })
}

fn sight(study: &Study, grant: &Grant) -> Sight {
    match (study.state, grant.role, grant.sees_arm) {
        (StudyState::Revealed, _, _) | (_, _, SeesArm::All) => Sight::WithArms,
        (_, Some(Role::Statistician), SeesArm::None | SeesArm::Own) => Sight::Blinded,
        (_, _, SeesArm::None | SeesArm::Own) => Sight::WithoutArms,
    }
}

fn masked(sight: Sight) -> Result<Sight, Error> {
    match sight {
        Sight::Blinded | Sight::Masked => Ok(Sight::Masked),
        Sight::WithoutArms => Ok(Sight::WithoutArms),
        Sight::WithArms => Err(Error::new(Kind::Malformed, "query.unknown_parameter")
            .detail("The masked view is for who may not know arms. Leave masked out.")),
    }
}

/// One consistent state of a study's data, as one view shows it.
struct Shot {
    plan: Arc<Plan>,
    study: StudyId,
    alias: String,
    at: Timestamp,
    /// How many acts are in the data: grows with each.
    acts: i64,
    sight: Sight,
    view: View,
}

impl Shot {
    fn take(tx: &mut Tx<'_>, ctx: &Ctx, study: &Study, sight: Sight) -> Result<Self, Error> {
        let plan = ctx.house.plans.of(tx, study)?;
        // When somebody does what only some arms have is not for such eyes.
        let common_only = matches!(sight, Sight::WithoutArms | Sight::Masked);
        let hidden = common_only.then(|| seeing::hidden_measures(&plan));
        let (acted, acts) = audit::data_acts(tx, &study.id, hidden.as_deref())?;
        let acted = acted.unwrap_or(study.created_at);
        // An act may have come after the question: then it is in the data, and the cut is its moment.
        let boundary = assessment::latest_boundary(tx, &study.id, ctx.now.max(acted), common_only)?;
        let at = boundary.map_or(acted, |boundary| boundary.max(acted));
        let arms = plan.protocol.comparison.arms.iter().map(|arm| arm.id.as_str());
        let view = match sight {
            Sight::Blinded => View::blinded(at, ctx.keys().mac.bytes(), arms),
            Sight::Masked => View::blinded(at, ctx.keys().mac.bytes(), arms).masked(),
            Sight::WithoutArms => View::without_arms(at),
            Sight::WithArms => View::with_arms(at),
        };
        let (study, alias) = (study.id.clone(), study.alias.clone());
        Ok(Self { plan, study, alias, at, acts, sight, view })
    }

    fn frame(&self) -> Result<Frame<'_>, Error> {
        let broken = |error: DatasetError| Error::internal("a dataset can't be described").caused_by(error);
        let in_force = Version { n: self.plan.n, protocol: &self.plan.protocol };
        let agenda = Agenda::new(in_force, &[], &self.plan.instruments).map_err(broken)?;
        Frame::new(agenda, self.view.clone()).map_err(broken)
    }

    fn cut(&self, what: Option<What>) -> Cut {
        let named = json!([
            self.study,
            self.at,
            self.acts,
            self.plan.sha256,
            self.sight,
            what.map(What::name),
            SOFTWARE
        ]);
        let tag = digest::sha256_hex(canonical::to_text(&named).as_bytes());
        Cut { alias: self.alias.clone(), at: self.at, sight: self.sight, tag }
    }
}
