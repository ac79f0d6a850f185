//! How well somebody who sees the allocations of a stratum can guess the next one, and how far arms can drift apart.
//! Figures for people who choose a design; nothing is decided by them, so they are floating-point numbers.

use crate::trial::randomization::design::Design;
use crate::trial::randomization::parameters::Parameters;

/// Share of right guesses, in the long run, of somebody who always names the arm that is behind and tosses a coin when none
/// is (the convergence strategy of Blackwell and Hodges 1957). For permuted blocks of two equal arms; else `None`.
///
/// In a block of 2m the expected number of right guesses is m + (4^m / C(2m, m) - 1) / 2. The guesser need not know where
/// blocks end, so several sizes count by the allocations in them.
pub fn guess_rate(design: &Design) -> Option<f64> {
    let sizes = two_equal_arms(design)?;
    let right: f64 = sizes.iter().map(|size| right_guesses(size / 2)).sum();
    let all: f64 = sizes.iter().map(|size| f64::from(*size)).sum();
    Some(right / all)
}

fn right_guesses(half: u32) -> f64 {
    // 4^m / C(2m, m) as a product, which stays small where the powers do not.
    let paths: f64 = (1..=half).map(f64::from).map(|i| 2.0 * i / (2.0 * i - 1.0)).product();
    f64::from(half) + (paths - 1.0) / 2.0
}

/// Share of allocations that are certain to whoever knows the block size: all that is left in the block is of one arm.
/// For permuted blocks of one size, any ratio; else `None`.
///
/// The expected length of the last run of an arm with c of b places is c / (b - c + 1).
pub fn certain_share(design: &Design) -> Option<f64> {
    let Parameters::PermutedBlock(sizes) = design.parameters() else { return None };
    let [size, others @ ..] = sizes.as_slice() else { return None };
    if others.iter().any(|other| other != size) {
        return None;
    }
    let block = f64::from(*size);
    let ratios: Vec<f64> = design.arms().iter().map(|arm| f64::from(arm.ratio)).collect();
    let sets = block / ratios.iter().sum::<f64>();
    let certain: f64 = ratios.iter().map(|ratio| ratio * sets / (block - ratio * sets + 1.0)).sum();
    Some(certain / block)
}

/// Standard deviation of the difference of two equal arms over the whole trial, when recruitment stops anywhere in the
/// last block of each of `strata` strata: sqrt(K (b + 1) / 6) with the largest block b (Hallstrom and Davis 1988).
pub fn spread(design: &Design, strata: u32) -> Option<f64> {
    let largest = two_equal_arms(design)?.last()?;
    Some((f64::from(strata) * (f64::from(*largest) + 1.0) / 6.0).sqrt())
}

fn two_equal_arms(design: &Design) -> Option<&[u32]> {
    match (design.arms(), design.parameters()) {
        ([a, b], Parameters::PermutedBlock(sizes)) if a.ratio == b.ratio => Some(sizes),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(arms: &str, sizes: &str) -> Design {
        let text =
            format!(r#"{{"v":1,"method":"permuted_block","arms":{arms},"factors":[],"blocks":{sizes}}}"#);
        Design::parse(&text).unwrap()
    }

    const EQUAL: &str = r#"[["A",1],["B",1]]"#;

    fn percent(figure: Option<f64>) -> String {
        format!("{:.1}", figure.unwrap() * 100.0)
    }

    #[test]
    fn guess_rates_of_single_sizes_are_those_of_blackwell_and_hodges() {
        for (sizes, rate) in [("[2]", "75.0"), ("[4]", "70.8"), ("[6]", "68.3"), ("[8]", "66.6")] {
            assert_eq!(percent(guess_rate(&blocks(EQUAL, sizes))), rate, "{sizes}");
        }
        // Equal arms are equal at any ratio: one set of 2:2 is a block of four.
        assert_eq!(percent(guess_rate(&blocks(r#"[["A",2],["B",2]]"#, "[4]"))), "70.8");
        assert_eq!(guess_rate(&blocks(r#"[["A",1],["B",2]]"#, "[3]")), None);
        assert_eq!(guess_rate(&blocks(r#"[["A",1],["B",1],["C",1]]"#, "[3]")), None);
    }

    #[test]
    fn guess_rates_agree_with_a_count_over_all_sequences_of_a_block() {
        for size in [2_u32, 4, 6, 8, 10] {
            let (mut right, mut sequences) = (0.0, 0.0);
            for bits in (0_u32..1 << size).filter(|bits| bits.count_ones() * 2 == size) {
                sequences += 1.0;
                let mut lead = 0_i32;
                for at in 0..size {
                    let step = if bits >> at & 1 == 1 { 1 } else { -1 };
                    right += if lead == 0 { 0.5 } else { f64::from(i32::from(step * lead < 0)) };
                    lead += step;
                }
            }
            let counted = right / sequences / f64::from(size);
            let stated = guess_rate(&blocks(EQUAL, &format!("[{size}]"))).unwrap();
            assert!((counted - stated).abs() < 1e-12, "{size}: {counted} {stated}");
        }
    }

    #[test]
    fn several_sizes_help_only_a_little() {
        // A trial that stops inside a block after 60 gives 67.8 and 70.1; the long run a little more.
        for (sizes, of_sixty, exact) in [("[4,6,8]", 0.678, "68.1"), ("[2,4,6]", 0.701, "70.3")] {
            let rate = guess_rate(&blocks(EQUAL, sizes));
            assert!((rate.unwrap() - of_sixty).abs() < 0.01, "{sizes}");
            assert_eq!(percent(rate), exact, "{sizes}");
        }
    }

    #[test]
    fn the_end_of_a_block_of_known_size_is_certain() {
        for (sizes, share) in [("[2]", "50.0"), ("[4]", "33.3"), ("[6]", "25.0"), ("[8,8]", "20.0")] {
            assert_eq!(percent(certain_share(&blocks(EQUAL, sizes))), share, "{sizes}");
        }
        // ABB, BAB, BBA end in runs of 2, 1, 1: 4 of 9 places.
        assert_eq!(percent(certain_share(&blocks(r#"[["A",1],["B",2]]"#, "[3]"))), "44.4");
        assert_eq!(certain_share(&blocks(EQUAL, "[4,6]")), None);
    }

    #[test]
    fn the_spread_grows_with_strata_and_the_largest_block() {
        assert_eq!(spread(&blocks(EQUAL, "[4,6]"), 0), Some(0.0));
        let close = |figure: Option<f64>, expected: f64| (figure.unwrap() - expected).abs() < 1e-12;
        assert!(close(spread(&blocks(EQUAL, "[2,4]"), 30), 5.0));
        assert!(close(spread(&blocks(EQUAL, "[6]"), 42), 7.0));
        assert_eq!(spread(&blocks(r#"[["A",1],["B",2]]"#, "[3]"), 4), None);
    }
}
