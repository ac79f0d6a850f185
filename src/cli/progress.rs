//! A bar on a terminal, nothing in a pipe.

use std::io::IsTerminal;

use indicatif::ProgressBar;

/// A bar for so many people.
pub fn bar(people: u32) -> ProgressBar {
    if std::io::stderr().is_terminal() { ProgressBar::new(u64::from(people)) } else { ProgressBar::hidden() }
}

/// Moves the bar.
pub fn show(bar: &ProgressBar, done: usize, wanted: u32) {
    let done = u64::try_from(done).unwrap_or(u64::MAX);
    bar.set_length(u64::from(wanted).max(done));
    bar.set_position(done);
}
