//! A database on another machine: nobody else answers in its place.

use harness::postgres::elsewhere::Elsewhere;
use usher_server::db::{Database, OpenError};

#[tokio::test]
async fn a_database_elsewhere_is_refused_without_its_certificate_and_taken_with_it() {
    let server = Elsewhere::start().unwrap();
    let certificate = server.certificate.display();

    let unknown = Database::open(&server.url).await;
    let known = Database::open(&format!("{}?sslrootcert={certificate}", server.url)).await.unwrap();

    assert!(matches!(unknown, Err(OpenError::Untrusted(_))), "{unknown:?}");
    known.migrate().await.unwrap();
    let mut tx = known.begin_read().await.unwrap();
    let is_encrypted: bool = sqlx::query_scalar("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        .fetch_one(tx.connection())
        .await
        .unwrap();
    assert!(is_encrypted);
}

#[tokio::test]
async fn a_database_without_tls_is_not_spoken_to_unless_the_operator_says_so() {
    let server = Elsewhere::start_in_the_clear().unwrap();

    let refused = Database::open(&server.url).await;
    let allowed = Database::open(&format!("{}?sslmode=disable", server.url)).await.unwrap();

    assert!(matches!(refused, Err(OpenError::Untrusted(_))), "{refused:?}");
    allowed.migrate().await.unwrap();
}
