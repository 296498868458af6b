//! A way to a service that can be cut.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

/// Between a program and a service that it needs, such as a database.
#[derive(Debug)]
pub struct Proxy {
    to: String,
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether connections are led on, or ended at once.
    is_up: bool,
    streams: Vec<TcpStream>,
}

impl Proxy {
    /// Leads to what listens at `to`, a host and a port.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    pub fn start(to: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(Mutex::new(State { is_up: true, streams: Vec::new() }));
        let (shared, target) = (Arc::clone(&state), to.to_owned());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                lead_on(client, &target, &shared);
            }
        });
        Self { to: to.to_owned(), address, state }
    }

    /// The service's URL by way of this.
    pub fn url(&self, url: &str) -> String {
        url.replace(&self.to, &self.address.to_string())
    }

    /// Ends every connection that there is. New ones are led on.
    pub fn cut(&self) {
        for stream in locked(&self.state).streams.drain(..) {
            // Its other half may have gone already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Ends every connection, and new ones too.
    pub fn down(&self) {
        locked(&self.state).is_up = false;
        self.cut();
    }

    /// New connections are led on again.
    pub fn up(&self) {
        locked(&self.state).is_up = true;
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("nobody panics with it")
}

/// Whoever cuts meanwhile has to wait, and then finds this connection too.
fn lead_on(client: TcpStream, to: &str, state: &Mutex<State>) {
    let mut state = locked(state);
    if !state.is_up {
        return;
    }
    let Ok(server) = TcpStream::connect(to) else { return };
    for (from, to) in [(&client, &server), (&server, &client)] {
        let (mut from, mut to) = (copy_of(from), copy_of(to));
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
    state.streams.extend([client, server]);
}

fn copy_of(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a descriptor for it")
}
