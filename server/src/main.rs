//! `usher-server`: commands.

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{CommandFactory as _, Parser as _};
use tokio::sync::mpsc::Receiver;
use tokio::sync::oneshot;
use usher_server::access::who_may_do_what;
use usher_server::accounts::reset::{self, ResetError, SecondFactor};
use usher_server::accounts::{self, password::Password};
use usher_server::app::{App, Settings, openapi};
use usher_server::backups::{self, BackupError};
use usher_server::clock::Clock;
use usher_server::config::{
    AccountCommand, BackupArgs, Cli, Command, CreateAccountArgs, LostKeyArgs, MasterKeyCommand, OUTBOX_FOLDER,
    PasswordArgs, ReplaceKeyArgs, ResetPasswordArgs, RestoreArgs, SeedArgs, ServeArgs, Storage, StorageArgs, Transport,
};
use usher_server::db::{Database, OpenError, StoreError, Trouble};
use usher_server::http::{serve, tls::Tls};
use usher_server::master_key::lost::{self, Anew};
use usher_server::master_key::{self, Replaced, Source};
use usher_server::seed::{self, Made, Seeded, Sizes, Wish};
use usher_server::traces::otlp::Span;
use usher_server::traces::sending::Collector;
use usher_server::{logs, metrics, traces, webhooks, work};

/// Rows and answers are many small pieces, which the system's allocator is slow to hand out.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Before anything can make a connection: there is no other provider to fall back on.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cli = Cli::parse();
    let is_traced = matches!(&cli.command, Command::Serve(args) if args.otlp_endpoint.is_some());
    let (spans, finished) = is_traced.then(traces::begin).unzip();
    logs::begin(cli.log_format, &cli.log, spans);
    let ran = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start")
        .and_then(|runtime| runtime.block_on(run(cli.command, finished)));
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("usher-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command, finished: Option<Receiver<Span>>) -> anyhow::Result<()> {
    match command {
        Command::Serve(args) => run_server(args, finished).await,
        Command::Migrate(args) => migrate(&args).await,
        Command::Backup(args) => back_up(args).await,
        Command::Restore(args) => restore(args).await,
        Command::Restored(args) => restored(args).await,
        Command::Account(AccountCommand::Create(args)) => create_account(args).await,
        Command::Account(AccountCommand::ResetPassword(args)) => reset_password(args).await,
        Command::MasterKey(MasterKeyCommand::Replace(args)) => replace_master_key(args).await,
        Command::MasterKey(MasterKeyCommand::Lost(args)) => begin_anew(args).await,
        Command::Seed(args) => make_sample(args).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "usher-server", &mut io::stdout());
            Ok(())
        }
        Command::Man { output } => {
            std::fs::create_dir_all(&output).with_context(|| format!("cannot make {}", output.display()))?;
            clap_mangen::generate_to(Cli::command(), &output).context("cannot write the pages")
        }
        Command::Access => {
            print!("{}", who_may_do_what());
            Ok(())
        }
        Command::Openapi => {
            println!("{}", openapi().to_pretty_json().context("cannot write the description")?);
            Ok(())
        }
    }
}

