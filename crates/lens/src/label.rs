//! What a lane is called.

use std::fmt::{self, Write};

use tracing::field::{Field, Visit};
use tracing::span::Attributes;

use crate::TraceParent;
use crate::text::harmless;

/// A longer name or question is cut, and what is in it made harmless: who made
/// the span may have taken it from anywhere.
pub(crate) const LONGEST_NAME: usize = 80;
const LONGEST_QUESTION: usize = 2_000;

/// The field that holds a [`TraceParent`].
const TRACE_PARENT: &str = "traceparent";

/// The fields of a span, as far as they say who it is.
#[derive(Default)]
pub(crate) struct Label {
    name: Option<Box<str>>,
    asks: Option<Box<str>>,
    trace: Option<TraceParent>,
    /// The values of all other fields.
    others: String,
}

impl Label {
    pub(crate) fn of(attributes: &Attributes<'_>) -> Self {
        let mut label = Self::default();
        attributes.record(&mut label);
        label
    }

    /// What it calls the same as another program does.
    pub(crate) fn trace(&self) -> Option<TraceParent> {
        self.trace
    }

    /// Its `name`, or else the values of its fields, or else a number; and what it `asks`.
    pub(crate) fn told(self, span: &str, number: u64) -> (Box<str>, Option<Box<str>>) {
        let name = self.name.filter(|name| !name.trim().is_empty());
        let others = || (!self.others.is_empty()).then(|| cut(&self.others, LONGEST_NAME));
        let numbered = || format!("{span} {}", number + 1).into();
        (name.or_else(others).unwrap_or_else(numbered), self.asks)
    }
}

impl Visit for Label {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "name" | "asks" | TRACE_PARENT => self.record_str(field, &format!("{value:?}")),
            _ => self.add(format_args!("{value:?}")),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "name" => self.name = Some(cut(value, LONGEST_NAME)),
            "asks" => self.asks = Some(cut(value, LONGEST_QUESTION)),
            TRACE_PARENT => self.trace = value.parse().ok(),
            _ => self.add(format_args!("{value}")),
        }
    }
}

impl Label {
    fn add(&mut self, value: fmt::Arguments<'_>) {
        let space = if self.others.is_empty() { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = write!(self.others, "{space}{value}");
    }
}

pub(crate) fn cut(text: &str, longest: usize) -> Box<str> {
    // Most are short, and need not be looked at letter by letter.
    if text.len() <= longest {
        return harmless(text).into();
    }
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", harmless(&text[..end])).into(),
        None => harmless(text).into(),
    }
}
