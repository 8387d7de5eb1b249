// What a select is made of, for both of its parts: the button, and the list under it, which comes later.
import { buttonLook } from './button';

export interface Option {
  value: string;
  label: string;
  hint?: string;
  group?: string;
}

export interface SelectProps {
  /** What is chosen here, for those who cannot see it. */
  label: string;
  value: string;
  options: readonly Option[];
  onchoose: (value: string) => void;
  /** A word before the value. */
  prefix?: string;
  disabled?: boolean;
  class?: string;
}

export const selectLook = `${buttonLook({ look: 'plain' })} min-w-0 shrink! justify-between!`;
