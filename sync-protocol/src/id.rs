//! One newtype per kind of identifier (section 1), so that two integers never sit side by side
//! unnamed.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A text that is not an identifier of the expected kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not {expected}")]
pub struct ParseIdError {
    /// What was expected, with its article.
    pub expected: &'static str,
}

macro_rules! bytes_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// Returns the identifier's sixteen bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                for byte in self.0 {
                    write!(f, "{byte:02x}")?;
                }
                Ok(())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        /// Reads 32 lower-case hexadecimal digits; the hyphens of a UUID may stand between them.
        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let digits = match text.len() {
                    32 => String::from(text),
                    36 if text.bytes().enumerate().all(|(at, b)| (b == b'-') == matches!(at, 8 | 13 | 18 | 23)) => {
                        text.replace('-', "")
                    }
                    _ => return Err(ParseIdError { expected: $expected }),
                };
                if digits.bytes().any(|b| b.is_ascii_uppercase()) {
                    return Err(ParseIdError { expected: $expected });
                }
                let mut bytes = [0; 16];
                hex::decode_to_slice(digits, &mut bytes).map_err(|_| ParseIdError { expected: $expected })?;
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(D::Error::custom)
            }
        }
    };
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

bytes_id!(
    /// An event. UUIDv7, written as 32 hexadecimal digits.
    EventId, "an event id of 32 hexadecimal digits");
bytes_id!(
    /// A person's place at an event. UUIDv7.
    RegistrationId, "a registration id of 32 hexadecimal digits");
bytes_id!(
    /// One life of an event's feed: random, and new after every restore of server data.
    FeedId, "a feed id of 32 hexadecimal digits");
bytes_id!(
    /// An enrolled device. Random.
    DeviceId, "a device id of 32 hexadecimal digits");

number_id!(
    /// A device's number in its event: terminals have 1 to 65 535, the server itself 0.
    DeviceNo(u16));
number_id!(
    /// A ticket signing key's number in its event.
    Kid(u16));
number_id!(
    /// A named entrance, by its index in the event's policy.
    GateId(u16));
number_id!(
    /// What a gate leads into, by its index in the event's policy.
    ZoneId(u16));
number_id!(
    /// A ticket type as the door sees it: an index into the policy's class table.
    ClassId(u16));
number_id!(
    /// A feed entry's number: 1, 2, 3 ... without gaps; 0 is the empty feed.
    FeedSeq(u64));
number_id!(
    /// A journal entry's number on its device: 1, 2, 3 ... without gaps; 0 is the empty journal.
    Seq(u64));
number_id!(
    /// Which of a ticket's credentials: the feed number of its issue, or the journal number of the
    /// walk-in entry when the credential is delegated.
    Issue(u32));

impl FeedSeq {
    /// Returns the number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl Seq {
    /// Returns the number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Whether `fmt`'s and the key id's first bytes would make the credential's text start with a
/// space, which hand scanners and copy and paste lose (section 1).
///
/// `delegated_or_test` ranges over every low nibble a credential may carry.
pub const fn starts_with_space(number: u16) -> bool {
    let high = number >> 8;
    let mut low = 0;
    while low < 4 {
        if (256 * (0x10 + low) + high) % 45 == 36 {
            return true;
        }
        low += 1;
    }
    false
}

/// A ticket's number: who issued it (`issuer` u16: 0 for the server, else the device's number) and
/// a serial of 48 bits.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TicketId(pub u64);

impl TicketId {
    /// The largest serial: 48 bits.
    pub const SERIAL_MAX: u64 = (1 << 48) - 1;

    /// Returns the ticket number of `issuer`'s `serial`, or nothing if the serial exceeds 48 bits.
    pub const fn new(issuer: DeviceNo, serial: u64) -> Option<Self> {
        if serial > Self::SERIAL_MAX { None } else { Some(Self(((issuer.0 as u64) << 48) | serial)) }
    }

    /// Returns who issued the ticket: 0 is the server.
    pub const fn issuer(self) -> DeviceNo {
        DeviceNo((self.0 >> 48) as u16)
    }

    /// Returns the issuer's serial, below 2^48.
    pub const fn serial(self) -> u64 {
        self.0 & Self::SERIAL_MAX
    }

    /// Returns the code that people read out and type: Crockford base 32 and a check symbol.
    pub fn typed_code(self) -> String {
        crate::crockford::encode_checked(self.0)
    }

    /// Reads a typed code, forgiving what people confuse (`O` and `0`, `I`, `L` and `1`, lower
    /// case, hyphens and spaces).
    ///
    /// # Errors
    ///
    /// [`crate::crockford::CodeError`] says what is wrong with it.
    pub fn from_typed_code(text: &str) -> Result<Self, crate::crockford::CodeError> {
        crate::crockford::decode_checked(text).map(Self)
    }
}

impl fmt::Display for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed_code())
    }
}

impl Serialize for TicketId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TicketId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::from_typed_code(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn an_id_reads_back_from_its_text_and_from_a_uuid() {
        let id = EventId([0x1f; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("1f1f1f1f-1f1f-1f1f-1f1f-1f1f1f1f1f1f".parse(), Ok(id));
        assert!("1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F".parse::<EventId>().is_err());
        assert!("1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f-f-f-f".parse::<EventId>().is_err());
    }

    #[test]
    fn a_ticket_number_keeps_issuer_and_serial_apart() {
        let id = TicketId::new(DeviceNo(7), 9).unwrap();
        assert_eq!((id.issuer(), id.serial()), (DeviceNo(7), 9));
        assert_eq!(TicketId::new(DeviceNo(0), TicketId::SERIAL_MAX + 1), None);
    }

    #[test]
    fn numbers_whose_text_would_start_with_a_space_are_known() {
        // 256 × 0x10 + high ≡ 36 (mod 45): 4096 mod 45 = 1, so high = 35 is such a byte.
        assert!(starts_with_space(35 << 8));
        assert!(!starts_with_space(1));
    }
}
