// Puts classes together. Where two contradict each other the stylesheet decides, not their order here: what is to win is marked with `!` or stands under a variant.
export { clsx as cx } from 'clsx';
