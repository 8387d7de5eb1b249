// Which of many rows of one height are in sight. Over @tanstack/virtual-core, for runes.
import { untrack } from 'svelte';
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer, type VirtualItem } from '@tanstack/virtual-core';

export class RowWindow {
  items = $state.raw<VirtualItem[]>([]);
  /** Of all rows together. */
  height = $state(0);
  readonly #virtual: Virtualizer<HTMLDivElement, HTMLDivElement>;

  /** To be made while a component is: `frame` is what scrolls, `head` how much of it a sticky head takes. */
  constructor(
    frame: () => HTMLDivElement | undefined,
    count: () => number,
    readonly rowHeight: number,
    head: number,
  ) {
    this.#virtual = new Virtualizer<HTMLDivElement, HTMLDivElement>({
      count: 0,
      getScrollElement: () => frame() ?? null,
      estimateSize: () => rowHeight,
      overscan: 6,
      scrollPaddingStart: head,
      observeElementRect,
      observeElementOffset,
      scrollToFn: elementScroll,
      onChange: () => untrack(() => this.#show()),
    });
    $effect(() => {
      if (!frame()) return;
      const end = this.#virtual._didMount();
      this.#virtual._willUpdate();
      return end;
    });
    $effect(() => {
      this.#virtual.setOptions({ ...this.#virtual.options, count: count() });
      this.#virtual._willUpdate();
      untrack(() => this.#show());
    });
  }

  reveal(at: number) {
    this.#virtual.scrollToIndex(at, { align: 'auto' });
  }

  #show() {
    this.items = this.#virtual.getVirtualItems();
    this.height = this.#virtual.getTotalSize();
  }
}
