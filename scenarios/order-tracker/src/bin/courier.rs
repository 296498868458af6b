//! Couriers who ride through a city, and say where they are: to the tracker, or with
//! `--serve` to whoever asks them.
//!
//! `cargo run --bin courier`, while the tracker runs; with `--way`, and two watchers of
//! whom one is slow: `cargo run --bin courier -- --watchers 2 --slow 10000 --speed 20 --way`

use std::process::ExitCode;

use futures::future::{try_join, try_join_all};
use harness::Failure;
use order_tracker::{Courier, Ride};
use tokio::sync::oneshot;
use tracing::{Instrument, info};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let courier = Courier::from_args();
    let run = courier.start();
    let ridden = courier.answer_during(ride_all(&courier)).await;
    courier.finish(run, ridden).await
}

async fn ride_all(courier: &Courier) -> Result<(), Failure> {
    try_join_all(courier.rides().map(watch_and_ride)).await?;
    Ok(())
}

/// A ride, and those who watch it until it is over.
async fn watch_and_ride(ride: Ride<'_>) -> Result<(), Failure> {
    let span = ride.span();
    let order = ride.open().instrument(span.clone()).await?;
    let (followers, tell): (Vec<_>, Vec<_>) = ride
        .followers(&order)
        .into_iter()
        .map(|follower| {
            let (tell, arrived) = oneshot::channel();
            let span = follower.span();
            (follower.watch(arrived).instrument(span), tell)
        })
        .unzip();
    let riding = async {
        let last = go(&ride, &order).instrument(span).await?;
        for tell in tell {
            // One that has gone by itself has failed, and says so.
            let _ = tell.send(last);
        }
        Ok(())
    };
    try_join(riding, try_join_all(followers)).await?;
    Ok(())
}

/// Gives which position was the last one.
async fn go(ride: &Ride<'_>, order: &str) -> Result<u64, Failure> {
    let (mut last, mut missed) = (Ok(0), 0);
    for position in ride.positions() {
        let position = position.await;
        // One that was not taken is not tried again: the next one is newer.
        last = ride.deliver(order, &position).await.map(|()| position.sequence);
        if let Err(failure) = &last {
            // Its name stands before the line already.
            info!("Not delivered: {}", failure.cause());
            missed += 1;
        }
    }
    let last = last?;
    info!("Arrived; positions that were not delivered: {missed}");
    harness::done();
    Ok(last)
}
