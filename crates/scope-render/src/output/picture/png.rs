//! A picture as PNG, drawn here: no browser and no font of the machine is needed.

use std::io::{self, Write};

use ab_glyph::{Font, ScaleFont, point};
use tiny_skia::{FillRule, Paint, PathBuilder, Pixmap, PremultipliedColorU8, Stroke, StrokeDash, Transform};

use super::Theme;
use super::compose::compose;
use super::scene::{Ink, Shape};
use super::text;
use crate::layout::edges::Step;
use crate::layout::{Point, Rect};
use crate::view::Rendered;

/// Pixels for one unit of the layout, where the picture is not too large for that.
const SCALE: f32 = 2.0;
/// Pixels of the whole, at most: 64 Mi, 256 MiB while it is drawn.
const PIXELS: f32 = 67_108_864.0;
/// Bytes of a chunk of the file.
const CHUNK: usize = 256 << 10;

pub(in crate::output) fn write(rendered: &Rendered<'_, '_>, theme: Theme, out: &mut dyn Write) -> io::Result<()> {
    let scene = compose(rendered);
    let view = scene.view;
    let scale = SCALE.min((PIXELS / (view.width * view.height).max(1.0)).sqrt());
    let pixels = |length: f32| ((length * scale).ceil() as u32).max(1);
    let mut canvas = Canvas {
        pixmap: Pixmap::new(pixels(view.width), pixels(view.height)).ok_or_else(|| io::Error::other("the picture is too large"))?,
        theme,
        scale,
        origin: Point { x: view.x, y: view.y },
    };
    let [red, green, blue] = Ink::Background.rgb(theme);
    canvas.pixmap.fill(tiny_skia::Color::from_rgba8(red, green, blue, 255));
    scene.parts.iter().flat_map(|part| &part.shapes).for_each(|shape| canvas.draw(shape));
    encode(&canvas.pixmap, out).map_err(io::Error::other)
}

/// How hard deflate tries, of 9: more takes twice the time for a twentieth of the bytes.
const EFFORT: u8 = 3;

/// Written row by row, as the pixels alone may take 256 MiB. There is no transparency to keep, and lines on an even ground are smaller without the filters that photographs need.
fn encode(pixmap: &Pixmap, out: &mut dyn Write) -> Result<(), png::EncodingError> {
    let mut encoder = png::Encoder::new(out, pixmap.width(), pixmap.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.set_deflate_compression(png::DeflateCompression::Level(EFFORT));
    let mut writer = encoder.write_header()?;
    let mut rows = writer.stream_writer_with_size(CHUNK)?;
    let mut bytes = Vec::with_capacity(pixmap.width() as usize * 3);
    for row in pixmap.pixels().chunks(pixmap.width() as usize) {
        bytes.clear();
        bytes.extend(row.iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]));
        rows.write_all(&bytes)?;
    }
    rows.finish()
}

struct Canvas {
    pixmap: Pixmap,
    theme: Theme,
    scale: f32,
    origin: Point,
}

impl Canvas {
    fn draw(&mut self, shape: &Shape) {
        match shape {
            Shape::Box { rect, radius, fill, stroke, width, dashed } => {
                let Some(path) = round_box(*rect, *radius) else { return };
                if let Some(fill) = fill {
                    self.fill(&path, *fill, 1.0);
                }
                if let Some(stroke) = stroke {
                    self.stroke(&path, *stroke, *width, *dashed, 1.0);
                }
            }
            Shape::Disc { center, radius, ink, filled } => {
                let Some(path) = PathBuilder::from_circle(center.x, center.y, if *filled { *radius } else { radius - 0.75 }) else { return };
                if *filled { self.fill(&path, *ink, 1.0) } else { self.stroke(&path, *ink, 1.5, false, 1.0) }
            }
            Shape::Line { start, steps, ink, width, muted, dashed } => {
                let mut path = PathBuilder::new();
                path.move_to(start.x, start.y);
                for step in steps {
                    match step {
                        Step::Line(to) => path.line_to(to.x, to.y),
                        Step::Curve([a, b], to) => path.cubic_to(a.x, a.y, b.x, b.y, to.x, to.y),
                    }
                }
                if let Some(path) = path.finish() {
                    self.stroke(&path, *ink, *width, *dashed, opacity(*muted));
                }
            }
            Shape::Triangle { points: [a, b, c], ink, muted } => {
                let mut path = PathBuilder::new();
                path.move_to(a.x, a.y);
                path.line_to(b.x, b.y);
                path.line_to(c.x, c.y);
                path.close();
                if let Some(path) = path.finish() {
                    self.fill(&path, *ink, opacity(*muted));
                }
            }
            Shape::Text { at, size, ink, bold, text } => self.text(*at, *size, *ink, *bold, text),
        }
    }

