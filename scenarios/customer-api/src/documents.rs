//! The same orders for MongoDB, which has documents instead of rows and no SQL, and what
//! it is filled with.

use std::time::Duration;

use database::blocking::Driver;
use database::generator::{Progress, Watch};
use database::mongo::Client;
use database::{Error, Trouble, asynchronous, blocking};
use futures::stream::TryStreamExt;
use mongodb::action::Action;
use mongodb::bson::{Document, doc};
use mongodb::error::{Error as DriverError, Result};
use mongodb::options::{IndexOptions, ReturnDocument};
use mongodb::{Collection, Database, IndexModel};
use serde::{Deserialize, Serialize};

use crate::contents::{CUSTOMERS, Contents, cents, customer, whose};
use crate::{Customer, Draft, Order, Reply, Report};

const CUSTOMERS_NAME: &str = "customers";
const PURCHASES_NAME: &str = "purchases";
const COUNTERS_NAME: &str = "counters";

/// A customer, as the collection has it.
#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    customer_id: i64,
    name: String,
    email: String,
    city: String,
    version: i64,
}

#[derive(Serialize, Deserialize)]
struct Purchase {
    customer_id: i64,
    cents: i64,
}

/// The last id that was given. It only grows, so that nobody takes a new customer for an
/// old one.
#[derive(Serialize, Deserialize)]
struct Counter {
    #[serde(rename = "_id")]
    of: String,
    last: i64,
}

/// What a connection to MongoDB makes of an order; none if it is one to something else.
pub(crate) async fn carry_out(
    order: &Order,
    connection: &mut asynchronous::Connection,
) -> Option<std::result::Result<Reply, Error>> {
    let asynchronous::Driver::Mongo(client) = &connection.driver else { return None };
    let (order, limit) = (order.clone(), client.limit());
    Some(client.run(|database| carry_out_in(Within { database, limit }, order)).await)
}

/// The same, and blocks the thread.
pub(crate) fn carry_out_blocking(
    order: &Order,
    connection: &mut blocking::Connection,
) -> Option<std::result::Result<Reply, Error>> {
    let Driver::Mongo(client) = &connection.driver else { return None };
    let (order, limit) = (order.clone(), client.limit());
    Some(client.run(|database| carry_out_in(Within { database, limit }, order)))
}

/// The database, and how long each operation on it may take.
struct Within {
    database: Database,
    limit: Option<Duration>,
}

async fn carry_out_in(within: Within, order: Order) -> Result<Reply> {
    match order {
        Order::Find { id } => Ok(find(&within, id).await?.map_or(Reply::NotThere, Stored::reply)),
        Order::Report { id } => report(&within, id).await,
        Order::Add(draft) => add(&within, draft).await,
        Order::Replace { id, seen, by } => replace(&within, id, seen, by).await,
        Order::Remove { id, seen } => remove(&within, id, seen).await,
    }
}

async fn find(within: &Within, id: i64) -> Result<Option<Stored>> {
    let customers = customers(&within.database);
    let find = customers.find_one(doc! { "customer_id": id });
    find.optional(within.limit, |find, limit| find.max_time(limit)).await
}

async fn add(within: &Within, draft: Draft) -> Result<Reply> {
    let counters: Collection<Counter> = within.database.collection(COUNTERS_NAME);
    let one_more = doc! { "$inc": { "last": 1_i64 } };
    let counter = counters
        .find_one_and_update(doc! { "_id": CUSTOMERS_NAME }, one_more)
        .return_document(ReturnDocument::After)
        .optional(within.limit, |update, limit| update.max_time(limit))
        .await?;
    let id = counter.ok_or_else(|| DriverError::custom("the counter of ids is missing"))?.last;
    let Draft { name, email, city, .. } = draft;
    let new = Stored { customer_id: id, name, email, city, version: 1 };
    customers(&within.database).insert_one(&new).await?;
    Ok(new.reply())
}

/// Whether the version is still the same is asked and the change made in one operation:
/// between two, another could come.
async fn replace(within: &Within, id: i64, seen: i64, by: Draft) -> Result<Reply> {
    let Draft { name, email, city, .. } = by;
    let change = doc! {
        "$set": { "name": name, "email": email, "city": city },
        "$inc": { "version": 1_i64 },
    };
    let changed = customers(&within.database)
        .find_one_and_update(doc! { "customer_id": id, "version": seen }, change)
        .return_document(ReturnDocument::After)
        .optional(within.limit, |update, limit| update.max_time(limit))
        .await?;
    match changed {
        Some(customer) => Ok(customer.reply()),
        None => why_not(within, id).await,
    }
}

async fn remove(within: &Within, id: i64, seen: i64) -> Result<Reply> {
    let removed = customers(&within.database)
        .find_one_and_delete(doc! { "customer_id": id, "version": seen })
        .optional(within.limit, |delete, limit| delete.max_time(limit))
        .await?;
    match removed {
        Some(customer) => Ok(customer.reply()),
        None => why_not(within, id).await,
    }
}

