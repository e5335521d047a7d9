//! What a thief of the laptop, or a reader of logs, finds: nobody.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use harness::process::Server;
use sync_protocol::id::TicketId;

use crate::venue::{LEFT, Venue, is_admitted, is_in_step};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobodys_name_address_or_ticket_is_on_the_terminals_disk_or_in_a_log() {
    let server = Server::start().unwrap();
    let venue = Venue::open(&server, 120).await;
    let terminal = venue.enrol_by_picture(LEFT).await;
    let credential = venue.credential(&venue.tickets[0]).await;
    venue.olga.change_ticket(&venue.event, &venue.tickets[1], "cancel").await.unwrap();

    let mut door = terminal.headless(&["--no-camera"]).unwrap();
    let seen = door.present(&credential).unwrap();
    assert!(seen["name"].as_str().unwrap().starts_with("Quirinia"), "{seen}");
    for code in &venue.tickets[2..40] {
        assert!(is_admitted(&&door.present(code).unwrap()));
    }
    door.present(&venue.tickets[1]).unwrap();
    door.present("not a ticket").unwrap();
    door.wait_for(is_in_step).unwrap();
    // While it runs, after a power cut, and after it came up again.
    let secrets = Secrets::of(&venue, &credential);
    secrets.assert_not_below(terminal.folder());
    door.process.kill9().unwrap();
    secrets.assert_not_below(terminal.folder());
    terminal.run(&["sync"]).unwrap().success().unwrap();
    secrets.assert_not_below(terminal.folder());
    assert!(terminal.folder().join("usher.log").exists());

    secrets.assert_not_in("the terminal's standard error", door.process.log().as_bytes());
    let log = server.log_once(|log| log.contains("answered"));
    secrets.assert_not_in("the server's log", log.as_bytes());
    // The search finds what is there.
    let id = TicketId::from_typed_code(&venue.tickets[7]).unwrap().0.to_be_bytes();
    for told in [seen["name"].to_string().as_bytes(), seen["ticket"].to_string().as_bytes(), credential.as_bytes(), &id]
    {
        assert!(secrets.found_in(told).is_some(), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_support_bundle_names_nobody_whatever_was_written_where_it_looks() {
    let server = Server::start().unwrap();
    let venue = Venue::open(&server, 40).await;
    let terminal = venue.enrol_by_picture(LEFT).await;
    let credential = venue.credential(&venue.tickets[0]).await;
    let mut door = terminal.headless(&["--no-camera", "--operator", "Quirinia Xylander"]).unwrap();
    let seen = door.present(&credential).unwrap();
    door.wait_for(is_in_step).unwrap();
    door.process.stop().unwrap();
    // Nothing of this kind is ever logged; and if it were?
    let log = terminal.folder().join("usher.log");
    let planted = format!(
        "2026-09-01T12:02:29Z  INFO usher_terminal::gate: let in {} with {} and {credential}, PIN 24682468, \
         xylander@example.org\n",
        seen["name"], venue.tickets[3]
    );
    fs::write(&log, fs::read_to_string(&log).unwrap() + &planted.repeat(3)).unwrap();
    let settings = "printer = \"tcp://xylander.example:9100\"\ntickets-dir = \"xylander-tickets\"\n";
    fs::write(terminal.folder().join("config.toml"), settings).unwrap();

    let bundle = terminal.folder().join("bundle.tar.zst");
    let told = terminal.run(&["support-bundle", "--output", bundle.to_str().unwrap()]).unwrap().success().unwrap();

    assert!(told.stdout.contains("bundle.tar.zst"), "{}", told.stdout);
    let packed = zstd::decode_all(fs::File::open(&bundle).unwrap()).unwrap();
    let secrets = Secrets::of(&venue, &credential);
    secrets.assert_not_in("the bundle", &packed);
    let text = String::from_utf8_lossy(&packed);
    assert!(!text.contains("24682468") && !text.contains("example.org"), "{text}");
    for file in ["machine.json", "settings.json", "store.json", "journal.json", "usher.log", "disk.json"] {
        assert!(text.contains(file), "{file}");
    }
    assert!(text.contains("let in \"▒ ▒"), "what is left of the log tells what happened: {text}");
}

/// What nobody may find: eight bytes of each.
struct Secrets {
    all: BTreeSet<[u8; 8]>,
    /// Which two bytes any of them begins with: most places are passed over at a glance.
    beginnings: Vec<bool>,
}

impl Secrets {
    fn of(venue: &Venue, credential: &str) -> Self {
        let mut all: BTreeSet<[u8; 8]> = [*b"Quirinia", *b"Xylander", *b"xylander"].into();
        all.insert(credential.as_bytes()[40..48].try_into().unwrap());
        for code in &venue.tickets {
            let id = TicketId::from_typed_code(code).unwrap().0;
            all.extend([id.to_be_bytes(), id.to_le_bytes(), code.as_bytes()[code.len() - 8..].try_into().unwrap()]);
        }
        let mut beginnings = vec![false; 1 << 16];
        for secret in &all {
            beginnings[usize::from(u16::from_be_bytes([secret[0], secret[1]]))] = true;
        }
        Self { all, beginnings }
    }

    fn assert_not_below(&self, folder: &Path) {
        let files = files(folder);
        assert!(files.len() > 2, "{files:?}");
        for file in files {
            self.assert_not_in(&file.display().to_string(), &fs::read(&file).unwrap());
        }
    }

    fn assert_not_in(&self, place: &str, bytes: &[u8]) {
        assert_eq!(self.found_in(bytes), None, "in {place}");
    }

    fn found_in(&self, bytes: &[u8]) -> Option<String> {
        let is_secret = |window: &&[u8]| {
            let beginning = usize::from(u16::from_be_bytes([window[0], window[1]]));
            self.beginnings[beginning] && self.all.contains(*window)
        };
        bytes.windows(8).find(is_secret).map(|secret| String::from_utf8_lossy(secret).into_owned())
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
