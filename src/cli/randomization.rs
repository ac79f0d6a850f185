//! `equipoise randomization`: lists from a design and its secrets, and the verification of a revealed trial.
//! A tool for statisticians; it knows no stored study.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;
use anyhow::anyhow;
use anyhow::bail;
use clap::Args;
use clap::Subcommand;

use crate::kernel::digest;
use crate::kernel::digest::Hash;
use crate::trial::randomization::design::Design;
use crate::trial::randomization::draw::Place;
use crate::trial::randomization::draw::Sequences;
use crate::trial::randomization::event;
use crate::trial::randomization::label;
use crate::trial::randomization::label::FALLBACK;
use crate::trial::randomization::parameters::Parameters;
use crate::trial::randomization::reveal;
use crate::trial::randomization::stream::Context;
use crate::trial::randomization::stream::NO_BEACON;
use crate::trial::randomization::stream::Secrets;
use crate::trial::randomization::verification;
use crate::trial::randomization::verification::VerificationError;
use crate::trial::randomization::verification::Verified;

/// The label of the one list of minimization.
const ALL_PARTICIPANTS: &str = "\"*\"";

/// Randomization lists for statisticians: generate one, verify a revealed trial.
#[derive(Args)]
pub struct RandomizationArgs {
    #[command(subcommand)]
    command: RandomizationCommand,
}

#[derive(Subcommand)]
enum RandomizationCommand {
    /// Prints a list: label, place and arm as CSV.
    Generate(GenerateArgs),
    /// Recomputes a revealed trial; prints the first mismatch.
    Verify(VerifyArgs),
}

/// What `generate` needs.
#[derive(Args)]
pub struct GenerateArgs {
    /// The design, a JSON file.
    #[arg(long, value_name = "FILE")]
    pub design: PathBuf,
    /// The study's id.
    #[arg(long, value_name = "ID")]
    pub study: String,
    /// The seed: 64 hex digits.
    #[arg(long, value_name = "HEX")]
    pub seed: String,
    /// The nonce: 64 hex digits.
    #[arg(long, value_name = "HEX")]
    pub nonce: String,
    /// The public beacon that was named in the commitment.
    #[arg(long, value_name = "REF", default_value = NO_BEACON)]
    pub beacon_ref: String,
    /// The beacon's value: 64 hex digits.
    #[arg(long, value_name = "HEX")]
    pub beacon: Option<String>,
    /// The stratum, as '["low"]', or '"fallback"'.
    #[arg(long, value_name = "JSON")]
    pub label: Option<String>,
    /// How many allocations.
    #[arg(short = 'n', value_name = "N")]
    pub count: Option<u64>,
    /// The participants in order, for minimization.
    #[arg(long, value_name = "FILE.csv")]
    pub participants: Option<PathBuf>,
}

/// What `verify` needs.
#[derive(Args)]
pub struct VerifyArgs {
    /// The disclosed secrets, reveal.json.
    #[arg(value_name = "REVEAL.json")]
    pub reveal: PathBuf,
    /// The events, allocations.csv.
    #[arg(value_name = "ALLOCATIONS.csv")]
    pub allocations: PathBuf,
}

/// Runs the command. Errors: an argument, design or label that does not fit, a file that can't be read, a mismatch.
pub fn run(args: &RandomizationArgs, output: &mut dyn Write) -> anyhow::Result<()> {
    match &args.command {
        RandomizationCommand::Generate(args) => generate(args, output),
        RandomizationCommand::Verify(args) => verify(args, output),
    }
}

