//! Colours and shapes.
//!
//! Shades of the 256-colour table, which every terminal emulator has. Green leans to blue and red is
//! dark, so that the two differ in brightness for those who don't see the colours; every verdict
//! also has its own word, symbol and frame. With `NO_COLOR` (<https://no-color.org>) only the frame,
//! bold and reversed writing are left.

use std::ffi::OsStr;

use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::BorderType;

use crate::app::Look;

/// Whether colours may be used.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Palette {
    /// Colours.
    #[default]
    Colours,
    /// None at all.
    Monochrome,
}

impl Palette {
    /// Returns the palette that the value of the environment variable `NO_COLOR` asks for: none if
    /// it is set and not empty.
    pub fn from_no_color(value: Option<&OsStr>) -> Self {
        if value.is_some_and(|value| !value.is_empty()) { Self::Monochrome } else { Self::Colours }
    }
}

/// What a panel is about, as far as its looks go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mood {
    /// A decision of this look.
    Verdict(Look),
    /// The machine needs somebody.
    Trouble,
    /// Nothing happens.
    Calm,
}

/// How things look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Theme {
    palette: Palette,
}

impl Theme {
    /// Returns the looks in `palette`.
    pub const fn new(palette: Palette) -> Self {
        Self { palette }
    }

    /// Returns the style of a panel; a flashing one is turned inside out.
    pub const fn panel(self, mood: Mood, is_flashing: bool) -> Style {
        let plain = Style::new();
        match (self.palette, colours(mood)) {
            (Palette::Colours, Some((back, _))) if is_flashing => plain.fg(back).bg(Color::Indexed(231)),
            (Palette::Colours, Some((back, front))) => plain.fg(front).bg(back),
            (Palette::Colours, None) => plain,
            (Palette::Monochrome, Some(_)) if is_flashing != is_reversed(mood) => {
                plain.add_modifier(Modifier::REVERSED)
            }
            (Palette::Monochrome, _) => plain,
        }
    }

    /// Returns the style of a symbol in a list.
    pub const fn mark(self, look: Look) -> Style {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        match (self.palette, look) {
            (Palette::Monochrome, _) => bold,
            (_, Look::Admit) => bold.fg(Color::Indexed(36)),
            (_, Look::Exit) => bold.fg(Color::Indexed(75)),
            (_, Look::Check) => bold.fg(Color::Indexed(214)),
            (_, Look::Deny) => bold.fg(Color::Indexed(203)),
            (_, Look::Repeat | Look::NotATicket | Look::NotReady) => bold,
        }
    }

    /// Returns the style of what is well.
    pub const fn good(self) -> Style {
        self.mark(Look::Admit)
    }

    /// Returns the style of what staff should notice.
    pub const fn warning(self) -> Style {
        self.mark(Look::Check)
    }

    /// Returns the style of what matters less.
    pub const fn faint(self) -> Style {
        match self.palette {
            Palette::Colours => Style::new().fg(Color::Indexed(248)),
            Palette::Monochrome => Style::new(),
        }
    }

    /// Returns the frame of a panel: each look has another.
    pub const fn frame(self, mood: Mood) -> BorderType {
        match mood {
            Mood::Verdict(Look::Admit) => BorderType::Thick,
            Mood::Verdict(Look::Deny) => BorderType::Double,
            Mood::Verdict(Look::Check) => BorderType::HeavyDoubleDashed,
            Mood::Verdict(Look::Exit) => BorderType::Rounded,
            Mood::Verdict(Look::Repeat | Look::NotATicket) => BorderType::LightDoubleDashed,
            Mood::Verdict(Look::NotReady) | Mood::Trouble => BorderType::QuadrantOutside,
            Mood::Calm => BorderType::Plain,
        }
    }
}

/// Returns back and front.
const fn colours(mood: Mood) -> Option<(Color, Color)> {
    let (white, black) = (Color::Indexed(231), Color::Indexed(16));
    match mood {
        Mood::Verdict(Look::Admit) => Some((Color::Indexed(29), white)),
        Mood::Verdict(Look::Deny) => Some((Color::Indexed(124), white)),
        Mood::Verdict(Look::Check) => Some((Color::Indexed(214), black)),
        Mood::Verdict(Look::Exit) => Some((Color::Indexed(25), white)),
        Mood::Verdict(Look::Repeat | Look::NotATicket) => Some((Color::Indexed(240), white)),
        Mood::Verdict(Look::NotReady) | Mood::Trouble => Some((Color::Indexed(53), white)),
        Mood::Calm => None,
    }
}

const fn is_reversed(mood: Mood) -> bool {
    matches!(mood, Mood::Verdict(Look::Deny))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_counts_only_with_a_value() {
        assert_eq!(Palette::from_no_color(None), Palette::Colours);
        assert_eq!(Palette::from_no_color(Some(OsStr::new(""))), Palette::Colours);
        assert_eq!(Palette::from_no_color(Some(OsStr::new("1"))), Palette::Monochrome);
    }

    #[test]
    fn without_colours_admit_and_deny_still_differ() {
        let theme = Theme::new(Palette::Monochrome);
        let (admit, deny) = (Mood::Verdict(Look::Admit), Mood::Verdict(Look::Deny));

        assert_ne!(theme.panel(admit, false), theme.panel(deny, false));
        assert_ne!(theme.frame(admit), theme.frame(deny));
        assert_eq!((theme.panel(deny, false).fg, theme.panel(deny, false).bg), (None, None));
    }

    #[test]
    fn a_flash_turns_every_verdict_inside_out() {
        for palette in [Palette::Colours, Palette::Monochrome] {
            for look in [Look::Admit, Look::Exit, Look::Check, Look::Deny, Look::Repeat] {
                let (theme, mood) = (Theme::new(palette), Mood::Verdict(look));

                assert_ne!(theme.panel(mood, true), theme.panel(mood, false), "{look:?}");
            }
        }
    }
}
