// What goes wrong in the page itself, told apart for whoever reads it: a part that did not arrive, or a fault of the page's own.
import type { HandleClientError } from '@sveltejs/kit';

/** How browsers call a module that did not arrive: Chromium, Firefox, Safari. */
const NOT_ARRIVED = /dynamically imported module|importing a module script failed|unable to preload css/i;

export const handleError: HandleClientError = ({ error, message, status }) => {
  // An address that leads nowhere is no fault.
  if (status === 404) return { message };
  // eslint-disable-next-line no-console -- where a fault is traced is asked for there
  console.error(error);
  const said = error instanceof Error ? error.message : message;
  return { message: said, ...(NOT_ARRIVED.test(said) && { arrived: false }) };
};
