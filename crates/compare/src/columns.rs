//! Rows whose cells stand below each other.

use anstyle::Style;

use crate::table::NONE;

/// Rows of cells, and rows that end with text across the other columns.
pub(crate) struct Columns {
    heads: Vec<[String; 2]>,
    lines: Vec<Line>,
    /// As many columns are flush left, the others flush right.
    left: usize,
}

struct Line {
    cells: Vec<String>,
    /// Texts to the right of the cells, below each other.
    texts: Vec<(String, Style)>,
}

const BOLD: Style = Style::new().bold();

impl Columns {
    /// Columns with headings of two lines.
    pub(crate) fn new(heads: &[[&str; 2]]) -> Self {
        let heads = heads.iter().map(|head| head.map(str::to_owned)).collect();
        Self { heads, lines: Vec::new(), left: 1 }
    }

    /// The same with so many columns flush left.
    pub(crate) fn left(mut self, left: usize) -> Self {
        self.left = left;
        self
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.lines.push(Line { cells, texts: Vec::new() });
    }

    /// Adds a row whose first cells are these, and the rest of it these texts
    /// below each other.
    pub(crate) fn row_with_texts(&mut self, cells: Vec<String>, texts: Vec<(String, Style)>) {
        self.lines.push(Line { cells, texts });
    }

    /// Leaves out the columns that say nothing, if the others need their room.
    pub(crate) fn fitted_to(mut self, width: usize) -> Self {
        let widths: usize = (0..self.heads.len()).map(|column| self.width(column) + 1).sum();
        if widths > width + 1 {
            for column in (0..self.heads.len()).rev().filter(|column| *column >= self.left) {
                let mut cells = self.lines.iter().filter_map(|line| line.cells.get(column));
                if cells.all(|cell| cell == NONE) {
                    self.heads.remove(column);
                    let lines = self.lines.iter_mut().filter(|line| line.cells.len() > column);
                    lines.for_each(|line| _ = line.cells.remove(column));
                }
            }
        }
        self
    }

    /// Two columns lie between the cells, or one where two have no room.
    pub(crate) fn drawn(&self, width: usize) -> String {
        let widths: Vec<usize> = (0..self.heads.len()).map(|column| self.width(column)).collect();
        let between = widths.len().saturating_sub(1);
        let gap = if widths.iter().sum::<usize>() + 2 * between <= width { 2 } else { 1 };
        let head = |line: usize| self.heads.iter().map(move |head| head[line].as_str());
        let mut lines = Vec::new();
        for line in 0..2 {
            let line = self.line(head(line), &widths, gap);
            if !line.is_empty() {
                lines.push(format!("{BOLD}{line}{BOLD:#}"));
            }
        }
        for Line { cells, texts } in &self.lines {
            let row = self.line(cells.iter().map(String::as_str), &widths, gap);
            let taken: usize = widths.iter().take(cells.len()).map(|width| width + gap).sum();
            let lines_of_texts =
                texts.iter().flat_map(|(text, style)| wrapped(text, width - taken, *style));
            let mut left = row;
            if texts.is_empty() {
                lines.push(left);
                continue;
            }
            for text in lines_of_texts {
                lines.push(format!("{left:taken$}{text}"));
                left.clear();
            }
        }
        lines.join("\n")
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.lines.iter().filter_map(|line| line.cells.get(column));
        let texts = self.heads[column].iter().chain(cells);
        texts.map(|text| text.chars().count()).max().unwrap_or(0)
    }

    fn line<'a>(
        &self,
        cells: impl Iterator<Item = &'a str>,
        widths: &[usize],
        gap: usize,
    ) -> String {
        let aligned = cells.zip(widths).enumerate().map(|(column, (cell, width))| {
            if column < self.left { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        let line: Vec<String> = aligned.collect();
        line.join(&" ".repeat(gap)).trim_end().to_owned()
    }
}

/// Breaks a text into lines that are no wider than this.
fn wrapped(text: &str, width: usize, style: Style) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let taken = line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && taken > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.into_iter().map(|line| format!("{style}{line}{style:#}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn cells_stand_below_each_other() {
        let mut columns = Columns::new(&[["", "strategy"], ["CPU", "time"]]);
        columns.row(vec!["sync".to_owned(), "12 ms".to_owned()]);
        let wanted = "            CPU\nstrategy   time\nsync      12 ms";
        assert_eq!(plain(&columns.drawn(80)), wanted);
    }

    #[test]
    fn a_column_that_says_nothing_goes_where_the_others_need_its_room() {
        let drawn = |name: &str, cells: [&str; 2]| {
            let mut columns = Columns::new(&[["", "strategy"], ["above", "ideal"], ["", "CPU"]]);
            columns.row([name, cells[0], cells[1]].map(str::to_owned).into());
            columns.row_with_texts(
                vec!["other".to_owned()],
                vec![("failed".to_owned(), Style::new())],
            );
            plain(&columns.fitted_to(20).drawn(20))
        };
        let long = "a-long-name-of-it";
        assert!(drawn("short", [NONE, "1 s"]).contains("ideal"));
        assert!(drawn(long, ["2 s", "1 s"]).contains("ideal"));
        assert_eq!(
            drawn(long, [NONE, "1 s"]),
            "strategy          CPU\na-long-name-of-it 1 s\nother             failed"
        );
    }

    #[test]
    fn texts_stand_to_the_right_and_are_broken_between_words() {
        let mut columns = Columns::new(&[["", "strategy"], ["CPU", "time"]]);
        let texts = ["one two three", "four"].map(|text| (text.to_owned(), Style::new()));
        columns.row_with_texts(vec!["sync".to_owned()], texts.into());
        let wanted =
            "           CPU\nstrategy  time\nsync      one two\n          three\n          four";
        assert_eq!(plain(&columns.drawn(18)), wanted);
    }
}
