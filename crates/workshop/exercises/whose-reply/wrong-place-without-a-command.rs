//! A client that three tasks share, and a database that answers in order.
//!
//! `cargo workshop run whose-reply` says what is asked, and what it saw.

use std::{collections::VecDeque, process::ExitCode, sync::Arc};

use futures::FutureExt;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{Mutex, oneshot};
use tracing::info;

fn main() -> ExitCode {
    any_order::run(5, draw_all)
}

#[derive(Clone)]
struct Client(Sender<&'static str>, Waiting);
type Waiting = Arc<Mutex<VecDeque<oneshot::Sender<u32>>>>;

/// T1, T2 and T3: asks for a lot, and says which one it has.
async fn draw(Client(commands, waiting): Client, name: &'static str) -> String {
    let (caller, reply) = oneshot::channel();
    let mut callers = waiting.lock().await;
    callers.push_back(caller);
    let _ = commands.send(name).await;
    info!("has sent its command");
    drop(callers);
    reply.await.map_or(format!("{name} has none"), |lot| format!("{name} has {lot}"))
}

/// T4: hands each reply to a caller, who may have given up.
async fn read(mut replies: Receiver<u32>, waiting: Waiting) {
    while let Some(lot) = replies.recv().await {
        let mut waiting = waiting.lock().await;
        info!("reads {lot}, and {} wait", waiting.len());
        let _ = waiting.pop_front().map(|caller| caller.send(lot));
    }
}

/// T5, the database: draws a lot for each, and replies once it has two commands.
async fn answer(mut commands: Receiver<&str>, replies: Sender<u32>) -> Vec<String> {
    let mut drawn = Vec::new();
    for (lot, due) in [(52, vec![]), (7, vec![52, 7]), (31, vec![31])] {
        let Some(name) = commands.recv().await else { break };
        info!("draws {lot} for {name}");
        drawn.push(format!("{name} has {lot}"));
        let _ = due.into_iter().try_for_each(|lot| replies.try_send(lot));
    }
    drawn
}

async fn draw_all(tasks: Vec<any_order::Task>) -> String {
    let ((commands, sent), (replies, received)) = (channel(1), channel(3));
    let client = Client(commands, Waiting::default());
    let [t1, t2, t3, t4, t5] = <[any_order::Task; 5]>::try_from(tasks).ok().expect("there are 5");
    t4.spawn(read(received, client.1.clone()));
    let callers = [(t1, "T1"), (t2, "T2")].map(|(it, name)| it.spawn(draw(client.clone(), name)));
    t3.spawn(async { draw(client, "T3").now_or_never() });
    let drawn = t5.spawn(answer(sent, replies)).await.expect("it does not panic");
    let has = futures::future::try_join_all(callers).await.expect("none panics");
    has.into_iter().find(|it| !drawn.contains(it)).unwrap_or("each has its own".to_owned())
}
