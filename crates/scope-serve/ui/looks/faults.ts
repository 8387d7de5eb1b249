// What measures can tell of a look: text that is cut without an ellipsis, lies over other text or beyond the edge, and controls that are too small to hit.
import type { Page } from '@playwright/test';

/** Of what is on the screen now. */
export const faultsOf = (page: Page, touch: boolean): Promise<string[]> => page.evaluate(look, touch);

function look(touch: boolean): string[] {
  const faults: string[] = [];
  const named = (element: Element) => {
    const text = (element.getAttribute('aria-label') ?? element.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 50);
    return `<${element.tagName.toLowerCase()}> “${text}”`;
  };
  if (document.documentElement.scrollWidth > innerWidth) faults.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  if (document.querySelector('.h-dvh') && document.documentElement.scrollHeight > innerHeight)
    faults.push(`the page is ${document.documentElement.scrollHeight} px high`);

  const clipped = (element: Element, box: DOMRect): DOMRect => {
    let { left, right, top, bottom } = box;
    for (let at: Element | null = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      const outer = at.getBoundingClientRect();
      if (style.overflowX !== 'visible') [left, right] = [Math.max(left, outer.left), Math.min(right, outer.right)];
      if (style.overflowY !== 'visible') [top, bottom] = [Math.max(top, outer.top), Math.min(bottom, outer.bottom)];
      if (style.position === 'fixed') break;
    }
    return new DOMRect(left, top, right - left, bottom - top);
  };
  const scrolls = (element: Element): boolean => {
    for (let at = element.parentElement; at; at = at.parentElement)
      if (['auto', 'scroll'].includes(getComputedStyle(at).overflowX) && at.scrollWidth > at.clientWidth) return true;
    return false;
  };
  const hidden = (element: Element) =>
    !element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || element.closest('.sr-only') !== null;

  const texts: { element: Element; box: DOMRect }[] = [];
  for (const element of document.querySelectorAll('body *')) {
    if (hidden(element) || element.closest('svg')) continue;
    const style = getComputedStyle(element);
    const words = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
    if (words.length) {
      const range = document.createRange();
      range.setStartBefore(words[0]!);
      range.setEndAfter(words.at(-1)!);
      const box = range.getBoundingClientRect();
      const seen = clipped(element, box);
      if (seen.width > 1 && seen.height > 1) {
        const dots = style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none';
        if (style.overflowX !== 'visible' && !dots && element.scrollWidth > element.clientWidth + 1 && !scrolls(element))
          faults.push(`cut without an ellipsis: ${named(element)}`);
        else if (style.overflowX === 'visible' && seen.width < box.width - 1 && !scrolls(element)) {
          let holder: Element | null = element.parentElement;
          while (holder && getComputedStyle(holder).overflowX === 'visible') holder = holder.parentElement;
          const holds = holder ? getComputedStyle(holder) : undefined;
          if (holds?.textOverflow !== 'ellipsis' && holds?.webkitLineClamp === 'none')
            faults.push(`cut by ${holder?.className}: ${named(element)}`);
        }
        if (
          (box.right > innerWidth + 1 || box.left < -1) &&
          !scrolls(element) &&
          style.textOverflow !== 'ellipsis' &&
          seen.right > innerWidth
        )
          faults.push(`beyond the edge: ${named(element)}`);
        for (const one of range.getClientRects()) {
          const part = clipped(element, one);
          if (part.width > 2 && part.height > 2) texts.push({ element, box: part });
        }
      }
    }
    const box = element.getBoundingClientRect();
    if (element.matches('button, a[href], input, select, [role=button], summary') && box.width > 0) {
      if (box.left >= innerWidth - 2 && !scrolls(element)) faults.push(`off the edge: ${named(element)}`);
      if (touch && style.display !== 'inline' && element.matches('button, summary') && Math.min(box.width, box.height) < 24)
        faults.push(`${Math.round(box.width)}×${Math.round(box.height)} px: ${named(element)}`);
    }
  }
  const top = ({ element, box }: { element: Element; box: DOMRect }) => {
    const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return hit !== null && (hit === element || hit.contains(element) || element.contains(hit));
  };
  const shown = texts.filter(top);
  for (const [at, one] of shown.entries())
    for (const other of shown.slice(at + 1)) {
      if (one.element === other.element || one.element.contains(other.element) || other.element.contains(one.element)) continue;
      const width = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const height = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      if (width > 3 && height > 5) faults.push(`over each other: ${named(one.element)} and ${named(other.element)}`);
    }
  return [...new Set(faults)].slice(0, 20);
}
