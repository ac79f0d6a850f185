//! What happens after enrolment: schedule, reminders, safety.

use serde::Serialize;
use std::collections::BTreeMap;

use crate::kernel::time::Date;
use crate::trial::role::Role;
use crate::trial::role::words;
use crate::trial::schedule::anchors;
use crate::trial::schedule::definition::Anchor;
use crate::trial::schedule::definition::Episode;
use crate::trial::schedule::definition::Measure;
use crate::trial::schedule::definition::Occasion;
use crate::trial::schedule::definition::Point;
use crate::trial::schedule::definition::Timing;
use crate::trial::schedule::occasions::Element;

/// `[schedule]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Schedule {
    /// When an occasion opens on its first day: `06:00:00`.
    pub opens_at: chrono::NaiveTime,
    /// How long a started draft may still be sent after the window, in minutes.
    pub grace_minutes: u32,
    /// Days from which windows are counted.
    pub anchors: Vec<Anchor>,
    /// Times of measurement, in order.
    pub occasions: Vec<Occasion>,
    /// What is asked, in the order asked.
    pub measures: Vec<Measure>,
    /// Later treatments.
    pub episodes: Vec<Episode>,
}

impl Schedule {
    /// Whether an anchor tells the arm.
    pub fn anchor_tells_arm(&self, id: &str) -> bool {
        anchors::tells_arm(&self.anchors, &self.occasions, &self.episodes, id)
    }

    /// The later treatment for which alone an anchor is there.
    pub fn later_treatment_of(&self, id: &str) -> Option<&Episode> {
        anchors::later_treatment_of(&self.anchors, &self.occasions, &self.episodes, id)
    }

    /// The arms that have an anchor, where not all have.
    pub fn arms_of_anchor(&self, id: &str) -> Option<Vec<String>> {
        anchors::arms_of(&self.anchors, &self.occasions, &self.episodes, id)
    }

    /// Whether an occasion's rows, or their dates, tell the arm.
    pub fn occasion_tells_arm(&self, element: &Element<'_>) -> bool {
        let by_anchor = match &element.occasion.timing {
            Timing::Window { anchor, .. } => self.anchor_tells_arm(anchor),
            Timing::Step { .. } => false,
        };
        by_anchor || element.is_arm_bound()
    }
}

/// `[contact]`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Contact {
    /// Channels: email, sms.
    pub channels: Vec<String>,
    /// When messages go out.
    pub hour: chrono::NaiveTime,
    /// When none goes out: from, to.
    pub quiet: (chrono::NaiveTime, chrono::NaiveTime),
    /// At most so many steps a day.
    pub per_day: u32,
    /// At most so many steps a week.
    pub per_week: u32,
    /// Whether messages may use the first name.
    pub first_name: bool,
}

/// `[ladder.<id>]`: reminders of an occasion.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Ladder {
    /// Occasions that use it.
    pub at: Vec<String>,
    /// Its steps.
    pub steps: Vec<LadderStep>,
}

/// One reminder. Its `on` counts from `opens`, `due` or `closes`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct LadderStep {
    /// When.
    pub on: Point,
    /// By which channels: email, sms, call, letter.
    pub via: Vec<String>,
    /// The text's name.
    pub text: String,
    /// Whether it offers the short form.
    pub short: bool,
}

/// `[safety]`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Safety {
    /// Reading hours: from, to.
    pub hours: (chrono::NaiveTime, chrono::NaiveTime),
    /// Reading days: 1 = Monday … 7 = Sunday.
    pub days: Vec<u32>,
    /// Days on which nobody reads.
    pub holidays: Vec<Date>,
    /// What raises an alert.
    pub rules: Vec<SafetyRule>,
    /// Instruments without a rule on purpose: instrument → why.
    pub silent: BTreeMap<String, String>,
}

words! {
    /// How soon an alert must be read.
    AlertLevel {
        /// At once.
        Urgent = "urgent",
        /// Within the reading hours.
        Review = "review",
    }
}

/// What raises an alert.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct SafetyRule {
    /// Its id.
    pub id: String,
    /// The rule (expression).
    pub rule: String,
    /// How soon it must be read.
    pub level: AlertLevel,
    /// What an unanswered item raises; `None` for nothing.
    pub unanswered: Option<AlertLevel>,
    /// Roles that are told.
    pub tell: Vec<Role>,
    /// Reading hours until it must be claimed.
    pub within_hours: u32,
    /// Codes with which it may be closed; empty: free.
    pub closing: Vec<String>,
}
