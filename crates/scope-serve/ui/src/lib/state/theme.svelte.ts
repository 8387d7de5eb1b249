// The theme: what the system asks for, or what somebody chose, kept in this browser.

export type Theme = 'system' | 'light' | 'dark' | 'contrast';
export const THEMES: readonly Theme[] = ['system', 'light', 'dark', 'contrast'];

const KEY = 'scope.theme';

function kept(): Theme {
  try {
    const text = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === text) ?? 'system';
  } catch {
    return 'system';
  }
}

class ThemeChoice {
  chosen = $state<Theme>(kept());
  #systemDark = $state(matchMedia('(prefers-color-scheme: dark)').matches);
  readonly shown: Exclude<Theme, 'system'> = $derived(this.chosen === 'system' ? (this.#systemDark ? 'dark' : 'light') : this.chosen);

  constructor() {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => (this.#systemDark = event.matches));
  }

  choose(theme: Theme) {
    this.chosen = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // A browser that keeps nothing still shows the theme for now.
    }
  }
}

export const theme = new ThemeChoice();
