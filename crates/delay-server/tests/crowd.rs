//! Very many clients at once. A file of its own, because the descriptors that
//! it takes would be missing in the other tests.

mod support;

use support::{address, start};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What the test itself, the event loops and the standard streams need.
const SPARE_DESCRIPTORS: u64 = 100;

#[tokio::test]
async fn ten_thousand_clients_that_connect_at_once_are_all_served() {
    // Both ends of each connection are in this process.
    let descriptors = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let clients = (descriptors.saturating_sub(SPARE_DESCRIPTORS) / 2).min(10_000);
    let server = start();
    let address = address(server.url());

    let mut replies = JoinSet::new();
    for _ in 0..clients {
        replies.spawn(async move {
            let mut stream = TcpStream::connect(address).await?;
            let request =
                b"GET /delay-me?seconds=1 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            stream.write_all(request).await?;
            let mut text = String::new();
            stream.read_to_string(&mut text).await?;
            std::io::Result::Ok(text)
        });
    }
    for reply in replies.join_all().await {
        let text = reply.unwrap();
        assert!(text.ends_with("Done, I waited for 1 secs"), "{text}");
    }
    assert_eq!(server.stats().answered, clients);
    assert_eq!(server.stats().in_flight, 0);
}
