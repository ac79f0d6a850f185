//! Cuts the text of a rule into tokens. What is no token is one of its own, for the reader to speak of where it
//! stands: it knows what it expected there.

use crate::kernel::number::Number;
use crate::kernel::time::Date;
use crate::trial::expression::ast::Constant;
use crate::trial::expression::finding::Span;

/// A token with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenKind {
    /// A constant but for `true` and `false`.
    Constant(Constant),
    /// A word: a name's part, a function, or one of and, or, not, in, true, false.
    Word(String),
    /// A sign: `==`, `..`, `(` and so on.
    Sign(&'static str),
    /// No token; nothing behind it is looked at.
    Unreadable(Trouble),
    /// The end of the text.
    End,
}

/// Why something is no token.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// This was expected, whatever the reader was about to read.
    Expected(&'static str),
    /// A quotation mark that is never closed, with what stands behind it.
    Unclosed(String),
    /// A character of no meaning, and how what it looks like is written here.
    Foreign(char, Option<&'static str>),
}

const SIGNS: [&str; 17] =
    ["==", "!=", "<=", ">=", "..", "<", ">", "+", "-", "*", "/", "(", ")", "[", "]", ",", "."];

/// Signs of other languages and of word processors: what they are, and what they are here.
const FOREIGN: [(char, &str); 12] = [
    ('=', "=="),
    ('&', "and"),
    ('|', "or"),
    ('!', "not"),
    ('\u{2265}', ">="),
    ('\u{2264}', "<="),
    ('\u{2260}', "!="),
    ('\u{2212}', "-"),
    ('\u{2013}', "-"),
    ('\u{d7}', "*"),
    ('\u{2018}', "'"),
    ('\u{2019}', "'"),
];

/// All tokens, with the end as the last.
pub fn tokens(text: &[char]) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&character) = text.get(at) {
        if character == ' ' || character == '\t' {
            at += 1;
            continue;
        }
        // Behind an opening bracket an item's name may begin with a digit: `this.phq9[9]`, `this.lsas_sr[1f]`.
        let token =
            if character.is_ascii_alphabetic() || character.is_ascii_digit() && item_may_follow(&found) {
                word(text, at)
            } else if character.is_ascii_digit() {
                date(text, at).unwrap_or_else(|| number(text, at))
            } else if character == '\'' {
                quoted(text, at)
            } else {
                sign(text, at, character)
            };
        at = token.span.end;
        let unreadable = matches!(token.kind, TokenKind::Unreadable(_));
        let is_constant = matches!(token.kind, TokenKind::Constant(_));
        found.push(token);
        if unreadable {
            break;
        }
        if is_constant && character != '\'' && text.get(at).is_some_and(|next| is_word(*next)) {
            let trouble = Trouble::Expected("an operator or a unit (d, w, m, y)");
            found.push(unreadable_at(Span { start: at, end: at + 1 }, trouble));
            break;
        }
    }
    found.push(Token { kind: TokenKind::End, span: Span { start: text.len(), end: text.len() } });
    found
}

