//! What a camera's driver may do, tried in one way on the fake camera and on real kernel drivers.
//!
//! A [`Rig`] is a camera whose faults can be caused. [`answers`] asks its driver call by call and compares with one
//! written table; [`courses`] runs the program before it and compares the states it tells. The fake camera passes
//! both in every test run, and the kernel's own drivers in `cargo xtask camera`: so what the fake does is what they do.

pub mod answers;
pub mod courses;

use std::path::PathBuf;
use std::process::Command;

/// What goes wrong with a camera.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// It stays open and sends nothing.
    Stall,
    /// It is pulled out: its device file goes, and comes back when that is mended.
    Unplug,
    /// It is lost and back at once: its device file stays, and works again once nobody holds it open.
    Disconnect,
    /// The driver refuses the next stream, once.
    RefuseStream,
    /// The driver breaks the running stream; the next one is good.
    BreakStream,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Stall, Self::Unplug, Self::Disconnect, Self::RefuseStream, Self::BreakStream];

    /// Returns its name in the table of answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stall => "stall",
            Self::Unplug => "unplug",
            Self::Disconnect => "disconnect",
            Self::RefuseStream => "refuse",
            Self::BreakStream => "break",
        }
    }
}

/// A camera whose faults can be caused.
pub trait Rig {
    /// Returns what the camera is called, or a part of it that no other camera's name has.
    fn name(&self) -> &str;

    /// Returns its device file, or where that was.
    fn device(&self) -> PathBuf;

    /// Connects the camera to the program that `command` starts.
    fn connect(&self, command: &mut Command);

    /// Causes a fault.
    ///
    /// # Errors
    ///
    /// If the camera can't be told.
    fn cause(&self, fault: Fault) -> anyhow::Result<()>;

    /// Ends a fault. Those that end by themselves are left alone.
    ///
    /// # Errors
    ///
    /// If the camera can't be told.
    fn mend(&self, fault: Fault) -> anyhow::Result<()>;
}
