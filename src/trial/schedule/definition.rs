//! The schedule as the protocol states it: typed, with all defaults filled in.

use serde::Serialize;

use crate::kernel::time::Date;
use crate::trial::role::Respondent;
use crate::trial::role::Role;

/// A shift of civil days: months first, then days (weeks are seven days, years twelve months).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Offset {
    /// Calendar months.
    pub months: i32,
    /// Days.
    pub days: i32,
}

/// A base (`registered`, `consent`, `inclusion`, `randomization` or an anchor) and an offset: `randomization+10w`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Point {
    /// The id of the base.
    pub base: String,
    /// The shift from it.
    pub offset: Offset,
}

/// The anchors that every protocol has.
pub const BUILT_IN_ANCHORS: [&str; 4] = ["registered", "consent", "inclusion", "randomization"];

/// A day from which windows are counted.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Anchor {
    /// Its id.
    pub id: String,
    /// How its date comes about.
    pub kind: AnchorKind,
    /// The arms that have it; `None` for all.
    pub arms: Option<Vec<String>>,
}

/// How an anchor gets its date.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum AnchorKind {
    /// Recorded by staff; without a record the fallback counts, marked assumed.
    Event {
        /// Who may record it.
        record: Vec<Role>,
        /// The date that counts once it has come and nothing was recorded.
        fallback: Option<Point>,
    },
    /// Fixed dates, by arm or cohort.
    Calendar(Vec<CalendarDate>),
    /// Counted from another anchor.
    Offset(Point),
}

/// One fixed date.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CalendarDate {
    /// The date.
    pub date: Date,
    /// The arm that it is for; `None` for all.
    pub arm: Option<String>,
    /// The cohort that it is for; `None` for all.
    pub cohort: Option<String>,
}

/// The window of an occasion, as offsets from its anchor.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Window {
    /// The first day.
    pub opens: Offset,
    /// The planned day.
    pub due: Offset,
    /// The last day in the window.
    pub closes: Offset,
    /// The last day on which a late answer is taken (equals `closes` where none is).
    pub late: Offset,
}

/// A series has no more elements; their numbers have two digits.
pub const MOST_ELEMENTS: u32 = 99;

/// A repeated occasion: element k lies (k−1) × `every` later.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Series {
    /// The distance.
    pub every: Offset,
    /// How many.
    pub times: u32,
}

/// What opens an occasion.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum Timing {
    /// An enrolment step names it: it opens when the step does.
    Step {
        /// The step's id.
        step: String,
    },
    /// A window around an anchor.
    Window {
        /// The anchor's id.
        anchor: String,
        /// The window (of the first element of a series).
        window: Window,
        /// The repetition.
        series: Option<Series>,
    },
}

/// A planned time of measurement.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Occasion {
    /// Its id; the elements of series `w` are `w01`, `w02`, …
    pub id: String,
    /// What staff read.
    pub label: String,
    /// What opens it.
    pub timing: Timing,
    /// The arms that have it; `None` for all included.
    pub arms: Option<Vec<String>>,
    /// The later episode that it belongs to; `None` for the first period.
    pub episode: Option<String>,
    /// The reminder ladder's id, or `none`.
    pub ladder: String,
}

/// What is asked at which occasions, by whom.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Measure {
    /// The instrument, form or external.
    pub uses: String,
    /// Occasions: plain ids, series (all elements) or elements.
    pub at: Vec<String>,
    /// Who answers.
    pub by: Respondent,
    /// The arms that have it; `None` for all.
    pub arms: Option<Vec<String>>,
    /// A condition (text of an expression) under which it is asked.
    pub shown: Option<String>,
    /// Whether it counts for "complete".
    pub required: bool,
    /// Whether it stays in the short offer.
    pub core: bool,
    /// The named value set, where the instrument needs one.
    pub valueset: Option<String>,
}

/// A later treatment of the same person; the allocation stays.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Episode {
    /// Its id.
    pub id: String,
    /// The arms whose people get it.
    pub arms: Vec<String>,
    /// What is given.
    pub gives: EpisodeTreatment,
    /// The occasion that must be sent or closed first.
    pub after: String,
    /// The anchor of its occasions.
    pub anchor: String,
    /// How long it takes, in weeks.
    pub weeks: Option<u32>,
    /// A condition (text of an expression).
    pub when: Option<String>,
}

/// What an episode gives.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum EpisodeTreatment {
    /// An arm's or a treatment's code.
    Named(String),
    /// The answer to a choice field: `post.wish.choice`.
    Chosen(String),
}
