// @vitest-environment jsdom
import { expect, it } from 'vitest';
import { painterIn } from './cell-painter';
import { NOTHING } from './cells';

const cell = () => document.createElement('div');
const text = { text: 'running', tone: 'text-muted', share: undefined, limited: false, near: '' } as const;

it('writes text, and only what is different', () => {
  const element = cell();
  const painter = painterIn(element, { show: 'text', numeric: false });
  painter.show(text);
  expect(element.innerHTML).toBe('<span class="truncate text-muted">running</span>');
  const [span] = element.children;
  painter.show({ ...text, text: '<b>', tone: '' });
  expect(element.textContent).toBe('<b>');
  expect(span?.className.trim()).toBe('truncate');
  expect(element.firstElementChild).toBe(span);
  painter.show(NOTHING);
  expect(element.textContent).toBe('');
});

it('draws bars of limits with a frame, near them in another colour', () => {
  const element = cell();
  const painter = painterIn(element, { show: 'bar', numeric: true });
  const [track, filled] = element.querySelectorAll<HTMLElement>('span span');
  painter.show({ text: '20%', tone: '', share: 0.2, limited: true, near: '' });
  expect(element.textContent).toBe('20%');
  expect(track?.className).toMatch('bg-border');
  expect(filled?.className).toMatch('bg-accent/60');
  expect(filled?.style.width).toBe('20%');
  painter.show({ text: '99%', tone: '', share: 0.99, limited: true, near: 'critical' });
  expect(filled?.className).toMatch('bg-critical');
  expect(element.innerHTML).toMatch('text-critical');
  painter.show({ text: '7', tone: '', share: 0.99, limited: false, near: '' });
  expect(track?.className).not.toMatch('bg-border');
  expect(filled?.className).toMatch('bg-muted/40');
  expect(element.innerHTML).not.toMatch('text-critical');
  painter.show(NOTHING);
  expect(filled?.style.width).toBe('0%');
});
