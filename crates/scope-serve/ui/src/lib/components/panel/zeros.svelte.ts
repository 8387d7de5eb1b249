// Whether figures that are zero are shown in panels: kept in this browser, for all panels alike.

const KEY = 'scope.zeros';

function kept(): boolean {
  try {
    return localStorage.getItem(KEY) === 'shown';
  } catch {
    return false;
  }
}

class Zeros {
  open = $state(kept());

  toggle() {
    this.open = !this.open;
    try {
      if (this.open) localStorage.setItem(KEY, 'shown');
      else localStorage.removeItem(KEY);
    } catch {
      // A browser that keeps nothing still opens and closes them.
    }
  }
}

export const zeros = new Zeros();
