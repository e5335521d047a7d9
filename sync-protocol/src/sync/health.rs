//! How a terminal is, as it tells the server beside a question for the feed (section 11).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::bytes::{DecodeError, Reader};
use crate::time::UnixMillis;

/// The layout's version.
const VERSION: u8 = 1;
/// The longest name of a program's version, in bytes.
pub const VERSION_BYTES_MAX: usize = 32;
/// The longest report, in bytes; twice as many hexadecimal digits.
pub const HEALTH_BYTES_MAX: usize = 25 + VERSION_BYTES_MAX;

/// What a terminal tells of itself. Nothing is decided by it: it is for those who look after the doors.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Health {
    /// When its list was last known to be the server's, by the server's time; nothing before its first one.
    pub list_at: Option<UnixMillis>,
    /// Entries of its journal that the server has not acknowledged.
    pub unsent: u32,
    /// The server's time less its clock, as it measured, in ms.
    pub offset_ms: i32,
    /// How wrong its corrected time may be, in ms.
    pub uncertainty_ms: u32,
    /// What it runs on.
    pub power: Power,
    /// Its camera.
    pub camera: CameraHealth,
    /// Which program it is.
    pub version: ProgramVersion,
}

/// What a terminal runs on. Batteries are told in percent, at most 100.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Power {
    /// There is no battery, or it does not tell.
    Mains,
    /// The battery is full, or being charged.
    Charging(Percent),
    /// The battery is being emptied.
    Draining(Percent),
}

/// A part of a hundred: 0 to 100.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Percent(u8);

impl Percent {
    /// Returns `value` of a hundred, and 100 for what is more.
    pub const fn new(value: u8) -> Self {
        Self(if value > 100 { 100 } else { value })
    }

    /// Returns the number.
    pub const fn value(self) -> u8 {
        self.0
    }
}

impl Power {
    /// Returns how full the battery is, where there is one.
    pub const fn battery(self) -> Option<Percent> {
        match self {
            Self::Mains => None,
            Self::Charging(percent) | Self::Draining(percent) => Some(percent),
        }
    }
}

/// A terminal's camera, as far as it matters elsewhere.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum CameraHealth {
    /// None is used: codes are typed, or come from a hand scanner.
    Unused = 0,
    /// It gives pictures.
    Pictures = 1,
    /// One is to be used and gives no pictures.
    Dark = 2,
}

/// The name of a program's version: 1 to 32 visible ASCII characters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProgramVersion(String);

impl ProgramVersion {
    /// Returns the version called `name`; nothing if that is empty, too long or holds other characters.
    pub fn new(name: &str) -> Option<Self> {
        let is_fine = (1..=VERSION_BYTES_MAX).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
        is_fine.then(|| Self(name.into()))
    }

