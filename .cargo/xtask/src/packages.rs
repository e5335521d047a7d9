//! System packages: which are needed, which are missing, and how they come (Debian's apt).

use std::io::{self, IsTerminal, Write};
use std::process::Command;

use anyhow::{Result, bail};

use crate::steps;

/// A Debian package and what it is needed for.
pub(crate) type Package = (&'static str, &'static str);

/// What building needs.
pub(crate) const BUILD: &[Package] = &[
    ("gcc", "compiles SQLite and links"),
    ("libasound2-dev", "the sound library, with its headers"),
    ("libc6-dev", "the C library's headers"),
    ("libclang-dev", "reads the camera interface's headers"),
    ("pkg-config", "finds libraries"),
];

/// What fuzzing needs besides.
pub(crate) const FUZZ: &[Package] = &[("g++", "compiles the fuzzer that is linked into each program")];

/// What the server's second database needs.
pub(crate) const POSTGRESQL: Package = ("postgresql", "the second of the server's two databases");

/// What the tests need besides.
pub(crate) const TEST: &[Package] = &[
    ("poppler-utils", "reads the documents that the server writes"),
    POSTGRESQL,
    ("python3", "runs the second implementation of the protocol's test vectors"),
    ("python3-cryptography", "the second implementation's signatures"),
    ("python3-venv", "keeps the fuzzer of the interface apart"),
];

/// What `cargo xtask camera` needs besides. The kernel's own packages are only unpacked.
pub(crate) const CAMERA: &[Package] = &[
    ("binutils", "takes out what only debuggers read"),
    ("busybox-static", "the small machine's shell"),
    ("cpio", "packs what the small machine has"),
    ("kmod", "says which kernel modules need which"),
    ("libelf1", "read by the kernel's build tools"),
    ("make", "builds the loopback camera"),
    ("qemu-system-x86", "the small machine"),
    ("seabios", "starts it"),
    ("v4l-utils", "causes the cameras' faults"),
];

/// What comparing readers needs besides.
pub(crate) const READING: &[Package] = &[
    ("libzbar0", "one of the readers"),
    ("python3", "runs those readers that come as Python wheels"),
    ("python3-venv", "keeps those wheels apart"),
];

/// Has apt fetch the list of packages, where that may be done.
pub(crate) fn update() -> Result<()> {
    match Apt::find() {
        Some(apt) => apt.run("Updating the list of packages", &["update"]),
        None => bail!("the list of packages is missing; as root: apt-get update"),
    }
}

/// Installs those packages that are missing, after asking if somebody is there to be asked.
pub(crate) fn require(needed: &[Package], yes: bool) -> Result<()> {
    if !steps::succeeds("dpkg-query", &["--version"]) {
        println!("This isn't a Debian system, so packages aren't checked. Needed are (Debian's names):");
        for (name, purpose) in needed {
            println!("  {name:22} {purpose}");
        }
        return Ok(());
    }
    let missing: Vec<Package> = needed.iter().copied().filter(|(name, _)| !is_installed(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("These system packages are missing:");
    for (name, purpose) in &missing {
        println!("  {name:22} {purpose}");
    }
    let names: Vec<&str> = missing.iter().map(|(name, _)| *name).collect();
    let by_hand = format!("apt-get install {}", names.join(" "));
    if !yes && io::stdin().is_terminal() && !asked("Install them now with apt-get?")? {
        bail!("packages are missing; install them with: {by_hand}");
    }
    let Some(apt) = Apt::find() else {
        bail!("only root may install packages, and there is no sudo; as root: {by_hand}");
    };
    if !apt.knows(&names) {
        apt.run("Updating the list of packages", &["update"])?;
    }
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(&names);
    apt.run("Installing packages", &install)
}

fn is_installed(package: &str) -> bool {
    Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Status}", package])
        .output()
        .is_ok_and(|out| out.stdout == b"installed")
}

fn asked(question: &str) -> Result<bool> {
    print!("{question} [Y/n] ");
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes"))
}

/// apt-get, as root or through sudo.
enum Apt {
    Root,
    Sudo,
}

impl Apt {
    fn find() -> Option<Self> {
        let user = Command::new("id").arg("--user").output().ok()?;
        if user.stdout.trim_ascii() == b"0" {
            return Some(Self::Root);
        }
        steps::succeeds("sudo", &["--version"]).then_some(Self::Sudo)
    }

    /// Whether the list of packages is there and has all of them.
    fn knows(&self, packages: &[&str]) -> bool {
        let mut simulate = vec!["install", "--simulate", "--no-install-recommends"];
        simulate.extend(packages);
        steps::succeeds("apt-get", &simulate)
    }

    fn run(&self, what: &str, arguments: &[&str]) -> Result<()> {
        let mut command = match self {
            Self::Root => Command::new("apt-get"),
            Self::Sudo => {
                let mut sudo = Command::new("sudo");
                sudo.args(["--preserve-env=DEBIAN_FRONTEND", "apt-get"]);
                sudo
            }
        };
        command.env("DEBIAN_FRONTEND", "noninteractive");
        // Another installation may be going on; it is waited for.
        command.args(["-o", "DPkg::Lock::Timeout=300", "-q"]).args(arguments);
        steps::run(what, &mut command)
    }
}
