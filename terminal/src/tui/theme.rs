//! Colours and shapes.
//!
//! Shades of the 256-colour table, which nearly every terminal emulator has; the sixteen basic colours elsewhere.
//! DENY, EXIT, ADMIT and CHECK are darker to lighter in this order, and differ for those who see fewer colours too;
//! every verdict also has its own word, symbol and frame. With `NO_COLOR` (<https://no-color.org>) only the frame,
//! bold and reversed writing are left.

#[cfg(test)]
mod vision;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::BorderType;

use super::picture::Drawing;
use crate::app::Look;
use crate::config::Colours;

/// Which colours may be used.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Palette {
    /// Those of the 256-colour table.
    #[default]
    Colours,
    /// The sixteen basic ones.
    Few,
    /// None at all.
    Monochrome,
}

impl Palette {
    /// Returns the palette that the environment asks for: none if `NO_COLOR` is set and not empty, the basic colours
    /// on terminals that are known to have no others.
    pub fn of(said: &Colours) -> Self {
        if said.no_color.as_ref().is_some_and(|value| !value.is_empty()) {
            return Self::Monochrome;
        }
        // Consoles and the terminals of old: their names say that they have few colours, or nothing about them.
        let is_old = ["linux", "ansi", "xterm", "screen", "cygwin", "sun"].contains(&said.term.as_str())
            || said.term.starts_with("vt")
            || said.term.ends_with("-16color");
        if is_old && said.depth.is_empty() { Self::Few } else { Self::Colours }
    }
}

/// What everything stands on.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Ground {
    /// The emulator's own, which is dark.
    #[default]
    Dark,
    /// The emulator's own, which is light.
    Light,
    /// Dark, whatever the emulator's own is.
    PaintedDark,
    /// Light, whatever the emulator's own is.
    PaintedLight,
}

impl Ground {
    /// Returns the emulator's own ground by what the environment says: dark unless it says otherwise.
    pub fn of(said: &Colours) -> Self {
        // 7 and 15 are white; the rest of the sixteen is dark or means something else.
        match said.ground.rsplit(';').next() {
            Some("7" | "15") => Self::Light,
            _ => Self::Dark,
        }
    }

    const fn is_light(self) -> bool {
        matches!(self, Self::Light | Self::PaintedLight)
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
    ground: Ground,
    drawing: Drawing,
}

impl Theme {
    /// Returns the looks in `palette` on the emulator's own dark ground.
    pub const fn new(palette: Palette) -> Self {
        Self { palette, ground: Ground::Dark, drawing: Drawing::Off }
    }

    /// Returns these looks on `ground`.
    #[must_use]
    pub const fn on(self, ground: Ground) -> Self {
        Self { ground, ..self }
    }

    /// Returns these looks with pictures drawn in this way.
    #[must_use]
    pub const fn with_pictures(self, drawing: Drawing) -> Self {
        Self { drawing, ..self }
    }

    /// Returns the palette.
    pub const fn palette(self) -> Palette {
        self.palette
    }

    /// Returns how pictures are drawn.
    pub const fn drawing(self) -> Drawing {
        self.drawing
    }

    /// Returns the style of a panel; a flashing one is turned inside out.
    pub const fn panel(self, mood: Mood, is_flashing: bool) -> Style {
        let plain = Style::new();
        let colours = match self.palette {
            Palette::Colours => colours(mood),
            Palette::Few => few_colours(mood),
            Palette::Monochrome if is_flashing != is_reversed(mood) && !matches!(mood, Mood::Calm) => {
                return plain.add_modifier(Modifier::REVERSED);
            }
            Palette::Monochrome => None,
        };
        match colours {
            Some((back, front)) if is_flashing => plain.fg(back).bg(front),
            Some((back, front)) => plain.fg(front).bg(back),
            None => plain,
        }
    }