async fn run_server(args: ServeArgs, finished: Option<Receiver<Span>>) -> anyhow::Result<()> {
    // Whatever can be refused is refused before anything is made.
    let transport = args.transport()?;
    let collector = args.otlp_endpoint.as_deref().map(Collector::new).transpose()?;
    let post = args.mail.post(&args.storage.data_dir)?;
    let storage = args.storage.clone().check()?;
    // The port opens once the schema is up to date: whoever finds it open is answered.
    let database = open_database(&storage).await?;
    let listener = listen(args.listen)?;
    let bound = listener.local_addr().context("cannot tell the address")?;
    let watched = args.metrics_listen.map(listen).transpose()?;
    let public_url = args.public_url(bound)?;
    let tls = match &transport {
        Transport::Plain => None,
        Transport::Tls { certificate, key } => Some(Tls::load(certificate, key)?),
        Transport::SelfSigned => Some(Tls::own(&storage.data_dir, &args.certificate_names())?),
    };
    let own_fingerprint = tls.as_ref().filter(|_| transport == Transport::SelfSigned).map(|tls| tls.fingerprint);
    let settings = Settings {
        public_url: public_url.clone(),
        is_behind_proxy: args.behind_proxy,
        tls_fingerprint: own_fingerprint,
        rates: args.rates(),
        cors_origins: args.cors_origins()?,
        language: args.mail.language,
        allow_private_webhooks: args.allow_private_webhooks,
        ..Settings::default()
    };
    let app = open_app(database, &storage, settings).await?;

    let is_fresh = accounts::is_without_accounts(&app).await?;
    let mut out = io::stdout();
    writeln!(out, "Listening on {}://{bound}", if tls.is_some() { "https" } else { "http" })?;
    if let Some(listener) = &watched {
        writeln!(out, "Metrics at http://{}/metrics", listener.local_addr().context("cannot tell the address")?)?;
    }
    if let Some(fingerprint) = own_fingerprint {
        writeln!(out, "Certificate fingerprint (SHA-256): {}", hex::encode(fingerprint))?;
    }
    if is_fresh {
        writeln!(
            out,
            "There is no account yet. Make one with:\n  usher-server account create --email YOU@EXAMPLE.ORG"
        )?;
    }
    if args.mail.smtp_url.is_none() {
        let outbox = storage.data_dir.join(OUTBOX_FOLDER);
        writeln!(out, "Letters are written into {} as no mail server is set (--smtp-url).", outbox.display())?;
    }
    out.flush()?;
    tracing::info!(%bound, public_url, "serving");

    let caller = webhooks::sending::Caller::new(args.allow_private_webhooks).context("cannot call webhooks")?;
    let workers = work::start(&app, post, caller);
    let (stop_sending, stopped) = oneshot::channel::<()>();
    let sending = collector.zip(finished).map(|(collector, spans)| {
        // What is dropped tells it as well.
        tokio::spawn(collector.run(spans, async move { drop(stopped.await) }))
    });
    let watching = watched.map(|listener| tokio::spawn(watch(app.clone(), listener, storage.data_dir.clone())));
    let stopping = app.clone();
    let signals = tokio::spawn(async move {
        match told_to_stop().await {
            Ok(()) => tracing::info!("stopping: finishing what was taken"),
            Err(error) => tracing::error!(%error, "cannot wait for signals"),
        }
        stopping.begin_shutdown();
    });
    let served = serve::serve(app.clone(), listener, tls).await.context("the server failed");
    // Also if serving failed.
    app.begin_shutdown();
    workers.finish().await;
    if let Some(watching) = watching {
        // Whoever reads the metrics does not keep the server from stopping.
        watching.abort();
    }
    signals.abort();
    app.database().close().await;
    // Only now has the last request ended.
    drop(stop_sending);
    if let Some(sending) = sending {
        let _ = sending.await;
    }
    tracing::info!("stopped");
    served
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))
}

/// Serves the metrics. Doors do not depend on it: the server goes on without.
async fn watch(app: App, listener: TcpListener, folder: PathBuf) {
    if let Err(error) = metrics::serve::serve(app, listener, folder).await {
        tracing::error!(%error, "metrics are not served any more");
    }
}

/// Resolves when the operator or the system asks the program to stop.
async fn told_to_stop() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            _ = interrupt.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    {
        tokio::signal::ctrl_c().await
    }
}

async fn open_database(storage: &Storage) -> anyhow::Result<Database> {
    let open = async || -> Result<Database, OpenError> {
        let database = Database::open(&storage.database_url).await?;
        database.migrate().await?;
        Ok(database)
    };
    open().await.map_err(|error| {
        let trouble = error.trouble();
        advise(error.into(), trouble)
    })
}

async fn open_app(database: Database, storage: &Storage, settings: Settings) -> anyhow::Result<App> {
    App::open(database, &storage.master_key, settings).await.map_err(|error| {
        let trouble = error.trouble();
        let is_sealed = matches!(error, StoreError::Sealed(_));
        let error = anyhow::Error::new(error).context("cannot open the installation");
        match master_key::unfinished(&storage.key_place()).filter(|_| is_sealed) {
            Some(next) => error.context(format!(
                "the master key was being replaced (there is {}); finish it with `usher-server master-key replace`",
                next.display()
            )),
            None if is_sealed => error.context(
                "the database belongs to another master key; put that back, or see `usher-server master-key --help`",
            ),
            None => advise(error, trouble),
        }
    })
}

/// Says before an error what whoever runs the server can do about it.
fn advise(error: anyhow::Error, trouble: Trouble) -> anyhow::Error {
    match trouble {
        Trouble::Damaged => error.context(
            "the database is damaged; put the newest copy back with `usher-server restore FILE`, which keeps the \
             damaged one beside it",
        ),
        Trouble::Unwritable => {
            error.context("the database cannot be written; make room on its disk, or see who owns it")
        }
        Trouble::Unreachable => {
            error.context("the database cannot be reached; see that it runs, and where it is said to")
        }
        Trouble::Busy => {
            error.context("the database is busy; see whether another server is at work on it, and try again")
        }
        Trouble::Other => error,
    }
}

