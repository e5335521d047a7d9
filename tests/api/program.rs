//! The program: what it refuses, what it keeps to itself, how it stops.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};
use std::{fs, io};

use harness::organiser::{EMAIL, Organiser, PASSWORD};
use harness::process::{Server, ServerOptions, program};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::served::conference;

#[test]
fn plain_http_on_the_network_is_refused_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");

    let output = run(&["serve", "--listen", "0.0.0.0:0", "--data-dir", data.to_str().unwrap()]);

    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("--tls-self-signed") && error.contains("--behind-proxy"), "{error}");
    assert!(!data.exists());
}

#[test]
fn a_master_key_that_others_may_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let key = folder.path().join("master.key");
    fs::write(&key, "00".repeat(32)).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();

    let output = run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", data]);

    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("chmod 600"));
}

#[test]
fn a_tls_key_that_others_may_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(path("certificate.pem"), own.cert.pem()).unwrap();
    fs::write(path("key.pem"), own.signing_key.serialize_pem()).unwrap();
    fs::set_permissions(path("key.pem"), fs::Permissions::from_mode(0o640)).unwrap();

    let (certificate, key, data) = (path("certificate.pem"), path("key.pem"), path("data"));
    let address = ["serve", "--listen", "127.0.0.1:0", "--data-dir", &data];
    let output = run(&[&address[..], &["--tls-cert", &certificate, "--tls-key", &key]].concat());

    assert!(!output.status.success());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("others may read the key") && told.contains("chmod 600"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fresh_server_says_how_to_make_an_account_and_keeps_its_secrets_to_itself() {
    let server = Server::start().unwrap();
    server.log_once(|log| log.contains("usher-server account create"));

    let olga = Organiser::first(&server).await.unwrap();
    let event = olga.create_event(&conference()).await.unwrap();
    let ada = olga.register(&event, &json!({ "name": "Ada Lovelace", "ticket_type": "Regular" })).await.unwrap();
    let ticket = ada["ticket"]["id"].as_str().unwrap();
    olga.credential(&event, ticket).await.unwrap();
    olga.get(&format!("/events/{event}/registrations?q=Lovelace")).await.unwrap();
    let _ = Organiser::log_in(&server.url(), "olga@nowhere.example", "a wrong password").await;

    let log = server.log_once(|log| log.contains("answered"));
    for secret in ["Lovelace", "organiser@example.org", "nowhere.example", "a wrong password", "passphrase"] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
    let key = server.data_folder().join("master.key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let database = fs::metadata(server.data_folder().join("usher.db")).unwrap();
    assert_eq!(database.permissions().mode() & 0o777, 0o600);
    let key = hex::decode(fs::read_to_string(&key).unwrap().trim()).unwrap();
    for entry in fs::read_dir(server.data_folder()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(32).any(|window| window == key), "{} holds the master key", path.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_opens_only_under_its_own_master_key() {
    let mut server = Server::start().unwrap();
    let olga = Organiser::first(&server).await.unwrap();
    let event = olga.create_event(&conference()).await.unwrap();
    server.stop().unwrap();

    let stranger = ServerOptions::default()
        .data_folder(server.data_folder())
        .environment("USHER_MASTER_KEY", "ab".repeat(32))
        .start();
    let error = stranger.unwrap_err().to_string();
    assert!(error.contains("sealed secret"), "{error}");

    server.restart().unwrap();
    assert_eq!(olga.get(&format!("/events/{event}")).await.unwrap()["name"], "RustConf");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_our_own_is_kept_and_its_fingerprint_told() {
    let mut server = ServerOptions::default().self_signed().start().unwrap();
    let olga = Organiser::first(&server).await.unwrap();
    olga.get("/me").await.unwrap();

    let pem = fs::read(server.data_folder().join("tls-certificate.pem")).unwrap();
    let der = rustls::pki_types::pem::PemObject::from_pem_slice(&pem).unwrap();
    let der: rustls::pki_types::CertificateDer<'_> = der;
    let fingerprint = hex::encode(Sha256::digest(&der));
    server.log_once(|log| log.contains(&fingerprint));

    server.restart().unwrap();
    // Over TLS the harness takes an open port for a ready server, so an answer is waited for.
    Organiser::log_in(&server.url(), EMAIL, PASSWORD).await.unwrap();
    server.log_once(|log| log.matches(&fingerprint).count() == 2);
    let mode = fs::metadata(server.data_folder().join("tls-key.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_told_to_stop_finishes_what_it_took() {
    let mut server = Server::start().unwrap();
    let olga = Organiser::first(&server).await.unwrap();
    let event = olga.create_event(&conference()).await.unwrap();
    let csv = format!("name,ticket_type\n{}", "Guest,Regular\n".repeat(5_000));
    let import = tokio::spawn({
        let (olga, event) = (olga.clone(), event.clone());
        async move { olga.import(&event, csv).await }
    });
    // The request's span is in the log only once it has ended, so its beginning shows in the database's growth.
    let grown = async || {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        let log = server.data_folder().join("usher.db-wal");
        let size = || -> io::Result<u64> { Ok(fs::metadata(&log)?.len()) };
        let before = size().unwrap_or_default();
        while size().unwrap_or_default() == before && !import.is_finished() && std::time::Instant::now() < deadline {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    };
    grown().await;

    assert!(server.stop().unwrap().success(), "{}", server.log());

    assert_eq!(import.await.unwrap().unwrap()["imported"], 5_000);
    server.restart().unwrap();
    assert_eq!(olga.registrations(&event).await.unwrap().len(), 5_000);
}

#[test]
fn an_account_is_made_from_standard_input_and_told_as_json() {
    let server = Server::start().unwrap();
    let arguments = ["account", "create", "--email", "Ada@example.org", "--password-stdin", "--json"];

    let made = server.command(&arguments, "a long enough passphrase\n").unwrap();
    let told: serde_json::Value = serde_json::from_str(made.stdout.trim()).unwrap();
    assert_eq!(told["email"], "ada@example.org");

    assert!(server.command(&arguments, "a long enough passphrase\n").is_err());
    assert!(server.command(&arguments, "short\n").is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_for_programs_is_json_with_the_requests_id() {
    let server = ServerOptions::default().argument("--log-format").argument("json").start().unwrap();
    let request = reqwest_client().get(format!("{}/api/v1/me", server.url())).header("x-request-id", "from-proxy-7");
    assert_eq!(request.send().await.unwrap().status(), 401);

    let log = server.log_once(|log| log.lines().any(|line| line.contains("from-proxy-7") && line.ends_with('}')));
    let line = log.lines().find(|line| line.contains("from-proxy-7")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["status"], 401);
    assert_eq!(line["span"]["request_id"], "from-proxy-7");
}

#[test]
fn completions_and_the_description_are_printed() {
    let bash = run(&["completions", "bash"]);
    assert!(bash.status.success() && !bash.stdout.is_empty());
    let document: serde_json::Value = serde_json::from_slice(&run(&["openapi"]).stdout).unwrap();
    assert!(document["paths"]["/api/v1/me"]["get"].is_object());
    for command in [&["serve", "--help"][..], &["migrate", "--help"], &["account", "create", "--help"]] {
        assert!(String::from_utf8(run(command).stdout).unwrap().contains("Example"), "{command:?}");
    }
}

fn run(arguments: &[&str]) -> Output {
    Command::new(program("usher-server").unwrap()).args(arguments).output().unwrap()
}

fn reqwest_client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
