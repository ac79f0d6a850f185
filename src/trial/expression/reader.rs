//! Reads the text of a rule into its parts. One mistake gives one finding.

use crate::trial::expression::ast::Constant;
use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::ExprKind;
use crate::trial::expression::ast::Function;
use crate::trial::expression::ast::Name;
use crate::trial::expression::ast::Operator;
use crate::trial::expression::ast::Relation;
use crate::trial::expression::ast::Word;
use crate::trial::expression::ast::names;
use crate::trial::expression::finding::ExpressionFinding;
use crate::trial::expression::finding::Span;
use crate::trial::expression::lexer;
use crate::trial::expression::lexer::Token;
use crate::trial::expression::lexer::TokenKind;

/// A rule has at most so many characters.
pub const MAX_CHARACTERS: usize = 2000;
/// Brackets, `not` and calls lie at most so deep.
pub const MAX_DEPTH: usize = 32;
/// A rule names at most so many things.
pub const MAX_NAMES: usize = 64;

const RESERVED: [&str; 6] = ["and", "or", "not", "in", "true", "false"];

/// Reads a rule.
pub fn read(text: &str) -> Result<Expr, ExpressionFinding> {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() > MAX_CHARACTERS {
        return Err(over("2000 characters"));
    }
    let tokens = lexer::tokens(&characters)?;
    let mut reader = Reader { text: &characters, tokens: &tokens, at: 0, depth: 0 };
    let expr = reader.expr()?;
    if reader.peek() != &TokenKind::End {
        return Err(reader.expected("and, or, or the end"));
    }
    if names(&expr).len() > MAX_NAMES {
        return Err(over("64 names"));
    }
    Ok(expr)
}

fn over(limit: &str) -> ExpressionFinding {
    let text = format!("Over {limit}: 2000 characters, depth 32 or 64 names.");
    ExpressionFinding {
        mend: Some("Divide the rule.".to_owned()),
        ..ExpressionFinding::new("P210", Span::default(), text)
    }
}

struct Reader<'t> {
    text: &'t [char],
    tokens: &'t [Token],
    at: usize,
    depth: usize,
}

type Read<T> = Result<T, ExpressionFinding>;

