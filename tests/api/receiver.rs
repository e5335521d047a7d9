//! A program that webhooks call, which answers as a test wants it to.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use harness::process::PATIENCE;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// A call as it came.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Call {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A receiver on a loopback port, which ends with its test.
pub(crate) struct Receiver {
    pub(crate) url: String,
    answers: Arc<Mutex<VecDeque<String>>>,
    calls: mpsc::UnboundedReceiver<Call>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?key=k1", listener.local_addr().unwrap());
        let answers: Arc<Mutex<VecDeque<String>>> = Arc::default();
        let (sender, calls) = mpsc::unbounded_channel();
        let task = tokio::spawn({
            let answers = Arc::clone(&answers);
            async move {
                while let Ok((connection, _)) = listener.accept().await {
                    tokio::spawn(talk(connection, Arc::clone(&answers), sender.clone()));
                }
            }
        });
        Self { url, answers, calls, task }
    }

    /// Answers the next call with this status line's rest, further headers, and body; 204 if nothing is said.
    pub(crate) fn answer(&self, status: &str, headers: &str, body: &str) {
        let length = body.len();
        let answer =
            format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
        self.answers.lock().unwrap().push_back(answer);
    }

    /// Returns the calls that came and were not returned before.
    pub(crate) fn calls(&mut self) -> Vec<Call> {
        std::iter::from_fn(|| self.calls.try_recv().ok()).collect()
    }

    /// Waits for a call.
    pub(crate) async fn next(&mut self) -> Call {
        tokio::time::timeout(PATIENCE, self.calls.recv()).await.expect("nobody called").unwrap()
    }
}

async fn talk(
    connection: TcpStream,
    answers: Arc<Mutex<VecDeque<String>>>,
    calls: mpsc::UnboundedSender<Call>,
) -> Option<()> {
    let mut connection = BufReader::new(connection);
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).await.ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
    }
    let length = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await.ok()?;
    // The call counts before it is answered: whoever has the answer finds it here.
    calls.send(Call { headers, body: String::from_utf8(body).ok()? }).ok()?;
    let answer = answers.lock().unwrap().pop_front();
    let answer = answer.unwrap_or_else(|| "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_owned());
    connection.write_all(answer.as_bytes()).await.ok()
}
