//! Flags and analysis sets: yes/no values that the protocol derives of a person by rule (section 2.11 of the protocol language).

use std::collections::BTreeMap;

use crate::trial::dataset::agenda::Agenda;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::view::ArmView;
use crate::trial::dataset::view::View;
use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::Name;
use crate::trial::expression::ast::names;
use crate::trial::expression::evaluation::Truth;
use crate::trial::expression::evaluation::Value;
use crate::trial::expression::evaluation::Values;
use crate::trial::expression::evaluation::evaluate;
use crate::trial::expression::reader;
use crate::trial::protocol::model::Flag;
use crate::trial::protocol::model::Protocol;
use crate::trial::role::words;

/// The set that every study has: everybody with an allocation (intention to treat).
pub const ALL_RANDOMIZED: &str = "all_randomized";

words! {
    /// What is derived.
    DerivedKind {
        /// A yes/no variable.
        Flag = "flag",
        /// Who belongs to an analysis.
        Set = "set",
    }
}

/// How much the values of a rule tell of the arm.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Tells {
    /// Nothing.
    Nothing,
    /// It asks for what only some arms have, or each at a time of its own.
    Groups,
    /// It asks for the arm, or for the use of an arm's treatment.
    Arm,
}

/// Something that is derived, as the protocol states it.
pub struct Declared<'p> {
    /// What it is.
    pub kind: DerivedKind,
    /// Its id.
    pub id: &'p str,
    /// What it says.
    pub say: &'p str,
    tells: Tells,
}

impl Declared<'_> {
    /// Whether a view has it: what the rule asks must be in the view too.
    pub fn is_in(&self, view: &View) -> bool {
        match self.tells {
            Tells::Nothing => true,
            Tells::Groups => view.shows(true),
            Tells::Arm => view.arms == ArmView::Shown,
        }
    }
}

/// Everything that the version in force derives: flags, the set that every study has, further sets.
pub fn declared<'p>(agenda: &Agenda<'p>) -> Result<Vec<Declared<'p>>, DatasetError> {
    let analysis = &agenda.protocol.analysis;
    let declare = |kind, one: &'p Flag| {
        let tells = tells(agenda, &rule_of(one)?, 0)?;
        Ok(Declared { kind, id: &one.id, say: &one.say, tells })
    };
    let mut all: Vec<Declared<'p>> = analysis
        .flags
        .iter()
        .map(|flag| declare(DerivedKind::Flag, flag))
        .collect::<Result<_, DatasetError>>()?;
    let say = "Everybody with an allocation";
    all.push(Declared { kind: DerivedKind::Set, id: ALL_RANDOMIZED, say, tells: Tells::Nothing });
    for set in &analysis.sets {
        all.push(declare(DerivedKind::Set, set)?);
    }
    Ok(all)
}

/// How deep flags may ask for flags.
const DEEPEST: u8 = 16;

fn tells(agenda: &Agenda<'_>, rule: &Expr, depth: u8) -> Result<Tells, DatasetError> {
    let mut most = Tells::Nothing;
    for name in names(rule) {
        let one = match name.path().as_slice() {
            ["arm"] | ["use", ..] => Tells::Arm,
            ["flag", id] if depth < DEEPEST => {
                match agenda.protocol.analysis.flags.iter().find(|flag| flag.id == *id) {
                    Some(flag) => tells(agenda, &rule_of(flag)?, depth + 1)?,
                    None => Tells::Nothing,
                }
            }
            ["anchor", anchor] if agenda.protocol.schedule.anchor_tells_arm(anchor) => Tells::Groups,
            [occasion, rest @ ..] if is_arm_bound(agenda, occasion, rest.first().copied()) => Tells::Groups,
            _ => Tells::Nothing,
        };
        most = most.max(one);
    }
    Ok(most)
}

/// Whether an occasion, or an element of the series of this name, or one measure at it tells the arm.
fn is_arm_bound(agenda: &Agenda<'_>, occasion: &str, uses: Option<&str>) -> bool {
    let planned = agenda.occasions.iter();
    let ids = planned.filter(|one| one.element.id == occasion || one.element.occasion.id == occasion);
    let mut ids = ids.map(|one| one.element.id.as_str());
    ids.any(|id| {
        let mut slots = agenda.slots.iter().filter(|slot| slot.occasion == id);
        slots.any(|slot| slot.is_arm_bound && uses.is_none_or(|uses| slot.uses == uses))
    })
}

fn rule_of(declared: &Flag) -> Result<Expr, DatasetError> {
    reader::read(&declared.rule).map_err(|_| DatasetError::Rule { id: declared.id.clone() })
}

/// The values of a person, in the order of `declared`: whether each holds; `None` where something that it asks is not known.
pub fn values(
    protocol: &Protocol,
    known: &dyn Values,
    is_drawn: bool,
) -> Result<Vec<Option<bool>>, DatasetError> {
    let flags = protocol.analysis.flags.iter().map(|flag| Ok((flag.id.as_str(), rule_of(flag)?)));
    let flags: BTreeMap<&str, Expr> = flags.collect::<Result<_, DatasetError>>()?;
    let person = WithFlags { known, flags: &flags, depth: 0 };
    let truth = |rule: &Expr| match evaluate(rule, &person) {
        Truth::Met => Some(true),
        Truth::NotMet => Some(false),
        Truth::Undetermined => None,
    };
    let of_flags = protocol.analysis.flags.iter().map(|flag| flags.get(flag.id.as_str()).and_then(truth));
    let mut all: Vec<Option<bool>> = of_flags.collect();
    all.push(Some(is_drawn));
    for set in &protocol.analysis.sets {
        all.push(truth(&rule_of(set)?));
    }
    Ok(all)
}

/// A person of whom the flags can be asked too.
struct WithFlags<'a> {
    known: &'a dyn Values,
    flags: &'a BTreeMap<&'a str, Expr>,
    depth: u8,
}

impl Values for WithFlags<'_> {
    fn value(&self, name: &Name) -> Option<Value> {
        let path = name.path();
        let ["flag", id] = path.as_slice() else { return self.known.value(name) };
        let deeper = (self.depth < DEEPEST).then(|| Self { depth: self.depth + 1, ..*self })?;
        match evaluate(self.flags.get(*id)?, &deeper) {
            Truth::Met => Some(Value::Truth(true)),
            Truth::NotMet => Some(Value::Truth(false)),
            Truth::Undetermined => None,
        }
    }

    fn series(&self, name: &Name) -> Vec<Value> {
        self.known.series(name)
    }

    fn is_done(&self, name: &Name) -> bool {
        self.known.is_done(name)
    }

    fn band(&self, name: &Name) -> Option<String> {
        self.known.band(name)
    }
}
