//! The kernel, vivid and v4l2loopback: fetched from Debian without being installed, and kept under `target/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::{packages, steps};

/// The package that stands for Debian's newest kernel. The one for clouds has no vivid.
const NEWEST: &str = "linux-image-amd64";

/// What the machine loads from the kernel's package, with what these need.
const MODULES: [&str; 2] = ["videodev", "vivid"];

/// A kernel that can be booted, and its modules in the order in which they are loaded.
pub(crate) struct Kernel {
    /// The compressed kernel.
    pub(crate) image: PathBuf,
    /// Uncompressed modules.
    pub(crate) modules: Vec<PathBuf>,
}

impl Kernel {
    /// Returns the newest kernel, from the cache or else from Debian.
    pub(crate) fn have(cache: &Path) -> Result<Self> {
        let release = match newest() {
            Ok(release) => release,
            Err(_) => {
                packages::update()?;
                newest()?
            }
        };
        let kept = cache.join(&release);
        if !kept.is_dir() {
            let scratch = cache.join("unpacked");
            let _ = fs::remove_dir_all(&scratch);
            let made = make(&release, &scratch);
            // Half a gigabyte of headers and drivers, of which a fiftieth is wanted.
            let moved = made.and_then(|kernel| {
                fs::rename(kernel, &kept).with_context(|| format!("could not make {}", kept.display()))
            });
            let _ = fs::remove_dir_all(&scratch);
            moved?;
        }
        let mut modules: Vec<PathBuf> = fs::read_dir(kept.join("modules"))
            .with_context(|| format!("{} is damaged; add --fresh", kept.display()))?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<std::io::Result<_>>()?;
        modules.sort();
        Ok(Self { image: kept.join("vmlinuz"), modules })
    }
}

/// Returns the newest kernel's release, such as `6.1.0-56-amd64`.
fn newest() -> Result<String> {
    let needs = depends(NEWEST)?;
    let image = needs.iter().find_map(|name| name.strip_prefix("linux-image-"));
    image.map(ToOwned::to_owned).with_context(|| format!("{NEWEST} names no kernel"))
}

/// Returns the packages that `package` needs.
fn depends(package: &str) -> Result<Vec<String>> {
    let output = Command::new("apt-cache").args(["depends", "--important", package]).output();
    let output = output.context("could not run apt-cache; the kernel comes from Debian")?;
    ensure!(output.status.success(), "Debian's list of packages doesn't have {package}; try: apt-get update");
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter_map(|line| line.trim().strip_prefix("Depends: ")).map(ToOwned::to_owned).collect())
}

/// Fetches and builds in `scratch`, and returns the folder that is to be kept.
fn make(release: &str, scratch: &Path) -> Result<PathBuf> {
    let headers = format!("linux-headers-{release}");
    let is_part = |name: &String| name.starts_with("linux-headers-") || name.starts_with("linux-kbuild-");
    let mut wanted = vec![format!("linux-image-{release}"), headers.clone(), "v4l2loopback-dkms".to_owned()];
    wanted.extend(depends(&headers)?.into_iter().filter(is_part));

    let packed = scratch.join("packages");
    let root = scratch.join("root");
    let kept = scratch.join("kept");
    for folder in [&packed, &root, &kept] {
        fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    }
    let mut download = Command::new("apt-get");
    // Downloads belong to whoever runs this; apt's own user need not reach the folder.
    download.args(["-q", "-o", "APT::Sandbox::User=root", "download"]).args(&wanted).current_dir(&packed);
    steps::run(&format!("Fetching Linux {release} and v4l2loopback, once (85 MB)"), &mut download)
        .context("is there a network?")?;
    steps::heading("Unpacking");
    for package in fs::read_dir(&packed)? {
        quietly(Command::new("dpkg-deb").arg("--extract").arg(package?.path()).arg(&root))?;
    }
    let loopback = build_loopback(&root, &headers)?;

    fs::copy(root.join("boot").join(format!("vmlinuz-{release}")), kept.join("vmlinuz"))
        .context("the kernel's package has no kernel")?;
    let modules = kept.join("modules");
    fs::create_dir_all(&modules)?;
    let mut order = loading_order(&root, release)?;
    order.push(loopback);
    for (number, module) in order.iter().enumerate() {
        keep_module(module, &modules, number)?;
    }
    Ok(kept)
}

/// Builds v4l2loopback for the kernel, and returns the module.
fn build_loopback(root: &Path, headers: &str) -> Result<PathBuf> {
    let sources = root.join("usr/src");
    let folder = fs::read_dir(&sources)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("v4l2loopback-")))
        .context("the package v4l2loopback-dkms has no source")?;
    // The headers' makefile includes another by an absolute path.
    let makefile = sources.join(headers).join("Makefile");
    let text = fs::read_to_string(&makefile).context("the headers have no makefile")?;
    fs::write(&makefile, text.replace("/usr/src/", &format!("{}/", sources.display())))?;
    let mut build = Command::new("make");
    // Whatever compiler the kernel was made with, a module of one file is built by this machine's.
    build.args(["--silent", "CC=cc", "-C"]).arg(sources.join(headers));
    build.arg(format!("M={}", folder.display())).arg("modules");
    steps::heading("Building v4l2loopback");
    quietly(&mut build)?;
    Ok(folder.join("v4l2loopback.ko"))
}

/// Returns the files of the modules that are wanted and those that they need, these first.
fn loading_order(root: &Path, release: &str) -> Result<Vec<PathBuf>> {
    quietly(Command::new("depmod").arg("--basedir").arg(root).arg(release))?;
    let mut order: Vec<PathBuf> = Vec::new();
    for module in MODULES {
        let mut command = Command::new("modprobe");
        command.arg("--dirname").arg(root).args(["--set-version", release, "--show-depends", module]);
        for line in quietly(&mut command)?.lines() {
            let Some(path) = line.strip_prefix("insmod ").and_then(|rest| rest.split_whitespace().next()) else {
                continue;
            };
            if !order.iter().any(|known| known == Path::new(path)) {
                order.push(path.into());
            }
        }
    }
    Ok(order)
}

/// Copies a module, uncompressed and without what only debuggers read, under a name that sorts as it is loaded.
fn keep_module(module: &Path, folder: &Path, number: usize) -> Result<()> {
    let name = module.file_name().context("a module without a name")?.to_string_lossy().into_owned();
    let kept = folder.join(format!("{number:02}-{}", name.strip_suffix(".xz").unwrap_or(&name)));
    if name.ends_with(".xz") {
        let output = Command::new("xz").args(["--decompress", "--stdout"]).arg(module).output();
        let output = output.context("the modules are compressed; install them with: apt-get install xz-utils")?;
        ensure!(output.status.success(), "{name} can't be uncompressed");
        fs::write(&kept, output.stdout)?;
    } else {
        fs::copy(module, &kept).with_context(|| format!("{} is not there", module.display()))?;
    }
    quietly(Command::new("strip").arg("--strip-debug").arg(&kept)).map(drop)
}

/// Runs a command, returns what it printed, and shows it only if it fails.
pub(crate) fn quietly(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("could not run {program}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("{program}: {}\n{text}{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(text)
}
