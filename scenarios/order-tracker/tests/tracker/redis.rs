//! A Redis that a test may kill, and that has its orders again when it is back.

use std::env;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Stdio;

use program_test::{Program, Proxy, command, until};
use tempfile::TempDir;

/// A server of the test's own. Where there is no program for one, as where Redis is in
/// a container, a way to the common one, which can be cut as by a kill.
pub(crate) enum Redis {
    Own { running: Option<Program>, folder: TempDir },
    Common(Proxy),
}

impl Redis {
    pub(crate) fn start() -> Self {
        let mut version = command("redis-server", &["--version"]);
        if version.stdout(Stdio::null()).status().is_err() {
            return Self::Common(Proxy::start(&place()));
        }
        let folder = tempfile::tempdir().expect("a folder");
        let mut redis = Self::Own { running: None, folder };
        redis.start_again();
        redis
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Own { folder, .. } => format!("redis+unix://{}", socket_in(folder).display()),
            Self::Common(proxy) => proxy.url(&redis_url()),
        }
    }

    pub(crate) fn kill(&mut self) {
        match self {
            Self::Own { running, .. } => {
                running.take().expect("it runs").kill();
            }
            Self::Common(proxy) => proxy.down(),
        }
    }

    /// What it has answered is on the disk, so it is there again.
    pub(crate) fn start_again(&mut self) {
        match self {
            Self::Own { running, folder } => {
                let socket = socket_in(folder);
                let (path, folder) = (socket.to_string_lossy(), folder.path().to_string_lossy());
                // No port: while it is gone, somebody else could be given the same one.
                let args = [
                    ["--port", "0"],
                    ["--unixsocket", &path],
                    ["--dir", &folder],
                    ["--save", ""],
                    ["--appendonly", "yes"],
                    ["--appendfsync", "always"],
                ];
                let program = Program::start(&mut command("redis-server", args.as_flattened()));
                until("it answers", || UnixStream::connect(&socket).is_ok());
                *running = Some(program);
            }
            Self::Common(proxy) => proxy.up(),
        }
    }
}

fn socket_in(folder: &TempDir) -> PathBuf {
    folder.path().join("redis.sock")
}

pub(crate) fn redis_url() -> String {
    env::var("REDIS_URL").expect("REDIS_URL: scripts/test sets it")
}

/// Where it is, as a host and a port.
pub(crate) fn place() -> String {
    let url = redis_url();
    let place = url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    place.and_then(|place| place.rsplit('@').next()).expect("a URL names a host").to_owned()
}