    /// Returns the style of a symbol in a list.
    pub const fn mark(self, look: Look) -> Style {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let shades = match look {
            Look::Admit => [Color::Indexed(36), Color::Indexed(23), Color::LightGreen, Color::Green],
            Look::Exit => [Color::Indexed(75), Color::Indexed(25), Color::LightBlue, Color::Blue],
            Look::Check => [Color::Indexed(220), Color::Indexed(94), Color::LightYellow, Color::Magenta],
            Look::Deny => [Color::Indexed(203), Color::Indexed(124), Color::LightRed, Color::Red],
            Look::Repeat | Look::NotATicket | Look::NotReady => return bold,
        };
        match self.shade(shades) {
            Some(colour) => bold.fg(colour),
            None => bold,
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
        match self.shade([Color::Indexed(248), Color::Indexed(240), Color::Gray, Color::DarkGray]) {
            Some(colour) => Style::new().fg(colour),
            None => Style::new(),
        }
    }

    /// Puts the ground below everything in `buffer` that has none, where the emulator's own is not to be seen.
    pub fn paint(self, buffer: &mut Buffer) {
        let (front, back) = match (self.palette, self.ground) {
            (Palette::Monochrome, _) | (_, Ground::Dark | Ground::Light) => return,
            (Palette::Colours, Ground::PaintedDark) => (Color::Indexed(254), Color::Indexed(234)),
            (Palette::Colours, Ground::PaintedLight) => (Color::Indexed(234), Color::Indexed(255)),
            (Palette::Few, Ground::PaintedDark) => (Color::White, Color::Black),
            (Palette::Few, Ground::PaintedLight) => (Color::Black, Color::White),
        };
        for cell in &mut buffer.content {
            if cell.bg == Color::Reset {
                cell.bg = back;
                if cell.fg == Color::Reset {
                    cell.fg = front;
                }
            }
        }
    }

    /// The colour for this ground: on dark and on light, of the table; on dark and on light, of the basic ones.
    const fn shade(self, [dark, light, few_dark, few_light]: [Color; 4]) -> Option<Color> {
        match (self.palette, self.ground.is_light()) {
            (Palette::Colours, false) => Some(dark),
            (Palette::Colours, true) => Some(light),
            (Palette::Few, false) => Some(few_dark),
            (Palette::Few, true) => Some(few_light),
            (Palette::Monochrome, _) => None,
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

/// Returns back and front of the 256-colour table.
const fn colours(mood: Mood) -> Option<(Color, Color)> {
    let (white, black) = (Color::Indexed(231), Color::Indexed(16));
    match mood {
        Mood::Verdict(Look::Admit) => Some((Color::Indexed(36), black)),
        Mood::Verdict(Look::Deny) => Some((Color::Indexed(88), white)),
        Mood::Verdict(Look::Check) => Some((Color::Indexed(220), black)),
        Mood::Verdict(Look::Exit) => Some((Color::Indexed(25), white)),
        Mood::Verdict(Look::Repeat | Look::NotATicket) => Some((Color::Indexed(240), white)),
        Mood::Verdict(Look::NotReady) | Mood::Trouble => Some((Color::Indexed(53), white)),
        Mood::Calm => None,
    }
}

/// Returns back and front of the basic colours.
const fn few_colours(mood: Mood) -> Option<(Color, Color)> {
    match mood {
        Mood::Verdict(Look::Admit) => Some((Color::Green, Color::Black)),
        Mood::Verdict(Look::Deny) => Some((Color::Red, Color::White)),
        Mood::Verdict(Look::Check) => Some((Color::Yellow, Color::Black)),
        Mood::Verdict(Look::Exit) => Some((Color::Blue, Color::White)),
        Mood::Verdict(Look::Repeat | Look::NotATicket) => Some((Color::Gray, Color::Black)),
        Mood::Verdict(Look::NotReady) | Mood::Trouble => Some((Color::Magenta, Color::White)),
        Mood::Calm => None,
    }
}

const fn is_reversed(mood: Mood) -> bool {
    matches!(mood, Mood::Verdict(Look::Deny))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOKS: [Look; 5] = [Look::Admit, Look::Exit, Look::Check, Look::Deny, Look::Repeat];

    fn hints(no_color: Option<&str>, term: &str, depth: &str, ground: &str) -> Colours {
        Colours { no_color: no_color.map(Into::into), term: term.into(), depth: depth.into(), ground: ground.into() }
    }

    #[test]
    fn no_color_counts_only_with_a_value() {
        assert_eq!(Palette::of(&hints(None, "xterm-256color", "", "")), Palette::Colours);
        assert_eq!(Palette::of(&hints(Some(""), "xterm-256color", "", "")), Palette::Colours);
        assert_eq!(Palette::of(&hints(Some("1"), "xterm-256color", "truecolor", "")), Palette::Monochrome);
    }

    #[test]
    fn a_console_gets_the_colours_that_it_has() {
        for (term, colours, expected) in [
            ("linux", "", Palette::Few),
            ("vt220", "", Palette::Few),
            ("xterm", "", Palette::Few),
            ("xterm", "truecolor", Palette::Colours),
            ("xterm-kitty", "truecolor", Palette::Colours),
            ("foot", "", Palette::Colours),
        ] {
            assert_eq!(Palette::of(&hints(None, term, colours, "")), expected, "{term}");
        }
    }

    #[test]
    fn the_ground_is_dark_unless_it_is_said_to_be_light() {
        for (said, expected) in [
            ("", Ground::Dark),
            ("15;0", Ground::Dark),
            ("0;15", Ground::Light),
            ("0;default;15", Ground::Light),
            ("12;8", Ground::Dark),
            ("15;default", Ground::Dark),
        ] {
            assert_eq!(Ground::of(&hints(None, "", "", said)), expected, "{said}");
        }
    }

    #[test]
    fn without_colours_admit_and_deny_still_differ() {
        let theme = Theme::new(Palette::Monochrome).on(Ground::PaintedLight);
        let (admit, deny) = (Mood::Verdict(Look::Admit), Mood::Verdict(Look::Deny));

        assert_ne!(theme.panel(admit, false), theme.panel(deny, false));
        assert_ne!(theme.frame(admit), theme.frame(deny));
        assert_eq!((theme.panel(deny, false).fg, theme.panel(deny, false).bg), (None, None));
    }

    #[test]
    fn every_look_has_its_own_colours_and_a_flash_turns_them_inside_out() {
        for palette in [Palette::Colours, Palette::Few, Palette::Monochrome] {
            for (at, look) in LOOKS.into_iter().enumerate() {
                let (theme, mood) = (Theme::new(palette), Mood::Verdict(look));

                assert_ne!(theme.panel(mood, true), theme.panel(mood, false), "{look:?}");
                for other in LOOKS.into_iter().skip(at + 1).filter(|_| palette != Palette::Monochrome) {
                    assert_ne!(theme.panel(mood, false), theme.panel(Mood::Verdict(other), false), "{palette:?}");
                }
            }
        }
    }
}