    /// Returns its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProgramVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Health {
    /// Returns the report's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let (power, percent) = match self.power {
            Power::Mains => (0, 0),
            Power::Charging(percent) => (1, percent.value()),
            Power::Draining(percent) => (2, percent.value()),
        };
        let mut bytes = Vec::with_capacity(HEALTH_BYTES_MAX);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.list_at.unwrap_or_default().0.to_be_bytes());
        bytes.extend_from_slice(&self.unsent.to_be_bytes());
        bytes.extend_from_slice(&self.offset_ms.to_be_bytes());
        bytes.extend_from_slice(&self.uncertainty_ms.to_be_bytes());
        bytes.extend_from_slice(&[power, percent, self.camera as u8]);
        let name = self.version.0.as_bytes();
        // At most 32 bytes long.
        bytes.push(name.len() as u8);
        bytes.extend_from_slice(name);
        bytes
    }

    /// Reads a report.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] for whatever [`Health::encode`] does not return.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        if reader.u8()? != VERSION {
            return Err(DecodeError::Invalid("version"));
        }
        let list_at = Some(UnixMillis(reader.u64()?)).filter(|at| at.0 != 0);
        let unsent = reader.u32()?;
        let offset_ms = i32::from_be_bytes(reader.array()?);
        let uncertainty_ms = reader.u32()?;
        let power = match (reader.u8()?, reader.u8()?) {
            (0, 0) => Power::Mains,
            (1, percent @ 0..=100) => Power::Charging(Percent(percent)),
            (2, percent @ 0..=100) => Power::Draining(Percent(percent)),
            _ => return Err(DecodeError::Invalid("power")),
        };
        let camera = match reader.u8()? {
            0 => CameraHealth::Unused,
            1 => CameraHealth::Pictures,
            2 => CameraHealth::Dark,
            _ => return Err(DecodeError::Invalid("camera")),
        };
        let name_bytes = usize::from(reader.u8()?);
        if name_bytes > VERSION_BYTES_MAX {
            return Err(DecodeError::TooLong("program"));
        }
        let name = core::str::from_utf8(reader.take(name_bytes)?).ok();
        let version = name.and_then(ProgramVersion::new).ok_or(DecodeError::Invalid("program"))?;
        reader.finish()?;
        Ok(Self { list_at, unsent, offset_ms, uncertainty_ms, power, camera, version })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn power() -> impl Strategy<Value = Power> {
        let percent = || (0_u8..=100).prop_map(Percent);
        prop_oneof![Just(Power::Mains), percent().prop_map(Power::Charging), percent().prop_map(Power::Draining)]
    }

    fn camera() -> impl Strategy<Value = CameraHealth> {
        prop_oneof![Just(CameraHealth::Unused), Just(CameraHealth::Pictures), Just(CameraHealth::Dark)]
    }

    fn health() -> impl Strategy<Value = Health> {
        let numbers = (any::<u64>(), any::<u32>(), any::<i32>(), any::<u32>());
        (numbers, power(), camera(), "[!-~]{1,32}").prop_map(
            |((list_at, unsent, offset_ms, uncertainty_ms), power, camera, name)| Health {
                list_at: Some(UnixMillis(list_at)).filter(|at| at.0 != 0),
                unsent,
                offset_ms,
                uncertainty_ms,
                power,
                camera,
                version: ProgramVersion::new(&name).unwrap(),
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_and_is_never_longer_than_it_may_be(health in health()) {
            let bytes = health.encode();
            prop_assert!(bytes.len() <= HEALTH_BYTES_MAX);
            prop_assert_eq!(Health::decode(&bytes), Ok(health));
        }

        #[test]
        fn whatever_reads_is_written_the_same_way(mut bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Some(first) = bytes.first_mut() {
                *first = VERSION;
            }
            if let Ok(health) = Health::decode(&bytes) {
                prop_assert_eq!(health.encode(), bytes);
            }
        }
    }

    #[test]
    fn a_report_with_anything_out_of_its_bounds_is_refused() {
        let good = Health {
            list_at: Some(UnixMillis(1_795_000_000_000)),
            unsent: 3,
            offset_ms: -180,
            uncertainty_ms: 40,
            power: Power::Draining(Percent::new(41)),
            camera: CameraHealth::Pictures,
            version: ProgramVersion::new("0.1.0").unwrap(),
        }
        .encode();
        assert!(Health::decode(&good).is_ok());

        for (at, value) in
            [(0, 2), (21, 3), (22, 101), (23, 3), (24, 0), (24, 4), (24, 6), (24, 33), (25, b' '), (25, 0x80)]
        {
            let mut bad = good.clone();
            bad[at] = value;
            assert!(Health::decode(&bad).is_err(), "{value} at {at}");
        }
        assert!(Health::decode(&good[..good.len() - 1]).is_err());
        assert!(Health::decode(&[good.as_slice(), &[0]].concat()).is_err());
        assert_eq!(ProgramVersion::new(&"x".repeat(33)), None);
    }
}
