//! A camera that is not there: a library that, preloaded into a program, shows it a V4L2 device, and the
//! film that it plays.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};
use image::GrayImage;
use tempfile::TempDir;

use crate::camera_trial::{Fault, Rig};
use crate::frames;

/// Its source, which lies beside its tests and says what can be set.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fake_camera/fake_v4l2.c");

/// How frames are sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Film {
    /// Packed 4:2:2.
    Yuyv,
    /// A plane of grey, then one of colour at half the size.
    Nv12,
    /// One JPEG a frame.
    Mjpeg,
    /// The same; each second frame is cut in half.
    TornMjpeg,
}

/// A camera that plays frames over and over.
#[derive(Debug)]
pub struct FakeCamera {
    folder: TempDir,
    library: PathBuf,
    variables: Vec<(String, String)>,
}

impl FakeCamera {
    /// Makes a camera that plays `pictures`.
    ///
    /// # Errors
    ///
    /// As [`build`], or if the film can't be written.
    pub fn new(pictures: &[GrayImage], film: Film) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("could not make a folder for the film")?;
        let path = folder.path().join("film");
        let bytes: Vec<u8> = pictures.iter().flat_map(|picture| filmed(picture, film)).collect();
        fs::write(&path, bytes).context("could not write the film")?;
        let format = match film {
            Film::Yuyv => "YUYV",
            Film::Nv12 => "NV12",
            Film::Mjpeg | Film::TornMjpeg => "MJPG",
        };
        let library = build(folder.path())?;
        let camera = Self { folder, library, variables: Vec::new() };
        Ok(camera.with("FAKE_V4L2_FRAMES", &path.to_string_lossy()).with("FAKE_V4L2_FORMAT", format))
    }

    /// Sets what the library's source names.
    #[must_use]
    pub fn with(mut self, variable: &str, value: &str) -> Self {
        self.variables.push((variable.into(), value.into()));
        self
    }

    /// Connects the camera to the program that `command` starts.
    pub fn connect(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
    }
}

/// A fake camera whose faults are caused while a program uses it.
#[derive(Debug)]
pub struct FakeRig {
    camera: FakeCamera,
    fault: PathBuf,
}

impl FakeRig {
    /// Makes `camera` obey.
    pub fn new(camera: FakeCamera) -> Self {
        let fault = camera.folder.path().join("fault");
        let camera = camera.with("FAKE_V4L2_FAULT_FILE", &fault.to_string_lossy());
        Self { camera, fault }
    }
}

impl Rig for FakeRig {
    fn name(&self) -> &str {
        "Fake Camera"
    }

    fn device(&self) -> PathBuf {
        "/dev/video0".into()
    }

    fn connect(&self, command: &mut Command) {
        self.camera.connect(command);
    }

    fn cause(&self, fault: Fault) -> anyhow::Result<()> {
        fs::write(&self.fault, fault.name()).context("could not tell the fake camera")
    }

    fn mend(&self, fault: Fault) -> anyhow::Result<()> {
        match fault {
            Fault::Stall | Fault::Unplug => fs::write(&self.fault, "").context("could not tell the fake camera"),
            Fault::Disconnect | Fault::RefuseStream | Fault::BreakStream => Ok(()),
        }
    }
}

/// Returns `picture` as a camera sends it; a torn film's as two frames, the first of which is cut in half.
pub fn filmed(picture: &GrayImage, film: Film) -> Vec<u8> {
    let jpeg = || frames::jpeg(picture, 90);
    match film {
        Film::Yuyv => picture.pixels().flat_map(|pixel| [pixel.0[0], 128]).collect(),
        Film::Nv12 => {
            let grey = picture.as_raw();
            [grey.as_slice(), &vec![128; grey.len() / 2]].concat()
        }
        Film::Mjpeg => jpeg(),
        Film::TornMjpeg => {
            let whole = jpeg();
            // Its beginning and an end, so that it counts as one frame.
            let torn = [whole.get(..60).unwrap_or_default(), b"\xff\xd9"].concat();
            [torn, whole].concat()
        }
    }
}

/// Compiles the library into `folder` and returns its path, for `LD_PRELOAD`.
///
/// # Errors
///
/// If there is no C compiler, with what to install, or if it fails.
pub fn build(folder: &Path) -> anyhow::Result<PathBuf> {
    compile(SOURCE, folder)
}

/// Compiles the C source at `source` into a library in `folder`, for `LD_PRELOAD`.
///
/// # Errors
///
/// As [`build`].
pub fn compile(source: &str, folder: &Path) -> anyhow::Result<PathBuf> {
    let library = folder.join("libpreloaded.so");
    run_compiler(source, &["-shared", "-fPIC"], &library)?;
    Ok(library)
}

/// Compiles the C source at `source` into the program at `path`.
///
/// # Errors
///
/// As [`build`].
pub fn compile_program(source: &str, path: &Path) -> anyhow::Result<()> {
    run_compiler(source, &[], path)
}

fn run_compiler(source: &str, flags: &[&str], to: &Path) -> anyhow::Result<()> {
    match Command::new("cc").args(flags).args(["-O1", "-o"]).arg(to).arg(source).arg("-ldl").output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!("the tests' C programs need a C compiler: apt-get install gcc libc6-dev")
        }
        Err(error) => Err(error).context("cc can't be run"),
        Ok(output) if !output.status.success() => {
            bail!("{source} doesn't compile:\n{}", String::from_utf8_lossy(&output.stderr))
        }
        Ok(_) => Ok(()),
    }
}
