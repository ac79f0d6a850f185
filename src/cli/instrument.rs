//! `equipoise instrument list | show ID | score ID`: what the library holds, and scoring of answers from JSON.

mod score;
mod show;

use std::io::Read;
use std::io::Write;

use clap::Args;
use clap::Subcommand;
use clap::ValueEnum;

use crate::trial::instrument::library;

/// Questionnaires: list them, show one, score answers.
#[derive(Args, Debug)]
pub struct InstrumentArgs {
    #[command(subcommand)]
    command: InstrumentCommand,
}

#[derive(Debug, Subcommand)]
enum InstrumentCommand {
    /// All instruments of the library with their items, scores and safety items.
    List {
        /// How to print it.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// One instrument: items, codes, scores, bands, licence, wording.
    Show {
        /// The instrument's id, as phq9.
        id: String,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Scores answers: {"answers": {"1": 2, "2": null}} on standard input, one object or one per line.
    Score {
        /// The instrument's id, as phq9.
        id: String,
    },
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Runs the command. Errors: an unknown instrument, answers that it does not take, input that is no JSON.
pub fn run(args: &InstrumentArgs, input: &mut dyn Read, output: &mut dyn Write) -> anyhow::Result<()> {
    match &args.command {
        InstrumentCommand::List { format: Format::Text } => show::list(output),
        InstrumentCommand::List { format: Format::Json } => show::list_json(output),
        InstrumentCommand::Show { id, format: Format::Text } => show::one(library::find(id)?, output),
        InstrumentCommand::Show { id, format: Format::Json } => show::one_json(library::find(id)?, output),
        InstrumentCommand::Score { id } => score::score(library::find(id)?, input, output),
    }
}
