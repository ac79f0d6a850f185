//! What is unwise about a design though it is within its limits, with the figures to judge it by.

use crate::trial::randomization::design::Design;
use crate::trial::randomization::design::Levels;
use crate::trial::randomization::parameters::Parameters;
use crate::trial::randomization::predictability;

/// How much a lint weighs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Weight {
    /// Such a design is not committed.
    Refused,
    /// It is committed only with a written reason, which is audited.
    NeedsReason,
    /// Something to think about.
    Advice,
}

impl Weight {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::NeedsReason => "needs_reason",
            Self::Advice => "advice",
        }
    }
}

/// One thing that is unwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Lint {
    /// A stable name, under which a reason is given.
    pub code: &'static str,
    /// How much it weighs.
    pub weight: Weight,
    /// What it is, with figures. Tells block sizes: for the unblinded statistician only.
    pub text: String,
}

/// What is expected of the trial.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Expectation {
    /// How many participants (or clusters) are planned.
    pub planned: Option<u32>,
    /// How many levels each open factor will have, at least one.
    pub open_levels: u32,
    /// Whether those who recruit learn the arms of earlier participants.
    pub recruiters_learn_arms: bool,
}

/// The figures of a design.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Strata.
    pub strata: u32,
    /// Expected participants in a stratum.
    pub per_stratum: Option<f64>,
    /// The largest block.
    pub largest_block: Option<u32>,
    /// Share of right guesses (`predictability::guess_rate`).
    pub guess_rate: Option<f64>,
    /// Share of certain allocations (`predictability::certain_share`).
    pub certain_share: Option<f64>,
    /// Standard deviation of the difference between the arms (`predictability::spread`).
    pub spread: Option<f64>,
}

/// The figures of a design under an expectation.
pub fn figures(design: &Design, expectation: Expectation) -> Figures {
    let strata = strata(design, expectation.open_levels);
    let largest_block = match design.parameters() {
        Parameters::PermutedBlock(sizes) => sizes.last().copied(),
        _ => None,
    };
    Figures {
        strata,
        per_stratum: expectation.planned.map(|planned| f64::from(planned) / f64::from(strata)),
        largest_block,
        guess_rate: predictability::guess_rate(design),
        certain_share: predictability::certain_share(design),
        spread: predictability::spread(design, strata),
    }
}

/// What is unwise about a design under an expectation.
pub fn lints(design: &Design, expectation: Expectation) -> Vec<Lint> {
    let figures = figures(design, expectation);
    let sizes = match design.parameters() {
        Parameters::PermutedBlock(sizes) => block_size(design, sizes, &figures, expectation),
        Parameters::Minimization(minimization)
            if minimization.probability == 'a' && minimization.parts == 1_000_000 =>
        {
            let text = "With p = 1 the preferred arm is always taken: whoever knows the counts knows the next arm. \
                        Usual is 0.8.";
            Some(Lint { code: "minimization_certain", weight: Weight::NeedsReason, text: text.to_owned() })
        }
        _ => None,
    };
    sizes.into_iter().chain(sparse_strata(design, &figures, expectation.planned)).collect()
}

/// The number of combinations of levels, at least 1.
fn strata(design: &Design, open_levels: u32) -> u32 {
    design.factors().iter().fold(1, |strata: u32, factor| {
        strata.saturating_mul(match &factor.levels {
            Levels::Closed(levels) => u32::try_from(levels.len()).unwrap_or(u32::MAX),
            Levels::Open => open_levels.max(1),
        })
    })
}

fn block_size(design: &Design, sizes: &[u32], figures: &Figures, expectation: Expectation) -> Option<Lint> {
    let (first, last) = (*sizes.first()?, *sizes.last()?);
    let certain = figures.certain_share.map_or(0.0, |share| share * 100.0);
    if u64::from(last) == design.ratio_sum() {
        let text = format!(
            "Every block of {last} holds one set of arms: {certain:.1} % of the allocations are certain beforehand. \
             Take larger blocks, of several sizes."
        );
        return Some(Lint { code: "block_of_one_set", weight: Weight::NeedsReason, text });
    }
    if first == last && expectation.recruiters_learn_arms {
        let text = format!(
            "All blocks are of {last} and recruiters learn allocations: whoever finds out the size knows {certain:.1} % \
             of the allocations beforehand. Take several sizes."
        );
        return Some(Lint { code: "block_size_fixed", weight: Weight::Advice, text });
    }
    None
}

