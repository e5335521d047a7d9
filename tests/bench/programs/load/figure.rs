//! Figures and their goals.

use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;

use super::venue::{Kind, Venue};

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    database: Kind,
    servers: usize,
    what: String,
    value: f64,
    unit: &'static str,
    /// What it is held to.
    goal: Option<Goal>,
    is_met: Option<bool>,
    /// What else was seen.
    detail: String,
}

/// What a figure is held to.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

impl Row {
    pub(super) fn new(venue: &Venue, what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        let (database, servers) = (venue.kind(), venue.servers());
        let (what, detail) = (what.into(), String::new());
        Self { database, servers, what, value, unit, goal: None, is_met: None, detail }
    }

    /// Holds the figure to a goal.
    pub(super) fn held_to(self, goal: Goal) -> Self {
        Self { goal: Some(goal), is_met: Some(goal.is_met(self.value)), ..self }
    }

    /// Holds the figure to a goal that is set for PostgreSQL alone.
    pub(super) fn held_on_postgres_to(self, goal: Goal) -> Self {
        if self.database == Kind::Postgres { self.held_to(goal) } else { self }
    }

    pub(super) fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    pub(super) fn json(&self) -> anyhow::Result<String> {
        serde_json::to_string(self).context("figures are plain")
    }

    pub(super) fn line(&self) -> String {
        let Self { database, servers, what, value, unit, goal, is_met, detail } = self;
        let at = if *servers > 1 { format!(", {servers} servers") } else { String::new() };
        let digits = usize::from(*value < 1_000.0 && value.fract() != 0.0);
        let goal = match goal {
            Some(Goal::AtLeast(least)) => format!("≥ {least} {unit}"),
            Some(Goal::AtMost(most)) => format!("≤ {most} {unit}"),
            None => String::new(),
        };
        let missed = if *is_met == Some(false) { ", missed" } else { "" };
        format!("| {database:?}{at} | {what} | {value:.digits$} {unit} | {goal}{missed} | {detail} |")
    }
}

/// How long each of many answers took.
#[derive(Debug, Default)]
pub(super) struct Times(Vec<Duration>);

impl Times {
    pub(super) fn of(mut each: Vec<Duration>) -> Self {
        each.sort_unstable();
        Self(each)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns what so many of a hundred did not exceed, in milliseconds.
    pub(super) fn at(&self, percent: usize) -> f64 {
        let at = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(at).copied().unwrap_or_default().as_secs_f64() * 1_000.0
    }

    /// Returns the usual and the longest, in words.
    pub(super) fn words(&self) -> String {
        format!("p50 {:.1} ms, p99 {:.1} ms, at most {:.1} ms", self.at(50), self.at(99), self.at(100))
    }
}