/// Prints the first N slots of one list.
pub fn generate(args: &GenerateArgs, output: &mut dyn Write) -> anyhow::Result<()> {
    let text = String::from_utf8(read("--design", &args.design)?).context("--design: not UTF-8")?;
    let design = Design::parse(&text).map_err(|fault| anyhow!("--design: {fault}"))?;
    let secrets = Secrets { seed: hex("--seed", &args.seed)?, nonce: hex("--nonce", &args.nonce)? };
    let context = Context {
        study: args.study.clone(),
        design_hash: design.hash(),
        beacon: beacon(&args.beacon_ref, args.beacon.as_deref())?,
        beacon_ref: args.beacon_ref.clone(),
    };
    let label = label_of(&design, args.label.as_deref())?;
    if args.participants.is_some() && label != ALL_PARTICIPANTS {
        bail!("--participants: this list is drawn without them; only minimization takes participants");
    }
    let sequences = if label == FALLBACK {
        Sequences::fallback(&design, &context, &secrets)?
    } else {
        Sequences::new(&design, &context, &secrets)?
    };
    let count = args.count.context("-n is missing: how many allocations?")?;
    print(&sequences, &label, count, output)
}

/// Recomputes a revealed trial. The first mismatch goes to the writer too: it is what was asked for.
pub fn verify(args: &VerifyArgs, output: &mut dyn Write) -> anyhow::Result<()> {
    let files = (read("REVEAL.json", &args.reveal)?, read("ALLOCATIONS.csv", &args.allocations)?);
    match verify_bytes(&files.0, &files.1) {
        Ok(Verified { versions, allocations, lists }) => {
            writeln!(output, "verified: versions {versions}, allocations {allocations}, lists {lists}")?;
            Ok(())
        }
        Err(VerificationError::Mismatch(mismatch)) => {
            writeln!(output, "{mismatch}")?;
            Err(anyhow!("not verified: {mismatch}"))
        }
        Err(undrawn) => Err(undrawn.into()),
    }
}

fn verify_bytes(reveal: &[u8], allocations: &[u8]) -> Result<Verified, VerificationError> {
    let reveal = reveal::read_reveal(reveal)?;
    let rows = event::read_allocations(allocations)?;
    verification::verify(&reveal, &rows)
}

fn print(sequences: &Sequences<'_>, label: &str, count: u64, output: &mut dyn Write) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(output);
    if matches!(sequences.slot(label, 0).place, Place::Block(..)) {
        csv.write_record(["label", "block", "position", "arm"])?;
    } else {
        csv.write_record(["label", "index", "arm"])?;
    }
    for (_, slot) in (0..count).zip(sequences.list(label)) {
        let arm = sequences.arm_id(&slot);
        match slot.place {
            Place::Block(block, position) => {
                csv.write_record([label, &block.to_string(), &position.to_string(), arm])?;
            }
            Place::Index(index) => csv.write_record([label, &index.to_string(), arm])?,
        }
    }
    csv.flush()?;
    Ok(())
}

fn read(argument: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{argument}: {} can't be read", path.display()))
}

/// The digits are not repeated in the message: a seed does not belong on a screen.
fn hex(argument: &str, text: &str) -> anyhow::Result<Hash> {
    digest::unhex32(text).with_context(|| format!("{argument}: not 64 hex digits"))
}

fn beacon(reference: &str, value: Option<&str>) -> anyhow::Result<Option<Hash>> {
    match (reference == NO_BEACON, value) {
        (true, None) => Ok(None),
        (true, Some(_)) => bail!("--beacon: refused, because --beacon-ref is none"),
        (false, None) => bail!("--beacon is missing: --beacon-ref names one"),
        (false, Some(value)) => hex("--beacon", value).map(Some),
    }
}

fn label_of(design: &Design, text: Option<&str>) -> anyhow::Result<String> {
    let of_all = matches!(design.parameters(), Parameters::Minimization(_));
    match text {
        None | Some(ALL_PARTICIPANTS) if of_all => Ok(ALL_PARTICIPANTS.to_owned()),
        None => bail!("--label is missing: which stratum? As '[\"low\"]', or '[]' without factors"),
        Some(text) => {
            let label = label::parse(design, text).map_err(|fault| anyhow!("--label: {fault}"))?;
            if of_all && label != FALLBACK {
                bail!("--label: minimization has one list, '{ALL_PARTICIPANTS}', and '{FALLBACK}'");
            }
            Ok(label)
        }
    }
}