/// Whether the tokens so far end with a name and an opening bracket that touches it.
fn item_may_follow(found: &[Token]) -> bool {
    match found {
        [.., word, bracket] => {
            matches!(&word.kind, TokenKind::Word(text) if text != "in")
                && bracket.kind == TokenKind::Sign("[")
                && word.span.end == bracket.span.start
        }
        _ => false,
    }
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn unreadable_at(span: Span, trouble: Trouble) -> Token {
    Token { kind: TokenKind::Unreadable(trouble), span }
}

fn word(text: &[char], start: usize) -> Token {
    let letters: String = text.iter().skip(start).take_while(|c| is_word(**c)).collect();
    let end = start + letters.len();
    Token { kind: TokenKind::Word(letters), span: Span { start, end } }
}

/// `2026-03-02`: four digits, two, two, and no digit behind.
fn date(text: &[char], start: usize) -> Option<Token> {
    let span = Span { start, end: start + 10 };
    let written = span.words(text);
    let shaped = written.len() == 10
        && written
            .chars()
            .enumerate()
            .all(|(at, c)| if at == 4 || at == 7 { c == '-' } else { c.is_ascii_digit() })
        && !text.get(span.end).is_some_and(char::is_ascii_digit);
    shaped.then(|| match written.parse::<Date>() {
        Ok(date) => Token { kind: TokenKind::Constant(Constant::Date(date)), span },
        Err(_) => unreadable_at(span, Trouble::Expected("a date of the calendar")),
    })
}

/// A number, or days and months: a number with a unit that touches it.
fn number(text: &[char], start: usize) -> Token {
    let digits = |from: usize| text.iter().skip(from).take_while(|c| c.is_ascii_digit()).count();
    let mut end = start + digits(start);
    // `1..5` is a range, `1.5` a number.
    if text.get(end) == Some(&'.') && text.get(end + 1).is_some_and(char::is_ascii_digit) {
        end = end + 1 + digits(end + 1);
    }
    let written = Span { start, end }.words(text);
    let unit = text.get(end).copied().filter(|unit| "dwmy".contains(*unit));
    let unit = unit.filter(|_| !text.get(end + 1).is_some_and(|next| is_word(*next)));
    let (span, constant) = match unit {
        None => (Span { start, end }, written.parse::<Number>().ok().map(Constant::Number)),
        Some(unit) => (Span { start, end: end + 1 }, duration(&written, unit)),
    };
    match constant {
        Some(constant) => Token { kind: TokenKind::Constant(constant), span },
        None if unit.is_some() && written.contains('.') => {
            unreadable_at(span, Trouble::Expected("whole days, weeks, months or years"))
        }
        None => unreadable_at(span, Trouble::Expected("a shorter number")),
    }
}

fn duration(written: &str, unit: char) -> Option<Constant> {
    let count: i64 = written.parse().ok()?;
    match unit {
        'd' => Some(Constant::Days(count)),
        'w' => count.checked_mul(7).map(Constant::Days),
        'm' => Some(Constant::Months(count)),
        _ => count.checked_mul(12).map(Constant::Months),
    }
}

fn quoted(text: &[char], start: usize) -> Token {
    let inside: String = text.iter().skip(start + 1).take_while(|c| **c != '\'').collect();
    let end = start + 1 + inside.chars().count();
    if text.get(end).is_none() {
        return unreadable_at(Span { start: end, end }, Trouble::Unclosed(inside));
    }
    Token { kind: TokenKind::Constant(Constant::Text(inside)), span: Span { start, end: end + 1 } }
}

fn sign(text: &[char], start: usize, character: char) -> Token {
    let matches = |sign: &&str| sign.chars().enumerate().all(|(at, c)| text.get(start + at) == Some(&c));
    if let Some(sign) = SIGNS.into_iter().find(|sign| matches(sign)) {
        return Token { kind: TokenKind::Sign(sign), span: Span { start, end: start + sign.len() } };
    }
    let here = FOREIGN.iter().find(|(foreign, _)| *foreign == character).map(|(_, here)| *here);
    unreadable_at(Span { start, end: start + 1 }, Trouble::Foreign(character, here))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<TokenKind> {
        let characters: Vec<char> = text.chars().collect();
        tokens(&characters).into_iter().map(|token| token.kind).collect()
    }

    fn constant(text: &str) -> Constant {
        match kinds(text).as_slice() {
            [TokenKind::Constant(constant), TokenKind::End] => constant.clone(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn numbers_are_exact_and_units_touch_them() {
        assert_eq!(constant("14.4"), Constant::Number(Number::fraction(72, 5).unwrap()));
        assert_eq!(constant("007"), Constant::Number(Number::from(7)));
        assert_eq!(constant("12d"), Constant::Days(12));
        assert_eq!(constant("10w"), Constant::Days(70));
        assert_eq!(constant("3m"), Constant::Months(3));
        assert_eq!(constant("2y"), Constant::Months(24));
        assert_eq!(kinds("3 m").len(), 3);
    }

    #[test]
    fn a_date_is_four_two_and_two_digits_and_all_else_is_a_difference() {
        assert_eq!(constant("2024-02-29"), Constant::Date("2024-02-29".parse().unwrap()));
        assert!(matches!(
            kinds("2026-02-29").as_slice(),
            [TokenKind::Unreadable(Trouble::Expected("a date of the calendar")), TokenKind::End]
        ));
        for text in ["12026-03-02", "2026-3-02", "2026-03-021", "2026-0--03"] {
            assert!(kinds(text).contains(&TokenKind::Sign("-")), "{text}");
        }
    }

    #[test]
    fn two_dots_end_a_number_and_a_name() {
        let signs = |text: &str| kinds(text).iter().filter(|kind| **kind == TokenKind::Sign("..")).count();
        for text in ["15..19", "1.5..2.5", "a.b..c.d", "a[1]..b[2]", "3m..2y"] {
            assert_eq!(signs(text), 1, "{text}");
        }
    }

    #[test]
    fn what_is_too_long_or_not_whole_is_no_number() {
        for text in
            [&"9".repeat(31), "0.1234567890123456789", "99999999999999999999d", "9223372036854775807w"]
        {
            assert_eq!(
                kinds(text)[0],
                TokenKind::Unreadable(Trouble::Expected("a shorter number")),
                "{text}"
            );
        }
        assert!(matches!(kinds("1.5w")[0], TokenKind::Unreadable(Trouble::Expected(_))));
    }
}
