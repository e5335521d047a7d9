//! What cameras there are, and what each can be asked for.

use super::Trouble;
use super::luma::PixelFormat;

/// A camera that is connected.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Offer {
    /// The number in its device file's name.
    pub index: u32,
    /// What the driver calls it.
    pub name: String,
    /// What it can be asked for, the largest pictures first; nothing while it is being opened. Or why
    /// it could not be asked.
    pub modes: Result<Vec<Mode>, Trouble>,
    /// What it gives now, if it is the one that is read.
    pub in_use: Option<Mode>,
}

/// A size of pictures, and how they come in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Mode {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Pictures a second.
    pub rate: u32,
    /// How they are coded.
    pub format: PixelFormat,
}

impl Mode {
    /// Returns the size in pixels.
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }
}

/// Returns how `--camera` calls the camera at `at`: by its name, which stays when others are plugged
/// in, or by its number where the name could be misread.
pub fn called(offers: &[Offer], at: usize) -> Option<String> {
    let offer = offers.get(at)?;
    let is_same = |other: &Offer| other.name.to_lowercase() == offer.name.to_lowercase();
    let is_plain = offer.name.trim() == offer.name && !offer.name.is_empty();
    let is_other_word = offer.name.parse::<u32>().is_ok() || offer.name.eq_ignore_ascii_case("any");
    let is_name = is_plain && !is_other_word && offers.iter().filter(|other| is_same(other)).count() == 1;
    Some(if is_name { offer.name.clone() } else { offer.index.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_is_called_by_its_name_unless_that_could_mean_another() {
        let names = ["Door Cam", "C920", "c920", "any", "7", "", "Door Cam HD"];
        let offers: Vec<Offer> = (0..).zip(names).map(|(index, name)| offer(index, name)).collect();

        let called: Vec<_> = (0..names.len()).filter_map(|at| called(&offers, at)).collect();

        assert_eq!(called, ["Door Cam", "1", "2", "3", "4", "5", "Door Cam HD"]);
    }

    fn offer(index: u32, name: &str) -> Offer {
        Offer { index, name: name.to_owned(), modes: Ok(Vec::new()), in_use: None }
    }
}
