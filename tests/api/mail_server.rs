//! A mail server that takes what it is given, or says what a test wants it to say.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::process::PATIENCE;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// A mail server on a loopback port, which ends with its test.
pub(crate) struct MailServer {
    pub(crate) url: String,
    refusals: Arc<Mutex<VecDeque<String>>>,
    taken: mpsc::UnboundedReceiver<Vec<u8>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl MailServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let refusals: Arc<Mutex<VecDeque<String>>> = Arc::default();
        let (sender, taken) = mpsc::unbounded_channel();
        let task = tokio::spawn({
            let refusals = Arc::clone(&refusals);
            async move {
                while let Ok((connection, _)) = listener.accept().await {
                    tokio::spawn(talk(connection, Arc::clone(&refusals), sender.clone()));
                }
            }
        });
        Self { url, refusals, taken, task }
    }

    /// Answers the next recipient with `line`, such as `550 no such mailbox`.
    pub(crate) fn refuse(&self, line: &str) {
        self.refusals.lock().unwrap().push_back(line.to_owned());
    }

    /// Returns what was taken and not returned before.
    pub(crate) fn taken(&mut self) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| self.taken.try_recv().ok()).collect()
    }

    /// Waits for a letter.
    pub(crate) async fn next(&mut self) -> Vec<u8> {
        let patience: Duration = PATIENCE;
        tokio::time::timeout(patience, self.taken.recv()).await.expect("no letter came").unwrap()
    }
}

async fn talk(
    connection: TcpStream,
    refusals: Arc<Mutex<VecDeque<String>>>,
    taken: mpsc::UnboundedSender<Vec<u8>>,
) -> Option<()> {
    let mut connection = BufReader::new(connection);
    connection.write_all(b"220 sink ESMTP\r\n").await.ok()?;
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let answer = match line.get(..4).unwrap_or_default().to_uppercase().as_str() {
            "EHLO" => "250-sink\r\n250 8BITMIME".to_owned(),
            "RCPT" => refusals.lock().unwrap().pop_front().unwrap_or_else(|| "250 fine".to_owned()),
            "DATA" => {
                connection.write_all(b"354 go on\r\n").await.ok()?;
                let mut letter = Vec::new();
                while !letter.ends_with(b"\r\n.\r\n") {
                    if connection.read_until(b'\n', &mut letter).await.ok()? == 0 {
                        return None;
                    }
                }
                letter.truncate(letter.len() - 3);
                taken.send(letter).ok()?;
                "250 taken".to_owned()
            }
            "QUIT" => "221 bye".to_owned(),
            _ => "250 fine".to_owned(),
        };
        connection.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
}
