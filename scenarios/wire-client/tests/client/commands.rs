//! Commands that are answered, and those that are refused.

use wire_client::pipelined::Client;
use wire_client::{Address, Error};

use crate::redis::{address, client, integer, own_key, say, text};

#[tokio::test]
#[ignore = "needs Redis: scripts/test"]
async fn what_would_disturb_the_others_is_not_sent() {
    let client = client().await;
    let key = own_key();
    for words in ["BLPOP queue 0", "SELECT 1", "MULTI", "SUBSCRIBE news", "CLIENT REPLY OFF"] {
        let error = client.call(&say(words)).await.unwrap_err();
        assert!(matches!(error, Error::NotShared { .. }), "{words}: {error}");
        assert_eq!(integer(&client, &format!("INCR {key}")).await, 1, "{words}");
        assert_eq!(text(&client, &format!("GETDEL {key}")).await, "1");
    }
}

#[tokio::test]
#[ignore = "needs Redis: scripts/test"]
async fn a_refusal_is_for_whoever_asked() {
    let client = client().await;
    let key = own_key();
    let wrong = say("INCRBY a-key no-number");
    let right = say(&format!("INCR {key}"));
    let (first, wrong, second) =
        tokio::join!(client.call(&right), client.call(&wrong), client.call(&right));
    assert_eq!(first.unwrap().as_integer(), Some(1));
    let refused = "ERR value is not an integer or out of range".to_owned();
    assert_eq!(wrong, Err(Error::Refused(refused)));
    assert_eq!(second.unwrap().as_integer(), Some(2));
    text(&client, &format!("GETDEL {key}")).await;
}

#[tokio::test]
#[ignore = "needs Redis: scripts/test"]
async fn an_address_names_a_database() {
    let (host, port) = {
        let address = address();
        let (host, port) = address.host_and_port();
        (host.to_owned(), port)
    };
    let ninth: Address = format!("redis://{host}:{port}/9").parse().unwrap();
    let client = Client::connect(&ninth).await.unwrap();
    assert!(text(&client, "CLIENT INFO").await.contains(" db=9 "));
    let nowhere: Address = format!("redis://{host}:{port}/99999").parse().unwrap();
    let error = Client::connect(&nowhere).await.unwrap_err();
    assert_eq!(error, Error::Refused("ERR DB index is out of range".to_owned()));
    let stranger: Address = format!("redis://nobody:secret@{host}:{port}").parse().unwrap();
    let error = Client::connect(&stranger).await.unwrap_err().to_string();
    assert!(error.contains("WRONGPASS") && !error.contains("secret"), "{error}");
}

#[tokio::test]
#[ignore = "needs Redis: scripts/test"]
async fn a_connection_that_was_killed_is_replaced() {
    let (client, other) = (client().await, client().await);
    let id = integer(&client, "CLIENT ID").await;
    assert_eq!(integer(&other, &format!("CLIENT KILL ID {id}")).await, 1);
    // Whether the end was noticed before the command went out is a matter of luck.
    let next = match client.call(&say("CLIENT ID")).await {
        Err(Error::Lost { .. }) => integer(&client, "CLIENT ID").await,
        reply => reply.unwrap().as_integer().unwrap(),
    };
    assert_ne!(next, id);
}

#[tokio::test]
#[ignore = "needs Redis: scripts/test"]
async fn nothing_is_sent_before_it_is_awaited() {
    let client = client().await;
    let key = own_key();
    let increment = say(&format!("INCR {key}"));
    drop(client.call(&increment));
    assert_eq!(client.call(&increment).await.unwrap().as_integer(), Some(1));
    text(&client, &format!("GETDEL {key}")).await;
}

#[tokio::test]
#[ignore = "needs Redis: scripts/test"]
async fn a_closed_client_accepts_nothing_and_can_be_closed_again() {
    let client = client().await;
    let other = client.clone();
    assert_eq!(client.close().await, Ok(()));
    assert_eq!(client.close().await, Ok(()));
    assert_eq!(other.call(&say("PING")).await, Err(Error::Closed));
    assert_eq!(other.subscribe("news").await.err(), Some(Error::Closed));
}
