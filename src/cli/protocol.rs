//! `equipoise protocol check FILE…` and `protocol show FILE`: a trial's file examined, and as a person reads it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;
use anyhow::bail;
use clap::Args;
use clap::Subcommand;
use clap::ValueEnum;
use serde_json::json;

use crate::trial::instrument::reading;
use crate::trial::protocol::checker;
use crate::trial::protocol::checker::Checked;
use crate::trial::protocol::show;
use crate::trial::protocol::texts::Texts;
use crate::trial::source::finding;
use crate::trial::source::finding::Finding;
use crate::trial::source::finding::Severity;
use crate::trial::source::shape::is_code;
use crate::trial::source::tree;
use crate::trial::source::tree::Node;
use crate::trial::source::tree::Source;

/// Protocols: check them, show one as a person reads it.
#[derive(Args, Debug)]
pub struct ProtocolArgs {
    #[command(subcommand)]
    command: ProtocolCommand,
}

#[derive(Debug, Subcommand)]
enum ProtocolCommand {
    /// Says what is wrong with protocols and instrument files: file, line, column and the mend. Fails on any error.
    Check {
        /// Protocols, or instrument files. What belongs to a protocol lies beside it in messages/.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Prints a protocol as an ethics board reads it, all defaults written out.
    Show {
        /// The protocol.
        file: PathBuf,
    },
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Runs the command. Errors: a file that can't be read, or one with errors in it.
pub fn run(args: &ProtocolArgs, output: &mut dyn Write) -> anyhow::Result<()> {
    match &args.command {
        ProtocolCommand::Check { files, format } => check(files, *format, output),
        ProtocolCommand::Show { file } => show(file, output),
    }
}

/// A file with all that lies beside it.
struct Examined {
    text: String,
    texts: Texts,
    folder: PathBuf,
    checked: Checked,
}

/// A protocol with the texts beside it.
pub fn load(file: &Path) -> anyhow::Result<(String, Texts)> {
    let Examined { text, texts, .. } = examine(file)?;
    Ok((text, texts))
}

fn examine(file: &Path) -> anyhow::Result<Examined> {
    let name = file.display().to_string();
    let text = read(file)?;
    let folder = file.parent().map(Path::to_path_buf).unwrap_or_default();
    let (root, _) = tree::read(&Source::new(&name, &text));
    if reading::is_instrument(&root) {
        let findings = reading::instrument(&name, &text).1;
        let checked = Checked { protocol: None, instruments: BTreeMap::new(), findings };
        return Ok(Examined { text, texts: Texts::new(), folder, checked });
    }
    let id = root.get("study").and_then(|study| study.get("id")).and_then(Node::text);
    let texts = match id.filter(|id| is_code(id)) {
        Some(id) => texts_beside(&folder, id)?,
        None => Texts::new(),
    };
    let checked = checker::check(&name, &text, &texts);
    Ok(Examined { text, texts, folder, checked })
}

fn read(file: &Path) -> anyhow::Result<String> {
    let bytes = fs::read(file).with_context(|| format!("{}: can't be read", file.display()))?;
    String::from_utf8(bytes).with_context(|| format!("{}: is not UTF-8", file.display()))
}

/// The files under `messages/<study>/`, by their path from the protocol's folder.
fn texts_beside(folder: &Path, study: &str) -> anyhow::Result<Texts> {
    let mut texts = Texts::new();
    gather(folder, &PathBuf::from("messages").join(study), &mut texts)?;
    Ok(texts)
}

fn gather(folder: &Path, under: &Path, texts: &mut Texts) -> anyhow::Result<()> {
    let path = folder.join(under);
    if !path.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(&path).with_context(|| format!("{}: can't be read", path.display()))? {
        let name = entry?.file_name();
        let inside = under.join(&name);
        let is_text = inside.extension().is_some_and(|kind| kind == "md" || kind == "toml");
        if folder.join(&inside).is_dir() {
            gather(folder, &inside, texts)?;
        } else if is_text {
            let parts: Vec<String> =
                inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
            texts.insert(parts.join("/"), read(&folder.join(&inside))?);
        }
    }
    Ok(())
}

impl Examined {
    /// Findings with paths as seen from where the command runs, each with the text of its file.
    fn findings(&self, name: &str) -> Vec<(Finding, &str)> {
        let placed = |finding: &Finding| {
            let mut finding = finding.clone();
            let text = match self.texts.get(&finding.file) {
                Some(text) if finding.file != name => {
                    finding.file = self.folder.join(&finding.file).display().to_string();
                    text
                }
                _ => &self.text,
            };
            (finding, text.as_str())
        };
        self.checked.findings.iter().map(placed).collect()
    }
}

fn check(files: &[PathBuf], format: Format, output: &mut dyn Write) -> anyhow::Result<()> {
    let mut broken = 0;
    let mut all = Vec::new();
    for file in files {
        let examined = examine(file)?;
        broken += usize::from(finding::has_errors(&examined.checked.findings));
        let findings = examined.findings(&file.display().to_string());
        match format {
            Format::Text => {
                for (finding, text) in &findings {
                    writeln!(output, "{}", finding.render(text))?;
                }
                writeln!(output, "{}: {}", file.display(), summary(&examined.checked.findings))?;
            }
            Format::Json => all.extend(findings.iter().map(|(finding, _)| as_json(finding))),
        }
    }
    if format == Format::Json {
        writeln!(output, "{}", serde_json::to_string_pretty(&all)?)?;
    }
    if broken > 0 {
        bail!("{broken} of {} files with errors", files.len());
    }
    Ok(())
}

fn summary(findings: &[Finding]) -> String {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let counted = |count: usize, noun: &str| match count {
        0 => format!("no {noun}s"),
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    };
    format!("{}, {}", counted(errors, "error"), counted(findings.len() - errors, "warning"))
}

fn as_json(finding: &Finding) -> serde_json::Value {
    let severity = if finding.severity == Severity::Error { "error" } else { "warning" };
    json!({
        "file": finding.file,
        "line": finding.place.line,
        "column": finding.place.column,
        "width": finding.place.width,
        "code": finding.code,
        "severity": severity,
        "text": finding.text,
        "mend": finding.mend,
    })
}

fn show(file: &Path, output: &mut dyn Write) -> anyhow::Result<()> {
    let examined = examine(file)?;
    let Some(protocol) = examined.checked.protocol.as_ref().filter(|_| examined.checked.is_sound()) else {
        for (finding, text) in examined.findings(&file.display().to_string()) {
            writeln!(output, "{}", finding.render(text))?;
        }
        bail!("{}: is no protocol that can be shown; mend its errors first", file.display());
    };
    let page = show::show(protocol, &examined.checked.instruments, &examined.checked.findings);
    Ok(output.write_all(page.as_bytes())?)
}
