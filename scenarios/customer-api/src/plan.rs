//! A server from its command line to its end.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use database::generator::fill_if_missing;
use database::{Database, Trouble};
use delay_server::{Bound, StartError};
use futures::future::FutureExt;
use harness::{Failure, Run};
use web_service::{Life, is_here, runtime, serve, stop_signal};

use crate::contents::Contents;
use crate::options::Options;
use crate::pool::Limits;
use crate::routes::{App, CarryOut, router};
use crate::{Order, Pool, Reply, Server, Unanswered, recordings};

/// How long the database may take to let a connection in, unless its URL says otherwise:
/// long enough for one that is there, on a machine that is busy.
const OPENING: Duration = Duration::from_secs(5);

/// The database in MongoDB, unless the URL names another.
const IN_MONGODB: &str = "customers_db";

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
        let database = filled(options.purchases).map_err(|error| failure(server.name(), &error))?;
        Ok(Self { server, options, database, bound })
    }

    /// Answers requests by doing this for each, until a signal ends it: then those
    /// that have come are answered, and the picture of all is drawn.
    ///
    /// What it is done by may be on any of several threads. So the compiler refuses what
    /// only one thread may have, also where there is only one:
    ///
    /// ```compile_fail,E0277
    /// use std::cell::Cell;
    ///
    /// use customer_api::{Plan, Pool, Server};
    /// use database::asynchronous::Connection;
    ///
    /// let counter = Cell::new(0);
    /// Plan::from_args(Server::Async).serve(move |pool: Pool<Connection>, order| {
    ///     counter.set(counter.get() + 1);
    ///     async move { pool.next(&order).await?.carry_out(&order).await }
    /// });
    /// ```
    pub fn serve<C, F, Doing>(self, carry_out: F) -> ExitCode
    where
        C: Send + 'static,
        F: Fn(Pool<C>, Order) -> Doing + Send + Sync + 'static,
        Doing: Future<Output = Result<Reply, Unanswered>> + Send + 'static,
    {
        self.serve_recorded_or_not(carry_out, true)
    }

    /// The same without a recording and without a word of the requesters: so what the
    /// recording costs can be measured.
    pub fn serve_unrecorded<C, F, Doing>(self, carry_out: F) -> ExitCode
    where
        C: Send + 'static,
        F: Fn(Pool<C>, Order) -> Doing + Send + Sync + 'static,
        Doing: Future<Output = Result<Reply, Unanswered>> + Send + 'static,
    {
        self.serve_recorded_or_not(carry_out, false)
    }

    fn serve_recorded_or_not<C, F, Doing>(self, carry_out: F, is_recorded: bool) -> ExitCode
    where
        C: Send + 'static,
        F: Fn(Pool<C>, Order) -> Doing + Send + Sync + 'static,
        Doing: Future<Output = Result<Reply, Unanswered>> + Send + 'static,
    {
        let runtime = runtime(self.options.threads)
            .unwrap_or_else(|error| harness::exit(&StartError::from(error).into()));
        let pool = Pool::new(self.database.clone(), limits(&self.options));
        let carry_out = Arc::new(move |order| carry_out(pool.clone(), order).boxed());
        let ended = runtime.block_on(self.run(carry_out, is_recorded));
        // What goes on after the grace period is not waited for.
        runtime.shutdown_background();
        ended
    }

    async fn run(self, carry_out: Arc<CarryOut>, is_recorded: bool) -> ExitCode {
        let Self { server, options, bound, .. } = self;
        let run = is_recorded.then(|| harness::start_open(server.name(), &options.shared));
        let stop = match stop_signal() {
            Ok(stop) => stop,
            Err(error) => return finish(run, Err(StartError::from(error).into())),
        };
        let Bound { sockets, names, url } = bound;
        let listening = format!("Listening: try {url}/customers/1 and /customers/1/report");
        match &run {
            Some(run) => run.say(&listening),
            None => _ = harness::print(&format!("{listening}\n")),
        }
        // None if the run has ended, and it has not, or is not recorded.
        let lens = run.as_ref().and_then(Run::lens).unwrap_or_default();
        let life = Life::default();
        let app = App { carry_out, lens, names: Arc::new(names), life: life.clone() };
        let ended = serve(sockets, routers(app), life, stop, options.grace).await;
        finish(run, ended.map_err(|error| StartError::from(error).into()).and_then(all_answered))
    }
}

/// What a client with this address is answered by.
fn routers(app: App) -> impl Fn(SocketAddr) -> Router + Clone + Send + 'static {
    let router = router(app.clone());
    let router_here = recordings::route(router.clone(), app);
    move |client| if is_here(client) { router_here.clone() } else { router.clone() }
}

fn finish(run: Option<Run>, ended: Result<(), Failure>) -> ExitCode {
    match (run, ended) {
        (Some(run), ended) => run.finish(ended),
        (None, Ok(())) => ExitCode::SUCCESS,
        (None, Err(failure)) => harness::exit(&failure),
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

fn limits(options: &Options) -> Limits {
    Limits {
        connections: options.connections,
        for_slow: options.connections.saturating_sub(options.kept).max(1),
        slow: options.most_reports.unwrap_or(usize::MAX),
        patience: options.patience,
        opening: OPENING,
        statement: options.statement_timeout,
    }
}

/// The default is a file; either is filled where it has no customers yet.
pub(crate) fn filled(purchases: i64) -> Result<Database, database::Error> {
    let contents = Contents { purchases };
    let default = || Database::embedded(&format!("customers-{purchases}"));
    let database = Database::from_env_or_named(IN_MONGODB)?.unwrap_or_else(default);
    fill_if_missing(&database, &contents)?;
    if let Database::Sqlite(_) = database {
        // Who reads for long then keeps nobody from writing. The file remembers it.
        let mut connection = database.connect()?;
        connection.text("PRAGMA journal_mode = WAL")?;
        connection.close()?;
    }
    Ok(database)
}

pub(crate) fn failure(program: &str, error: &database::Error) -> Failure {
    let hint = match error.trouble {
        Trouble::Full(_) => "make room, or ask for fewer --purchases".to_owned(),
        Trouble::UnknownScheme(_) | Trouble::NotAUrl if cfg!(feature = "mongodb") => {
            format!("{}, or mongodb://USER:PASSWORD@HOST:PORT/NAME", error.hint())
        }
        Trouble::NotBuilt => {
            format!("build it with: cargo run -p customer-api --features mongodb --bin {program}")
        }
        _ => error.hint().to_owned(),
    };
    Failure::new(error.to_string(), hint)
}
