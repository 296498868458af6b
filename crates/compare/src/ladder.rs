//! The same work at growing sizes, until a strategy can go no further.

use std::time::Duration;

use supervisor::Limits;

use crate::measure::{self, Ended};
use crate::numbers::words;
use crate::progress::Progress;
use crate::results::{Attempt, Climber, Failed, Ladder};
use crate::rounds::Program;

/// A step that was made, or was not even begun.
enum Step {
    Made(Ended),
    Spared(Failed),
}

/// Lets every program climb by itself: the `option` that sets the size gets one
/// number after another, besides its other arguments.
///
/// A step that is bound to take longer than a run may is not begun.
pub fn climb(limits: Limits, programs: &[Program], (option, sizes): (&str, &[usize])) -> Ladder {
    let progress = Progress::new(programs.len() * sizes.len());
    let climbs: Vec<Vec<Step>> =
        programs.iter().map(|program| steps(limits, program, (option, sizes), &progress)).collect();
    let climbers = programs.iter().zip(climbs).map(|(program, steps)| Climber {
        name: program.name.clone(),
        steps: steps.into_iter().map(attempt).collect(),
    });
    Ladder { sizes: sizes.to_vec(), climbers: climbers.collect() }
}

fn steps(
    limits: Limits,
    program: &Program,
    (option, sizes): (&str, &[usize]),
    progress: &Progress,
) -> Vec<Step> {
    let mut steps = Vec::new();
    for size in sizes {
        progress.next(&format!("{} {option} {size}", program.name));
        let args = [&program.args[..], &[option.to_owned(), size.to_string()]].concat();
        let step = step(limits, program, &args);
        let further = matches!(&step, Step::Made(ended) if ended.is_good());
        steps.push(step);
        if !further {
            break;
        }
    }
    steps
}

fn step(limits: Limits, program: &Program, args: &[String]) -> Step {
    let ideal = match measure::prepare(limits, &program.path, args) {
        Ok(prepared) => prepared.ideal,
        Err(failed) => return Step::Spared(failed),
    };
    match ideal.filter(|ideal| *ideal > limits.time) {
        Some(ideal) => Step::Spared(too_long(ideal, limits.time)),
        None => Step::Made(measure::run(limits, &program.path, args)),
    }
}

fn too_long(ideal: Duration, most: Duration) -> Failed {
    let how = format!("would take {}, more than {}", words(ideal), words(most));
    Failed { how, last_line: None, report: None }
}

/// The figures are what a ladder tells; thousands of lanes are not kept.
fn attempt(step: Step) -> Attempt {
    let mut attempt = match step {
        Step::Made(ended) => ended.attempt(),
        Step::Spared(failed) => Err(failed),
    };
    let report = match &mut attempt {
        Ok(measured) => Some(&mut measured.report),
        Err(failed) => failed.report.as_deref_mut(),
    };
    if let Some(report) = report {
        report.recording.lanes = Vec::new();
        report.recording.blocked = Vec::new();
    }
    attempt
}
