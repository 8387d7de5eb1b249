//! Points, sizes and rectangles of a picture. No layout rules.

/// A point of the picture. `x` grows to the right, `y` downwards; the unit is that of the node sizes (usually CSS pixels).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Distance to the right of the origin.
    pub x: f32,
    /// Distance below the origin.
    pub y: f32,
}

/// A width and a height, in the unit of the node sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// Horizontal extent.
    pub width: f32,
    /// Vertical extent.
    pub height: f32,
}

/// An upright rectangle. Rectangles that share only a border do not overlap.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left border.
    pub x: f32,
    /// Top border.
    pub y: f32,
    /// Horizontal extent, never negative.
    pub width: f32,
    /// Vertical extent, never negative.
    pub height: f32,
}

impl Rect {
    /// The rectangle with this top left corner and size.
    pub const fn new(at: Point, size: Size) -> Self {
        Self { x: at.x, y: at.y, width: size.width, height: size.height }
    }

    /// Right border.
    pub const fn right(&self) -> f32 {
        self.x + self.width
    }

    /// Bottom border.
    pub const fn bottom(&self) -> f32 {
        self.y + self.height
    }

    /// The middle: the position of a node is that of its box.
    pub const fn center(&self) -> Point {
        Point { x: self.x + self.width / 2.0, y: self.y + self.height / 2.0 }
    }

    /// Width and height.
    pub const fn size(&self) -> Size {
        Size { width: self.width, height: self.height }
    }

    /// True if the two share more than a border.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// True if `other` lies inside, borders included.
    pub fn contains(&self, other: &Self) -> bool {
        self.x <= other.x && self.y <= other.y && other.right() <= self.right() && other.bottom() <= self.bottom()
    }

    /// The rectangle grown by `margin` on every side.
    pub(super) fn inflated(&self, margin: f32) -> Self {
        Self { x: self.x - margin, y: self.y - margin, width: self.width + 2.0 * margin, height: self.height + 2.0 * margin }
    }

    /// The smallest rectangle around both.
    pub(super) fn union(&self, other: &Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Self { x, y, width: self.right().max(other.right()) - x, height: self.bottom().max(other.bottom()) - y }
    }

    /// The rectangle grown to the right and downwards.
    pub(super) fn grown_by(&self, by: Size) -> Self {
        Self { width: self.width + by.width, height: self.height + by.height, ..*self }
    }

    /// The same rectangle elsewhere.
    pub(super) fn moved(&self, by: Point) -> Self {
        Self { x: self.x + by.x, y: self.y + by.y, ..*self }
    }
}

/// The smallest rectangle around all, at the origin and empty when there are none.
pub(super) fn bounds_of<'a>(rects: impl IntoIterator<Item = &'a Rect>) -> Rect {
    rects.into_iter().copied().reduce(|all, one| all.union(&one)).unwrap_or_default()
}

/// How large a picture of the asked aspect ratio must be (its height) to hold this size: what every choice of shape minimises.
pub(super) fn framed_height(size: Size, aspect: f32) -> f32 {
    size.height.max(size.width / aspect)
}
