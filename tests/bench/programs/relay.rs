//! A relay between terminal and server that counts what passes.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Counts the bytes of every connection, in both directions, from where it stands.
pub(crate) struct Relay {
    port: u16,
    bytes: Arc<AtomicU64>,
}

impl Relay {
    /// Passes everything on to `server`, as in `127.0.0.1:8080`, until the program ends.
    pub(crate) fn start(server: String) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let bytes = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&bytes);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(upstream) = TcpStream::connect(&server) else { continue };
                let (Ok(from_client), Ok(from_server)) = (client.try_clone(), upstream.try_clone()) else { continue };
                pass(from_client, upstream, Arc::clone(&counter));
                pass(from_server, client, Arc::clone(&counter));
            }
        });
        Ok(Self { port, bytes })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns how many bytes have passed since the last call.
    pub(crate) fn take_bytes(&self) -> u64 {
        self.bytes.swap(0, Ordering::Relaxed)
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, counter: Arc<AtomicU64>) {
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            counter.fetch_add(count as u64, Ordering::Relaxed);
            let Some(piece) = buffer.get(..count) else { break };
            if to.write_all(piece).is_err() {
                break;
            }
        }
        // The other side learns that nothing more comes.
        let _ = to.shutdown(Shutdown::Write);
    });
}
