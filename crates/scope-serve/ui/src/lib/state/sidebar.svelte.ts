// Whether the sidebar is open: kept in this browser, but never open at first where it would cover the page.

const KEY = 'scope.sidebar';
const WIDE = '(min-width: 768px)';

function kept(): boolean {
  if (!matchMedia(WIDE).matches) return false;
  try {
    return localStorage.getItem(KEY) !== 'closed';
  } catch {
    return true;
  }
}

class Sidebar {
  open = $state(kept());

  /** Whether it is open over the page, rather than beside it. */
  get covers(): boolean {
    return this.open && !matchMedia(WIDE).matches;
  }

  toggle() {
    this.open = !this.open;
    if (!matchMedia(WIDE).matches) return;
    try {
      localStorage.setItem(KEY, this.open ? 'open' : 'closed');
    } catch {
      // A browser that keeps nothing still opens and closes it.
    }
  }
}

export const sidebar = new Sidebar();
