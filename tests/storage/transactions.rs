//! Transactions and migrations.

use harness::on_both_databases;
use usher_server::db::Database;

on_both_databases! {
    async fn a_schema_is_brought_up_to_date_once_and_again_without_effect(url: String) {
        let database = Database::open(&url).await.unwrap();
        assert!(!database.is_ready().await);

        database.migrate().await.unwrap();
        database.migrate().await.unwrap();

        assert!(database.is_ready().await);
    }

    async fn a_schema_that_several_programs_make_at_once_is_made_once(url: String) {
        let mut programs = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let database = Database::open(&url).await.unwrap();
            programs.spawn(async move { database.migrate().await.unwrap() });
        }
        programs.join_all().await;

        assert!(Database::open(&url).await.unwrap().is_ready().await);
    }

    async fn a_transaction_that_is_dropped_leaves_nothing(url: String) {
        let database = opened(&url).await;

        let mut tx = database.begin_write().await.unwrap();
        add(&mut tx, "dropped").await;
        drop(tx);
        let mut tx = database.begin_write().await.unwrap();
        add(&mut tx, "kept").await;
        tx.commit().await.unwrap();

        assert_eq!(count(&mut database.begin_read().await.unwrap()).await, 1);
    }

    /// As SQLite does on a full disk.
    async fn a_transaction_that_the_database_ended_by_itself_ends_no_later_one(url: String) {
        let database = opened(&url).await;

        let mut tx = database.begin_write().await.unwrap();
        add(&mut tx, "gone").await;
        sqlx::raw_sql("ROLLBACK").execute(tx.connection()).await.unwrap();
        let _ = tx.commit().await;
        let mut tx = database.begin_write().await.unwrap();
        add(&mut tx, "kept").await;
        tx.commit().await.unwrap();

        assert_eq!(count(&mut database.begin_read().await.unwrap()).await, 1);
    }

    async fn a_reader_sees_one_state_throughout(url: String) {
        let database = opened(&url).await;
        let mut reader = database.begin_read().await.unwrap();
        assert_eq!(count(&mut reader).await, 0);

        let mut tx = database.begin_write().await.unwrap();
        add(&mut tx, "later").await;
        tx.commit().await.unwrap();

        assert_eq!(count(&mut reader).await, 0);
        assert_eq!(count(&mut database.begin_read().await.unwrap()).await, 1);
    }

    async fn a_reader_cannot_write(url: String) {
        let database = opened(&url).await;
        let mut reader = database.begin_read().await.unwrap();
        let insert = sqlx::query("INSERT INTO organisations (id, name, created_at) VALUES ($1, 'x', 0)").bind(vec![1_u8]);
        assert!(insert.execute(reader.connection()).await.is_err());
    }

    async fn writers_wait_for_each_other(url: String) {
        let database = opened(&url).await;
        let mut writers = tokio::task::JoinSet::new();
        for number in 0..40 {
            let database = database.clone();
            writers.spawn(async move {
                let mut tx = database.begin_write().await.unwrap();
                add(&mut tx, &format!("organisation {number}")).await;
                tokio::task::yield_now().await;
                tx.commit().await.unwrap();
            });
        }
        writers.join_all().await;

        assert_eq!(count(&mut database.begin_read().await.unwrap()).await, 40);
    }

    async fn writers_who_come_at_once_keep_what_they_did_whatever_becomes_of_the_others(url: String) {
        let database = opened(&url).await;
        let mut writers = tokio::task::JoinSet::new();
        for number in 0..60 {
            let database = database.clone();
            writers.spawn(async move {
                let mut tx = database.begin_write().await.unwrap();
                add(&mut tx, &format!("organisation {number}")).await;
                match number % 3 {
                    0 => {
                        tx.commit().await.unwrap();
                        // Every reader sees at once what this one was told is done.
                        let mut reader = database.begin_read().await.unwrap();
                        assert!(has(&mut reader, &format!("organisation {number}")).await);
                    }
                    1 => drop(tx),
                    _ => {
                        let twice = "INSERT INTO organisations (id, name, created_at) SELECT id, name, 0 FROM organisations";
                        sqlx::query(twice).execute(tx.connection()).await.unwrap_err();
                    }
                }
            });
        }
        while let Some(done) = writers.join_next().await {
            done.unwrap();
        }

        assert_eq!(count(&mut database.begin_read().await.unwrap()).await, 20);
    }

    async fn a_writer_who_goes_away_while_it_waits_is_in_nobodys_way(url: String) {
        let database = opened(&url).await;
        let mut first = database.begin_write().await.unwrap();
        add(&mut first, "first").await;
        for _ in 0..20 {
            let waiting = database.clone();
            let waits = tokio::spawn(async move { drop(waiting.begin_write().await) });
            tokio::task::yield_now().await;
            waits.abort();
        }
        first.commit().await.unwrap();

        // Another program gets its turn as well.
        let other = Database::open(&url).await.unwrap();
        let mut tx = other.begin_write().await.unwrap();
        add(&mut tx, "other").await;
        tx.commit().await.unwrap();
        assert_eq!(count(&mut database.begin_read().await.unwrap()).await, 2);
    }
}

async fn opened(url: &str) -> Database {
    let database = Database::open(url).await.unwrap();
    database.migrate().await.unwrap();
    database
}

async fn add(tx: &mut usher_server::db::Tx, name: &str) {
    let id = usher_server::clock::random_bytes::<16>();
    sqlx::query("INSERT INTO organisations (id, name, created_at) VALUES ($1, $2, 0)")
        .bind(&id[..])
        .bind(name)
        .execute(tx.connection())
        .await
        .unwrap();
}

async fn count(tx: &mut usher_server::db::Tx) -> i64 {
    sqlx::query_scalar("SELECT COUNT(*) FROM organisations").fetch_one(tx.connection()).await.unwrap()
}

async fn has(tx: &mut usher_server::db::Tx, name: &str) -> bool {
    let found =
        sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM organisations WHERE name = $1").bind(name.to_owned());
    found.fetch_one(tx.connection()).await.unwrap() == 1
}
