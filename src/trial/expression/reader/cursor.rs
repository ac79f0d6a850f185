//! Where the reader is among the tokens: what stands here, and what was expected instead.

use crate::trial::expression::ast::Relation;
use crate::trial::expression::finding::ExpressionFinding;
use crate::trial::expression::finding::Span;
use crate::trial::expression::lexer::Token;
use crate::trial::expression::lexer::TokenKind;
use crate::trial::expression::lexer::Trouble;
use crate::trial::expression::reader::Read;
use crate::trial::expression::reader::Reader;

impl Reader<'_> {
    pub(super) fn token(&self) -> Token {
        let end = Span { start: self.text.len(), end: self.text.len() };
        self.tokens.get(self.at).cloned().unwrap_or(Token { kind: TokenKind::End, span: end })
    }

    pub(super) fn peek(&self) -> &TokenKind {
        self.tokens.get(self.at).map_or(&TokenKind::End, |token| &token.kind)
    }

    pub(super) fn take(&mut self) -> Token {
        let token = self.token();
        self.at = (self.at + 1).min(self.tokens.len());
        token
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), TokenKind::Sign(found) if *found == sign)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), TokenKind::Word(found) if found == word)
    }

    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        self.at += usize::from(found);
        found
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn need_sign(&mut self, sign: &'static str) -> Read<Token> {
        if self.is_sign(sign) { Ok(self.take()) } else { Err(self.expected(&format!("'{sign}'"))) }
    }

    pub(super) fn closing(&mut self, what: &str, sign: &str) -> Read<Span> {
        if self.is_sign(sign) { Ok(self.take().span) } else { Err(self.expected(what)) }
    }

    pub(super) fn relation(&self) -> Option<Relation> {
        let TokenKind::Sign(sign) = self.peek() else { return None };
        Relation::parse(sign)
    }

    /// Whether `in` (false) or `not in` (true) stands here.
    pub(super) fn negated_in(&self) -> Option<bool> {
        let behind = self.tokens.get(self.at + 1).map(|token| &token.kind);
        let is_in = |kind: &TokenKind| matches!(kind, TokenKind::Word(word) if word == "in");
        match self.peek() {
            TokenKind::Word(word) if word == "not" && behind.is_some_and(is_in) => Some(true),
            kind => is_in(kind).then_some(false),
        }
    }

    pub(super) fn expected(&self, what: &str) -> ExpressionFinding {
        let token = self.token();
        let before = self.at.checked_sub(1).and_then(|before| self.tokens.get(before));
        let before = before.map(|token| token.span.words(self.text));
        let (what, after) = match token.kind {
            TokenKind::Unreadable(Trouble::Expected(own)) => (own.to_owned(), before),
            TokenKind::Unreadable(Trouble::Unclosed(inside)) => ("a closing '".to_owned(), Some(inside)),
            TokenKind::Unreadable(Trouble::Foreign(sign, Some(here))) => {
                (format!("{what} ({sign} is written {here})"), before)
            }
            _ => (what.to_owned(), before),
        };
        let text = match after {
            Some(after) => format!("Expected {what} after '{after}'."),
            None => format!("Expected {what} at the beginning."),
        };
        ExpressionFinding::new("P201", token.span, text)
    }
}
