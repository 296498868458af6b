//! The delay server that every client asks unless it is told of another.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// Where a delay server is at home.
pub(crate) const HOME: &str = "localhost:8000";

/// How long to listen for an answer from there. It comes at once or not at all.
const PATIENCE: Duration = Duration::from_secs(1);

/// The most of an answer that is looked at, in bytes.
const ENOUGH: u64 = 4096;

/// Whether a delay server answers there. It is asked for a wait of no time:
/// anything else that lives at that address will hardly answer so.
pub(crate) fn is_delay_server(address: &str) -> bool {
    ask(address).is_ok_and(|answer| answer.contains("\r\n\r\nDone, I waited for 0"))
}

fn ask(address: &str) -> io::Result<String> {
    let mut answer = String::new();
    let mut connection = connect(address)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    write!(
        connection,
        "GET /delay-me?seconds=0 HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    connection.take(ENOUGH).read_to_string(&mut answer)?;
    Ok(answer)
}

/// `localhost` is two addresses, and a server may be at either.
fn connect(address: &str) -> io::Result<TcpStream> {
    let mut refusal = io::ErrorKind::AddrNotAvailable.into();
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(connection) => return Ok(connection),
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
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
    fn nobody_there_is_none_either() {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(!is_delay_server(&address.to_string()));
    }
}