    fn paint(&self, ink: Ink, opacity: f32) -> Paint<'static> {
        let [red, green, blue] = ink.rgb(self.theme);
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        paint.set_color_rgba8(red, green, blue, (opacity * 255.0) as u8);
        paint
    }

    fn transform(&self) -> Transform {
        Transform::from_translate(-self.origin.x, -self.origin.y).post_scale(self.scale, self.scale)
    }

    fn fill(&mut self, path: &tiny_skia::Path, ink: Ink, opacity: f32) {
        let (paint, transform) = (self.paint(ink, opacity), self.transform());
        self.pixmap.fill_path(path, &paint, FillRule::Winding, transform, None);
    }

    fn stroke(&mut self, path: &tiny_skia::Path, ink: Ink, width: f32, dashed: bool, opacity: f32) {
        let dash = if dashed { StrokeDash::new(vec![4.0, 3.0], 0.0) } else { None };
        let stroke = Stroke { width, dash, ..Stroke::default() };
        let (paint, transform) = (self.paint(ink, opacity), self.transform());
        self.pixmap.stroke_path(path, &paint, &stroke, transform, None);
    }

    /// Glyphs are laid over what is there, pixel by pixel; bold ones twice, a third of a pixel apart.
    fn text(&mut self, at: Point, size: f32, ink: Ink, bold: bool, text: &str) {
        let Some(font) = text::FONT.as_ref() else { return };
        let scaled = font.as_scaled(text::scale(font, size * self.scale));
        let rgb = ink.rgb(self.theme);
        let mut pen = (at.x - self.origin.x) * self.scale;
        let base = (at.y - self.origin.y) * self.scale;
        for c in text.chars() {
            let id = scaled.glyph_id(c);
            for shift in [0.0, 0.35 * self.scale].into_iter().take(if bold { 2 } else { 1 }) {
                if let Some(outline) = font.outline_glyph(id.with_scale_and_position(scaled.scale(), point(pen + shift, base))) {
                    let corner = outline.px_bounds().min;
                    outline.draw(|x, y, coverage| self.blend(corner.x as i32 + x as i32, corner.y as i32 + y as i32, rgb, coverage));
                }
            }
            pen += text::width(c.encode_utf8(&mut [0; 4]), size * self.scale);
        }
    }

    fn blend(&mut self, x: i32, y: i32, rgb: [u8; 3], coverage: f32) {
        let (width, height) = (self.pixmap.width() as i32, self.pixmap.height() as i32);
        if !(0..width).contains(&x) || !(0..height).contains(&y) {
            return;
        }
        let Some(pixel) = self.pixmap.pixels_mut().get_mut((y * width + x) as usize) else { return };
        let coverage = coverage.clamp(0.0, 1.0);
        let mix = |over: u8, under: u8| (f32::from(over) * coverage + f32::from(under) * (1.0 - coverage)).round() as u8;
        let [red, green, blue] = rgb;
        // The background is opaque, and stays so.
        if let Some(mixed) = PremultipliedColorU8::from_rgba(mix(red, pixel.red()), mix(green, pixel.green()), mix(blue, pixel.blue()), 255) {
            *pixel = mixed;
        }
    }
}

fn opacity(muted: bool) -> f32 {
    if muted { 0.28 } else { 1.0 }
}

fn round_box(rect: Rect, radius: f32) -> Option<tiny_skia::Path> {
    let radius = radius.min(rect.width / 2.0).min(rect.height / 2.0);
    // A quarter of a circle as a cubic curve.
    let reach = radius * 0.447_715;
    let (left, top, right, bottom) = (rect.x, rect.y, rect.right(), rect.bottom());
    let mut path = PathBuilder::new();
    path.move_to(left + radius, top);
    path.line_to(right - radius, top);
    path.cubic_to(right - reach, top, right, top + reach, right, top + radius);
    path.line_to(right, bottom - radius);
    path.cubic_to(right, bottom - reach, right - reach, bottom, right - radius, bottom);
    path.line_to(left + radius, bottom);
    path.cubic_to(left + reach, bottom, left, bottom - reach, left, bottom - radius);
    path.line_to(left, top + radius);
    path.cubic_to(left, top + reach, left + reach, top, left + radius, top);
    path.close();
    path.finish()
}
