//! The WHAT of a web service over a database: which requests it answers, and with
//! what. The HOW is one file per server in `src/bin`: what a look-up does with the
//! thread that it is made on.
//!
//! | request | answer |
//! |---|---|
//! | `GET /customers/7`, `GET /?customer_id=7` | 200 and the customer, with an `ETag`; 304 where `If-None-Match` has that |
//! | `GET /customers/7/report` | 200 and what this one has bought, compared with all others: slow, because the database looks at every purchase |
//! | `POST /customers` | 201 and the customer, with its `Location` and `ETag` |
//! | `PUT /customers/7` | 200 and the customer, with its next `ETag` |
//! | `DELETE /customers/7` | 204 |
//! | `GET /recordings/TRACE` | 200 and what was recorded of the requests whose `traceparent` has this trace: for clients on this machine |
//!
//! Who changes or removes a customer says in `If-Match` which state was seen. If
//! another was faster the answer is 412, and without the header it is 428: so no
//! change is made over one that nobody has looked at.
//!
//! Every refusal is a sentence in an `application/problem+json` (RFC 9457).

pub use counting::{Asker, Askers, Counting, Log};
pub use customer::{Customer, Draft, Report};
pub use orders::{Order, Reply};
pub use plan::Plan;
pub use pool::{Place, Pool, Unanswered};
pub use server::Server;
pub use visits::{Visit, Visited, Visits};

mod plan;
mod server;

mod customer;
mod orders;

mod pool;

mod problem;
mod recordings;
mod routes;

mod contents;
#[cfg(feature = "mongodb")]
mod documents;
mod options;

mod visits;

mod counting;
mod server_side;