fn sparse_strata(design: &Design, figures: &Figures, planned: Option<u32>) -> Option<Lint> {
    let (planned, strata) = (planned?, figures.strata);
    let by_stratum = match design.parameters() {
        Parameters::PermutedBlock(_)
        | Parameters::BigStick(_)
        | Parameters::BlockUrn(_)
        | Parameters::WeiUrn(..) => true,
        Parameters::Simple
        | Parameters::Minimization(_)
        | Parameters::WholeCohort
        | Parameters::Uploaded(_) => false,
    };
    if by_stratum && u64::from(strata) * 2 > u64::from(planned) {
        let text = format!(
            "{strata} strata for {planned} participants: with more strata than half the participants stratifying \
             balances nothing (Therneau 1993). Drop factors, or minimize."
        );
        return Some(Lint { code: "strata_too_many", weight: Weight::Refused, text });
    }
    let largest = figures.largest_block?;
    let (code, weight) = match u64::from(planned) {
        few if few < u64::from(largest) * u64::from(strata) => ("strata_below_block", Weight::NeedsReason),
        few if few < u64::from(largest) * u64::from(strata) * 2 => {
            ("strata_below_two_blocks", Weight::Advice)
        }
        _ => return None,
    };
    let per_stratum = figures.per_stratum.unwrap_or_default();
    let spread = figures
        .spread
        .map(|spread| {
            format!(" The difference between the arms will have a standard deviation of {spread:.1}.")
        })
        .unwrap_or_default();
    let text = format!(
        "{per_stratum:.1} participants are expected in a stratum, and blocks have up to {largest}: many will stay open.\
         {spread} Minimization would balance the factors without strata."
    );
    Some(Lint { code, weight, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn design(rest: &str) -> Design {
        Design::parse(&format!(r#"{{"v":1,{rest}}}"#)).unwrap()
    }

    fn blocks(sizes: &str, factors: &str) -> Design {
        design(&format!(
            r#""method":"permuted_block","arms":[["A",1],["B",1]],"blocks":{sizes},"factors":{factors}"#
        ))
    }

    const OPEN_LABEL: Expectation =
        Expectation { planned: Some(200), open_levels: 1, recruiters_learn_arms: true };

    fn codes(design: &Design, expectation: Expectation) -> Vec<(&'static str, Weight)> {
        lints(design, expectation).iter().map(|lint| (lint.code, lint.weight)).collect()
    }

    #[test]
    fn blocks_of_one_set_need_a_reason_and_one_size_is_worth_a_word() {
        let one_set = lints(&blocks("[2]", "[]"), OPEN_LABEL);
        assert_eq!((one_set[0].code, one_set[0].weight), ("block_of_one_set", Weight::NeedsReason));
        assert!(one_set[0].text.contains("50.0 %"), "{}", one_set[0].text);
        assert_eq!(codes(&blocks("[2,2]", "[]"), OPEN_LABEL), [("block_of_one_set", Weight::NeedsReason)]);
        assert_eq!(codes(&blocks("[4]", "[]"), OPEN_LABEL), [("block_size_fixed", Weight::Advice)]);
        let masked = Expectation { recruiters_learn_arms: false, ..OPEN_LABEL };
        assert_eq!(codes(&blocks("[4]", "[]"), masked), []);
        assert_eq!(codes(&blocks("[2,4]", "[]"), OPEN_LABEL), []);
    }

    #[test]
    fn strata_are_counted_with_the_levels_that_open_factors_will_have() {
        let factors = r#"[["sev",["low","mid","high"]],["sex",["f","m"]],["site",{"open":true}]]"#;
        let of_sites = |open_levels| Expectation { planned: Some(200), open_levels, ..OPEN_LABEL };
        assert_eq!(figures(&blocks("[2,4]", factors), of_sites(5)).strata, 30);
        assert_eq!(figures(&blocks("[2,4]", factors), of_sites(0)).strata, 6);
        let figures = figures(&blocks("[2,4]", factors), of_sites(5));
        assert_eq!((figures.largest_block, figures.spread), (Some(4), Some(5.0)));
    }

    #[test]
    fn thin_strata_are_weighed_by_what_is_expected_in_each() {
        let four = r#"[["sev",["low","high"]],["sex",["f","m"]]]"#;
        let planned = |planned| Expectation { planned: Some(planned), ..OPEN_LABEL };
        for (people, expected) in [
            (7, vec![("strata_too_many", Weight::Refused)]),
            (8, vec![("strata_below_block", Weight::NeedsReason)]),
            (23, vec![("strata_below_block", Weight::NeedsReason)]),
            (24, vec![("strata_below_two_blocks", Weight::Advice)]),
            (47, vec![("strata_below_two_blocks", Weight::Advice)]),
            (48, vec![]),
        ] {
            assert_eq!(codes(&blocks("[4,6]", four), planned(people)), expected, "{people}");
        }
        let text = &lints(&blocks("[4,6]", four), planned(24))[0].text;
        // sqrt(4 x 7 / 6) = 2.16
        assert!(text.contains("6.0 participants") && text.contains("deviation of 2.2"), "{text}");
        let unknown = Expectation { planned: None, ..OPEN_LABEL };
        assert_eq!(codes(&blocks("[4,6]", four), unknown), []);
        let simple = design(&format!(r#""method":"simple","arms":[["A",1],["B",1]],"factors":{four}"#));
        assert_eq!(codes(&simple, planned(4)), []);
    }

    #[test]
    fn minimization_without_chance_needs_a_reason() {
        let minimization = |p: u32| {
            design(&format!(
                r#""method":"minimization","arms":[["A",1],["B",1]],"factors":[["sev",["low","high"],1]],
                "imbalance":"range","probability":"a","p":{p},"overall":1,"run_in":0,"unequal":"none",
                "counts":"corrected""#
            ))
        };
        assert_eq!(
            codes(&minimization(1_000_000), OPEN_LABEL),
            [("minimization_certain", Weight::NeedsReason)]
        );
        assert_eq!(codes(&minimization(800_000), OPEN_LABEL), []);
    }
}
