//! What whoever runs the server does with its own program.

use harness::organiser::{EMAIL, Organiser, PASSWORD};
use harness::process::Server;

use crate::served::refused;

const OTHER: &str = "quite another passphrase";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_sets_the_password_of_somebody_who_is_locked_out() {
    let server = Server::start().unwrap();
    let olga = Organiser::first(&server).await.unwrap();
    for _ in 0..5 {
        assert_eq!(refused(Organiser::log_in(&server.url(), EMAIL, "a wrong guess").await), 401);
    }
    assert_eq!(refused(Organiser::log_in(&server.url(), EMAIL, PASSWORD).await), 429);

    let reset = ["account", "reset-password", "--email", EMAIL, "--password-stdin"];
    server.command(&reset, &format!("{OTHER}\n")).unwrap();

    assert_eq!(refused(olga.get("/me").await), 401);
    Organiser::log_in(&server.url(), EMAIL, OTHER).await.unwrap();
    assert!(server.command(&reset, "short\n").is_err());
    let nobody = ["account", "reset-password", "--email", "nobody@example.org", "--password-stdin"];
    assert!(server.command(&nobody, &format!("{OTHER}\n")).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_makes_an_account_that_runs_the_installation() {
    let server = Server::start().unwrap();
    Organiser::first(&server).await.unwrap();
    let create = ["account", "create", "--email", "root@example.org", "--admin", "--password-stdin"];
    server.command(&create, &format!("{OTHER}\n")).unwrap();

    let root = Organiser::log_in(&server.url(), "root@example.org", OTHER).await.unwrap();
    assert_eq!(root.get("/me").await.unwrap()["is_admin"], true);
    let olga = Organiser::log_in(&server.url(), EMAIL, PASSWORD).await.unwrap();
    assert_eq!(olga.get("/me").await.unwrap()["is_admin"], false);
}
