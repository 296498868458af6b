//! What tests do with MongoDB.

use std::env;

use database::Database;
use database::blocking::Driver;
use database::mongo::Client;
use mongodb::bson::Document;

use program_test::Proxy;

/// A database of one test's own in the MongoDB that `MONGODB_URL` names, by a way that can
/// be held up.
#[derive(Debug)]
pub(crate) struct Documents {
    /// As a program is to be told it.
    pub(crate) url: String,
    pub(crate) proxy: Proxy,
    /// As it is without the proxy.
    direct: String,
}

impl Documents {
    /// Whatever a test that was killed has left there is removed.
    pub(crate) fn new(name: &str) -> Self {
        let direct = direct_url(name);
        let proxy = Proxy::start(host(&direct));
        let documents = Self { url: proxy.url(&direct), proxy, direct };
        documents.clear();
        documents
    }

    pub(crate) fn clear(&self) {
        self.client(|client| client.run(async |database| database.drop().await))
            .expect("the server lets a test have a database");
    }

    pub(crate) fn client<T>(&self, with: impl FnOnce(&Client) -> T) -> T {
        let database = Database::parse(&self.direct).expect("MONGODB_URL is a URL");
        let connection = database.connect().expect("the MongoDB of MONGODB_URL answers");
        let Driver::Mongo(client) = &connection.driver else {
            panic!("MONGODB_URL names no MongoDB, but {database}")
        };
        with(client)
    }

    pub(crate) fn collections(&self) -> Vec<String> {
        let mut names = self
            .client(|client| client.run(async |database| database.list_collection_names().await))
            .expect("there is a list");
        names.sort_unstable();
        names
    }

    pub(crate) fn insert(&self, collection: &str, all: Vec<Document>) {
        let name = collection.to_owned();
        self.client(|client| {
            client.run(async move |database| database.collection(&name).insert_many(all).await)
        })
        .expect("they can be inserted");
    }
}

/// The server's URL, with this database's name. Of a replica set it is one server: the
/// others could not be reached by a proxy.
fn direct_url(name: &str) -> String {
    let url = env::var("MONGODB_URL").expect("MONGODB_URL names a MongoDB: run scripts/test");
    let (before, options) = url.split_once('?').unwrap_or((&url, ""));
    let (scheme, rest) = before.split_once("://").expect("MONGODB_URL is a URL");
    let server = rest.split('/').next().unwrap_or(rest);
    let port = if server.rsplit('@').next().is_some_and(|host| host.contains(':')) {
        ""
    } else {
        ":27017"
    };
    let options = if options.is_empty() { String::new() } else { format!("{options}&") };
    format!("{scheme}://{server}{port}/{name}?{options}directConnection=true")
}

fn host(url: &str) -> &str {
    let host = url.split_once("://").and_then(|(_, rest)| rest.split('/').next());
    host.and_then(|host| host.rsplit('@').next()).expect("a URL names a host")
}
