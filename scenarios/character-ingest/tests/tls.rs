//! The programs against a real TLS server, whose certificate is made for the test.
//!
//! `cargo test -p character-ingest --features tls-tests --test tls`

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use character_ingest::{Character, Strategy};
use program_test::{Ran, ok, read_head};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

const CHARACTERS: &str = include_str!("../../../crates/delay-server/data/characters.jsonl");

/// A server that answers with characters over TLS, and says that it has this name.
struct Server {
    url: String,
    /// Keeps the certificate's file.
    folder: tempfile::TempDir,
}

impl Server {
    fn named(name: &str) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec![name.to_owned()]).expect("a certificate");
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("ca.pem"), cert.pem()).expect("a file");
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("a certificate with its key");
        Self { url: serve(Arc::new(config)), folder }
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

fn serve(config: Arc<ServerConfig>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(config.clone()).expect("a connection");
            thread::spawn(move || answer(StreamOwned::new(connection, stream)));
        }
    });
    format!("https://localhost:{port}/api/character")
}

/// Answers one request; what goes wrong is the client's to tell.
fn answer(mut stream: StreamOwned<ServerConnection, TcpStream>) {
    let head = read_head(&mut stream);
    let path = head.split([' ', '?']).nth(1).unwrap_or_default();
    let id: Option<usize> = path.rsplit('/').next().and_then(|id| id.parse().ok());
    let Some(body) = id.and_then(|id| CHARACTERS.lines().nth(id - 1)) else { return };
    let _ = stream.write_all(ok(body).as_bytes());
    stream.conn.send_close_notify();
    let _ = stream.flush();
}

fn run(strategy: Strategy, url: &str, ca: Option<&Path>, out: &Path) -> Ran {
    let program = match strategy {
        Strategy::Sync => env!("CARGO_BIN_EXE_ingest-sync"),
        Strategy::Async => env!("CARGO_BIN_EXE_ingest-async"),
        Strategy::AsyncWithBlocking => env!("CARGO_BIN_EXE_ingest-async-with-blocking"),
        Strategy::Thread => env!("CARGO_BIN_EXE_ingest-thread"),
        Strategy::ThreadPool => env!("CARGO_BIN_EXE_ingest-thread-pool"),
    };
    let mut command = program_test::command(program, &["--url", url, "--delay", "0", "--out"]);
    command.arg(out);
    if let Some(ca) = ca {
        command.arg("--ca").arg(ca);
    }
    program_test::run(&mut command)
}

#[test]
fn characters_come_over_tls_from_a_server_that_is_trusted() {
    let server = Server::named("localhost");
    for strategy in Strategy::ALL {
        let out = tempfile::NamedTempFile::new().unwrap();
        run(strategy, &server.url, Some(&server.certificate()), out.path()).well();
        let text = fs::read_to_string(out.path()).unwrap();
        let mut ids: Vec<u32> =
            text.lines().map(|line| serde_json::from_str::<Character>(line).unwrap().id).collect();
        ids.sort_unstable();
        assert_eq!(ids, Vec::from_iter(1..=10), "{strategy:?}");
    }
}

/// The end of a run against a server that must not be believed.
fn assert_refused(server: &Server, ca: Option<&Path>) {
    for strategy in Strategy::ALL {
        let out = tempfile::NamedTempFile::new().expect("a file");
        let ran = run(strategy, &server.url, ca, out.path());
        let told = &ran.stderr;
        assert_eq!(ran.code, Some(1), "{strategy:?}: {told}");
        let refused = |line: &&str| line.contains(" failed: invalid peer certificate: ");
        assert_eq!(told.lines().filter(refused).count(), 10, "{strategy:?}: {told}");
        assert!(told.contains("--ca"), "{strategy:?}: {told}");
        assert_eq!(fs::read_to_string(out.path()).expect("it is there"), "", "{strategy:?}");
    }
}

#[test]
fn a_server_that_nobody_vouches_for_is_refused() {
    assert_refused(&Server::named("localhost"), None);
}

#[test]
fn a_server_of_another_name_is_refused() {
    let server = Server::named("elsewhere.example");
    assert_refused(&server, Some(&server.certificate()));
}

#[test]
fn a_file_without_certificates_is_told() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let out = tempfile::NamedTempFile::new().unwrap();
    for path in [file.path(), Path::new("no/such/file")] {
        let ran = run(Strategy::Sync, "https://localhost:1/", Some(path), out.path());
        let told = &ran.stderr;
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{told}");
        assert!(told.starts_with("error: cannot read '") && told.contains("--ca"), "{told}");
    }
}
