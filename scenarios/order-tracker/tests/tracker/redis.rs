//! Redis as tests need it: the common one, one that a test may kill, and a cluster.

mod cluster;

use std::cell::RefCell;
use std::env;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;

use program_test::{Program, Proxy, command, until};
use redis::{Commands, Connection, FromRedisValue};
use tempfile::TempDir;

pub(crate) use cluster::Cluster;

/// The common one.
pub(crate) fn redis_url() -> String {
    env::var("REDIS_URL").expect("REDIS_URL: scripts/test sets it")
}

/// Where it is, as a host and a port.
pub(crate) fn place() -> String {
    let url = redis_url();
    let place = url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    place.and_then(|place| place.rsplit('@').next()).expect("a URL names a host").to_owned()
}

/// One that a test may kill, with or without a program for it, and that has its orders
/// again when it is back.
pub(crate) enum Killable {
    Own(Redis),
    /// As where Redis is in a container: a way to the common one, which can be cut as by a
    /// kill.
    Common(Proxy),
}

impl Killable {
    pub(crate) fn start() -> Self {
        let mut version = command("redis-server", &["--version"]);
        if version.stdout(Stdio::null()).status().is_ok() {
            Self::Own(Redis::start_with_memory())
        } else {
            Self::Common(Proxy::start(&place()))
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Own(redis) => redis.url(),
            Self::Common(proxy) => proxy.url(&redis_url()),
        }
    }

    pub(crate) fn kill(&self) {
        match self {
            Self::Own(redis) => redis.kill(),
            Self::Common(proxy) => proxy.down(),
        }
    }

    pub(crate) fn start_again(&self) {
        match self {
            Self::Own(redis) => redis.start_again(),
            Self::Common(proxy) => proxy.up(),
        }
    }
}

/// As many ports are tried. Somebody may take one before Redis does.
const ATTEMPTS: usize = 20;

/// Before anybody is told that it has something, it has been written to a file. Nobody
/// waits for the disk to have it: that outlives a machine, and not only a process, and a
/// disk that others keep busy would be taken for a Redis that is gone.
pub(crate) const MEMORY: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "no"];

/// A server, with a folder for what it keeps.
pub(crate) struct Redis {
    pub(crate) port: u16,
    folder: TempDir,
    args: Vec<String>,
    program: RefCell<Option<Program>>,
}

impl Redis {
    /// With a memory that outlives it.
    pub(crate) fn start_with_memory() -> Self {
        Self::start(&MEMORY)
    }

    /// With these options; it keeps nothing by itself.
    pub(crate) fn start(args: &[&str]) -> Self {
        for _ in 0..ATTEMPTS {
            let args = args.iter().map(|&arg| arg.to_owned()).collect();
            let folder = TempDir::new().expect("a folder");
            let redis = Self { port: free_port(), folder, args, program: RefCell::default() };
            if redis.begin(&[]) {
                return redis;
            }
        }
        panic!("no Redis could be started")
    }

    fn begin(&self, more: &[&str]) -> bool {
        let port = self.port.to_string();
        let mut command = command("redis-server", &["--port", &port, "--bind", "127.0.0.1"]);
        command.args(["--save", ""]).args(&self.args).args(more).current_dir(self.folder.path());
        let mut program = Program::start(&mut command);
        until("Redis listens", || program.has_ended() || self.answers());
        let is_there = !program.has_ended();
        self.program.replace(Some(program));
        is_there
    }

    /// Whether it is there, and says so to who asks.
    fn answers(&self) -> bool {
        let client = redis::Client::open(self.url()).expect("an address");
        let Ok(mut connection) = client.get_connection() else { return false };
        // While it reads what it has kept, it says so instead.
        let answer: Result<String, _> = redis::cmd("PING").query(&mut connection);
        answer.is_ok_and(|it| it == "PONG")
            || info_of(&mut connection).is_some_and(|info| info.contains("loading:1"))
    }

    /// As `kill -9` does.
    pub(crate) fn kill(&self) {
        self.program.take().expect("it runs").kill();
    }

    pub(crate) fn start_again(&self) {
        self.start_again_with(&[]);
    }

    pub(crate) fn start_again_with(&self, more: &[&str]) {
        // The system may still hold the port for a moment.
        until("Redis is there again", || self.begin(more));
    }

    pub(crate) fn signal(&self, name: &str) {
        self.program.borrow().as_ref().expect("it runs").signal(name);
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn connection(&self) -> Connection {
        let client = redis::Client::open(self.url()).expect("an address");
        client.get_connection().expect("a Redis")
    }

    /// What it answers to this.
    #[track_caller]
    pub(crate) fn say<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query(&mut self.connection()).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// How many connections it has, without the one that asks.
    pub(crate) fn clients(&self) -> usize {
        let clients: String = self.say(&["CLIENT", "LIST"]);
        clients.lines().count() - 1
    }

    /// How many of its connections are subscribed to something.
    pub(crate) fn subscribers(&self) -> usize {
        let clients: String = self.say(&["CLIENT", "LIST"]);
        let has_some = |line: &&str| {
            let mut words = line.split(' ');
            words.any(|it| it.starts_with("sub=") && it != "sub=0")
        };
        clients.lines().filter(has_some).count()
    }

    /// Follows a sharded channel, without a library.
    pub(crate) fn follow(&self, channel: &str) -> Follower {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a Redis");
        stream.set_nonblocking(true).expect("a socket");
        stream.write_all(format!("SSUBSCRIBE {channel}\r\n").as_bytes()).expect("a Redis");
        let mut follower = Follower { stream, heard: String::new() };
        until("it is subscribed", || follower.hears().contains("ssubscribe"));
        follower
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.connection().exists(key).expect("an answer")
    }
}

/// Whoever follows a channel.
pub(crate) struct Follower {
    stream: TcpStream,
    heard: String,
}

impl Follower {
    /// All that it has heard so far.
    pub(crate) fn hears(&mut self) -> &str {
        let mut some = [0; 4096];
        if let Ok(read) = self.stream.read(&mut some) {
            self.heard += &String::from_utf8_lossy(&some[..read]);
        }
        &self.heard
    }
}

fn info_of(connection: &mut Connection) -> Option<String> {
    redis::cmd("INFO").arg("persistence").query(connection).ok()
}

/// Three that differ.
pub(crate) fn free_ports() -> [u16; 3] {
    let mut ports = [0; 3];
    until("three ports are free", || {
        ports = [free_port(), free_port(), free_port()];
        ports[0] != ports[1] && ports[1] != ports[2] && ports[0] != ports[2]
    });
    ports
}

/// One at which nobody listens, neither there nor at the one that nodes of a cluster use
/// among themselves, which is 10,000 further. Both are below those that Linux gives to
/// outgoing connections.
fn free_port() -> u16 {
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    for _ in 0..1_000 {
        let port = fastrand::u16(12_000..22_000);
        if is_free(port) && is_free(port + 10_000) {
            return port;
        }
    }
    panic!("no port is free")
}
