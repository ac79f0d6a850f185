//! Reads the text of a rule into its parts. One mistake gives one finding; after a mistake whose meaning is plain
//! (mixed operators, a chained comparison, an unknown function) reading goes on, so that others are found too.

mod cursor;
mod wording;

use crate::trial::expression::ast::Constant;
use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::ExprKind;
use crate::trial::expression::ast::Function;
use crate::trial::expression::ast::Name;
use crate::trial::expression::ast::Operator;
use crate::trial::expression::ast::Relation;
use crate::trial::expression::ast::Word;
use crate::trial::expression::ast::chained;
use crate::trial::expression::ast::joined;
use crate::trial::expression::ast::names;
use crate::trial::expression::finding::ExpressionFinding;
use crate::trial::expression::lexer;
use crate::trial::expression::lexer::Token;
use crate::trial::expression::lexer::TokenKind;

/// A rule has at most so many characters.
pub const MAX_CHARACTERS: usize = 2000;
/// Brackets, `not`, signs and calls lie at most so deep.
pub const MAX_DEPTH: usize = 32;
/// A rule names at most so many things.
pub const MAX_NAMES: usize = 64;

const RESERVED: [&str; 6] = ["and", "or", "not", "in", "true", "false"];

/// What reading a rule gave.
pub(in crate::trial::expression) struct Draft {
    /// The rule, or the mistake at which reading stopped. With other findings its shape only carries its names.
    pub expr: Result<Expr, ExpressionFinding>,
    /// Mistakes behind which reading went on.
    pub findings: Vec<ExpressionFinding>,
}

/// Reads a rule; the error is its first mistake.
pub fn read(text: &str) -> Result<Expr, ExpressionFinding> {
    let draft = draft(text);
    match draft.findings.into_iter().next() {
        Some(first) => Err(first),
        None => draft.expr,
    }
}

/// Reads a rule as far as it can be read.
pub(in crate::trial::expression) fn draft(text: &str) -> Draft {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() > MAX_CHARACTERS {
        return Draft { expr: Err(ExpressionFinding::over("2000 characters")), findings: Vec::new() };
    }
    let tokens = lexer::tokens(&characters);
    let mut reader = Reader { text: &characters, tokens: &tokens, at: 0, depth: 0, findings: Vec::new() };
    let expr = reader.whole();
    let over = matches!(&expr, Err(finding) if finding.code == "P210");
    Draft { expr, findings: if over { Vec::new() } else { reader.findings } }
}

struct Reader<'t> {
    text: &'t [char],
    tokens: &'t [Token],
    at: usize,
    depth: usize,
    findings: Vec<ExpressionFinding>,
}

type Read<T> = Result<T, ExpressionFinding>;

