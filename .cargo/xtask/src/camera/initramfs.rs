//! What the machine has: a shell, the programs with their libraries, and what they were given.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::kernel::{Kernel, quietly};
use crate::steps;

/// The programs of this workspace that run there.
const PROGRAMS: [&str; 2] = ["usher", "usher-camera"];

/// A program that runs there, of this system.
const CONTROL: &str = "/usr/bin/v4l2-ctl";

/// The shell and its commands, in one file that needs no library.
const BUSYBOX: &str = "/bin/busybox";

/// What the machine does. Modules come in the order of their names; two of them are told what to be.
const INIT: &str = r#"#!/bin/busybox sh
export PATH=/bin:/usr/bin HOME=/tmp
/bin/busybox mkdir -p /proc /sys /dev /tmp
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
echo @up
for module in /modules/*; do
    case $module in
    # The only kind of input with whole sizes and paces, as cameras have them, is a webcam.
    *-vivid.ko) options="n_devs=1 node_types=0x1 num_inputs=1 input_types=0x00" ;;
    *-v4l2loopback.ko) options="devices=1 exclusive_caps=1 card_label=DoorCam" ;;
    *) options= ;;
    esac
    insmod $module $options || echo "@note $module can't be loaded"
done
/usher/usher-camera check /prepared --only "$(cat /only)"
result=$?
echo "@exit $result"
poweroff -f
"#;

/// Makes the folder that the checks need: an enrolled terminal, tickets and C programs.
pub(crate) fn prepare(cache: &Path) -> Result<PathBuf> {
    let folder = cache.join("prepared");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("could not remove {}", folder.display()))?;
    }
    let program = built("usher-camera")?;
    steps::run("Enrolling a terminal with a server", Command::new(program).arg("prepare").arg(&folder))?;
    Ok(folder)
}

/// Packs everything and returns the image.
pub(crate) fn pack(cache: &Path, kernel: &Kernel, prepared: &Path, only: &str) -> Result<PathBuf> {
    steps::heading("Packing");
    let root = cache.join("root");
    if root.exists() {
        fs::remove_dir_all(&root).with_context(|| format!("could not remove {}", root.display()))?;
    }
    for folder in ["bin", "usher", "modules", "prepared"] {
        fs::create_dir_all(root.join(folder)).with_context(|| format!("could not make {}", root.display()))?;
    }
    copy(Path::new(BUSYBOX), &root.join("bin/busybox"))?;
    for name in PROGRAMS {
        let program = built(name)?;
        quietly(Command::new("strip").arg("-o").arg(root.join("usher").join(name)).arg(&program))?;
        bring_libraries(&program, &root)?;
    }
    copy(Path::new(CONTROL), &root.join("bin/v4l2-ctl"))?;
    bring_libraries(Path::new(CONTROL), &root)?;
    for module in &kernel.modules {
        copy(module, &root.join("modules").join(module.file_name().context("a module without a name")?))?;
    }
    quietly(Command::new("cp").arg("--archive").arg(prepared.join(".")).arg(root.join("prepared")))?;
    fs::write(root.join("only"), only)?;
    let init = root.join("init");
    fs::write(&init, INIT)?;
    quietly(Command::new("chmod").arg("+x").arg(&init))?;

    let image = cache.join("initramfs");
    let find = Command::new("find").arg(".").current_dir(&root).stdout(Stdio::piped()).spawn();
    let mut find = find.context("could not run find")?;
    let names = find.stdout.take().context("find has no output")?;
    let mut archive = Command::new("cpio");
    archive.args(["--create", "--quiet", "--format=newc", "--owner=+0:+0"]);
    let archived = archive.current_dir(&root).stdin(names).stdout(fs::File::create(&image)?).status();
    ensure!(archived.context("could not run cpio")?.success(), "cpio failed; is the disk full?");
    ensure!(find.wait()?.success(), "find failed");
    fs::remove_dir_all(&root)?;
    println!("   {} MB", fs::metadata(&image)?.len() >> 20);
    Ok(image)
}

/// Copies the libraries that a program needs to where they lie here.
fn bring_libraries(program: &Path, root: &Path) -> Result<()> {
    let needed = quietly(Command::new("ldd").arg(program))?;
    ensure!(!needed.contains("not found"), "{} lacks a library:\n{needed}", program.display());
    let paths: BTreeSet<&str> = needed.split_whitespace().filter(|word| word.starts_with('/')).collect();
    for path in paths {
        let to = root.join(path.trim_start_matches('/'));
        fs::create_dir_all(to.parent().context("a library without a folder")?)?;
        copy(Path::new(path), &to)?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).map(drop).with_context(|| format!("could not copy {}", from.display()))
}

/// Returns a program that cargo built, which lies beside this one.
fn built(name: &str) -> Result<PathBuf> {
    Ok(std::env::current_exe().context("could not ask where this program lies")?.with_file_name(name))
}
