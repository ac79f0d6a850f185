//! `README.md` of the package: what it holds, for whom, and how to read it.

use crate::trial::dataset::catalogue::Frame;
use crate::trial::dataset::package::About;
use crate::trial::dataset::view::ArmView;

/// The text.
pub fn text(frame: &Frame<'_>, about: &About<'_>) -> String {
    let study = &frame.agenda.protocol.study;
    let view = &frame.view;
    let mut text = format!(
        "# {}\n\nData of study {} ({}, mode {}), protocol version {}, written by {}.\n\
         Data cut: {}. Equal data give equal bytes.\n\n",
        study.title,
        study.alias,
        about.study_id,
        about.mode,
        study.version,
        about.software,
        view.cut.to_second()
    );
    if about.is_synthetic {
        text.push_str("**Synthetic.** All of it was drawn from a seed: nobody in these files exists.\n\n");
    }
    text.push_str("## Arms\n\n");
    text.push_str(&arms(frame));
    text.push_str("\n\n## Files\n\n");
    for (dataset, _) in frame.datasets() {
        text.push_str(&format!("- `{}`: {}.\n", dataset.path(), dataset.title()));
    }
    text.push_str(
        "- `protocol.toml`: the protocol in force.\n\
         - `datapackage.json`: types, codes, keys and hashes for programs (Frictionless Tabular Data Package, version 1).\n\
         - `SHA256SUMS`: check with `sha256sum --check SHA256SUMS`.\n\n",
    );
    text.push_str(READING);
    text.push_str(if view.free_text {
        "- Answers in free words are in. A person may have written a name: keep them as you would keep letters.\n"
    } else {
        "- Answers in free words are left out: their rows say `answered` and hold no value.\n"
    });
    text
}

const READING: &str = "## Reading\n\n\
    - An empty cell is no value. `missing_reason` says why; no number stands for a missing answer.\n\
    - `items_long` and `assessments` have a row for everything that was planned, answered or not.\n\
    - Answers are raw codes of the form, before anything is reversed; scores are computed by the published keys.\n\
    - Days are civil dates where the participant lives; instants are UTC.\n\
    - `dictionary.csv` has one row for each column of each file, `codelists.csv` one for each code.\n\
    - `strat_` is the level that the draw used, `strat_true_` the one known now; the allocation stays as it was drawn.\n";

fn arms(frame: &Frame<'_>) -> String {
    let tells = frame.agenda.is_arm_bound();
    let says = match &frame.view.arms {
        ArmView::Shown => {
            "Arms are shown. Whoever rates, treats or decides blindly must not see this package."
        }
        ArmView::Letters(_) => "Arms are letters that mean something within this data cut only.",
        ArmView::Absent => "Arms are not in this package.",
    };
    let pattern = match (&frame.view.arms, frame.view.arm_bound) {
        (ArmView::Letters(_), true) if tells => {
            " Some measurements exist in some arms only, or at times of their own: the pattern of rows and dates shows which \
             letter is which to whoever knows the protocol. The masked package (`?masked=true`, `--masked`) leaves those \
             occasions out."
        }
        (_, false) if tells => {
            " What only some arms have, or each at a time of its own, is left out with its columns and rows, and nobody is \
             shown as completed: rows and dates would tell the arm."
        }
        _ => "",
    };
    format!("{says}{pattern}{}", left_out(frame))
}

/// The occasions that the view leaves out, by name: the plan is no secret.
fn left_out(frame: &Frame<'_>) -> String {
    let hidden = frame.agenda.slots.iter().filter(|slot| !frame.view.shows(slot.is_arm_bound));
    let mut names: Vec<String> =
        hidden.map(|slot| format!("`{}` at `{}`", slot.uses, slot.occasion)).collect();
    names.dedup();
    if names.is_empty() { String::new() } else { format!(" Left out: {}.", names.join(", ")) }
}
