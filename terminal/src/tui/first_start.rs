//! The first start on the screen: its loop, and its one picture.

#[cfg(test)]
mod snapshot_tests;
mod view;

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use anyhow::Context as _;
use ratatui::Frame;

use super::inputs::{self, Input};
use super::theme::Theme;
use super::{Face, Options, TICK_MS, plain};
use crate::app::first_start::{FirstStart, News, Wish};
use crate::catalogue::Catalogue;
use crate::session::Session;

/// How the first start ended.
pub enum Ending {
    /// The door is to be opened, with this session.
    Open(Box<Session>),
    /// Somebody quit. What was kept is kept.
    Quit,
}

/// Runs the first start. Wishes go to `wishes`, and `news` tells what came of them.
///
/// # Errors
///
/// If there is no terminal to draw on, or drawing fails. The terminal is restored first.
pub fn run(
    mut start: FirstStart,
    news: Receiver<News>,
    wishes: &Sender<Wish>,
    catalogue: &Catalogue,
    theme: Theme,
    is_plain: bool,
) -> anyhow::Result<Ending> {
    let options = Options { plain: is_plain, ..Options::default() };
    let mut face = Face::open(&options).context("the first start needs a terminal; without one, use `usher enrol`")?;
    let inputs = inputs::start(news, Input::News).context("could not begin")?;
    loop {
        let now = inputs::uptime(inputs.began);
        let draw = |frame: &mut Frame<'_>| view::view(&start, theme, catalogue, frame);
        match &mut face {
            Face::Picture(screen) => screen.draw(draw),
            Face::Lines(lines) => lines.tell(&plain::page(draw), catalogue, now, plain::Hand::Acted),
        }
        .context("could not draw the screen")?;
        let due = start.deadline().map_or(TICK_MS, |due| due.0.saturating_sub(now.0));
        let input = match inputs.queue.recv_timeout(Duration::from_millis(due.clamp(1, TICK_MS))) {
            Ok(input) => Some(input),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Ok(Ending::Quit),
        };
        let mut wished = Vec::new();
        match input {
            Some(Input::Keys(keys, at)) => {
                for key in keys {
                    wished.extend(start.pass_time(at));
                    wished.extend(start.take_key(key));
                }
            }
            Some(Input::News(news)) => wished.extend(start.learn(news)),
            Some(Input::End) => return Ok(Ending::Quit),
            Some(Input::Click(..) | Input::Notice(_) | Input::Sound(_) | Input::Stopped | Input::Redraw) | None => {}
        }
        wished.extend(start.pass_time(inputs::uptime(inputs.began)));
        for wish in wished {
            match wish {
                Wish::Quit => return Ok(Ending::Quit),
                Wish::Open => return Ok(Ending::Open(Box::new(start.into_session()))),
                wish => wishes.send(wish).context("the first start stopped inside")?,
            }
        }
    }
}