impl Reader<'_> {
    fn token(&self) -> Token {
        let end = Span { start: self.text.len(), end: self.text.len() };
        self.tokens.get(self.at).cloned().unwrap_or(Token { kind: TokenKind::End, span: end })
    }

    fn peek(&self) -> &TokenKind {
        self.tokens.get(self.at).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn take(&mut self) -> Token {
        let token = self.token();
        self.at = (self.at + 1).min(self.tokens.len());
        token
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), TokenKind::Sign(found) if *found == sign)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), TokenKind::Word(found) if found == word)
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn expected(&self, what: &str) -> ExpressionFinding {
        let before = self.at.checked_sub(1).and_then(|before| self.tokens.get(before));
        let text = match before {
            Some(token) => format!("Expected {what} after '{}'.", token.quoted(self.text)),
            None => format!("Expected {what} at the beginning."),
        };
        ExpressionFinding::new("P201", self.token().span, text)
    }

    fn need_sign(&mut self, sign: &'static str) -> Read<Token> {
        if self.is_sign(sign) { Ok(self.take()) } else { Err(self.expected(&format!("'{sign}'"))) }
    }

    fn deeper<T>(&mut self, inside: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(over("depth 32"));
        }
        let result = inside(self);
        self.depth -= 1;
        result
    }

    fn expr(&mut self) -> Read<Expr> {
        let first = self.unit()?;
        let joiner = ["and", "or"].into_iter().find(|word| self.is_word(word));
        let Some(joiner) = joiner else { return Ok(first) };
        let other = if joiner == "and" { "or" } else { "and" };
        let mut parts = vec![first];
        while self.take_word(joiner) {
            parts.push(self.unit()?);
        }
        if self.is_word(other) {
            let text = "'and' and 'or' are mixed: put brackets.";
            return Err(ExpressionFinding::new("P202", self.token().span, text));
        }
        let span = span_of(&parts);
        Ok(Expr { kind: if joiner == "and" { ExprKind::All(parts) } else { ExprKind::Any(parts) }, span })
    }

    fn unit(&mut self) -> Read<Expr> {
        if !self.is_word("not") {
            return self.test();
        }
        let start = self.take().span;
        let inside = self.deeper(Self::unit)?;
        let span = start.to(inside.span);
        Ok(Expr { kind: ExprKind::Not(Box::new(inside)), span })
    }

    fn test(&mut self) -> Read<Expr> {
        let left = self.sum()?;
        if let Some(relation) = self.relation() {
            self.take();
            let right = self.sum()?;
            if self.relation().is_some() {
                return Err(self.chained(&left, &right));
            }
            let span = left.span.to(right.span);
            return Ok(Expr { kind: ExprKind::Comparison(relation, Box::new(left), Box::new(right)), span });
        }
        let negated = self.is_word("not") && self.next_is_word("in");
        self.at += usize::from(negated);
        if self.take_word("in") {
            return self.membership(left, negated);
        }
        Ok(left)
    }

    fn next_is_word(&self, word: &str) -> bool {
        self.tokens.get(self.at + 1).is_some_and(|token| token.kind == TokenKind::Word(word.to_owned()))
    }

    fn relation(&self) -> Option<Relation> {
        let TokenKind::Sign(sign) = self.peek() else { return None };
        match *sign {
            "==" => Some(Relation::Equal),
            "!=" => Some(Relation::Unequal),
            "<" => Some(Relation::Below),
            "<=" => Some(Relation::AtMost),
            ">" => Some(Relation::Above),
            ">=" => Some(Relation::AtLeast),
            _ => None,
        }
    }

    /// `10 <= x <= 24`: the mend is `x in 10..24`.
    fn chained(&mut self, left: &Expr, middle: &Expr) -> ExpressionFinding {
        let operator = self.take().span;
        let words = |expr: &Expr| -> String {
            self.text.iter().skip(expr.span.start).take(expr.span.end - expr.span.start).collect()
        };
        let (low, value) = (words(left), words(middle));
        let high = self.sum().map_or_else(|_| "…".to_owned(), |high| words_of(self.text, &high));
        let text = format!("Two comparisons in a row: write {value} in {low}..{high}.");
        ExpressionFinding::new("P203", operator, text)
    }

    fn membership(&mut self, value: Expr, negated: bool) -> Read<Expr> {
        if self.take_sign("[") {
            let mut options = vec![self.constant()?];
            while self.take_sign(",") {
                options.push(self.constant()?);
            }
            let end = self.need_sign("]")?.span;
            let span = value.span.to(end);
            return Ok(Expr { kind: ExprKind::OneOf(Box::new(value), options, negated), span });
        }
        let low = self.sum()?;
        self.need_sign("..")?;
        let high = self.sum()?;
        if self.relation().is_some() {
            return Err(self.chained(&low, &high));
        }
        let span = value.span.to(high.span);
        let (value, low, high) = (Box::new(value), Box::new(low), Box::new(high));
        Ok(Expr { kind: ExprKind::Between(value, low, high, negated), span })
    }

    fn sum(&mut self) -> Read<Expr> {
        self.chain(Self::product, &[("+", Operator::Plus), ("-", Operator::Minus)])
    }

    fn product(&mut self) -> Read<Expr> {
        self.chain(Self::signed, &[("*", Operator::Times), ("/", Operator::Over)])
    }

    fn chain(
        &mut self,
        part: fn(&mut Self) -> Read<Expr>,
        operators: &[(&'static str, Operator)],
    ) -> Read<Expr> {
        let mut left = part(self)?;
        while let Some((_, operator)) = operators.iter().find(|(sign, _)| self.is_sign(sign)) {
            self.take();
            let right = part(self)?;
            let span = left.span.to(right.span);
            left = Expr { kind: ExprKind::Arithmetic(*operator, Box::new(left), Box::new(right)), span };
        }
        Ok(left)
    }

    fn signed(&mut self) -> Read<Expr> {
        if !self.is_sign("-") {
            return self.value();
        }
        let start = self.take().span;
        let inside = self.deeper(Self::signed)?;
        let span = start.to(inside.span);
        Ok(Expr { kind: ExprKind::Negative(Box::new(inside)), span })
    }

    fn value(&mut self) -> Read<Expr> {
        if self.take_sign("(") {
            let inside = self.deeper(Self::expr)?;
            self.need_sign(")")?;
            return Ok(inside);
        }
        match self.token().kind {
            TokenKind::Word(word) if !RESERVED.contains(&word.as_str()) => self.name_or_call(),
            _ => self.constant(),
        }
    }

    fn constant(&mut self) -> Read<Expr> {
        if self.is_sign("-") {
            let start = self.take().span;
            let inside = self.constant()?;
            let span = start.to(inside.span);
            return Ok(Expr { kind: ExprKind::Negative(Box::new(inside)), span });
        }
        let token = self.token();
        let constant = match token.kind {
            TokenKind::Constant(constant) => constant,
            TokenKind::Word(word) if word == "true" || word == "false" => Constant::Truth(word == "true"),
            TokenKind::Word(_) | TokenKind::Sign(_) | TokenKind::End => return Err(self.expected("a value")),
        };
        self.take();
        Ok(Expr { kind: ExprKind::Constant(constant), span: token.span })
    }

    fn name_or_call(&mut self) -> Read<Expr> {
        let first = self.word()?;
        if self.is_sign("(") {
            return self.call(first);
        }
        let mut words = vec![first];
        while self.take_sign(".") {
            words.push(self.word()?);
        }
        let mut name = Name { words, item: None };
        if self.take_sign("[") {
            name.item = Some(self.word()?);
            self.need_sign("]")?;
        }
        let span = name.span();
        Ok(Expr { kind: ExprKind::Name(name), span })
    }

    fn word(&mut self) -> Read<Word> {
        let token = self.token();
        match token.kind {
            TokenKind::Word(text) if !RESERVED.contains(&text.as_str()) => {
                self.take();
                Ok(Word { text, span: token.span })
            }
            _ => Err(self.expected("a name")),
        }
    }

    fn call(&mut self, word: Word) -> Read<Expr> {
        let Some(function) = Function::parse(&word.text) else {
            return Err(unknown_function(&word));
        };
        self.take();
        let mut parts = vec![self.deeper(Self::expr)?];
        while self.take_sign(",") {
            parts.push(self.deeper(Self::expr)?);
        }
        let end = self.need_sign(")")?.span;
        Ok(Expr { kind: ExprKind::Call(function, parts), span: word.span.to(end) })
    }
}

fn unknown_function(word: &Word) -> ExpressionFinding {
    let nearest = Function::ALL
        .iter()
        .map(|(_, known)| (strsim::damerau_levenshtein(known, &word.text), *known))
        .min()
        .filter(|(distance, _)| *distance <= 2);
    let guess = nearest.map(|(_, known)| format!(" Did you mean '{known}'?")).unwrap_or_default();
    ExpressionFinding::new("P205", word.span, format!("There is no function '{}'.{guess}", word.text))
}

fn words_of(text: &[char], expr: &Expr) -> String {
    text.iter().skip(expr.span.start).take(expr.span.end - expr.span.start).collect()
}

fn span_of(parts: &[Expr]) -> Span {
    let first = parts.first().map(|part| part.span).unwrap_or_default();
    let last = parts.last().map(|part| part.span).unwrap_or_default();
    first.to(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(text: &str) -> (&'static str, usize, String) {
        let finding = read(text).unwrap_err();
        (finding.code, finding.at, finding.text)
    }

    #[test]
    fn grammar_errors_name_place_and_mend() {
        assert_eq!(finding("a.b >="), ("P201", 6, "Expected a value after '>='.".into()));
        assert_eq!(finding("").0, "P201");
        assert_eq!(finding("a.b >= 1 and").1, 12);
        assert_eq!(finding("a = 1").0, "P201");
        assert_eq!(finding("a ? 1").1, 2);
        assert_eq!(finding("x in [1, y]").1, 9);
        assert_eq!(finding("sex == 'f").1, 9);
        assert_eq!(finding("12x > 1").1, 2);
        assert_eq!(finding("d > 2026-02-30").0, "P201");
        assert_eq!(finding("not").0, "P201");
        assert_eq!(finding("a.and > 1").1, 2);
    }

    #[test]
    fn and_with_or_needs_brackets() {
        let (code, at, _) = finding("age >= 18 and scr.phq9.total >= 10 or age >= 65");
        assert_eq!((code, at), ("P202", 35));
        assert!(read("age >= 18 and (scr.phq9.total >= 10 or age >= 65)").is_ok());
    }

    #[test]
    fn a_chained_comparison_is_shown_as_a_range() {
        let (code, at, text) = finding("10 <= scr.phq9.total <= 24");
        assert_eq!((code, at), ("P203", 21));
        assert_eq!(text, "Two comparisons in a row: write scr.phq9.total in 10..24.");
    }

    #[test]
    fn an_unknown_function_is_guessed() {
        let (code, at, text) = finding("answerd(a.b)");
        assert_eq!((code, at), ("P205", 0));
        assert!(text.ends_with("Did you mean 'answered'?"));
    }

    #[test]
    fn limits_hold_on_hostile_input() {
        assert_eq!(finding(&format!("{}age>9{}", "(".repeat(34), ")".repeat(34))).0, "P210");
        assert_eq!(finding(&"(".repeat(2000)).0, "P210");
        assert_eq!(finding(&"not ".repeat(400)).0, "P210");
        assert_eq!(finding(&"-".repeat(1999)).0, "P210");
        assert_eq!(finding(&"a".repeat(2001)).0, "P210");
        assert_eq!(finding(&vec!["a"; 65].join("+")).0, "P210");
        assert!(read(&vec!["a"; 64].join("+")).is_ok());
    }

    #[test]
    fn items_ranges_durations_and_dates_read() {
        for text in [
            "this.phq9[9] >= 1",
            "this.lsas_sr[1f] in 1..3",
            "scr.entry.changed > today - 3m",
            "scr.entry.birth <= 2008-03-02",
            "x.y in ['a', 'b']",
            "x.y not in 1..2",
            "at_least(2, a.b > 1, c.d, not e.f)",
            "x.y in -3..-1",
            "a.b * -2 / 3 >= 14.4",
        ] {
            assert!(read(text).is_ok(), "{text}: {:?}", read(text));
        }
    }
}
