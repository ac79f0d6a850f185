//! The program `equipoise`: parses the command line, runs a command, turns its error into an exit code.

use std::process::ExitCode;

use clap::Parser;
use clap::Subcommand;

use equipoise::cli::instrument;
use equipoise::cli::randomization;

/// Runs randomized controlled trials of Internet-delivered psychotherapy.
#[derive(Parser)]
#[command(name = "equipoise", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Instrument(instrument::InstrumentArgs),
    Randomization(randomization::RandomizationArgs),
}

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    let result = match &command {
        Command::Instrument(args) => {
            instrument::run(args, &mut std::io::stdin().lock(), &mut std::io::stdout().lock())
        }
        Command::Randomization(args) => randomization::run(args, &mut std::io::stdout().lock()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
