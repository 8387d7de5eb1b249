// The signs of health, told apart by form: a triangle warns, a disc with a cross is critical; a line with a cross on it is a connection that fails.
import type { Pen } from './pen';
import { CRITICAL, WARNING, type Look } from './protocol';

export function drawMark(pen: Pen, look: Look, health: number, x: number, y: number, r: number) {
  if (health === CRITICAL) {
    pen.fillStyle = look.health[CRITICAL];
    pen.beginPath();
    pen.arc(x, y, r, 0, 2 * Math.PI);
    pen.fill();
    pen.strokeStyle = look.background;
    pen.lineWidth = Math.max(1.1, r * 0.32);
    pen.beginPath();
    pen.moveTo(x - r * 0.42, y - r * 0.42);
    pen.lineTo(x + r * 0.42, y + r * 0.42);
    pen.moveTo(x + r * 0.42, y - r * 0.42);
    pen.lineTo(x - r * 0.42, y + r * 0.42);
    pen.stroke();
  } else if (health === WARNING) {
    pen.fillStyle = look.health[WARNING];
    pen.beginPath();
    pen.moveTo(x, y - r * 1.05);
    pen.lineTo(x + r * 1.1, y + r * 0.85);
    pen.lineTo(x - r * 1.1, y + r * 0.85);
    pen.closePath();
    pen.fill();
    pen.strokeStyle = look.background;
    pen.lineWidth = Math.max(1.1, r * 0.28);
    pen.beginPath();
    pen.moveTo(x, y - r * 0.35);
    pen.lineTo(x, y + r * 0.25);
    pen.moveTo(x, y + r * 0.52);
    pen.lineTo(x, y + r * 0.6);
    pen.stroke();
  }
}

/** A connection that fails, as those on the map look. */
export function drawBroken(pen: Pen, look: Look, x: number, y: number, r: number) {
  pen.strokeStyle = look.health[CRITICAL];
  pen.lineWidth = Math.max(1.2, r * 0.3);
  pen.beginPath();
  for (const side of [-1, 1]) {
    pen.moveTo(x + side * r * 1.35, y);
    pen.lineTo(x + side * r * 0.75, y);
    pen.moveTo(x - r * 0.5, y - side * r * 0.5);
    pen.lineTo(x + r * 0.5, y + side * r * 0.5);
  }
  pen.stroke();
}
