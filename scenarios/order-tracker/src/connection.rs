//! A connection to one Redis, or to a cluster of them: commands go by either.

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, Pipeline, RedisFuture, Value};

/// Its copies are all the same connection.
#[derive(Clone)]
pub(crate) enum Connection {
    One(MultiplexedConnection),
    /// One to each node. The driver knows which node has what, and asks there.
    Cluster(ClusterConnection),
}

impl Connection {
    fn either(&mut self) -> &mut (dyn ConnectionLike + Send) {
        match self {
            Self::One(connection) => connection,
            Self::Cluster(connection) => connection,
        }
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        self.either().req_packed_command(command)
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        self.either().req_packed_commands(pipeline, offset, count)
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::One(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}
