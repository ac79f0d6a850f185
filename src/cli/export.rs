//! `equipoise export`: the package of a study in a folder, byte for byte what the API gives to the same token.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use crate::cli::folder::Folder;
use crate::cli::installation;
use crate::conduct::context::Credential;
use crate::conduct::context::Ctx;
use crate::conduct::exporting;
use crate::conduct::exporting::Wanted;
use crate::conduct::exporting::What;
use crate::config::Door;
use crate::config::Place;
use crate::config::Settings;
use crate::kernel::ids::TokenSecret;
use crate::kernel::time::Clock;
use crate::kernel::time::SystemClock;

/// Writes the data package of a study into a folder.
#[derive(Args, Clone, Debug)]
pub struct ExportArgs {
    #[command(flatten)]
    place: Place,
    /// Id or alias of the study.
    study: String,
    /// The folder, new or empty.
    #[arg(long)]
    out: PathBuf,
    /// Leaves out what only some arms have: in the blinded view its missing rows show the groups.
    #[arg(long)]
    masked: bool,
    /// An API token (eqt_…) with the scope datasets:read: its owner's rights decide what is in, and the export is
    /// written down under the owner's name. Better given by the variable, so that it is in no list of processes.
    #[arg(long, env = "EQUIPOISE_TOKEN", hide_env_values = true)]
    token: String,
}

/// Writes the package; prints the view and the data cut.
pub fn run(args: &ExportArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let house = installation::open(&Settings::read(&args.place, &Door::default())?)?;
    let token = TokenSecret::parse(&args.token).context("the token is not of the form eqt_…")?;
    let ctx = Ctx::new(&house, SystemClock.now(), Credential::ApiToken(token.hash()))?;
    let wanted = Wanted { what: What::Package, masked: args.masked };
    let prepared = exporting::prepare(&ctx, &args.study, wanted)
        .with_context(|| format!("{} can't be exported with this token", args.study))?;
    let cut = exporting::write_package(&ctx, &prepared, &mut Folder::make(&args.out)?)?;
    writeln!(out, "{} {} {}", cut.alias, cut.sight, cut.at)?;
    Ok(())
}
