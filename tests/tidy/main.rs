//! Reads the sources and holds them to the project's rules; `README.md` beside this file says what they are and why.

use std::collections::BTreeMap;

use sources::{File, Source};

mod files;
mod imports;
mod lexer;
mod schemas;
mod sentences;
mod sources;
mod tables;

/// Fails with one line per breach, each naming a file and what to do.
#[track_caller]
fn none(breaches: Vec<String>) {
    assert!(breaches.is_empty(), "\n  {}\n", breaches.join("\n  "));
}

#[test]
fn a_files_name_says_what_it_may_import() {
    none(imports::breaches(&sources::rust(), imports::ONLY_HERE));
}

#[test]
fn sql_stands_only_in_stores() {
    none(tables::misplaced_sql(&sources::rust()));
}

#[test]
fn each_table_of_the_server_is_named_by_one_store() {
    none(tables::shared_tables(&sources::rust(), &sources::texts()));
}

#[test]
fn each_schema_of_the_description_has_a_name_of_its_own() {
    none(schemas::shared_names(&sources::rust()));
}

#[test]
fn the_protocol_has_no_clock_no_files_and_no_randomness() {
    let mut breaches = Vec::new();
    for source in sources::rust().iter().filter(|source| source.path.starts_with("sync-protocol/src/")) {
        for word in ["std::", "rand::", "getrandom::", "tokio::", "Instant::", "SystemTime::", "HashMap", "HashSet"] {
            if imports::names(&source.code, word) {
                breaches.push(format!("{}: {word} has no place in the protocol", source.path));
            }
        }
        if source.path.ends_with("/lib.rs") && !source.code.contains("#![no_std]") {
            breaches.push(format!("{}: #![no_std] is missing", source.path));
        }
    }
    none(breaches);
}

#[test]
fn crates_depend_on_each_other_in_one_direction() {
    let never = [
        ("sync-protocol/Cargo.toml", vec!["usher-server", "usher-terminal", "usher-tests", "tokio", "rand", "uuid"]),
        ("server/Cargo.toml", vec!["usher-terminal", "usher-tests", "rusqlite", "ratatui"]),
        ("terminal/Cargo.toml", vec!["usher-server", "usher-tests", "sqlx", "axum"]),
        (".cargo/xtask/Cargo.toml", vec!["usher-server", "usher-terminal", "usher-tests", "sync-protocol"]),
    ];
    let manifests: BTreeMap<String, String> = sources::texts().into_iter().map(|file| (file.path, file.text)).collect();
    let mut breaches = Vec::new();
    for (path, names) in never {
        let dependencies = manifests.get(path).expect("the manifest is there");
        // What only tests use doesn't ship.
        let dependencies = dependencies.split("[dev-dependencies]").next().expect("a split has a first part");
        for name in names {
            if dependencies.lines().any(|line| line.split(['.', ' ', '=']).next() == Some(name)) {
                breaches.push(format!("{path}: must not depend on {name}"));
            }
        }
    }
    none(breaches);
}

#[test]
fn one_sqlite_one_tls_and_nothing_of_openssl_is_linked() {
    let lock = std::fs::read_to_string(sources::root().join("Cargo.lock")).expect("Cargo.lock is there");
    let count = |name: &str| lock.matches(&format!("\nname = \"{name}\"\n")).count();

    assert_eq!(count("libsqlite3-sys"), 1, "server and terminal share one SQLite");
    for name in ["aws-lc-rs", "openssl-sys", "native-tls"] {
        assert_eq!(count(name), 0, "{name}: TLS is rustls with ring, and nothing else");
    }
}

#[test]
fn no_file_is_too_long_to_be_read() {
    none(files::too_long(&sources::rust()));
}

#[test]
fn a_module_is_a_file_of_its_name_not_mod_rs() {
    let found = sources::rust().into_iter().map(|source| source.path).filter(|path| path.ends_with("/mod.rs"));
    none(found.map(|path| format!("{path}: is called after its folder, one level up")).collect());
}

#[test]
fn no_test_is_skipped_and_nothing_is_left_unfinished() {
    none(files::unfinished(&sources::rust()));
}

#[test]
fn the_texts_speak_of_the_product_alone() {
    none(files::workplace(&sources::texts()));
}

#[test]
fn links_between_the_documents_lead_somewhere() {
    none(files::dead_links(&sources::texts()));
}

#[test]
fn every_sentence_is_said_and_every_said_sentence_exists() {
    none(sentences::breaches(&sources::rust(), &sources::texts()));
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |database: &str| -> Vec<String> {
        let folder = format!("migrations/server/{database}/");
        let texts = sources::texts();
        texts.iter().filter_map(|file| file.path.strip_prefix(&folder)).map(str::to_owned).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn a_breach_is_found() {
    let axum_in_a_rule = Source::of("server/src/events.rs", "use axum::Router;\n// rusqlite:: is only a word here");
    let tests_may = Source::of("server/src/events.rs", "fn f() {}\n#[cfg(test)]\nmod tests { use axum::Router; }");
    let clock_in_a_rule = Source::of("terminal/src/gate.rs", "fn now() { std::time::SystemTime::now(); }");
    let sql_in_a_rule = Source::of("server/src/events.rs", "const Q: &str = \"SELECT id FROM event\";");

    assert_eq!(imports::breaches(&[axum_in_a_rule], imports::ONLY_HERE).len(), 1);
    assert_eq!(imports::breaches(&[tests_may], imports::ONLY_HERE), Vec::<String>::new());
    assert_eq!(imports::breaches(&[clock_in_a_rule], imports::ONLY_HERE).len(), 1);
    assert_eq!(tables::misplaced_sql(&[sql_in_a_rule]).len(), 1);
}

#[test]
fn a_link_to_nowhere_and_a_foreign_path_are_found() {
    let text = |text: &str| File { path: "README.md".into(), text: text.into() };

    assert_eq!(files::dead_links(&[text("[a](nowhere.md) [b](https://example.org) [c](#part)")]).len(), 1);
    assert_eq!(files::workplace(&[text(concat!("see /ro", "ot/x"))]).len(), 1);
    assert_eq!(files::workplace(&[text("see target/work/x and network/rooted")]), Vec::<String>::new());
}

#[test]
fn a_sentence_nobody_says_or_wrote_is_found() {
    let text = File { path: "terminal/locales/en/door.ftl".into(), text: "door-a = { $n } in\ndoor-b = B\n".into() };
    let breaches =
        |code: &str| sentences::breaches(&[Source::of("terminal/src/x.rs", code)], std::slice::from_ref(&text)).len();
    let both = r#"say_with("door-a", &[("n", f(("n", 1)))]); let id = "door-b";"#;

    assert_eq!(breaches(both), 0);
    assert_eq!(breaches(r#"say("door-b");"#), 1);
    assert_eq!(breaches(&format!("{both} let id = \"door-c\";")), 1);
    assert_eq!(breaches(&format!("{both} say(\"else-where\");")), 1);
    assert_eq!(breaches(&both.replace("(\"n\", f", "(\"m\", f")), 1);
}
