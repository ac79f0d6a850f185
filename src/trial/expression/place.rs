//! A small trial for tests: its names, and answers to them.

use std::collections::BTreeMap;

use crate::kernel::number::Number;
use crate::trial::expression::ast::Name;
use crate::trial::expression::ast::Word;
use crate::trial::expression::evaluation::Value;
use crate::trial::expression::evaluation::Values;
use crate::trial::expression::finding::ExpressionFinding;
use crate::trial::expression::typing::Scope;
use crate::trial::expression::typing::Type;

/// A screening, a baseline and ten weekly questionnaires, a form, an external measure.
pub struct Place;

fn between(low: i64, high: i64) -> Type {
    Type::Number(Some(Number::from(low)), Some(Number::from(high)))
}

fn codes(codes: &[&str]) -> Type {
    Type::Choice(codes.iter().map(|code| (*code).to_owned()).collect())
}

fn unknown(word: &Word, text: &str) -> ExpressionFinding {
    ExpressionFinding::new("P205", word.span, text)
}

fn kind_of(path: &str, item: Option<&str>) -> Option<Type> {
    Some(match (path, item) {
        ("age", None) => Type::Number(Some(Number::ZERO), None),
        ("today" | "anchor.start" | "scr.entry.birth" | "scr.entry.changed", None) => Type::Date,
        ("sex" | "scr.entry.sex", None) => codes(&["f", "m", "x"]),
        ("scr.entry.work", None) => codes(&["full", "none"]),
        ("scr.bdi2", Some("16")) => codes(&["0", "1a", "1b"]),
        ("scr.entry.drug" | "flag.well", None) => Type::Truth,
        ("scr.entry.note", None) => Type::Text,
        ("use.modules", None) => Type::Number(Some(Number::ZERO), None),
        ("scr.entry.change", None) => between(-3, 3),
        ("scr.phq9.total" | "pre.phq9.total" | "post.phq9.total", None) => between(0, 27),
        ("this.phq9", Some("9")) => between(0, 3),
        _ => return None,
    })
}

impl Scope for Place {
    fn value(&self, name: &Name) -> Result<Type, ExpressionFinding> {
        let path = name.path().join(".");
        if let Some(kind) = kind_of(&path, name.item.as_ref().map(|item| item.text.as_str())) {
            return Ok(kind);
        }
        let first = name.words.first().unwrap();
        match (name.path().as_slice(), &name.item) {
            (["arm"], None) => Err(ExpressionFinding::new(
                "P207",
                name.span(),
                "'arm' can't be used in a safety rule: it is the same in every arm.",
            )),
            (["w", ..], _) => Err(ExpressionFinding::new(
                "P215",
                first.span,
                "'w' has 10 elements: name one (w01) or last(…).",
            )),
            (["late", ..], _) => {
                Err(ExpressionFinding::new("P206", name.span(), "late isn't known at step 'online'."))
            }
            ([_, "ersq_9"], Some(_)) => Err(ExpressionFinding::new(
                "P608",
                name.words[1].span,
                "ersq_9 is external: totals, no items.",
            )),
            (["scr" | "pre" | "post", "phq9", _], None) => {
                Err(unknown(&name.words[2], "phq9 has no score 'totl'. Did you mean 'total'?"))
            }
            _ => Err(unknown(first, &format!("This protocol has no occasion '{}'.", first.text))),
        }
    }

    fn series(&self, name: &Name) -> Result<Type, ExpressionFinding> {
        match name.to_string().as_str() {
            "w.phq9.total" => Ok(between(0, 27)),
            "w.diary.day" => Ok(Type::Date),
            "w.diary.mood" => Ok(codes(&["good", "bad"])),
            _ => Err(unknown(name.words.first().unwrap(), "This protocol has no such series.")),
        }
    }

    fn occasion(&self, name: &Name) -> Result<(), ExpressionFinding> {
        match name.to_string().as_str() {
            "scr" | "pre" | "post" => Ok(()),
            _ => Err(unknown(name.words.first().unwrap(), "This protocol has no such occasion.")),
        }
    }

    fn bands(&self, name: &Name) -> Result<Vec<String>, ExpressionFinding> {
        match self.value(name)? {
            Type::Number(..) => Ok(vec!["minimal".into(), "severe".into()]),
            _ => Err(unknown(name.words.last().unwrap(), "No score.")),
        }
    }

    fn instead(&self, name: &Name, wanted: &Type) -> Option<String> {
        let is_birth = name.to_string() == "scr.entry.birth" && matches!(wanted, Type::Number(..));
        is_birth.then(|| "age".to_owned())
    }
}

/// What is known of one person; everything else is missing.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// Name → value.
    pub values: BTreeMap<String, Value>,
    /// Series → values in order.
    pub series: BTreeMap<String, Vec<Value>>,
    /// Occasions whose required measures are sent.
    pub done: Vec<String>,
    /// Score → band.
    pub bands: BTreeMap<String, String>,
}

impl Answers {
    /// With one more value.
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.values.insert(name.to_owned(), value);
        self
    }
}

impl Values for Answers {
    fn value(&self, name: &Name) -> Option<Value> {
        self.values.get(&name.to_string()).cloned()
    }

    fn series(&self, name: &Name) -> Vec<Value> {
        self.series.get(&name.to_string()).cloned().unwrap_or_default()
    }

    fn is_done(&self, name: &Name) -> bool {
        self.done.contains(&name.to_string())
    }

    fn band(&self, name: &Name) -> Option<String> {
        self.bands.get(&name.to_string()).cloned()
    }
}
