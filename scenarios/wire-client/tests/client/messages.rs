//! Messages beside replies.

use futures::future::join_all;
use wire_client::Error;

use crate::redis::{client, integer, own_key, say, text};

#[tokio::test]
#[ignore = "needs Redis: scripts/test"]
async fn messages_come_beside_replies() {
    let client = client().await;
    let channel = own_key();
    let mut news = client.subscribe(&channel).await.unwrap();
    for number in 0..100 {
        // The one that publishes is the one that listens: the message is between replies.
        let publish = say(&format!("PUBLISH {channel} {number}"));
        let echo = say(&format!("ECHO {number}"));
        let (heard_by, echoed) = tokio::join!(client.call(&publish), client.call(&echo));
        assert_eq!(heard_by.unwrap().as_integer(), Some(1));
        assert_eq!(echoed.unwrap().as_text().unwrap(), number.to_string().as_bytes());
        let message = news.next().await.unwrap();
        assert_eq!(message.payload, number.to_string().as_bytes());
        assert_eq!(message.missed, 0);
    }
}

#[tokio::test]
#[ignore = "needs Redis: scripts/test"]
async fn who_does_not_listen_is_told_how_much_it_missed() {
    let client = client().await;
    let channel = own_key();
    let mut news = client.subscribe(&channel).await.unwrap();
    // More than may wait.
    let publish = say(&format!("PUBLISH {channel} hello"));
    join_all((0..1_500).map(|_| client.call(&publish))).await;
    assert_eq!(news.missed(), 1_500 - 1_024);
    for _ in 0..1_024 {
        assert_eq!(news.next().await.unwrap().missed, 0);
    }
    client.call(&publish).await.unwrap();
    assert_eq!(news.next().await.unwrap().missed, 1_500 - 1_024);
    client.call(&publish).await.unwrap();
    assert_eq!(news.next().await.unwrap().missed, 0, "it was told once");
}

#[tokio::test]
#[ignore = "needs Redis: scripts/test"]
async fn the_server_stops_when_the_last_one_does() {
    let client = client().await;
    let channel = own_key();
    let subscribers = format!("PUBSUB NUMSUB {channel}");
    let count = async || {
        let reply = client.call(&say(&subscribers)).await.unwrap();
        format!("{reply:?}").contains("Integer(1)")
    };
    let first = client.subscribe(&channel).await.unwrap();
    let mut second = client.subscribe(&channel).await.unwrap();
    drop(first);
    assert!(count().await, "one still listens");
    client.call(&say(&format!("PUBLISH {channel} hello"))).await.unwrap();
    assert_eq!(&second.next().await.unwrap().payload[..], b"hello");
    drop(second);
    assert!(!count().await, "nobody listens");
    // It can be followed again.
    let _third = client.subscribe(&channel).await.unwrap();
    assert!(count().await);
}

#[tokio::test]
#[ignore = "needs Redis: scripts/test"]
async fn a_subscription_ends_with_its_connection() {
    let (client, other) = (client().await, client().await);
    let channel = own_key();
    let mut news = client.subscribe(&channel).await.unwrap();
    let id = integer(&client, "CLIENT ID").await;
    integer(&other, &format!("PUBLISH {channel} last")).await;
    assert_eq!(integer(&other, &format!("CLIENT KILL ID {id}")).await, 1);
    assert_eq!(&news.next().await.unwrap().payload[..], b"last");
    assert!(matches!(news.next().await, Err(Error::Lost { .. })));
    // The one that ended does not end its successor.
    let mut again = client.subscribe(&channel).await.unwrap();
    drop(news);
    assert_eq!(integer(&other, &format!("PUBLISH {channel} first")).await, 1);
    assert_eq!(&again.next().await.unwrap().payload[..], b"first");
    assert_eq!(client.close().await, Ok(()));
    assert_eq!(again.next().await, Err(Error::Closed));
}

#[tokio::test]
#[ignore = "needs Redis: scripts/test"]
async fn a_subscription_does_not_keep_the_client_open() {
    let client = client().await;
    let mut news = client.subscribe(own_key()).await.unwrap();
    drop(client);
    assert_eq!(news.next().await, Err(Error::Closed));
}

#[tokio::test]
#[ignore = "needs Redis: scripts/test"]
async fn listening_may_be_given_up_and_taken_up() {
    let client = client().await;
    let channel = own_key();
    let mut news = client.subscribe(&channel).await.unwrap();
    for number in 0..20 {
        tokio::select! {
            biased;
            message = news.next() => panic!("nothing was published: {message:?}"),
            () = tokio::task::yield_now() => {}
        }
        text(&client, &format!("ECHO {number}")).await;
        integer(&client, &format!("PUBLISH {channel} {number}")).await;
        assert_eq!(news.next().await.unwrap().payload, number.to_string().as_bytes());
    }
}
