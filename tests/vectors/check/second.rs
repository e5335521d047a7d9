//! The second implementation: plain Python, with a mainstream library for Ed25519.

use std::process::Command;

/// Debian's own interpreter sees Debian's packages; another one may come first in the path.
const INTERPRETERS: [&str; 2] = ["/usr/bin/python3", "python3"];

#[test]
fn the_second_implementation_agrees() {
    let script = crate::folder().join("check.py");
    let has_library = |python: &&&str| {
        let probe =
            Command::new(python).args(["-c", "import cryptography.hazmat.primitives.asymmetric.ed25519"]).output();
        probe.is_ok_and(|output| output.status.success())
    };
    let Some(python) = INTERPRETERS.iter().find(has_library) else {
        panic!("the second implementation needs Python and its library: apt-get install python3-cryptography");
    };
    let output = Command::new(python).arg(&script).output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
