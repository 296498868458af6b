//! A Redis Cluster of a test's own.

use program_test::until;

use super::{MEMORY, Redis};

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
        let args = [&["--cluster-enabled", "yes"], &MEMORY[..], args].concat();
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
                // Where not all have to be there, it is ok with some of them.
                let slots = format!("cluster_slots_assigned:{SLOTS}");
                ["cluster_state:ok", "cluster_known_nodes:3", &slots]
                    .iter()
                    .all(|it| info.contains(*it))
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