async fn why_not(within: &Within, id: i64) -> Result<Reply> {
    Ok(find(within, id).await?.map_or(Reply::NotThere, |now| Reply::Changed { now: now.version }))
}

/// It looks at every purchase of every customer.
async fn report(within: &Within, id: i64) -> Result<Reply> {
    let totals = doc! {
        "$group": {
            "_id": "$customer_id",
            "purchases": { "$sum": 1_i64 },
            "cents": { "$sum": "$cents" },
        },
    };
    let is_mine = doc! { "$eq": ["$$total._id", "$customer_id"] };
    let is_more = doc! { "$gt": ["$$total.cents", "$cents"] };
    let of_totals = |condition: Document| {
        doc! { "$filter": { "input": "$totals", "as": "total", "cond": condition } }
    };
    let pipeline = [
        doc! { "$match": { "customer_id": id } },
        doc! { "$lookup": { "from": PURCHASES_NAME, "pipeline": [totals], "as": "totals" } },
        doc! { "$set": { "mine": { "$first": of_totals(is_mine) } } },
        doc! { "$project": {
            "customer_id": 1,
            "purchases": { "$ifNull": ["$mine.purchases", 0_i64] },
            "cents": { "$ifNull": ["$mine.cents", 0_i64] },
            "totals": 1,
        } },
        doc! { "$project": {
            "customer_id": 1,
            "purchases": 1,
            "cents": 1,
            "rank": { "$add": [1_i64, { "$size": of_totals(is_more) }] },
        } },
    ];
    let customers = customers(&within.database);
    let aggregate = customers.aggregate(pipeline).with_type::<Report>();
    let mut reports =
        aggregate.optional(within.limit, |aggregate, limit| aggregate.max_time(limit)).await?;
    Ok(reports.try_next().await?.map_or(Reply::NotThere, Reply::Report))
}

fn customers(database: &Database) -> Collection<Stored> {
    database.collection(CUSTOMERS_NAME)
}

impl Stored {
    fn reply(self) -> Reply {
        let Self { customer_id: id, name, email, city, version } = self;
        Reply::Customer(Customer { id, name, email, city, version })
    }
}

/// Whether all collections are there.
pub(crate) fn is_there(client: &Client) -> std::result::Result<bool, Error> {
    Ok(those_there(client)?.len() == 3)
}

fn those_there(client: &Client) -> std::result::Result<Vec<String>, Error> {
    let ours = [CUSTOMERS_NAME, PURCHASES_NAME, COUNTERS_NAME];
    let mut names = client.run(async |database| database.list_collection_names().await)?;
    names.retain(|name| ours.contains(&name.as_str()));
    Ok(names)
}

/// So many purchases are sent at a time. Between two a signal can end it.
const PURCHASES_A_MESSAGE: i64 = 2_000;

/// Fails where one of the collections is there: it is somebody else's.
pub(crate) fn write(
    contents: Contents,
    client: &Client,
    watch: &mut Watch<'_>,
) -> std::result::Result<(), Error> {
    if let Some(name) = those_there(client)?.first() {
        return Err(Trouble::Other(format!("collection {name} already exists")).into());
    }
    let [customers, purchases, counters] =
        [CUSTOMERS_NAME, PURCHASES_NAME, COUNTERS_NAME].map(|name| client.collection(name));
    client.run(async move |database| write_customers(&database, &customers, &counters).await)?;
    let mut from = 1;
    while from <= contents.purchases {
        watch.tell(Progress::Added((CUSTOMERS + from - 1) as u64))?;
        let to = contents.purchases.min(from + PURCHASES_A_MESSAGE - 1);
        let some = (from..=to).map(|i| Purchase { customer_id: whose(i), cents: cents(i) });
        let (some, name) = (some.collect::<Vec<_>>(), purchases.clone());
        client.run(async move |database| {
            database.collection(&name).insert_many(some).ordered(false).await.map(drop)
        })?;
        from = to + 1;
    }
    watch.tell(Progress::Finishing)
}

async fn write_customers(database: &Database, customers: &str, counters: &str) -> Result<()> {
    let customers: Collection<Stored> = database.collection(customers);
    let unique = IndexOptions::builder().unique(true).build();
    let by_id = IndexModel::builder().keys(doc! { "customer_id": 1 }).options(unique).build();
    customers.create_index(by_id).await?;
    let all = (0..CUSTOMERS).map(|number| {
        let [name, email, city] = customer(number as usize);
        Stored { customer_id: number + 1, name, email, city, version: 1 }
    });
    customers.insert_many(all).await?;
    let last = Counter { of: CUSTOMERS_NAME.to_owned(), last: CUSTOMERS };
    database.collection(counters).insert_one(last).await.map(drop)
}
