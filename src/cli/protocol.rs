//! `protocol check`: every finding with file, line, column, mend; exit 1 on any error.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;
use anyhow::bail;
use clap::Args;
use clap::Subcommand;

use crate::trial::instrument::reading;
use crate::trial::protocol::checker;
use crate::trial::protocol::texts::Texts;
use crate::trial::source::finding;
use crate::trial::source::finding::Finding;
use crate::trial::source::tree;
use crate::trial::source::tree::Source;

/// Trials as files.
#[derive(Args)]
pub struct ProtocolArgs {
    #[command(subcommand)]
    command: ProtocolCommand,
}

#[derive(Subcommand)]
enum ProtocolCommand {
    /// Checks protocol and instrument files.
    Check(CheckArgs),
}

/// The files to check.
#[derive(Args)]
pub struct CheckArgs {
    /// Protocol files, or instrument files (first table [instrument]).
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Runs a `protocol` command.
pub fn run(args: &ProtocolArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    match &args.command {
        ProtocolCommand::Check(args) => check(args, out),
    }
}

fn check(args: &CheckArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut findings: Vec<(Finding, String)> = Vec::new();
    for path in &args.files {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).with_context(|| format!("can't read {name}"))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let texts = texts_beside(folder)?;
        let found = if is_instrument(&name, &text) {
            reading::instrument(&name, &text).1
        } else {
            checker::check(&name, &text, &texts).findings
        };
        for finding in found {
            // A finding may lie in a file beside the protocol; its line is shown from there.
            let source = if finding.file == name { &text } else { texts.get(&finding.file).unwrap_or(&text) };
            findings.push((finding.clone(), finding.render(source)));
        }
    }
    findings.sort_by(|(a, _), (b, _)| (&a.file, a.place, a.code).cmp(&(&b.file, b.place, b.code)));
    for (_, rendered) in &findings {
        writeln!(out, "{rendered}")?;
    }
    let all: Vec<Finding> = findings.into_iter().map(|(finding, _)| finding).collect();
    if finding::has_errors(&all) {
        let errors = all.iter().filter(|finding| finding.severity == finding::Severity::Error).count();
        bail!("{errors} errors");
    }
    Ok(())
}

fn is_instrument(name: &str, text: &str) -> bool {
    let (root, _) = tree::read(&Source::new(name, text));
    reading::is_instrument(&root)
}

/// Everything under `messages/` beside a protocol: documents, translations, overlays.
fn texts_beside(folder: &Path) -> anyhow::Result<Texts> {
    let mut texts = Texts::new();
    let messages = folder.join("messages");
    if messages.is_dir() {
        gather(&messages, "messages", &mut texts)?;
    }
    Ok(texts)
}

fn gather(folder: &Path, below: &str, texts: &mut Texts) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let below = format!("{below}/{name}");
        if path.is_dir() {
            gather(&path, &below, texts)?;
        } else if below.ends_with(".md") || below.ends_with(".toml") {
            let text = fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
            texts.insert(below, text);
        }
    }
    Ok(())
}
