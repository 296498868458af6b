//! The WHAT of the slow database: which queries are made, and where the
//! database comes from. The HOW is one file per strategy in `src/bin`.

use cities_db::generator::{Order, Start};
use database::generator::given_or_filled;
use tracing::{Span, info_span};

pub use database::Database;
pub use failure::Failure;
pub use harness::Strategy;

mod failure;
mod options;

use options::Options;

/// What the strategies' programs are called.
pub const PROGRAMS: harness::Programs =
    harness::Programs { prefix: "db-", subject: "Slow queries" };

/// Every city, sorted: slow.
const R1: &str = "\
    SELECT c.name, s.state FROM cities c JOIN states s ON c.state_id = s.id \
    WHERE s.state IN (SELECT state FROM states) ORDER BY s.long_name, c.name";

/// The cities that begin with an A: fast.
const R2: &str = "\
    SELECT c.name, s.state FROM cities c JOIN states s ON c.state_id = s.id \
    WHERE c.name LIKE 'A%'";

/// The cities of the states that begin with an M or end with a P: in between.
const R3: &str = "\
    SELECT c.name, s.state FROM cities c JOIN states s ON c.state_id = s.id \
    WHERE s.state LIKE 'M%' OR s.state LIKE '%P'";

/// What one run is to do, and all it needs for it.
pub struct Plan {
    strategy: Strategy,
    options: Options,
    database: Database,
}

/// One query, and who makes it.
pub struct Request {
    /// The requester's name, such as `R1`.
    pub name: &'static str,
    /// What it asks the database.
    pub query: &'static str,
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
        let default = Database::embedded(&format!("cities-{}", options.copies));
        let database = given_or_filled(default, &Order::new(options.copies, Start::Add))?;
        Ok(Self { strategy, options, database })
    }

    /// Starts the clock and the recording.
    pub fn start(&self) -> harness::Run {
        harness::start(&PROGRAMS.name(self.strategy), self.requests().count(), &self.options.shared)
    }

    /// The requests, in the order in which they are to be made.
    pub fn requests(&self) -> impl Iterator<Item = Request> + use<> {
        Request::ALL.into_iter()
    }

    /// The database that they are made to.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// How many threads a pool is to have.
    pub fn workers(&self) -> usize {
        self.options.workers
    }
}

impl Request {
    /// All three: slow, fast, and in between.
    pub const ALL: [Self; 3] = [
        Self { name: "R1", query: R1 },
        Self { name: "R2", query: R2 },
        Self { name: "R3", query: R3 },
    ];

    /// The span that makes this request a lane of the recording.
    pub fn span(&self) -> Span {
        info_span!("requester", name = self.name, asks = self.query)
    }

    /// Says that every row is there.
    pub fn done(&self) {
        harness::done();
    }
}
