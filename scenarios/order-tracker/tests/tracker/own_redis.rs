//! Tests that have a Redis of their own, or a cluster of them, and may kill it. They need
//! the programs redis-server and redis-cli; scripts/test leaves them out by this name.

mod cluster;
mod killed;
mod per_watcher;

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use program_test::{Program, command, until};
use redis::{Commands, Connection, FromRedisValue};
use tempfile::TempDir;

/// As many ports are tried. Somebody may take one before Redis does.
const ATTEMPTS: usize = 20;

/// A server, with a folder for what it keeps.
pub(crate) struct Redis {
    pub(crate) port: u16,
    folder: TempDir,
    args: Vec<String>,
    program: RefCell<Option<Program>>,
}

impl Redis {
    /// What it has is on the disk before anybody is told that it has it.
    pub(crate) fn start_with_memory() -> Self {
        Self::start(&["--appendonly", "yes", "--appendfsync", "always"])
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

/// Three nodes, each with a third of the slots.
pub(crate) struct Cluster(pub(crate) Vec<Redis>);

/// The slots of a cluster.
const SLOTS: usize = 16_384;

impl Cluster {
    /// A node that is gone takes no other's orders with it.
    pub(crate) fn start() -> Self {
        Self::start_with(&["--cluster-require-full-coverage", "no"])
    }

    pub(crate) fn start_with(args: &[&str]) -> Self {
        let common = ["--cluster-enabled", "yes", "--appendonly", "yes", "--appendfsync", "always"];
        let args = [&common, args].concat();
        let nodes: Vec<Redis> = (0..3).map(|_| Redis::start(&args)).collect();
        for (number, node) in nodes.iter().enumerate() {
            let (from, to) = (number * SLOTS / 3, (number + 1) * SLOTS / 3 - 1);
            let said: String =
                node.say(&["CLUSTER", "ADDSLOTSRANGE", &from.to_string(), &to.to_string()]);
            assert_eq!(said, "OK");
            // Each has to differ, or they quarrel about who is who.
            let _: String = node.say(&["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()]);
        }
        let cluster = Self(nodes);
        cluster.0[1..].iter().for_each(|node| cluster.meet(node));
        until("every node knows all slots", || {
            cluster.0.iter().all(|node| {
                let info: String = node.say(&["CLUSTER", "INFO"]);
                info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
            })
        });
        cluster
    }

    fn meet(&self, node: &Redis) {
        let _: String = self.0[0].say(&["CLUSTER", "MEET", "127.0.0.1", &node.port.to_string()]);
    }

    /// A fourth node, which takes the place of this one when it is gone.
    pub(crate) fn add_replica(&self, of: &Redis, args: &[&str]) -> Redis {
        let replica = Redis::start(&[&["--cluster-enabled", "yes"], args].concat());
        self.meet(&replica);
        let id: String = of.say(&["CLUSTER", "MYID"]);
        until("it knows whose place it is to take", || {
            let nodes: String = replica.say(&["CLUSTER", "NODES"]);
            nodes.contains(&id)
        });
        let _: String = replica.say(&["CLUSTER", "REPLICATE", &id]);
        until("it has what the other has", || {
            let info: String = replica.say(&["INFO", "replication"]);
            info.contains("master_link_status:up")
        });
        replica
    }

    /// Moves a key and its slot to another node.
    pub(crate) fn move_to(&self, to: usize, key: &str) {
        let (from, to) = (&self.0[self.node_of(key)], &self.0[to]);
        let slot = from.say::<usize>(&["CLUSTER", "KEYSLOT", key]).to_string();
        let [from_id, to_id] = [from, to].map(|it| it.say::<String>(&["CLUSTER", "MYID"]));
        let ok = |node: &Redis, words: &[&str]| {
            assert_eq!(node.say::<String>(words), "OK", "{words:?}");
        };
        ok(to, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from_id]);
        ok(from, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to_id]);
        ok(from, &["MIGRATE", "127.0.0.1", &to.port.to_string(), key, "0", "5000"]);
        for node in std::iter::once(to).chain(&self.0) {
            ok(node, &["CLUSTER", "SETSLOT", &slot, "NODE", &to_id]);
        }
    }

    /// As an instance is told of it.
    pub(crate) fn url(&self) -> String {
        let urls: Vec<String> = self.0.iter().map(Redis::url).collect();
        urls.join(",")
    }

    /// The number of the node whose this key is.
    pub(crate) fn node_of(&self, key: &str) -> usize {
        let alive = self.0.iter().find(|node| node.program.borrow().is_some());
        let slot: usize = alive.expect("a node").say(&["CLUSTER", "KEYSLOT", key]);
        (0..3).find(|number| slot < (number + 1) * SLOTS / 3).expect("a slot is somebody's")
    }
}
