//! What lies between a server and PostgreSQL, and can be cut: at any moment, or just when a transaction commits.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Context as _;

/// Where a connection is cut that commits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cut {
    /// Before PostgreSQL hears of it: nothing is done.
    Before = 1,
    /// After it has heard: it is done, and nobody is told.
    After = 2,
}

/// Passes connections on to PostgreSQL's socket.
pub(crate) struct Wire {
    port: u16,
    lines: Arc<Lines>,
}

#[derive(Default)]
struct Lines {
    open: Mutex<Vec<(TcpStream, UnixStream)>>,
    /// How the next commit is cut; 0 if it isn't.
    next_commit: AtomicU8,
    cut: AtomicU64,
}

impl Wire {
    pub(crate) fn lay(socket: &Path) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("could not listen")?;
        let port = listener.local_addr()?.port();
        let lines = Arc::new(Lines::default());
        let (socket, laid): (PathBuf, _) = (socket.to_owned(), Arc::clone(&lines));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // While PostgreSQL is down, whoever connects is hung up on.
                let Ok(server) = UnixStream::connect(&socket) else { continue };
                if laid.connect(client, server).is_err() {
                    break;
                }
            }
        });
        Ok(Self { port, lines })
    }

    /// The URL of the database behind it.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }

    /// Cuts every connection.
    pub(crate) fn cut(&self) {
        for (client, server) in self.lines.open().drain(..) {
            // One that has ended already needs no cutting.
            let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
        }
    }

    /// Cuts the connection that commits next.
    pub(crate) fn cut_at_commit(&self, cut: Cut) {
        self.lines.next_commit.store(cut as u8, Ordering::Relaxed);
    }

    /// How many were cut in mid-commit since the last call.
    pub(crate) fn take_cut(&self) -> u64 {
        self.lines.cut.swap(0, Ordering::Relaxed)
    }
}

impl Lines {
    fn open(&self) -> std::sync::MutexGuard<'_, Vec<(TcpStream, UnixStream)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect(self: &Arc<Self>, client: TcpStream, server: UnixStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
        let (from_server, to_client) = (server.try_clone()?, client.try_clone()?);
        self.open().push((client, server));
        let lines = Arc::clone(self);
        thread::spawn(move || lines.pass_asked(from_client, &to_server));
        thread::spawn(move || {
            pass(from_server, &to_client);
            let _ = to_client.shutdown(Shutdown::Both);
        });
        Ok(())
    }

    /// Passes on what a server asks, and looks for commits.
    fn pass_asked(&self, mut from: TcpStream, mut to: &UnixStream) {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let Some(piece) = buffer.get(..count) else { break };
            let commits = piece.windows(b"COMMIT".len()).any(|bytes| bytes == b"COMMIT");
            let how = if commits { self.next_commit.swap(0, Ordering::Relaxed) } else { 0 };
            if how == Cut::Before as u8 {
                self.cut.fetch_add(1, Ordering::Relaxed);
                break;
            }
            if to.write_all(piece).is_err() {
                break;
            }
            if how == Cut::After as u8 {
                self.cut.fetch_add(1, Ordering::Relaxed);
                // Nothing comes back any more, and PostgreSQL reads to the end what it was sent.
                let _ = from.shutdown(Shutdown::Both);
                let _ = to.shutdown(Shutdown::Write);
                return;
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    }
}

fn pass(mut from: UnixStream, mut to: &TcpStream) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if buffer.get(..count).is_none_or(|piece| to.write_all(piece).is_err()) {
            break;
        }
    }
}
