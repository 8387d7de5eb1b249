import { describe, expect, it } from 'vitest';
import { matches, written, type Pressed } from './chord';

const press = (key: string, more: Partial<Pressed> = {}): Pressed => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
});

describe('chords', () => {
  it('are letters without and with Shift', () => {
    expect(matches('g', press('g'))).toBe(true);
    expect(matches('g', press('G', { shiftKey: true }))).toBe(false);
    expect(matches('g', press('G'))).toBe(true); // Caps Lock
    expect(matches('Shift+g', press('G', { shiftKey: true }))).toBe(true);
  });

  it('are signs whatever it takes to write them', () => {
    expect(matches('?', press('?', { shiftKey: true }))).toBe(true);
    expect(matches('/', press('/'))).toBe(true);
    expect(matches('/', press('/', { shiftKey: true }))).toBe(true);
    expect(matches('/', press('/', { ctrlKey: true }))).toBe(false);
  });

  it('take Command for Ctrl, and nothing with Alt', () => {
    expect(matches('Ctrl+k', press('k', { ctrlKey: true }))).toBe(true);
    expect(matches('Ctrl+k', press('k', { metaKey: true }))).toBe(true);
    expect(matches('Ctrl+k', press('k'))).toBe(false);
    expect(matches('k', press('k', { altKey: true }))).toBe(false);
  });

  it('have names', () => {
    expect(matches('Space', press(' '))).toBe(true);
    expect(matches('Escape', press('Escape'))).toBe(true);
    expect([written('Ctrl+k'), written('Escape'), written('ArrowUp'), written('+')]).toEqual(['Ctrl k', 'Esc', '↑', '+']);
    expect(matches('+', press('+', { shiftKey: true }))).toBe(true);
  });
});
