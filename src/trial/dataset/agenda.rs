//! What is asked of whom and when, over all versions of the protocol: the universe of rows and the columns of the wide file.
//! The version in force gives order, numbers and words; what only an older version asks stands behind it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::trial::dataset::fault::DatasetError;
use crate::trial::instrument::definition::Instrument;
use crate::trial::protocol::model::Protocol;
use crate::trial::questionnaire::asked::Asked;
use crate::trial::role::Respondent;
use crate::trial::schedule::definition::Measure;
use crate::trial::schedule::definition::Timing;
use crate::trial::schedule::occasions;
use crate::trial::schedule::occasions::Element;

/// A version of the protocol.
#[derive(Clone, Copy, Debug)]
pub struct Version<'p> {
    /// Its number in the study.
    pub n: i64,
    /// The protocol.
    pub protocol: &'p Protocol,
}

/// A measure at an occasion by a respondent: one block of columns of the wide file.
#[derive(Clone, Debug)]
pub struct Slot<'p> {
    /// The occasion.
    pub occasion: String,
    /// The occasion's place.
    pub occasion_no: i64,
    /// Who answers.
    pub respondent: Respondent,
    /// The instrument, form or external measure.
    pub uses: &'p str,
    /// What it asks.
    pub asked: Asked<'p>,
    /// Whether only some arms have it, or each at a time of its own: then its rows tell the arm.
    pub is_arm_bound: bool,
    /// Protocol version → who is asked in it.
    audience: BTreeMap<i64, Arms<'p>>,
}

/// An occasion by a respondent: what an assessment asks.
#[derive(Clone, Debug)]
pub struct Sitting {
    /// The occasion's place.
    pub occasion_no: i64,
    /// Whether its rows tell the arm.
    pub is_arm_bound: bool,
    /// Its slots, by the id of the measure.
    slots: Vec<usize>,
}

/// An occasion of the plan, as the version that has it last states it.
#[derive(Clone, Debug)]
pub struct PlannedOccasion<'p> {
    /// The occasion, or the element of a series.
    pub element: Element<'p>,
    /// Its place.
    pub number: i64,
    /// Whether its rows tell the arm.
    pub is_arm_bound: bool,
}

/// Everything that is asked.
pub struct Agenda<'p> {
    /// The versions of the protocol, the one in force first.
    versions: Vec<Version<'p>>,
    /// The version in force.
    pub protocol: &'p Protocol,
    /// The instruments that any version uses.
    pub instruments: &'p BTreeMap<String, Instrument>,
    /// All occasions, by place; an id that stands twice, for different arms, has two rows and one place.
    pub occasions: Vec<PlannedOccasion<'p>>,
    /// All slots, by place of the occasion, then as the protocol lists its measures.
    pub slots: Vec<Slot<'p>>,
    sittings: BTreeMap<(String, Respondent), Sitting>,
}

impl<'p> Agenda<'p> {
    /// From the version in force and those before it, in any order.
    pub fn new(
        in_force: Version<'p>,
        before: &[Version<'p>],
        instruments: &'p BTreeMap<String, Instrument>,
    ) -> Result<Self, DatasetError> {
        let mut versions = before.to_vec();
        versions.sort_by_key(|version| std::cmp::Reverse(version.n));
        versions.insert(0, in_force);
        let mut agenda = Self {
            versions,
            protocol: in_force.protocol,
            instruments,
            occasions: Vec::new(),
            slots: Vec::new(),
            sittings: BTreeMap::new(),
        };
        for version in agenda.versions.clone() {
            agenda.add(version)?;
        }
        agenda.judge_arms();
        Ok(agenda)
    }

    /// The versions, the one in force first.
    pub fn versions(&self) -> &[Version<'p>] {
        &self.versions
    }

    /// What an assessment asks.
    pub fn sitting(&self, occasion: &str, respondent: Respondent) -> Result<&Sitting, DatasetError> {
        let key = (occasion.to_owned(), respondent);
        let unplanned =
            || DatasetError::Unplanned { what: "occasion", name: format!("{occasion} by {respondent}") };
        self.sittings.get(&key).ok_or_else(unplanned)
    }

    /// The slots of a sitting, by the id of the measure.
    pub fn slots_of(&self, sitting: &Sitting) -> impl Iterator<Item = &Slot<'p>> {
        sitting.slots.iter().filter_map(|index| self.slots.get(*index))
    }

    /// Whether anything tells the arm by its rows.
    pub fn is_arm_bound(&self) -> bool {
        self.slots.iter().any(|slot| slot.is_arm_bound)
    }

    /// Each measure once, by id, with what it asks in the last version that has it; without those that tell the arm, if asked.
    pub fn measures(&self, with_arm_bound: bool) -> BTreeMap<&'p str, Asked<'p>> {
        let mut found = BTreeMap::new();
        for slot in self.slots.iter().filter(|slot| with_arm_bound || !slot.is_arm_bound) {
            found.entry(slot.uses).or_insert(slot.asked);
        }
        found
    }

