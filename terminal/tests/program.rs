//! The program itself. That this test lies here also has cargo build the program before tests that run it.

use std::process::Command;

#[test]
fn the_program_tells_its_version_and_its_commands() {
    let run = |argument: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_usher")).arg(argument).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };

    assert_eq!(run("--version").trim(), concat!("usher ", env!("CARGO_PKG_VERSION")));
    assert!(run("--help").contains("decode"));
}

#[test]
fn settings_are_read_from_a_file_and_a_mistake_in_it_is_named() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
        command.env_clear().env("HOME", home.path()).env("USHER_CAMERA", "2").args(arguments);
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };

    let (status, path, _) = run(&["config", "init"]);
    assert_eq!(status, Some(0));
    let file = path.trim();
    assert_eq!(file, home.path().join(".config/usher/config.toml").to_str().unwrap());
    let (status, _, refusal) = run(&["config", "init"]);
    assert_eq!(status, Some(2));
    assert!(refusal.contains(file), "{refusal}");

    std::fs::write(file, "camera = \"front\"\nresolution = \"640x480\"\nmute = true\n").unwrap();
    let (_, shown, _) = run(&["--mute=false", "config", "show"]);
    for line in ["camera           2  (USHER_CAMERA)", "resolution       640x480  (config.toml)", "false  (flag)"] {
        assert!(shown.contains(line), "{shown}");
    }

    std::fs::write(file, "resolutoin = \"640x480\"\n").unwrap();
    let (status, _, refusal) = run(&["status"]);
    assert_eq!(status, Some(2));
    assert!(refusal.contains("there is no setting \"resolutoin\"; is \"resolution\" meant?"), "{refusal}");
    assert_eq!(run(&["config", "path"]).1.trim(), file);
    assert_eq!(run(&["completions", "bash"]).0, Some(0));
}
