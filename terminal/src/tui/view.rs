//! Draws the state. The full layout from 80 × 24 on, the verdict alone below.

mod camera;
mod cameras;
mod decide;
mod doors;
mod drill;
mod group;
mod keys;
mod letters;
mod lock;
mod operator;
mod overlay;
mod panel;
mod recent;
mod right_to_left;
mod sales;
mod scanner;
mod screen;
mod search;
pub(super) mod spoken;
mod status;
mod text;
mod ticket;
mod undo;
mod walk_in;

pub(super) use operator::digits_line;
pub(super) use screen::field_line;
pub(super) use text::wrap;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;

use super::theme::Theme;
use super::words::{self, Clockface, Names, columns};
use crate::app::{Key, State};
use crate::catalogue::Catalogue;

/// The least size of the full layout, in columns and rows.
pub const FULL_LEAST: (u16, u16) = (80, 24);

/// What every part draws from.
struct Scene<'a> {
    state: &'a State,
    names: Names<'a>,
    theme: Theme,
    /// Whether it is told as lines of text rather than drawn.
    is_spoken: bool,
}

impl<'a> Scene<'a> {
    fn new(state: &'a State, theme: Theme, catalogue: &'a Catalogue) -> Self {
        let zone = state.status().map_or("UTC", |status| status.time_zone.as_str());
        let clock = Clockface::new(zone, state.clock().unwrap_or_default());
        Self { state, names: Names::new(catalogue, state.rules(), clock), theme, is_spoken: false }
    }
}

/// What whoever draws learns.
#[derive(Clone, Debug, Default)]
pub struct Drawn {
    /// How many rows of what lies over the screen found no room.
    pub hidden: u16,
    /// Keys that are written on the screen, and where.
    pub hints: Vec<(Rect, Key)>,
}

/// Draws `state` with the sentences of `catalogue`.
pub fn view(state: &State, theme: Theme, catalogue: &Catalogue, frame: &mut Frame<'_>) -> Drawn {
    let scene = Scene::new(state, theme, catalogue);
    let area = frame.area();
    let keys = if area.width >= FULL_LEAST.0 && area.height >= FULL_LEAST.1 {
        full(&scene, frame, area)
    } else {
        small(&scene, frame, area)
    };
    screen::draw(&scene, frame, area);
    let hidden = overlay::draw(&scene, frame, area);
    lock::draw(&scene, frame, area);
    theme.paint(frame.buffer_mut());
    right_to_left::keep_columns(frame.buffer_mut());
    Drawn { hidden, hints: keys::hints(&scene, keys) }
}

/// Returns what could be told of `state` with the sentences of `catalogue`.
pub(super) fn speak(state: &State, catalogue: &Catalogue) -> spoken::Spoken {
    spoken::spoken(&Scene { is_spoken: true, ..Scene::new(state, Theme::default(), catalogue) })
}

/// Returns where the keys stand.
fn full(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) -> Rect {
    let block = Block::bordered()
        .title_top(status::title(scene, area.width))
        .title_top(status::link_and_time(scene).right_aligned());
    let [main, recent, rule, status, keys] = rows(block.inner(area));
    frame.render_widget(block, area);
    let [camera, panel] = sides(main);
    camera::draw(scene, frame, camera);
    panel::draw(scene, frame, panel);
    recent::draw(scene, frame, recent);
    draw_rule(frame, area, rule);
    status::draw(scene, frame, status);
    keys::draw(scene, frame, keys);
    keys
}

/// The rows of the full layout: camera and verdict, recent decisions, a rule, the status, the keys.
fn rows(inner: Rect) -> [Rect; 5] {
    let recent_rows = (inner.height / 6).clamp(3, 12);
    Layout::vertical([
        Constraint::Min(0),
        Constraint::Length(recent_rows),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(inner)
}

/// The camera's place and the verdict's.
fn sides(main: Rect) -> [Rect; 2] {
    let camera_columns = (main.width * 2 / 5).clamp(31, 96);
    let [camera, _, panel] =
        Layout::horizontal([Constraint::Length(camera_columns), Constraint::Length(1), Constraint::Min(0)]).areas(main);
    [camera, panel]
}

/// Returns where the camera's picture may be on a screen of this size, if it has a place for one.
pub fn picture_area(area: Rect) -> Option<Rect> {
    if area.width < FULL_LEAST.0 || area.height < FULL_LEAST.1 {
        return None;
    }
    let [main, ..] = rows(Block::bordered().inner(area));
    let [camera, _] = sides(main);
    Some(camera::picture_area(camera))
}

/// A line across the frame, joined to it at both ends.
fn draw_rule(frame: &mut Frame<'_>, outer: Rect, rule: Rect) {
    let width = usize::from(outer.width);
    let line = format!("├{}┤", "─".repeat(width.saturating_sub(2)));
    frame.render_widget(Line::from(line), Rect { x: outer.x, width: outer.width, ..rule }.intersection(outer));
}

/// The verdict, and above and below it what the screen must never hide.
///
/// Returns where the keys stand.
fn small(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) -> Rect {
    // What is asked, or written in, needs its keys more than the status.
    let needs_keys = scene.state.question().is_some() || scene.state.screen().is_some();
    let (top, bottom, keys) = match area.height {
        0..=3 => (0, 0, 0),
        4..=6 if needs_keys => (0, 0, keys::rows(scene, area)),
        4..=6 => (0, 1, 0),
        7..=9 if needs_keys => (1, 0, keys::rows(scene, area)),
        7..=9 => (1, 1, 0),
        _ => (1, 1, keys::rows(scene, area)),
    };
    let [head, panel, status, foot] = Layout::vertical([
        Constraint::Length(top),
        Constraint::Min(0),
        Constraint::Length(bottom),
        Constraint::Length(keys),
    ])
    .areas(area);
    let mut title = status::link_and_time(scene);
    if scene.state.direction() == sync_protocol::verdict::Direction::Exit {
        let direction = words::direction(scene.state.direction(), &scene.names);
        title.push_span(Span::styled(format!("{direction} "), scene.theme.warning()));
    }
    let left = usize::from(head.width).saturating_sub(title.width());
    frame.render_widget(title, head);
    let gate = scene.state.status().map(|status| words::clean(&status.gate)).unwrap_or_default();
    if columns(&gate) < left {
        frame.render_widget(Line::from(gate).right_aligned(), head);
    }
    panel::draw(scene, frame, panel);
    status::draw(scene, frame, status);
    keys::draw(scene, frame, foot);
    foot
}

/// Returns the middle of `area`, at most so large.
fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// Returns what the last decision was about in words, for the detail screen.
fn detail_rows(scene: &Scene<'_>) -> Vec<(String, String)> {
    scene.state.last().map(|decided| words::detail(decided, &scene.names)).unwrap_or_default()
}
