// What each screen is looked at in. SCOPE_LOOKS narrows it: `dark-wide,light-phone`, or `de-dark-wide` for German.
import { fileURLToPath } from 'node:url';

export const OUT = process.env['SCOPE_LOOKS_OUT'] ?? fileURLToPath(new URL('../test-results/looks', import.meta.url));

const THEMES = ['dark', 'light', 'contrast'] as const;
const SIZES = {
  wide: { width: 1440, height: 900, touch: false },
  tablet: { width: 820, height: 1180, touch: true },
  phone: { width: 390, height: 844, touch: true },
} as const;
type Size = keyof typeof SIZES;

export interface Look {
  name: string;
  theme: (typeof THEMES)[number];
  locale: 'en-GB' | 'de-DE';
  width: number;
  height: number;
  touch: boolean;
}

const look = (theme: Look['theme'], size: Size, locale: Look['locale']): Look => ({
  name: `${locale === 'de-DE' ? 'de-' : ''}${theme}-${size}`,
  theme,
  locale,
  ...SIZES[size],
});

const sizes = Object.keys(SIZES) as Size[];
const all = [
  ...THEMES.flatMap((theme) => sizes.map((size) => look(theme, size, 'en-GB'))),
  // German words are longer: what matters is where they stand, not their colour.
  ...sizes.map((size) => look(size === 'tablet' ? 'light' : 'dark', size, 'de-DE')),
];
const wanted = process.env['SCOPE_LOOKS']?.split(',');
export const LOOKS = wanted ? all.filter(({ name }) => wanted.includes(name)) : all;
