//! Where a receipt printer is, and how bytes get there: over the network or into a device file.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

/// The port that network printers listen on ("raw printing").
const PORT: u16 = 9_100;
/// How long a device that takes nothing is left alone before it is tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// A receipt printer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Printer {
    /// In the network: host and port.
    Network(String, u16),
    /// A device file, such as `/dev/usb/lp0`.
    Device(PathBuf),
}

/// A text that names no printer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a printer is tcp://HOST:9100, or the path of a device such as /dev/usb/lp0")]
pub struct NoPrinter;

/// Why nothing was printed.
#[derive(Debug, thiserror::Error)]
pub enum PrinterError {
    /// It cannot be reached, or takes nothing.
    #[error("the printer does not answer")]
    Silent,
    /// The system says why not.
    #[error("the printer cannot be used")]
    Unusable(#[source] io::Error),
}

impl From<io::Error> for PrinterError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Self::Silent,
            _ => Self::Unusable(error),
        }
    }
}

impl FromStr for Printer {
    type Err = NoPrinter;

    fn from_str(text: &str) -> Result<Self, NoPrinter> {
        let Some(address) = text.strip_prefix("tcp://") else {
            let path = text.strip_prefix("file://").unwrap_or(text);
            return if path.starts_with('/') { Ok(Self::Device(PathBuf::from(path))) } else { Err(NoPrinter) };
        };
        let address = address.trim_end_matches('/');
        let (host, port) = match address.rsplit_once(':') {
            // An IPv6 address without a port has colons of its own.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, port.parse().map_err(|_| NoPrinter)?)
            }
            _ => (address, PORT),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_host = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-:%_".contains(c));
        if is_host && port != 0 { Ok(Self::Network(host.to_owned(), port)) } else { Err(NoPrinter) }
    }
}

impl Printer {
    /// Sends `bytes`, within `patience`. Whether there is paper, the printer does not say.
    ///
    /// # Errors
    ///
    /// [`PrinterError`]; then a part may have been printed.
    pub fn send(&self, bytes: &[u8], patience: Duration) -> Result<(), PrinterError> {
        let deadline = Instant::now() + patience;
        match self {
            Self::Network(host, port) => send_to(host, *port, bytes, deadline),
            Self::Device(path) => {
                // Not created: a mistyped name must not become a file that nobody reads.
                let mut options = OpenOptions::new();
                let device = options.append(true).custom_flags(libc::O_NONBLOCK).open(path)?;
                write_before(device, bytes, deadline)
            }
        }
    }
}

fn send_to(host: &str, port: u16, bytes: &[u8], deadline: Instant) -> Result<(), PrinterError> {
    let mut last = PrinterError::Silent;
    for address in (host, port).to_socket_addrs()? {
        let Some(left) = left(deadline) else { break };
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => {
                stream.set_nonblocking(true)?;
                write_before(&stream, bytes, deadline)?;
                stream.shutdown(Shutdown::Write)?;
                return Ok(());
            }
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

/// Writes everything to something that never blocks.
fn write_before(mut to: impl Write, mut bytes: &[u8], deadline: Instant) -> Result<(), PrinterError> {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(0) => return Err(PrinterError::Silent),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let left = left(deadline).ok_or(PrinterError::Silent)?;
                thread::sleep(left.min(PAUSE));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(to.flush()?)
}

fn left(deadline: Instant) -> Option<Duration> {
    deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::net::TcpListener;

    const PATIENCE: Duration = Duration::from_secs(10);

    #[test]
    fn a_printer_is_an_address_or_a_device() {
        let network = |host: &str, port| Ok(Printer::Network(host.to_owned(), port));
        assert_eq!("tcp://printer.local".parse(), network("printer.local", 9_100));
        assert_eq!("tcp://10.0.0.5:9101/".parse(), network("10.0.0.5", 9_101));
        assert_eq!("tcp://[fe80::1]:9100".parse(), network("fe80::1", 9_100));
        assert_eq!("tcp://[fe80::1]".parse(), network("fe80::1", 9_100));
        assert_eq!("/dev/usb/lp0".parse(), Ok(Printer::Device(PathBuf::from("/dev/usb/lp0"))));
        assert_eq!("file:///dev/usb/lp0".parse(), Ok(Printer::Device(PathBuf::from("/dev/usb/lp0"))));
        for none in ["", "lp0", "tcp://", "tcp://host:x", "tcp://host:0", "http://host", "tcp://a b"] {
            assert_eq!(none.parse::<Printer>(), Err(NoPrinter), "{none}");
        }
    }

    #[test]
    fn a_network_printer_gets_every_byte() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let printer = Printer::Network("127.0.0.1".into(), listener.local_addr().unwrap().port());
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| n as u8).collect();
        let paper = thread::spawn(move || {
            let mut got = Vec::new();
            listener.accept().unwrap().0.read_to_end(&mut got).unwrap();
            got
        });

        printer.send(&bytes, PATIENCE).unwrap();

        assert_eq!(paper.join().unwrap(), bytes);
    }

    #[test]
    fn a_printer_that_is_not_there_is_said_to_be_so() {
        let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let printer = Printer::Network("127.0.0.1".into(), gone);
        assert!(matches!(printer.send(b"x", PATIENCE), Err(PrinterError::Unusable(_))));
        let folder = tempfile::tempdir().unwrap();
        let device = folder.path().join("lp0");
        assert!(matches!(Printer::Device(device.clone()).send(b"x", PATIENCE), Err(PrinterError::Unusable(_))));
        assert!(!device.exists());
    }

    #[test]
    fn a_printer_that_takes_nothing_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let printer = Printer::Network("127.0.0.1".into(), listener.local_addr().unwrap().port());
        let far_too_much = vec![0; 64 * 1024 * 1024];

        assert!(matches!(printer.send(&far_too_much, Duration::from_millis(300)), Err(PrinterError::Silent)));
    }

    #[test]
    fn a_device_file_gets_one_receipt_after_the_other() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let printer = Printer::Device(file.path().to_path_buf());

        printer.send(b"one", PATIENCE).unwrap();
        printer.send(b"two", PATIENCE).unwrap();

        assert_eq!(std::fs::read(file.path()).unwrap(), b"onetwo");
    }
}
