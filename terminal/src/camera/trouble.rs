//! What is the matter with a camera, by what its driver says.

use std::fmt;

/// Why a camera gives no pictures.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trouble {
    /// Another program uses it.
    Busy,
    /// This user may not use it.
    NotAllowed,
    /// It is not connected any more.
    Unplugged,
    /// It has no format that is read here.
    NoFormat,
    /// It is open and sends nothing.
    Silent,
    /// What it sends are no pictures.
    Broken,
    /// Something else.
    Unknown,
}

impl Trouble {
    /// Returns what the system's error numbers in `reason` mean (Linux, errno(3)).
    ///
    /// The camera library hands on nothing but a text; the standard library writes the number into it.
    pub(super) fn of_driver(reason: &str) -> Self {
        let number = reason.rsplit_once("os error ").map(|(_, rest)| rest);
        let number = number.and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<i32>().ok());
        match number {
            Some(libc::EBUSY) => Self::Busy,
            Some(libc::EACCES | libc::EPERM) => Self::NotAllowed,
            Some(libc::ENODEV | libc::ENXIO | libc::ENOENT) => Self::Unplugged,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "another program uses it",
            Self::NotAllowed => "this user may not use it",
            Self::Unplugged => "it is not connected any more",
            Self::NoFormat => "it offers neither YUYV nor NV12 nor MJPEG",
            Self::Silent => "it sends nothing",
            Self::Broken => "it sends broken pictures",
            Self::Unknown => "its driver refuses",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drivers_words_tell_what_is_the_matter() {
        for (reason, trouble) in [
            ("Could not open device 0: Device or resource busy (os error 16)", Trouble::Busy),
            ("Could not open device 0: Permission denied (os error 13)", Trouble::NotAllowed),
            ("Failed to Capture Frame: No such device (os error 19)", Trouble::Unplugged),
            ("Input/output error (os error 5)", Trouble::Unknown),
            ("os error ", Trouble::Unknown),
            ("its driver failed", Trouble::Unknown),
        ] {
            assert_eq!(Trouble::of_driver(reason), trouble, "{reason}");
        }
    }
}