    fn add(&mut self, version: Version<'p>) -> Result<(), DatasetError> {
        let schedule = &version.protocol.schedule;
        let known: BTreeMap<String, i64> =
            self.occasions.iter().map(|planned| (planned.element.id.clone(), planned.number)).collect();
        let behind = known.values().max().copied().unwrap_or(0);
        for element in occasions::elements(&schedule.occasions) {
            let number = known.get(&element.id).copied().unwrap_or(behind + element.number);
            for measure in schedule.measures.iter().filter(|measure| element.has(measure)) {
                self.add_slot(version, number, &element, measure)?;
            }
            if !known.contains_key(&element.id) {
                self.occasions.push(PlannedOccasion { element, number, is_arm_bound: false });
            }
        }
        Ok(())
    }

    fn add_slot(
        &mut self,
        version: Version<'p>,
        occasion_no: i64,
        element: &Element<'p>,
        measure: &'p Measure,
    ) -> Result<(), DatasetError> {
        let arms = Arms::of(version.protocol, element, measure);
        let same = |slot: &&mut Slot<'p>| {
            slot.occasion == element.id && slot.respondent == measure.by && slot.uses == measure.uses
        };
        if let Some(slot) = self.slots.iter_mut().find(same) {
            slot.audience.entry(version.n).or_default().join(arms);
            return Ok(());
        }
        self.slots.push(Slot {
            occasion: element.id.clone(),
            occasion_no,
            respondent: measure.by,
            uses: &measure.uses,
            asked: asked(version.protocol, self.instruments, &measure.uses)?,
            is_arm_bound: false,
            audience: BTreeMap::from([(version.n, arms)]),
        });
        Ok(())
    }

    /// Once all is known: what tells the arm, and the index of the sittings.
    fn judge_arms(&mut self) {
        self.occasions.sort_by_key(|planned| planned.number);
        self.slots.sort_by_key(|slot| slot.occasion_no);
        for planned in &mut self.occasions {
            planned.is_arm_bound = !Arms::of_occasion(self.protocol, &planned.element).everybody;
        }
        for slot in &mut self.slots {
            slot.is_arm_bound = slot.audience.values().any(|arms| !arms.everybody);
        }
        let mut order: Vec<(usize, &Slot<'p>)> = self.slots.iter().enumerate().collect();
        order.sort_by_key(|(_, slot)| slot.uses);
        for (index, slot) in order {
            let new = || Sitting { occasion_no: slot.occasion_no, is_arm_bound: true, slots: Vec::new() };
            let sitting = self.sittings.entry((slot.occasion.clone(), slot.respondent)).or_insert_with(new);
            // One measure for everybody is enough for a row that everybody has.
            sitting.is_arm_bound &= slot.is_arm_bound;
            sitting.slots.push(index);
        }
    }
}

impl Slot<'_> {
    /// Whether a person of this arm is asked, by this version of the protocol; `None` is a person without an arm yet.
    pub fn is_for(&self, version: i64, arm: Option<&str>) -> bool {
        self.audience.get(&version).is_some_and(|arms| arms.hold(arm))
    }
}

fn asked<'p>(
    protocol: &'p Protocol,
    instruments: &'p BTreeMap<String, Instrument>,
    uses: &str,
) -> Result<Asked<'p>, DatasetError> {
    let instrument = instruments.get(uses).map(Asked::Instrument);
    let form = || protocol.forms.get(uses).map(|form| Asked::Form(form, &protocol.options));
    let external = || protocol.externals.get(uses).map(Asked::External);
    let unplanned = || DatasetError::Unplanned { what: "measure", name: uses.to_owned() };
    instrument.or_else(form).or_else(external).ok_or_else(unplanned)
}

/// Who is asked.
#[derive(Clone, Debug, Default)]
struct Arms<'p> {
    /// All arms at the same time, by one statement.
    everybody: bool,
    /// All arms, each at a time of its own, or in a later treatment of whoever gets it.
    apart: bool,
    /// These arms.
    some: BTreeSet<&'p str>,
}

impl<'p> Arms<'p> {
    fn of_occasion(protocol: &Protocol, element: &Element<'p>) -> Self {
        let occasion = element.occasion;
        let apart = occasion.episode.is_some()
            || matches!(&occasion.timing, Timing::Window { anchor, .. } if protocol.schedule.anchor_tells_arm(anchor));
        match &occasion.arms {
            None => Self { everybody: !apart, apart, some: BTreeSet::new() },
            Some(arms) => {
                Self { everybody: false, apart: false, some: arms.iter().map(String::as_str).collect() }
            }
        }
    }

    fn of(protocol: &Protocol, element: &Element<'p>, measure: &'p Measure) -> Self {
        let arms = Self::of_occasion(protocol, element);
        let Some(only) = &measure.arms else { return arms };
        let some = only.iter().map(String::as_str).filter(|arm| arms.hold(Some(arm)));
        Self { everybody: false, apart: false, some: some.collect() }
    }

    fn join(&mut self, more: Self) {
        self.everybody |= more.everybody;
        self.apart |= more.apart;
        self.some.extend(more.some);
    }

    fn hold(&self, arm: Option<&str>) -> bool {
        self.everybody || self.apart || arm.is_some_and(|arm| self.some.contains(arm))
    }
}
