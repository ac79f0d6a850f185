//! The program `equipoise`: parses the command line, runs a command, turns its error into an exit code.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use clap::Subcommand;

use equipoise::cli::demo;
use equipoise::cli::doctor;
use equipoise::cli::export;
use equipoise::cli::installation;
use equipoise::cli::instrument;
use equipoise::cli::protocol;
use equipoise::cli::randomization;
use equipoise::cli::simulate;
use equipoise::server;

/// Runs randomized controlled trials of Internet-delivered psychotherapy.
#[derive(Parser)]
#[command(name = "equipoise", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Tries it out: the example trial, filled with synthetic people and served.
    Demo(demo::DemoArgs),
    /// Makes schema, keys and the first administrator.
    Init(installation::InitArgs),
    /// Runs the service.
    Serve(installation::ServeArgs),
    /// Brings the schema up to date.
    Migrate(installation::MigrateArgs),
    /// Shows the settings in force and tests the installation.
    Doctor(doctor::DoctorArgs),
    /// Writes the data package of a study into a folder.
    Export(export::ExportArgs),
    /// The audit trail.
    #[command(subcommand)]
    Audit(Audit),
    Protocol(protocol::ProtocolArgs),
    Instrument(instrument::InstrumentArgs),
    Randomization(randomization::RandomizationArgs),
    Simulate(simulate::SimulateArgs),
    /// Prints the API description (OpenAPI 3.1).
    Openapi,
}

#[derive(Subcommand)]
enum Audit {
    /// Follows every chain and checkpoint; exit 1 and the first break.
    Verify(installation::VerifyArgs),
}

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    match run(&command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match command {
        Command::Demo(args) => demo::run(args, &mut out),
        Command::Init(args) => installation::init(args, &mut out),
        Command::Serve(args) => installation::serve(args),
        Command::Migrate(args) => installation::migrate(args, &mut out),
        Command::Doctor(args) => doctor::run(args, &mut out),
        Command::Export(args) => export::run(args, &mut out),
        Command::Audit(Audit::Verify(args)) => installation::verify_audit(args, &mut out),
        Command::Protocol(args) => protocol::run(args, &mut out),
        Command::Instrument(args) => instrument::run(args, &mut std::io::stdin().lock(), &mut out),
        Command::Randomization(args) => randomization::run(args, &mut out),
        Command::Simulate(args) => simulate::run(args, &mut out),
        Command::Openapi => Ok(out.write_all(server::description()?.as_bytes())?),
    }
}
