//! Tests that have a Redis of their own. They need the program redis-server;
//! scripts/test leaves them out by this name where it is not installed.
#![cfg(unix)]

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use bytes::BytesMut;
use program_test::{PATIENCE, Program, command, until};
use wire_client::protocol::{Command, Decoder, Value};

use crate::golden::{Golden, VERSIONS};

/// With `CAPTURE` set, what is said becomes what is expected.
#[test]
#[ignore = "needs Redis: scripts/test"]
fn a_real_server_says_what_was_captured() {
    for golden in VERSIONS {
        let redis = Redis::start();
        let mut connection = redis.connect(golden.version);
        let bytes = connection.say_all(&golden);
        if env::var_os("CAPTURE").is_some() {
            let file = format!("tests/protocol/golden/version-{}.resp", golden.version);
            fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(file), &bytes).unwrap();
        } else {
            let [bytes, expected] = [&bytes, golden.bytes].map(|it| it.escape_ascii().to_string());
            assert_eq!(bytes, expected, "in version {}", golden.version);
        }
    }
}

/// A server that is asked by a socket which is a file: nobody else can have it.
struct Redis {
    socket: PathBuf,
    _program: Program,
    _folder: tempfile::TempDir,
}

impl Redis {
    fn start() -> Self {
        let folder = tempfile::TempDir::new().expect("a folder");
        let socket = folder.path().join("redis");
        let mut command = command("redis-server", &["--port", "0", "--save", ""]);
        command.args(["--enable-debug-command", "yes", "--unixsocket"]).arg(&socket);
        let mut program = Program::start(command.current_dir(folder.path()));
        until("Redis listens", || program.has_ended() || UnixStream::connect(&socket).is_ok());
        Self { socket, _program: program, _folder: folder }
    }

    /// A connection that speaks this version.
    fn connect(&self, version: i64) -> Connection {
        let stream = UnixStream::connect(&self.socket).expect("redis-server is there");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        let mut connection =
            Connection { stream, decoder: Decoder::default(), buffer: BytesMut::new() };
        connection.write(&Command::new("HELLO").int(version));
        connection.read();
        connection
    }
}

struct Connection {
    stream: UnixStream,
    decoder: Decoder,
    buffer: BytesMut,
}

impl Connection {
    /// Says every command when the one before is answered, and gives the answers' bytes.
    fn say_all(&mut self, golden: &Golden) -> Vec<u8> {
        let mut all = Vec::new();
        for (said, expected) in (golden.said)() {
            self.write(&as_command(said));
            for expected in expected {
                let (value, bytes) = self.read();
                assert_eq!(value, expected, "{said}");
                all.extend(bytes);
            }
        }
        all
    }

    fn write(&mut self, command: &Command) {
        self.stream.write_all(command.as_bytes()).expect("it reads");
    }

    /// The next value, and its bytes: they are read one by one, so that none is of the
    /// value after it.
    fn read(&mut self) -> (Value, Vec<u8>) {
        let mut bytes = Vec::new();
        loop {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).expect("it answers");
            bytes.extend(byte);
            self.buffer.extend_from_slice(&byte);
            if let Some(value) = self.decoder.decode(&mut self.buffer).expect("a reply") {
                return (value, bytes);
            }
        }
    }
}

/// Words, which may stand in quotation marks.
fn as_command(said: &str) -> Command {
    let mut quoted = false;
    let mut words: Vec<_> = said
        .split(|letter| {
            quoted ^= letter == '"';
            letter == ' ' && !quoted
        })
        .map(|word| word.trim_matches('"'))
        .collect();
    let mut command = Command::new(words.remove(0));
    words.iter().for_each(|word| command.push(word.as_bytes()));
    command
}