async fn migrate(args: &StorageArgs) -> anyhow::Result<()> {
    let database = Database::open(&args.database_url()?).await?;
    database.migrate().await?;
    database.close().await;
    println!("The schema is up to date.");
    Ok(())
}

async fn back_up(args: BackupArgs) -> anyhow::Result<()> {
    let database = Database::open(&args.storage.database_url()?).await?;
    let copied = backups::back_up(&database, &args.to).await;
    database.close().await;
    println!("{} holds everything, in {} bytes. The master key is not in it.", args.to.display(), copied?);
    Ok(())
}

async fn restore(args: RestoreArgs) -> anyhow::Result<()> {
    let to = args.storage.database_file().ok_or(BackupError::NotAFile)?;
    let storage = args.storage.check()?;
    let restored = backups::restore(&args.from, &to, &storage.master_key).await?;
    println!("{} is as it was when {} was made.", to.display(), args.from.display());
    if let Some(before) = &restored.moved_to {
        println!("What was there before lies in {}.", before.display());
    }
    tell_renewed(restored.events);
    Ok(())
}

async fn restored(args: StorageArgs) -> anyhow::Result<()> {
    let storage = args.check()?;
    let app = open_app(open_database(&storage).await?, &storage, Settings::default()).await?;
    let renewed = backups::renew_feeds(&app).await;
    app.database().close().await;
    tell_renewed(renewed?);
    Ok(())
}

fn tell_renewed(events: usize) {
    println!(
        "The feeds of {events} events begin anew. Terminals stop admitting once they notice. Tell whoever stands at \
         the doors that you put a copy back: `usher sync --server-restored` at each terminal takes up the new list and \
         sends again what the copy lacks. A terminal that was enrolled after the copy was made is enrolled again."
    );
}

async fn replace_master_key(args: ReplaceKeyArgs) -> anyhow::Result<()> {
    let storage = args.storage.check()?;
    let place = storage.key_place();
    let source = if storage.key_file.is_some() { Source::File(&place) } else { Source::Environment(&place) };
    let database = open_database(&storage).await?;
    let mut done = 0;
    let mut tell = |more| {
        done += more;
        eprint!("\r{done} secrets");
    };
    let replaced = master_key::replace(&database, &storage.master_key, source, &mut tell).await;
    eprintln!();
    database.close().await;
    let Replaced { sealed, key, before } = replaced?;
    if args.json {
        let line = serde_json::json!({ "sealed": sealed, "key": key, "before": before });
        println!("{line}");
        return Ok(());
    }
    match sealed {
        Some(sealed) => println!("{sealed} secrets are sealed under a new master key."),
        None => println!("Everything is sealed under the new master key since an earlier try."),
    }
    match before {
        Some(before) => println!(
            "It lies in {}. The one before lies in {}: keep it as long as you keep copies of the database that were \
             made before, and nowhere else.",
            key.display(),
            before.display()
        ),
        None => println!("Put what {} holds into USHER_MASTER_KEY, and remove the file then.", key.display()),
    }
    Ok(())
}

async fn begin_anew(args: LostKeyArgs) -> anyhow::Result<()> {
    if !args.give_up_secrets {
        bail!(
            "this overwrites what was sealed under the old master key: look for a copy of the key first. If none is \
             left, say --give-up-secrets"
        );
    }
    let storage = args.storage.check()?;
    let database = open_database(&storage).await?;
    let anew = lost::begin_anew(&database, &storage.master_key, &Clock::System).await;
    database.close().await;
    let Anew { events, second_factors, webhooks } = anew?;
    if args.json {
        let line = serde_json::json!({ "events": events, "second_factors": second_factors, "webhooks": webhooks });
        println!("{line}");
        return Ok(());
    }
    println!(
        "The database is usable again, and {events} events go on. Tickets that were sent stay good. Every terminal is \
         enrolled again, once what it has not sent was brought (`usher export`). {second_factors} second factors work by \
         recovery codes alone, {webhooks} webhooks need another secret, and links in letters lead nowhere: RECOVERY.md \
         says what to do."
    );
    Ok(())
}

