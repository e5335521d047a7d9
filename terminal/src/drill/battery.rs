//! How full the laptop's battery is.

use std::fs;
use std::path::Path;

/// Where Linux tells.
const POWER_SUPPLIES: &str = "/sys/class/power_supply";

/// The laptop's battery, in percent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Battery {
    /// There is none, or it does not tell: the machine runs on mains power.
    None,
    /// It is full, or being charged.
    Charging(u8),
    /// It is being emptied.
    Draining(u8),
}

impl Battery {
    /// Reads this machine's.
    pub fn read() -> Self {
        Self::read_in(Path::new(POWER_SUPPLIES))
    }

    /// Several count as one that is as full as they are on average. Those of mice and keyboards do not count.
    fn read_in(folder: &Path) -> Self {
        let supplies = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let batteries: Vec<(u8, bool)> = supplies
            .filter(|supply| text(supply, "type").as_deref() == Some("Battery"))
            .filter(|supply| text(supply, "scope").as_deref() != Some("Device"))
            .filter_map(|supply| {
                let percent = text(&supply, "capacity")?.parse().ok()?;
                Some((percent, text(&supply, "status").as_deref() == Some("Discharging")))
            })
            .collect();
        let Ok(count) = u32::try_from(batteries.len()) else { return Self::None };
        let sum: u32 = batteries.iter().map(|(percent, _)| u32::from(*percent)).sum();
        let Some(percent) = sum.checked_div(count).and_then(|percent| u8::try_from(percent).ok()) else {
            return Self::None;
        };
        let is_draining = batteries.iter().any(|(_, is_draining)| *is_draining);
        if is_draining { Self::Draining(percent) } else { Self::Charging(percent) }
    }
}

fn text(supply: &Path, name: &str) -> Option<String> {
    Some(fs::read_to_string(supply.join(name)).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(supplies: &[(&str, &[(&str, &str)])]) -> Battery {
        let folder = tempfile::tempdir().unwrap();
        for (name, files) in supplies {
            fs::create_dir(folder.path().join(name)).unwrap();
            for (file, content) in *files {
                fs::write(folder.path().join(name).join(file), format!("{content}\n")).unwrap();
            }
        }
        Battery::read_in(folder.path())
    }

    #[test]
    fn a_laptop_on_mains_charges_and_one_without_it_drains() {
        let mains: (&str, &[(&str, &str)]) = ("AC", &[("type", "Mains"), ("online", "1")]);
        let full = [("type", "Battery"), ("capacity", "98"), ("status", "Not charging")];
        let draining = [("type", "Battery"), ("capacity", "41"), ("status", "Discharging")];
        let mouse = [("type", "Battery"), ("scope", "Device"), ("capacity", "3"), ("status", "Discharging")];

        assert_eq!(read(&[mains]), Battery::None);
        assert_eq!(read(&[mains, ("BAT0", &full), ("hid-mouse", &mouse)]), Battery::Charging(98));
        assert_eq!(read(&[("BAT0", &draining)]), Battery::Draining(41));
        assert_eq!(read(&[("BAT0", &draining), ("BAT1", &full)]), Battery::Draining(69));
    }

    #[test]
    fn a_machine_without_batteries_has_none() {
        assert_eq!(read(&[]), Battery::None);
        assert_eq!(Battery::read_in(Path::new("/no/such/folder")), Battery::None);
        assert_eq!(read(&[("BAT0", &[("type", "Battery"), ("capacity", "much")])]), Battery::None);
    }
}
