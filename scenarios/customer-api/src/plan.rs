//! A server from its command line to its end.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use database::generator::fill_if_missing;
use database::{Database, Trouble};
use delay_server::{Bound, StartError};
use futures::future::FutureExt;
use harness::Failure;
use web_service::{Life, runtime, serve, stop_signal};

use crate::contents::Contents;
use crate::options::Options;
use crate::pool::Limits;
use crate::routes::{App, CarryOut, router};
use crate::{Order, Pool, Reply, Server, Unanswered};

/// How long the database may take to let a connection in, where the driver can be told:
/// long enough for one that is there, on a machine that is busy.
const OPENING: Duration = Duration::from_secs(5);

/// What a server is to do, and all it needs for it.
pub struct Plan {
    server: Server,
    options: Options,
    database: Database,
    bound: Bound,
}

impl Plan {
    /// Reads the command line and `DATABASE_URL`, fills the database if that has not
    /// been done yet, and listens.
    ///
    /// Ends the process if that cannot be: with exit code 2 when an option is wrong,
    /// else with 1.
    pub fn from_args(server: Server) -> Self {
        let options = Options::read(server);
        Self::new(server, options).unwrap_or_else(|failure| harness::exit(&failure))
    }

    fn new(server: Server, options: Options) -> Result<Self, Failure> {
        let bound = Bound::to(&options.addr)?;
        let database = filled(&options).map_err(|error| failure(&error))?;
        Ok(Self { server, options, database, bound })
    }

    /// Answers requests by doing this for each, until a signal ends it: then those
    /// that have come are answered, and the picture of all is drawn.
    pub fn serve<C, F, Doing>(self, carry_out: F) -> ExitCode
    where
        C: Send + 'static,
        F: Fn(Pool<C>, Order) -> Doing + Send + Sync + 'static,
        Doing: Future<Output = Result<Reply, Unanswered>> + Send + 'static,
    {
        let runtime = runtime(self.options.threads)
            .unwrap_or_else(|error| harness::exit(&StartError::from(error).into()));
        let Options { connections, kept, patience, .. } = self.options;
        let for_slow = connections.saturating_sub(kept).max(1);
        let limits = Limits { connections, for_slow, patience, opening: OPENING };
        let pool = Pool::new(self.database.clone(), limits);
        let carry_out = Arc::new(move |order| carry_out(pool.clone(), order).boxed());
        let ended = runtime.block_on(self.run(carry_out));
        // What goes on after the grace period is not waited for.
        runtime.shutdown_background();
        ended
    }

    async fn run(self, carry_out: Arc<CarryOut>) -> ExitCode {
        let Self { server, options, bound, .. } = self;
        let run = harness::start_open(server.name(), &options.shared);
        let stop = match stop_signal() {
            Ok(stop) => stop,
            Err(error) => return run.finish(Err(StartError::from(error))),
        };
        let Bound { sockets, names, url } = bound;
        run.say(&format!("Listening: try {url}/customers/1 and {url}/customers/1/report"));
        let life = Life::default();
        let router = router(App { carry_out, names: Arc::new(names), life: life.clone() });
        let ended = serve(sockets, router, life, stop, options.grace).await;
        run.finish(ended.map_err(|error| StartError::from(error).into()).and_then(all_answered))
    }
}

fn all_answered(left: usize) -> Result<(), Failure> {
    let requests = match left {
        0 => return Ok(()),
        1 => "one request".to_owned(),
        more => format!("{more} requests"),
    };
    Err(Failure::new(
        format!("the grace period is over, and {requests} had no answer"),
        "give them longer with --grace",
    ))
}

/// The default is a file; either is filled where it has no customers yet.
fn filled(options: &Options) -> Result<Database, database::Error> {
    let contents = Contents { purchases: options.purchases };
    let default = || Database::embedded(&format!("customers-{}", options.purchases));
    let database = Database::from_env()?.unwrap_or_else(default);
    fill_if_missing(&database, &contents)?;
    if let Database::Sqlite(_) = database {
        // Who reads for long then keeps nobody from writing. The file remembers it.
        let mut connection = database.connect()?;
        connection.text("PRAGMA journal_mode = WAL")?;
        connection.close()?;
    }
    Ok(database)
}

fn failure(error: &database::Error) -> Failure {
    let hint = match error.trouble {
        Trouble::Full(_) => "make room, or ask for fewer --purchases",
        _ => error.hint(),
    };
    Failure::new(error.to_string(), hint)
}
