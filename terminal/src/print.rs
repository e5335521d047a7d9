//! A sold ticket on paper and in files: a page as PDF, the code as PNG, bytes for a receipt printer.
//!
//! Everything here but [`printer`] and [`files`] is a pure function from a [`Sheet`] to bytes.
//! Nothing here waits for anybody at the door: [`shop`] has a thread of its own.

pub mod code;
pub mod files;
pub mod latin;
pub mod pdf;
pub mod picture;
pub mod printer;
pub mod receipt;
pub mod shop;

/// What is printed of one ticket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sheet {
    /// The event's name.
    pub event: String,
    /// The attendee's name; may be empty.
    pub name: String,
    /// The ticket type's name.
    pub class: String,
    /// What was paid, in words; empty where nothing was.
    pub price: String,
    /// The ticket's number, as it is typed.
    pub number: String,
    /// The credential's text.
    pub credential: String,
}

#[cfg(test)]
pub(crate) mod samples {
    use super::Sheet;
    use crate::camera::Frame;
    use crate::decoder::{Budget, Decoder};

    /// A ticket as long as one can be: 122 characters of Base45.
    pub(crate) fn sheet(name: &str) -> Sheet {
        Sheet {
            event: String::from("RustConf 2026"),
            name: name.to_owned(),
            class: String::from("Day pass"),
            price: String::from("12.00 EUR"),
            number: String::from("R0000000005-7"),
            credential: format!("USHER{}", "%/Z9".repeat(29)) + "A",
        }
    }

    /// The black around a picture, in pixels: a dark screen, or a black table.
    const AROUND: usize = 60;

    /// Reads the one code in a grey picture that lies on something black, as the door would.
    pub(crate) fn read(width: usize, pixels: Vec<u8>) -> Option<String> {
        let (wide, high) = (width + 2 * AROUND, pixels.len() / width + 2 * AROUND);
        let mut around = vec![0; wide * high];
        for (row, line) in around.chunks_mut(wide).skip(AROUND).zip(pixels.chunks(width)) {
            row[AROUND..AROUND + width].copy_from_slice(line);
        }
        let (width, height, pixels) = (wide, high, around);
        let frame = Frame::new(u32::try_from(width).unwrap(), u32::try_from(height).unwrap(), pixels).unwrap();
        let reading = Decoder::new(Budget::thorough()).decode(&frame);
        reading.codes.into_iter().next().map(|code| code.text)
    }
}