impl Reader<'_> {
    fn whole(&mut self) -> Read<Expr> {
        let expr = self.expr()?;
        if self.peek() != &TokenKind::End {
            return Err(self.expected("an operator or the end"));
        }
        if names(&expr).len() > MAX_NAMES {
            return Err(ExpressionFinding::over("64 names"));
        }
        Ok(expr)
    }

    fn deeper<T>(&mut self, inside: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ExpressionFinding::over("depth 32"));
        }
        let result = inside(self);
        self.depth -= 1;
        result
    }

    /// Tests joined by `and`, or by `or`.
    fn expr(&mut self) -> Read<Expr> {
        let first = self.unit()?;
        let Some(joiner) = self.joiner() else { return Ok(first) };
        let (mut parts, mut mixed) = (vec![first], false);
        while let Some(next) = self.joiner() {
            let operator = self.take().span;
            if next != joiner && !mixed {
                mixed = true;
                let text = "'and' and 'or' are mixed: put brackets.";
                self.findings.push(ExpressionFinding::new("P202", operator, text));
            }
            parts.push(self.unit()?);
        }
        Ok(joined(joiner == "and", parts))
    }

    fn joiner(&self) -> Option<&'static str> {
        ["and", "or"].into_iter().find(|word| self.is_word(word))
    }

    fn unit(&mut self) -> Read<Expr> {
        if !self.is_word("not") {
            return self.test();
        }
        let start = self.take().span;
        let inside = self.deeper(Self::unit)?;
        let span = start.to(inside.outer);
        Ok(Expr::new(ExprKind::Not(Box::new(inside)), span))
    }

    fn test(&mut self) -> Read<Expr> {
        let left = self.sum()?;
        if self.negated_in().is_some() {
            let members = self.membership(left)?;
            return self.unchained(members);
        }
        let Some(relation) = self.relation() else { return Ok(left) };
        self.take();
        let right = self.sum()?;
        let span = left.outer.to(right.outer);
        let kind = ExprKind::Comparison(relation, Box::new(left), Box::new(right));
        self.unchained(Expr::new(kind, span))
    }

    /// A test, and the finding if a second operator follows it; all operands are kept for their names.
    fn unchained(&mut self, test: Expr) -> Read<Expr> {
        let operator = self.token().span;
        let second = self.relation();
        if second.is_none() && self.negated_in().is_none() {
            return Ok(test);
        }
        let (mut span, mut parts, mut range) = (test.span, vec![test], None);
        while self.relation().is_some() || self.negated_in().is_some() {
            let part = if self.relation().is_some() {
                self.take();
                self.sum()?
            } else {
                let nothing = Expr::new(ExprKind::All(Vec::new()), operator);
                self.membership(nothing)?
            };
            span = span.to(part.outer);
            let text = self.text;
            range = range.or_else(|| parts.first().map(|test| wording::as_range(text, test, second, &part)));
            parts.push(part);
        }
        let text = format!("Two comparisons in a row: write {}.", range.unwrap_or_default());
        let first = parts.first().map(|test| &test.kind);
        let excludes = |relation| matches!(relation, Relation::Below | Relation::Above);
        let strict = matches!(first, Some(ExprKind::Comparison(first, ..)) if excludes(*first));
        let mend = (strict || second.is_some_and(excludes)).then(|| "'..' includes both ends.".to_owned());
        self.findings.push(ExpressionFinding { mend, ..ExpressionFinding::new("P203", operator, text) });
        Ok(Expr::new(ExprKind::All(parts), span))
    }

    fn membership(&mut self, value: Expr) -> Read<Expr> {
        let negated = self.take_word("not");
        self.take_word("in");
        if self.take_sign("[") {
            let mut options = vec![self.constant()?];
            while self.take_sign(",") {
                options.push(self.constant()?);
            }
            let end = self.closing("',' or ']'", "]")?;
            let span = value.outer.to(end);
            return Ok(Expr::new(ExprKind::OneOf(Box::new(value), options, negated), span));
        }
        let low = self.sum()?;
        self.need_sign("..")?;
        let high = self.sum()?;
        let span = value.outer.to(high.outer);
        let (value, low, high) = (Box::new(value), Box::new(low), Box::new(high));
        Ok(Expr::new(ExprKind::Between(value, low, high, negated), span))
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
        let first = part(self)?;
        let mut rest = Vec::new();
        while let Some((_, operator)) = operators.iter().find(|(sign, _)| self.is_sign(sign)) {
            self.take();
            rest.push((*operator, part(self)?));
        }
        Ok(chained(first, rest))
    }

    fn signed(&mut self) -> Read<Expr> {
        if !self.is_sign("-") {
            return self.value();
        }
        let start = self.take().span;
        let inside = self.deeper(Self::signed)?;
        let span = start.to(inside.outer);
        Ok(Expr::new(ExprKind::Negative(Box::new(inside)), span))
    }

    fn value(&mut self) -> Read<Expr> {
        let start = self.token().span;
        if self.take_sign("(") {
            let inside = self.deeper(Self::expr)?;
            let end = self.need_sign(")")?.span;
            return Ok(Expr { outer: start.to(end), ..inside });
        }
        match self.token().kind {
            TokenKind::Word(word) if !RESERVED.contains(&word.as_str()) => self.name_or_call(),
            _ => self.plain_constant(),
        }
    }

    /// A constant of a list; a number may have a sign.
    fn constant(&mut self) -> Read<Expr> {
        if !self.is_sign("-") {
            return self.plain_constant();
        }
        let start = self.take().span;
        let inside = self.plain_constant()?;
        let span = start.to(inside.span);
        Ok(Expr::new(ExprKind::Negative(Box::new(inside)), span))
    }

    fn plain_constant(&mut self) -> Read<Expr> {
        let token = self.token();
        let constant = match token.kind {
            TokenKind::Constant(constant) => constant,
            TokenKind::Word(word) if word == "true" || word == "false" => Constant::Truth(word == "true"),
            TokenKind::Word(_) | TokenKind::Sign(_) | TokenKind::Unreadable(_) | TokenKind::End => {
                return Err(self.expected("a value"));
            }
        };
        self.take();
        Ok(Expr::new(ExprKind::Constant(constant), token.span))
    }

    fn name_or_call(&mut self) -> Read<Expr> {
        let first = self.word()?;
        if self.is_sign("(") { self.deeper(|reader| reader.call(first)) } else { self.name(first) }
    }

    fn name(&mut self, first: Word) -> Read<Expr> {
        let mut words = vec![first];
        while self.take_sign(".") {
            words.push(self.word()?);
        }
        let mut name = Name { words, item: None };
        let mut span = name.span();
        if self.take_sign("[") {
            name.item = Some(self.word()?);
            span = span.to(self.need_sign("]")?.span);
        }
        Ok(Expr::new(ExprKind::Name(name), span))
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
        self.take();
        let function = Function::parse(&word.text);
        if function.is_none() {
            self.findings.push(wording::unknown_function(&word));
        }
        let mut parts = Vec::new();
        loop {
            parts.push(self.argument(function, parts.len())?);
            let more = function.is_none_or(|function| parts.len() < function.most());
            if !(more && self.take_sign(",")) {
                break;
            }
        }
        let few = function.is_some_and(|function| parts.len() < function.least());
        let many = function.is_none_or(|function| parts.len() < function.most());
        let end = match (few, many) {
            (true, _) => return Err(self.expected("','")),
            (false, true) => self.closing("',' or ')'", ")")?,
            (false, false) => self.need_sign(")")?.span,
        };
        let kind = match function {
            Some(function) => ExprKind::Call(function, parts),
            None => ExprKind::All(parts),
        };
        Ok(Expr::new(kind, word.span.to(end)))
    }

    fn argument(&mut self, function: Option<Function>, place: usize) -> Read<Expr> {
        if function.is_some_and(Function::takes_a_name) {
            let first = self.word()?;
            return self.name(first);
        }
        let token = self.token();
        let whole = matches!(&token.kind, TokenKind::Constant(Constant::Number(number)) if number.is_whole());
        if function == Some(Function::AtLeastMet) && place == 0 {
            return if whole { self.plain_constant() } else { Err(self.expected("a whole number")) };
        }
        self.expr()
    }
}

#[cfg(test)]
mod tests;
