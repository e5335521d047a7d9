//! The program itself. That this test lies here also has cargo build the program before tests that run it.

use std::process::Command;

#[test]
fn the_program_tells_its_version_and_its_commands() {
    let run = |argument: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_usher-server")).arg(argument).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };

    assert_eq!(run("--version").trim(), concat!("usher-server ", env!("CARGO_PKG_VERSION")));
    assert!(run("--help").contains("serve"));
}
