//! The camera path at thirty pictures a second, in the real program before a real screen: how soon a verdict follows a
//! code, and what of the processor it takes.
//!
//! The camera is the tests' own, behind V4L2's calls. It plays films that are drawn from a seed: of nobody, of people
//! who pass, of tickets that are held, and of such that come into the picture, become sharp and go.

mod load;
mod place;
mod wait;

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;

use self::place::Place;

/// What is measured, and how long.
#[derive(Args, Debug)]
pub(crate) struct Live {
    /// Tickets that are presented, to see how long each waits.
    #[arg(long, default_value_t = 24, value_name = "N")]
    presentations: usize,
    /// Seconds for which the processor's work is measured before each film.
    #[arg(long, default_value_t = 15, value_name = "N")]
    seconds: u64,
    /// Another seed gives other films.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print a line of JSON for each figure instead of a table.
    #[arg(long)]
    json: bool,
}

/// One figure.
#[derive(Clone, Debug, Serialize)]
struct Row {
    what: String,
    value: f64,
    unit: &'static str,
    /// What it may be at most, where there is a goal.
    goal: Option<f64>,
    /// What else was seen.
    detail: String,
}

impl Live {
    pub(crate) async fn run(&self) -> anyhow::Result<()> {
        let place = Place::open(self.presentations).await?;
        let mut rows = wait::measure(&place, self.seed)?;
        rows.extend(load::measure(&place, self.seed, self.seconds)?);
        if !self.json {
            println!("| live, 1280x720 at 30 a second | measured | goal | |\n|---|---|---|---|");
        }
        for row in rows {
            let line = if self.json { serde_json::to_string(&row).context("figures are plain")? } else { row.line() };
            println!("{line}");
        }
        Ok(())
    }
}

impl Row {
    fn line(&self) -> String {
        let Self { what, value, unit, goal, detail } = self;
        let goal = goal.map_or_else(String::new, |most| {
            let missed = if *value > most { ", missed" } else { "" };
            format!("≤ {most} {unit}{missed}")
        });
        format!("| {what} | {value:.1} {unit} | {goal} | {detail} |")
    }
}
