//! Rows with numbers that stay: a number is given once, and given again only when its row went.

/// Rows by number.
#[derive(Debug)]
pub(super) struct Table<T> {
    rows: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), free: Vec::new() }
    }
}

impl<T> Table<T> {
    pub(super) fn add(&mut self, row: T) -> u32 {
        if let Some(number) = self.free.pop() {
            if let Some(place) = self.rows.get_mut(number as usize) {
                *place = Some(row);
            }
            return number;
        }
        self.rows.push(Some(row));
        self.rows.len() as u32 - 1
    }

    /// Takes a row out. Its number stays taken until [`Table::release`]: in one message it means one thing.
    pub(super) fn remove(&mut self, number: u32) -> Option<T> {
        self.rows.get_mut(number as usize).and_then(Option::take)
    }

    /// Gives the numbers of rows that went free.
    pub(super) fn release(&mut self, numbers: &[u32]) {
        self.free.extend(numbers);
    }

    pub(super) fn get(&self, number: u32) -> Option<&T> {
        self.rows.get(number as usize).and_then(Option::as_ref)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.rows.get_mut(number as usize).and_then(Option::as_mut)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..).zip(&self.rows).filter_map(|(number, row)| row.as_ref().map(|row| (number, row)))
    }
}
