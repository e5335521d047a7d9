//! A camera by vivid, the kernel's test driver, whose faults are its own controls.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};
use harness::camera_trial::{Fault, Rig};

use crate::check::{device_called, wait_until};

/// Where the kernel takes its devices from it and gives them back.
const DRIVER: &str = "/sys/bus/platform/drivers/vivid";

/// The camera.
pub(crate) struct Vivid {
    device: PathBuf,
}

impl Vivid {
    /// A part of its name.
    pub(crate) const NAME: &'static str = "vid-cap";

    /// Returns the camera.
    pub(crate) fn find() -> anyhow::Result<Self> {
        Ok(Self { device: device_called(Self::NAME)? })
    }

    fn control(&self, setting: &str) -> anyhow::Result<()> {
        let mut command = Command::new("v4l2-ctl");
        command.arg("--device").arg(&self.device).args(["--set-ctrl", setting]);
        let output = command.output().context("v4l2-ctl can't be run")?;
        ensure!(output.status.success(), "{setting}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    fn drive(&self, verb: &str) -> anyhow::Result<()> {
        fs::write(format!("{DRIVER}/{verb}"), "vivid.0").with_context(|| format!("the driver can't be {verb}ed"))
    }
}

impl Rig for Vivid {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn device(&self) -> PathBuf {
        self.device.clone()
    }

    fn connect(&self, _command: &mut Command) {}

    fn cause(&self, fault: Fault) -> anyhow::Result<()> {
        match fault {
            Fault::Stall => self.control("percentage_of_dropped_buffers=100"),
            Fault::Unplug => self.drive("unbind"),
            Fault::Disconnect => self.control("disconnect=1"),
            Fault::RefuseStream => self.control("inject_vidioc_streamon_error=1"),
            Fault::BreakStream => self.control("inject_fatal_streaming_error=1"),
        }
    }

    fn mend(&self, fault: Fault) -> anyhow::Result<()> {
        match fault {
            Fault::Stall => self.control("percentage_of_dropped_buffers=0"),
            Fault::Unplug => {
                self.drive("bind")?;
                wait_until("the camera's file comes back", || Ok(self.device.exists()))
            }
            Fault::Disconnect | Fault::RefuseStream | Fault::BreakStream => Ok(()),
        }
    }
}
