//! What has become of each character.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tracing::{error, info};

use crate::out::Out;
use crate::{Character, Failure, Failures, Request};

/// Where the characters of a run go, and the reasons of those that did not come.
pub(crate) struct Outcomes {
    out: Option<Out>,
    /// Each with its character's id.
    failures: Mutex<Vec<(u32, Failure)>>,
}

impl Outcomes {
    pub(crate) fn new(out: Option<&Path>) -> Result<Self, harness::Failure> {
        Ok(Self { out: out.map(Out::create).transpose()?, failures: Mutex::default() })
    }

    pub(crate) fn keep(&self, request: &Request, pulled: Result<Character, Failure>) {
        match pulled.and_then(|character| self.write(&character)) {
            Ok(()) => {
                harness::done();
                info!("Ingested successfully character number {}", request.id);
            }
            Err(failure) => {
                error!("Ingestion failed character number {}!", request.id);
                let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
                failures.push((request.id, failure));
            }
        }
    }

    fn write(&self, character: &Character) -> Result<(), Failure> {
        let written = self.out.as_ref().map_or(Ok(()), |out| out.write(character));
        written.map_err(Failure::not_kept)
    }

    pub(crate) fn verdict(&self) -> Result<(), Failures> {
        let mut failures =
            std::mem::take(&mut *self.failures.lock().unwrap_or_else(PoisonError::into_inner));
        failures.sort_by_key(|(id, _)| *id);
        let unkept = self.out.as_ref().and_then(|out| out.finish().err());
        let failures = failures.into_iter().map(|(_, failure)| failure.into());
        Failures::none_or(failures.chain(unkept).collect())
    }
}
