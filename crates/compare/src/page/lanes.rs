//! The pictures of a page: who held a thread, and who only waited.

use lens::recording::Recording;
use lens::svg;
use lens::time::exact;
use maud::{Markup, PreEscaped, html};

use crate::results::{Compared, Nouns};
use crate::table;

/// The lanes of all strategies, on one time axis.
pub(super) fn section(strategies: &[Compared], nouns: &Nouns) -> Markup {
    let begins = strategies.iter().find_map(table::recording).map(|it| it.begins);
    let frame = svg::Frame::around(strategies.iter().filter_map(table::recording));
    html! {
        section aria-labelledby="timelines" {
            h2 #timelines { "Who held a thread, and who only waited" }
            p.how {
                "Each row is a " (nouns.row) ", from the moment it was made to its end. "
                "All pictures have the same time axis, so what is shorter took less time. "
                "Look for solid stretches that others wait for, and for pale ones side by side: waiting together is what saves time."
            }
            p.how {
                "Rest the pointer on a stretch to read what it is."
                span.keys hidden { " Or press " kbd { "Tab" } " to come to a picture, and walk in it with the arrow keys." }
            }
            ul.signs {
                @for (sign, words) in svg::signs(begins.unwrap_or_default()) { li { (PreEscaped(sign)) (words) } }
            }
            @for strategy in strategies { (timeline(strategy, nouns, &frame)) }
        }
    }
}

fn timeline(strategy: &Compared, nouns: &Nouns, frame: &svg::Frame) -> Markup {
    let recording = table::recording(strategy);
    html! {
        figure.run {
            figcaption {
                h3 { code { (strategy.name) } }
                @if let Some(how) = &strategy.how { p { (nouns.counts) "s " (how) } }
                @if let Some(recording) = recording { p.took { (exact(recording.elapsed)) } }
            }
            @match recording {
                Some(recording) => (drawn(&strategy.name, recording, frame)),
                None => p.nothing { "There is nothing to draw: it ended before it could tell what it did." },
            }
        }
    }
}

fn drawn(name: &str, recording: &Recording, frame: &svg::Frame) -> Markup {
    let sentences = svg::sentences(recording);
    let picture = frame.draw(recording, &format!("{name}: {}", sentences.join(" ")));
    html! {
        (PreEscaped(picture))
        p.told { @for sentence in sentences { (sentence) " " } }
    }
}