async fn create_account(args: CreateAccountArgs) -> anyhow::Result<()> {
    let password = password(&args.password)?;
    let storage = args.storage.clone().check()?;
    let app = open_app(open_database(&storage).await?, &storage, Settings::default()).await?;
    let (email, name, organisation) = (&args.email, &args.name, &args.organisation);
    let made = if args.admin {
        accounts::create_admin(&app, email, name, organisation, password).await
    } else {
        accounts::create(&app, email, name, organisation, password).await
    };
    app.database().close().await;
    let account = made?;
    let organisation = account.memberships.first().context("the account belongs to no organisation")?;
    if args.json {
        let line = serde_json::json!({
            "id": account.id.to_string(),
            "email": account.email,
            "name": account.name,
            "is_admin": account.is_admin,
            "organisation": { "id": organisation.organisation.to_string(), "name": organisation.name },
        });
        println!("{line}");
    } else {
        println!("{} may now log in for {}.", account.email, organisation.name);
    }
    Ok(())
}

async fn reset_password(args: ResetPasswordArgs) -> anyhow::Result<()> {
    let password = password(&args.password)?;
    let storage = args.storage.clone().check()?;
    let app = open_app(open_database(&storage).await?, &storage, Settings::default()).await?;
    let second_factor = if args.turn_off_second_factor { SecondFactor::TurnOff } else { SecondFactor::Keep };
    let reset = reset::by_operator(&app, &args.email, &password, second_factor).await;
    app.database().close().await;
    match reset {
        Err(ResetError::Unknown) => bail!("there is no account of {}", args.email),
        reset => reset?,
    }
    println!("{} may log in with the new password. All sessions have ended.", args.email);
    Ok(())
}

async fn make_sample(args: SeedArgs) -> anyhow::Result<()> {
    let is_given = args.password.password_stdin || args.password.password.is_some();
    let password = is_given.then(|| password(&args.password)).transpose()?;
    let storage = args.storage.clone().check()?;
    let database = open_database(&storage).await?;
    let SeedArgs { organisations, events, registrations, seed, more, .. } = args;
    let wish = Wish { sizes: Sizes { organisations, events, registrations }, seed, more, password };
    let tell = |made: Made| {
        eprint!("\r{} of {events} events, {} of {registrations} registrations", made.events, made.registrations);
    };
    let seeded = seed::run(&database, &storage.master_key, wish, tell).await;
    eprintln!();
    database.close().await;
    tell_sample(&seeded?, args.json);
    Ok(())
}

fn tell_sample(seeded: &Seeded, as_json: bool) {
    let Seeded { made, logins, largest, password } = seeded;
    let Made { organisations, accounts, events, registrations, check_ins } = made;
    if as_json {
        let login = |login: &seed::Login| {
            let seed::Login { kind, email, organisation } = login;
            serde_json::json!({ "kind": kind, "email": email, "organisation": organisation })
        };
        let line = serde_json::json!({
            "organisations": organisations,
            "accounts": accounts,
            "events": events,
            "registrations": registrations,
            "check_ins": check_ins,
            "largest_event": largest,
            "logins": logins.iter().map(login).collect::<Vec<_>>(),
            "password": password,
        });
        println!("{line}");
        return;
    }
    println!(
        "Made {organisations} organisations, {accounts} accounts, {events} events, {registrations} registrations and \
         {check_ins} check-ins.\n\nEverybody logs in with the password {password}"
    );
    for seed::Login { kind, email, organisation } in logins {
        let of = organisation.as_ref().map(|name| format!(" of {name}")).unwrap_or_default();
        println!("  {email}  ({kind}{of})");
    }
    println!("\nThe largest event has begun: {largest}");
}

fn password(args: &PasswordArgs) -> anyhow::Result<Password> {
    if args.password_stdin {
        let mut text = String::new();
        io::stdin().take(64 * 1024).read_to_string(&mut text).context("cannot read the password")?;
        let text = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
        return Ok(Password::new(text.to_owned()));
    }
    if let Some(password) = &args.password {
        return Ok(Password::new(password.clone()));
    }
    if !io::stdin().is_terminal() {
        bail!("there is no terminal to ask for the password: use --password-stdin or USHER_PASSWORD");
    }
    let first = rpassword::prompt_password("Password (at least 10 characters): ").context("cannot ask")?;
    let second = rpassword::prompt_password("The same again: ").context("cannot ask")?;
    if first != second {
        bail!("the two passwords differ");
    }
    Ok(Password::new(first))
}
