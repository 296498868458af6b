//! The delay server that every client asks unless it is told of another.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// Where a delay server is at home.
pub(crate) const HOME: &str = "localhost:8000";

/// How long to look for one, from the first connection to the end of its answer.
/// That comes at once or not at all: who sends it letter by letter is a stranger.
const PATIENCE: Duration = Duration::from_secs(1);

/// The most of an answer that is looked at, in bytes.
const ENOUGH: usize = 4096;

/// Whether a delay server answers there. It is asked for a wait of no time:
/// anything else that lives at that address will hardly answer so.
pub(crate) fn is_delay_server(address: &str) -> bool {
    ask(address).is_ok_and(|answer| answer.contains("\r\n\r\nDone, I waited for 0"))
}

fn ask(address: &str) -> io::Result<String> {
    let begun = Instant::now();
    let left = || match PATIENCE.saturating_sub(begun.elapsed()) {
        Duration::ZERO => Err(io::Error::from(ErrorKind::TimedOut)),
        left => Ok(left),
    };
    let mut connection = connect(address, left)?;
    connection.set_write_timeout(Some(left()?))?;
    let request =
        format!("GET /delay-me?seconds=0 HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes())?;
    let (mut answer, mut buffer) = (Vec::new(), [0; ENOUGH]);
    while answer.len() < ENOUGH {
        connection.set_read_timeout(Some(left()?))?;
        match connection.read(&mut buffer)? {
            0 => break,
            read => answer.extend_from_slice(&buffer[..read]),
        }
    }
    String::from_utf8(answer).map_err(io::Error::other)
}

/// `localhost` is two addresses, and a server may be at either.
fn connect(address: &str, left: impl Fn() -> io::Result<Duration>) -> io::Result<TcpStream> {
    let mut refusal = ErrorKind::AddrNotAvailable.into();
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, left()?) {
            Ok(connection) => return Ok(connection),
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

#[cfg(test)]
mod tests {
    use std::iter;
    use std::net::TcpListener;
    use std::sync::mpsc;
    use std::thread;

    use super::*;
    use crate::{Config, Server};

    #[test]
    fn a_delay_server_is_known_by_its_answer() {
        let config = Config { addr: "localhost:0".to_owned(), ..Config::default() };
        let server = Server::start(config).unwrap();
        assert!(is_delay_server(server.url().trim_start_matches("http://")));
    }

    #[test]
    fn another_server_is_not_taken_for_one() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").unwrap();
        });
        assert!(!is_delay_server(&address.to_string()));
    }

    #[test]
    fn one_that_never_answers_is_none_either() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(!is_delay_server(&listener.local_addr().unwrap().to_string()));
    }

    #[test]
    fn one_that_answers_letter_by_letter_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, gone) = mpsc::channel();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let letters = b"HTTP/1.1 200 OK\r\nX: ".iter().chain(iter::repeat(&b'x'));
            // The client leaves long before as much has come as it would look at.
            for letter in letters.take(ENOUGH / 2) {
                thread::sleep(PATIENCE / 20);
                if stream.write_all(&[*letter]).is_err() {
                    tell.send(()).unwrap();
                    return;
                }
            }
        });
        assert!(!is_delay_server(&address.to_string()));
        assert_eq!(gone.recv(), Ok(()), "it heard the stranger out");
    }

    #[test]
    fn nobody_there_is_none_either() {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(!is_delay_server(&address.to_string()));
    }
}
