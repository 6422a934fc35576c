//! How one workbook is laid out.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::cell::Cell;

/// How text is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Texts {
    /// All of it in the part that cells share.
    Shared,
    /// All of it in its cell.
    InCells,
    /// Some here, some there.
    Mixed,
}

/// How one workbook is laid out; what is asked of it is drawn on.
#[derive(Debug)]
pub(super) struct Layout {
    rng: ChaCha8Rng,
    texts: Texts,
    gaps: bool,
    /// Says before which row one stays blank in any case.
    between: usize,
    /// Whether dates may stand day first.
    pub(super) day_first: bool,
    /// Whether the parts are deflated.
    pub(super) deflated: bool,
    /// Whether days are counted from 1904.
    pub(super) since_1904: bool,
    /// Whether another sheet follows, in the file where the first is expected.
    pub(super) second: bool,
    /// The texts that cells share.
    pub(super) shared: Vec<String>,
}

impl Layout {
    /// A layout from a number.
    pub(super) fn drawn(seed: u64, day_first: bool) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let texts = [Texts::Shared, Texts::Shared, Texts::InCells, Texts::Mixed][rng.random_range(0..4)];
        let gaps = rng.random_ratio(2, 5);
        let (deflated, since_1904, second) = (rng.random_ratio(3, 4), rng.random_ratio(1, 8), rng.random_ratio(1, 4));
        let between = (seed >> 32) as usize;
        Self { rng, texts, gaps, between, day_first, deflated, since_1904, second, shared: Vec::new() }
    }

    /// Whether something that happens so often happens now.
    pub(super) fn one_in(&mut self, often: u32) -> bool {
        self.rng.random_ratio(1, often)
    }

    /// How many rows stay blank before the row with this number, from 0, of so
    /// many: where some do at all, one of them stands between two others.
    pub(super) fn blank_rows(&mut self, number: usize, rows: usize) -> usize {
        let drawn = if self.gaps && self.one_in(3) { self.rng.random_range(1..=2) } else { 0 };
        let between = self.gaps && number > 0 && number == 1 + self.between % (rows - 1);
        if between { drawn.max(1) } else { drawn }
    }

    /// A row without any value: it is left out, or has cells with nothing but
    /// a style.
    pub(super) fn blank_row(&mut self, width: usize) -> Vec<Cell> {
        let cell = if self.one_in(2) { Cell::Styled } else { Cell::Absent };
        vec![cell; width]
    }

    /// A text as a cell.
    pub(super) fn text(&mut self, text: String) -> Cell {
        let shared = match self.texts {
            Texts::Shared => true,
            Texts::InCells => false,
            Texts::Mixed => self.one_in(2),
        };
        if !shared {
            return Cell::Text(text);
        }
        self.shared.push(text);
        Cell::Shared(self.shared.len() - 1)
    }
}
