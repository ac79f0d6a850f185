//! Cuts the text of a rule into tokens.

use crate::kernel::number::Number;
use crate::kernel::time::Date;
use crate::trial::expression::ast::Constant;
use crate::trial::expression::finding::ExpressionFinding;
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
    /// The end of the text.
    End,
}

impl Token {
    /// How it is quoted in messages.
    pub fn quoted(&self, text: &[char]) -> String {
        match self.kind {
            TokenKind::End => "the end".to_owned(),
            TokenKind::Constant(_) | TokenKind::Word(_) | TokenKind::Sign(_) => {
                text.iter().skip(self.span.start).take(self.span.end - self.span.start).collect()
            }
        }
    }
}

const SIGNS: [&str; 18] =
    ["==", "!=", "<=", ">=", "..", "<", ">", "+", "-", "*", "/", "(", ")", "[", "]", ",", ".", "="];

/// All tokens, with the end as the last.
pub fn tokens(text: &[char]) -> Result<Vec<Token>, ExpressionFinding> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&character) = text.get(at) {
        if character == ' ' {
            at += 1;
            continue;
        }
        // Behind an opening bracket an item's name may begin with a digit: `this.phq9[9]`, `this.lsas_sr[1f]`.
        let token = if character.is_ascii_alphabetic() {
            word(text, at)
        } else if character.is_ascii_digit() {
            number(text, at, item_may_follow(&found))?
        } else if character == '\'' {
            quoted(text, at)?
        } else {
            sign(text, at)?
        };
        at = token.span.end;
        found.push(token);
    }
    found.push(Token { kind: TokenKind::End, span: Span { start: text.len(), end: text.len() } });
    Ok(found)
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

fn word(text: &[char], start: usize) -> Token {
    let letters: String = text.iter().skip(start).take_while(|c| is_word(**c)).collect();
    let end = start + letters.len();
    Token { kind: TokenKind::Word(letters), span: Span { start, end } }
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn number(text: &[char], start: usize, as_item: bool) -> Result<Token, ExpressionFinding> {
    if as_item {
        return Ok(word(text, start));
    }
    let run: String = text.iter().skip(start).take_while(|c| c.is_ascii_digit() || **c == '-').collect();
    if run.len() >= 10 && run.get(4..5) == Some("-") && run.get(7..8) == Some("-") {
        let end = start + 10;
        let span = Span { start, end };
        let date: Result<Date, _> = run.get(..10).unwrap_or_default().parse();
        let date = date.map_err(|_| {
            ExpressionFinding::new("P201", span, "Expected a date of the calendar, as 2026-03-02.")
        })?;
        return Ok(Token { kind: TokenKind::Constant(Constant::Date(date)), span });
    }
    let digits = |from: usize| text.iter().skip(from).take_while(|c| c.is_ascii_digit()).count();
    let mut end = start + digits(start);
    // `1..5` is a range, `1.5` a number.
    if text.get(end) == Some(&'.') && text.get(end + 1).is_some_and(char::is_ascii_digit) {
        end = end + 1 + digits(end + 1);
    }
    let written: String = text.iter().skip(start).take(end - start).collect();
    let span = Span { start, end };
    let too_long = || ExpressionFinding::new("P201", span, "Expected a number of at most 18 digits.");
    let unit = text.get(end).copied().filter(|unit| "dwmy".contains(*unit));
    let unit = unit.filter(|_| !text.get(end + 1).is_some_and(|next| is_word(*next)));
    if let Some(unit) = unit {
        let span = Span { start, end: end + 1 };
        let count: i64 = written.parse().map_err(|_| too_long())?;
        let constant = match unit {
            'd' => Constant::Days(count),
            'w' => Constant::Days(count.saturating_mul(7)),
            'm' => Constant::Months(count),
            _ => Constant::Months(count.saturating_mul(12)),
        };
        return Ok(Token { kind: TokenKind::Constant(constant), span });
    }
    let value: Number = written.parse().map_err(|_| too_long())?;
    if text.get(end).is_some_and(|next| is_word(*next)) {
        let at = Span { start: end, end: end + 1 };
        return Err(ExpressionFinding::new("P201", at, format!("Expected an operator after '{written}'.")));
    }
    Ok(Token { kind: TokenKind::Constant(Constant::Number(value)), span })
}

fn quoted(text: &[char], start: usize) -> Result<Token, ExpressionFinding> {
    let inside: String = text.iter().skip(start + 1).take_while(|c| **c != '\'').collect();
    let end = start + 1 + inside.chars().count();
    if text.get(end).is_none() {
        let span = Span { start: end, end };
        return Err(ExpressionFinding::new("P201", span, format!("Expected ' after '{inside}'.")));
    }
    Ok(Token { kind: TokenKind::Constant(Constant::Text(inside)), span: Span { start, end: end + 1 } })
}

fn sign(text: &[char], start: usize) -> Result<Token, ExpressionFinding> {
    let matches = |sign: &&str| sign.chars().enumerate().all(|(at, c)| text.get(start + at) == Some(&c));
    let span = |length: usize| Span { start, end: start + length };
    match SIGNS.into_iter().find(|sign| matches(sign)) {
        Some("=") => Err(ExpressionFinding::new(
            "P201",
            span(1),
            "Expected '==': one '=' compares nothing.".to_owned(),
        )),
        Some(sign) => Ok(Token { kind: TokenKind::Sign(sign), span: span(sign.len()) }),
        None => {
            let character: String = text.iter().skip(start).take(1).collect();
            Err(ExpressionFinding::new("P201", span(1), format!("'{character}' has no meaning in a rule.")))
        }
    }
}
