//! The WHAT of the big tables: what is asked of which table, and where the
//! database comes from. The HOW is one file per strategy in `src/bin`.

use database::generator::given_or_filled;

pub use database::Database;
pub use database::asynchronous::Pool;
pub use failure::Failure;
pub use fill::{Contents, fill, fill_unless};
pub use harness::Strategy;
pub use request::{Request, Statistic};
pub use table::Table;
pub use values::values;

mod failure;
mod fill;
mod options;
mod request;
mod table;
mod values;

use options::Options;

/// What the strategies' programs are called.
pub const PROGRAMS: harness::Programs =
    harness::Programs { prefix: "stats-", subject: "Averages and sums of big tables" };

/// The SQLite file that needs nothing installed, its tables with so many rows
/// each; the first run fills it.
pub fn default_file(rows: usize) -> Database {
    Database::embedded(&format!("tables-{rows}"))
}

/// What one run is to do, and all it needs for it.
pub struct Plan {
    strategy: Strategy,
    options: Options,
    database: Database,
}

impl Plan {
    /// Reads the command line and `DATABASE_URL`, and fills the default
    /// database if that is the one to use and it is not there yet.
    ///
    /// Ends the process if that cannot be: with exit code 2 when an option is
    /// wrong, else with 1.
    pub fn from_args(strategy: Strategy) -> Self {
        let options = Options::read(strategy);
        Self::new(strategy, options).unwrap_or_else(|failure| harness::exit(&failure.into()))
    }

    fn new(strategy: Strategy, options: Options) -> Result<Self, Failure> {
        let contents = Contents { rows: options.rows, seed: Contents::SEED };
        let database = given_or_filled(default_file(options.rows), &contents)?;
        Ok(Self { strategy, options, database })
    }

    /// Starts the clock and the recording.
    pub fn start(&self) -> harness::Run {
        let requests = self.by_table().count();
        harness::start(&PROGRAMS.name(self.strategy), requests, &self.options.shared)
    }

    /// The requests table by table: its average, then its sum.
    pub fn by_table(&self) -> impl Iterator<Item = Request> + use<> {
        Table::ALL.into_iter().flat_map(|table| {
            [Request::new(Statistic::Average, table), Request::new(Statistic::Sum, table)]
        })
    }

    /// The same requests in two phases: the four averages, then the four sums.
    pub fn phases(&self) -> [[Request; 4]; 2] {
        [Statistic::Average, Statistic::Sum]
            .map(|statistic| Table::ALL.map(|table| Request::new(statistic, table)))
    }

    /// The database that is asked.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Connections to it for an event loop, each opened when it is first needed.
    pub fn pool(&self) -> Pool {
        Pool::new(&self.database, self.options.connections)
    }

    /// How many threads a pool is to have.
    pub fn workers(&self) -> usize {
        self.options.workers
    }
}
